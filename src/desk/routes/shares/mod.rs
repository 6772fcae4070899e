//! The share register at the desk: one file a noun, one template for all of them.
//!
//! Invariant: a deed is done once for its form's key, in one transaction with its line of the audit trail; a refusal
//! shows the noun again with what was typed.

mod application;
mod applications;
mod deaths;
mod event;
mod held;
mod import;
mod interest;
mod interest_run;
mod labels;
mod letters;
mod meeting;
mod meetings;
mod member;
mod member_acts;
mod member_deeds;
mod nominations;
mod notes;
mod officers;
mod overview;
mod paper_form;
mod passing;
mod proposals;
mod proposed;
mod register;
mod returns;
mod roll;
mod said;
mod sections;
mod settings;
mod sitting;
mod terms;
mod withdrawal;
mod withdrawals;

use chrono::NaiveDate;

use super::folio::{Done, Sent, asked, drawn, lookup_form, needed_in, once, shown, words_in, wrong};
use super::{Desk, Pairs};
use crate::db::Conn;
use crate::desk::folio::Kind;
use crate::http::{Form, Problem, Routes};
use crate::money::display;
use crate::shares::numbers::MemberNumber;
use crate::shares::{self, Holder, ShareClass, ShareError, parse};

pub(super) fn routes(at: &mut Routes) {
    overview::routes(at);
    paper_form::routes(at);
    applications::routes(at);
    application::routes(at);
    register::routes(at);
    member::routes(at);
    event::routes(at);
    notes::routes(at);
    nominations::routes(at);
    deaths::routes(at);
    meetings::routes(at);
    meeting::routes(at);
    sitting::routes(at);
    proposals::routes(at);
    withdrawals::routes(at);
    withdrawal::routes(at);
    roll::routes(at);
    labels::routes(at);
    returns::routes(at);
    held::routes(at);
    letters::routes(at);
    officers::routes(at);
    sections::routes(at);
    terms::routes(at);
    interest::routes(at);
    interest_run::routes(at);
    import::routes(at);
}

impl Done {
    /// Kept as an event of the book.
    fn event(self, number: i64) -> Self {
        Self { kept: Some(event::place(number)), ..self }
    }

    /// Kept as a note.
    fn noted(self, number: i64) -> Self {
        Self { kept: Some(notes::place(number)), ..self }
    }
}

/// The day in a field; nothing where nothing was typed.
fn day_in(form: &Form, name: &'static str) -> Result<Option<NaiveDate>, Problem> {
    parse::date(form.value(name)).map_err(|message| wrong(name, message))
}

/// A number of shares.
fn shares_in(form: &Form) -> Result<i64, Problem> {
    parse::shares(form.value("shares")).map_err(|message| wrong("shares", message))
}

fn member_in(form: &Form, name: &'static str) -> Result<MemberNumber, Problem> {
    form.value(name).parse().map_err(|error| wrong(name, error))
}

/// The classes to choose from.
fn class_choice(classes: &[ShareClass]) -> Kind {
    Kind::Choice(classes.iter().map(|class| (class.code.clone(), class.name.clone())).collect())
}

fn money(amount_minor: i64, class: &ShareClass) -> String {
    display(amount_minor, class.currency)
}

fn class_named(classes: &[ShareClass], id: i64) -> String {
    classes.iter().find(|class| class.id == id).map(|class| class.name.clone()).unwrap_or_default()
}

/// A holder as a link to the member, or a name.
fn holder_cell(holder: &Holder) -> crate::desk::folio::Cell {
    match holder.member {
        Some(number) => crate::desk::folio::link(&holder.name, format!("/desk/shares/members/{number}")),
        None => crate::desk::folio::text(&holder.name),
    }
}

fn number_of(text: &str) -> Result<MemberNumber, Problem> {
    text.parse().map_err(Problem::not_found)
}

fn member_of(conn: &mut Conn, number: MemberNumber) -> Result<Holder, Problem> {
    let found = shares::holder_by_member(conn, number)?;
    found.ok_or_else(|| Problem::not_found(ShareError::UnknownMember(number.to_string())))
}

/// An address on one line.
fn on_one_line(address: &str) -> String {
    address.lines().collect::<Vec<_>>().join(", ")
}
