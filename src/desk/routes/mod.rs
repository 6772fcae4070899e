//! The desk over HTTP: one file a noun.
//!
//! Invariant: what changes the books does it in one transaction with its line of the audit trail, and answers 303; what
//! was refused is shown again with what was typed. Whoever is not let in never gets here: a `Desk` is made only from a
//! `Staff`, which only the guard makes.

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
mod gift_lists;
mod gifts;
mod ledger;
mod letters;
mod origin;
mod receipts;
mod refunds;
mod settings;
mod shares;
mod standing_orders;
mod statements;
mod supporters;
mod today;
mod unpaid;
mod withheld;
mod year;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};

use super::allowed::Allowed;
use crate::clock::Clock;
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::http::Form;
use crate::http::kit::Kit;
use crate::http::{Problem, Routes, Shell, blocking, part};
use crate::staff::{Actor, Staff, audit};

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    today::routes(at);
    withheld::routes(at);
    // Before the pages of one gift and of one application, whose addresses begin alike.
    unpaid::routes(at);
    refunds::routes(at);
    letters::routes(at);
    receipts::routes(at);
    supporters::routes(at);
    enter::routes(at);
    gift_lists::routes(at);
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

/// What was sent, field by field; a field may come more than once.
type Pairs = web::Form<Vec<(String, String)>>;
/// What was asked for in the address, field by field.
type Asked = web::Query<Vec<(String, String)>>;

/// A request at the desk: who asks, from which request, and where the books are.
struct Desk {
    shell: Shell,
    actor: Actor,
    request_id: String,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    /// The address that was asked for, so that a list of places can mark its own.
    path: String,
}

impl Kit<Staff> for Desk {
    async fn of(staff: Staff, request: &HttpRequest) -> Result<Self, Problem> {
        let path = request.path().to_owned();
        let (db, clock) = (part(request)?, part(request)?);
        let shell = Shell::extract(request).await?;
        Ok(Self { shell, actor: staff.actor().clone(), request_id: staff.request_id().to_owned(), db, clock, path })
    }
}

impl Desk {
    fn may(&self) -> Allowed {
        Allowed::of(&self.actor)
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
        Hand { actor: self.actor.clone(), request_id: self.request_id.clone() }
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
