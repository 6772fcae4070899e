//! The desk over HTTP: one file a noun.
//!
//! Invariant: what changes the books does it in one transaction with its line of the audit trail, and answers 303; what
//! was refused is shown again with what was typed. Whoever is not let in never gets here: `staff` stands before it.

mod appeals;
mod audit_pack;
mod bank;
mod batches;
mod closing;
mod column;
mod contact;
mod deeds;
mod enter;
mod exports;
mod folio;
mod funds;
mod gift;
mod gifts;
mod ledger;
mod letters;
mod origin;
mod receipts;
mod settings;
mod shares;
mod standing_orders;
mod statements;
mod supporters;
mod today;
mod year;

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};

use super::may::May;
use crate::clock::Clock;
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::http::Form;
use crate::http::{Problem, RequestId, Shell, blocking};
use crate::staff::{Actor, audit};

/// The largest form: 2,000 characters of note and a few lines are far below it, however they are encoded.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// The addresses of this room.
pub fn routes(at: &mut web::ServiceConfig) {
    today::routes(at);
    letters::routes(at);
    receipts::routes(at);
    supporters::routes(at);
    enter::routes(at);
    gifts::routes(at);
    column::routes(at);
    batches::routes(at);
    standing_orders::routes(at);
    deeds::routes(at);
    contact::routes(at);
    gift::routes(at);
    ledger::routes(at);
    exports::routes(at);
    audit_pack::routes(at);
    appeals::routes(at);
    closing::routes(at);
    year::routes(at);
    funds::routes(at);
    settings::routes(at);
    shares::routes(at);
    statements::routes(at);
    bank::routes(at);
}

/// How much a form may hold.
fn form_limit() -> web::FormConfig {
    web::FormConfig::default().limit(FORM_BYTES_MAX)
}

/// What was sent, field by field; a field may come more than once.
type Pairs = web::Form<Vec<(String, String)>>;
/// What was asked for in the address, field by field.
type Asked = web::Query<Vec<(String, String)>>;

/// A request at the desk: who asks, from which request, and where the books are.
struct Desk {
    shell: Shell,
    actor: Actor,
    request_id: RequestId,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    /// The address that was asked for, so that a list of places can mark its own.
    path: String,
}

impl FromRequest for Desk {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = <(Shell, Actor, RequestId, web::Data<Db>, web::Data<Clock>)>::from_request(request, payload);
        let path = request.path().to_owned();
        Box::pin(async move {
            let (shell, actor, request_id, db, clock) = parts.await?;
            Ok(Self { shell, actor, request_id, db, clock, path })
        })
    }
}

impl Desk {
    fn may(&self) -> May {
        May::of(&self.actor)
    }

    /// Reads the books as they are now.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, DateTime<Utc>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (db, now) = (self.db.clone(), self.clock.now());
        blocking(move || db.read(|conn| work(conn, now))).await
    }

    /// Reads the books in one unchanging view, for figures that must agree with each other.
    async fn view<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, DateTime<Utc>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (db, now) = (self.db.clone(), self.clock.now());
        blocking(move || db.snapshot(|conn| work(conn, now))).await
    }

    /// Changes the books: all of it, or nothing.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn, DateTime<Utc>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        blocking(move || {
            db.write(|conn| {
                hold(conn, Lock::Books)?;
                work(conn, clock.now())
            })
        })
        .await
    }

    /// The hand that writes the audit trail, for work that goes to another thread.
    fn hand(&self) -> Hand {
        Hand { actor: self.actor.clone(), request_id: self.request_id.0.clone() }
    }
}

/// Who does something, and from which request.
#[derive(Clone)]
struct Hand {
    actor: Actor,
    request_id: String,
}

impl Hand {
    /// Writes a line of the audit trail, in the caller's transaction.
    fn note(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), DbError> {
        audit::record(conn, now, &self.actor, action, subject, detail, &self.request_id)
    }
}

/// The status of a page that shows a form, new or refused.
fn status_of(form: &Form) -> StatusCode {
    if form.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

fn see_other(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, place)).finish()
}
