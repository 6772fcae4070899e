//! The JSON API of the register, for programs with a token.
//!
//! Invariant: every write has a key, and a repeat of it is answered as the first time.

pub(crate) mod applications;
pub(crate) mod changes;
pub(crate) mod decisions;
pub(crate) mod life;
pub(crate) mod register;
pub(crate) mod summary;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::fault::Fault;
use crate::http::kit::Kit;
use crate::http::{FieldError, Problem, Routes, blocking, idempotency_key, part};
use crate::reference::Reference;
use crate::shares::numbers::MemberNumber;
use crate::shares::{self, Deed, ShareError, parse};
use crate::staff::{Program, Scope};

pub(super) fn routes(at: &mut Routes) {
    at.api()
        .get("/shares/classes", Scope::SharesRead, register::classes)
        .post("/shares/applications", Scope::SharesWrite, applications::apply)
        .post("/shares/applications/allotments", Scope::SharesWrite, decisions::allot_many)
        .get("/shares/applications/{reference}", Scope::SharesRead, applications::show)
        .post("/shares/applications/{reference}/payment", Scope::SharesWrite, applications::pay)
        .post("/shares/applications/{reference}/allotment", Scope::SharesWrite, decisions::allot)
        .post("/shares/applications/{reference}/refusal", Scope::SharesWrite, decisions::refuse)
        .post("/shares/applications/{reference}/withdrawal", Scope::SharesWrite, decisions::withdraw)
        .post("/shares/transfers", Scope::SharesWrite, changes::transfer)
        .post("/shares/conversions", Scope::SharesWrite, life::convert)
        .post("/shares/forfeitures", Scope::SharesWrite, life::forfeit)
        .post("/shares/members/{number}/particulars", Scope::SharesWrite, life::amend)
        .post("/shares/certificates/{number}/replacement", Scope::SharesWrite, life::replace)
        .post("/shares/withdrawals", Scope::SharesWrite, changes::give_notice)
        .get("/shares/withdrawals/{reference}", Scope::SharesRead, changes::show_withdrawal)
        .post("/shares/withdrawals/{reference}/agreement", Scope::SharesWrite, changes::agree)
        .post("/shares/withdrawals/{reference}/refusal", Scope::SharesWrite, changes::refuse)
        .post("/shares/withdrawals/{reference}/payment", Scope::SharesWrite, changes::pay_out)
        .post("/shares/events/{number}/reversal", Scope::SharesWrite, changes::reverse)
        .get("/shares/members/{number}", Scope::SharesRead, register::member)
        .get("/shares/register", Scope::SharesRead, register::register)
        .get("/shares/roll", Scope::SharesRead, register::roll)
        .get("/shares/summary", Scope::SharesRead, summary::summary);
}

/// What every write brings: who asks, with which key, for what.
pub(crate) struct Asked {
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    deed: Deed,
    key: String,
    fingerprint: [u8; 32],
}

impl Kit<Program> for Asked {
    async fn of(program: Program, request: &HttpRequest) -> Result<Self, Problem> {
        let actor = program.actor();
        let key = idempotency_key(request)?.ok_or_else(|| {
            Problem::bad_request(
                "Please send the header Idempotency-Key, a new one for each request. It lets you send it again safely.",
            )
        })?;
        Ok(Self {
            db: part(request)?,
            clock: part(request)?,
            deed: Deed { by: actor.who(), request_id: program.request_id().to_owned() },
            key: format!("{}:{key}", actor.key_space()),
            fingerprint: Sha256::digest(request.path()).into(),
        })
    }
}

impl Asked {
    /// Does it once for its key, and answers with what it made.
    async fn make<T: Serialize>(
        mut self,
        body: &[u8],
        make: impl FnOnce(&mut Conn, DateTime<Utc>, &Deed) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        self.fingerprint = Sha256::new().chain_update(self.fingerprint).chain_update(body).finalize().into();
        let answer = blocking(move || {
            self.db.write(|conn| {
                hold(conn, Lock::Books)?;
                let now = self.clock.now();
                shares::once(conn, now, &self.key, &self.fingerprint, |conn| {
                    let made = make(conn, now, &self.deed)?;
                    serde_json::to_string(&made).map_err(|error| Refusal::Words(Problem::internal(error)))
                })
            })
        })
        .await?;
        let mut response = if answer.is_replay { HttpResponse::Ok() } else { HttpResponse::Created() };
        if answer.is_replay {
            response.insert_header(("Idempotent-Replayed", "true"));
        }
        Ok(response.content_type("application/json").body(answer.text))
    }
}

/// Refused by the register, or by its own words.
pub(super) enum Refusal {
    Share(ShareError),
    Words(Problem),
}

impl From<ShareError> for Refusal {
    fn from(error: ShareError) -> Self {
        Self::Share(error)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Share(error.into())
    }
}

impl From<Vec<Fault>> for Refusal {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Words(said(faults))
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Share(error) => error.into(),
            Refusal::Words(problem) => problem,
        }
    }
}

fn said(faults: Vec<Fault>) -> Problem {
    Problem::fields(faults.into_iter().map(|fault| FieldError::new(fault.field, fault.message)).collect())
}

fn wrong(field: &'static str, message: impl ToString) -> Problem {
    said(vec![Fault { field, message: message.to_string() }])
}

/// A date of the body; nothing where nothing was sent.
fn day(field: &'static str, text: Option<&str>) -> Result<Option<NaiveDate>, Problem> {
    parse::date(text.unwrap_or_default()).map_err(|message| wrong(field, message))
}

fn member(field: &'static str, text: &str) -> Result<MemberNumber, Problem> {
    text.parse().map_err(|error| wrong(field, error))
}

/// A number of shares, sent as a number or as a text.
fn shares_of(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn count(value: &serde_json::Value) -> Result<i64, Problem> {
    parse::shares(&shares_of(value)).map_err(|message| wrong("shares", message))
}

fn reference(text: &str) -> Result<Reference, Problem> {
    text.parse().map_err(Problem::not_found)
}

fn application_id(text: &str) -> Result<i64, Problem> {
    shares::numbers::application_of(reference(text)?).ok_or_else(|| ShareError::UnknownApplication.into())
}

fn withdrawal_id(text: &str) -> Result<i64, Problem> {
    shares::numbers::withdrawal_of(reference(text)?).ok_or_else(|| ShareError::UnknownWithdrawal.into())
}

/// Longest reason or reference to a minute.
const WORDS_CHARS_MAX: usize = 1_000;

/// A reason or the reference of a minute, on one line.
fn words(field: &'static str, text: Option<&str>) -> Result<String, Problem> {
    let text = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > WORDS_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(wrong(field, format!("Please shorten this to {WORDS_CHARS_MAX} characters.")));
    }
    Ok(text)
}
