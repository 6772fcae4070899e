//! The share register: who owns the society, from the application to the last share withdrawn.
//!
//! Invariant: a holding is the sum of its lines in the book; for each class and day the holdings at their nominal value
//! equal the class's account in the ledger. The book is only ever added to; a mistake is reversed by another event.
//! What the rules and the law say stands in `rules.rs` and [`mod@class`]; letters and mail are left to `outbox`.

mod absence;
mod apply;
mod book;
pub mod certificate_pdf;
mod certificates;
pub mod class;
mod convert;
mod death;
mod decide;
mod deeds;
mod error;
mod estate;
mod forfeit;
mod gift;
mod ground;
mod holder;
pub mod import;
pub mod inspections;
pub mod interest;
pub mod lapse;
mod letters;
mod living;
pub mod meetings;
mod nominations;
pub mod notes;
pub mod numbers;
pub mod officers;
pub mod parse;
mod particulars;
mod pay;
mod positions;
pub mod proposals;
pub mod register;
mod reverse;
pub mod routes;
mod rules;
mod seam;
pub mod sections;
mod statement;
mod store;
mod suspend;
mod transfer;
pub mod verify;
mod withdraw;

use chrono::{DateTime, NaiveDate, Utc};

use crate::clock::date_in;
use crate::db::Conn;
pub use absence::mark_gone_away;
pub use apply::{Applicant, NewApplication, alike, apply};
pub use book::{EventKind, Recorded};
pub use certificates::replace as replace_certificate;
pub use class::{Settings, ShareClass, Terms, class_on, classes_on};
pub use convert::{NewConversion, convert};
pub use death::{Death, NewDeath, NewTransmission, note_death, numbered as death, of as deaths_of, transmit};
pub use decide::{Allotment, Allotted, Refused, Surplus, allot_all, refuse, withdraw_application};
pub use deeds::once;
pub use error::ShareError;
pub use estate::{
    AfterDeath, Estate, NewEstate, after as after_death, note_estate, numbered as estate_numbered, of as estate_of,
};
pub use forfeit::{Ending, NewForfeiture, forfeit};
pub use ground::Ground;
pub use holder::{Died, Holder, HolderKind, NewHolder};
pub use letters::{ShareLetters, certificate_with, counted, grouped, held as held_letters, of_holder as letters_of};
pub use nominations::{
    CLOSE_RELATIONS, NewNomination, Nomination, book_of_nominations, nominate, nomination, nominations_of,
    revoke as revoke_nomination, vary as vary_nomination,
};
pub use particulars::{Amendment, amend};
pub use pay::{NewPayment, bounce_payment, pay, take_payment_back};
pub use register::each_line;
pub use reverse::{Reversed, reverse};
pub use seam::{Seam, Waiting, applications_waiting, seams};
pub use statement::{Statements, send_statements};
pub use store::applications::{
    Application, ApplicationStatus, InState, application, count_in_state as count_applications,
    in_state as applications_in_state, numbered as applications_numbered, of_holder as applications_of,
};
pub use store::book::{Event, EventWhole, LineWhole, event_whole, events_of, latest as latest_events};
pub use store::certificates::{
    Certificate, by_code as certificate_by_code, numbered as certificate, of_holder as certificates_of,
    on as certificates_on,
};
pub use store::holders::{Said, holder, holder_by_member, holders_now, said};
pub use store::payments::{
    Payment, by_entry as payment_with_entry, cheques_in_hand, hold_payments_in, payments_numbered, payments_of,
};
pub use store::search::{fold_searches, search as search_members};
pub use store::withdrawals::{
    Withdrawal, WithdrawalStatus, count as count_withdrawals, count_notices as notices_waiting,
    of_holder as withdrawals_of, queue as withdrawals_in_state, withdrawal,
};
pub use store::{add_class, class, classes, rehearse, set_terms, settings, update_settings};
pub use suspend::{
    NewSuspension, Suspension, in_force as suspension_in_force, resume, suspend, suspension, suspensions,
};
pub use transfer::{NewTransfer, Transferred, transfer};
pub use withdraw::{NewWithdrawal, agree, give_notice, pay_out, refuse_withdrawal};

/// Who does something to the register, from which request.
#[derive(Debug, Clone)]
pub struct Deed {
    /// Who, as the trail writes it.
    pub by: String,
    /// From which request.
    pub request_id: String,
}

/// Today, as the society counts days; refuses a day that has not come.
fn past_or_today(
    conn: &mut Conn,
    now: DateTime<Utc>,
    date: Option<NaiveDate>,
) -> Result<(NaiveDate, Settings), ShareError> {
    let settings = settings(conn)?;
    let today = date_in(now, settings.zone);
    match date {
        Some(date) if date > today => Err(ShareError::InFuture(date)),
        date => Ok((date.unwrap_or(today), settings)),
    }
}
