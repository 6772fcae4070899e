//! Notes of the register in words.

use super::{because_of, on_one_line, section};
use crate::db::Conn;
use crate::desk::routes::shares::class_named;
use crate::funds::words::day;
use crate::http::Problem;
use crate::money::display;
use crate::shares::notes::{Note, NoteKind};
use crate::shares::numbers::{CertificateNumber, withdrawal_reference};
use crate::shares::{self, counted, officers};

/// What a note says, in a sentence.
pub(in crate::desk::routes::shares) fn note(conn: &mut Conn, note: &Note) -> Result<String, Problem> {
    let on = day(note.effective_on);
    let why = because_of(&note.reason, &note.minute);
    let Some(kind) = note.noted() else {
        return Ok(format!("Note {} is taken back{why}", note.reverses.unwrap_or(0)));
    };
    Ok(match kind {
        NoteKind::Death => {
            let person = shares::death(conn, note.row_id)?.map(|death| death.person).unwrap_or_default();
            if person.is_empty() { format!("Died on {on}{why}") } else { format!("{person} died on {on}{why}") }
        }
        NoteKind::Estate => {
            let known = shares::estate_numbered(conn, note.row_id)?;
            let who = known.map(|one| format!("{}, {}", one.name, on_one_line(&one.address))).unwrap_or_default();
            format!("{who}, writes for the estate from {on}{why}")
        }
        NoteKind::GoneAway => format!("Gone away from the address since {on}{why}"),
        NoteKind::Nomination | NoteKind::Variation => nomination(conn, note)?,
        NoteKind::Revocation => format!("Nomination {} was revoked on {on}{why}", note.row_id),
        NoteKind::Particulars => changed(conn, note)?,
        NoteKind::Replacement => {
            let (old, new) = (CertificateNumber(note.before_id.unwrap_or(0)), CertificateNumber(note.row_id));
            format!("Certificate {old} was replaced by {new} on {on}{why}")
        }
        NoteKind::Section => {
            let (before, after) = (section(conn, note.before_id.unwrap_or(0))?, section(conn, note.row_id)?);
            format!("Meets and votes with {after} instead of {before} from {on}.")
        }
        NoteKind::Suspension | NoteKind::Resumption => {
            let class = shares::suspension(conn, note.row_id)?.map_or(0, |one| one.class_id);
            let name = class_named(&shares::classes(conn)?, class).to_lowercase();
            let verb = if kind == NoteKind::Suspension { "rest" } else { "go on" };
            format!("Withdrawals of {name} {verb} from {on}{why}")
        }
        NoteKind::Office | NoteKind::Departure => {
            let officer = officers::numbered(conn, note.row_id)?;
            let who = officer.map(|officer| format!("{} ({})", officer.name, officer.office)).unwrap_or_default();
            let verb = if kind == NoteKind::Office { "in office from" } else { "left office after" };
            format!("{who} {verb} {on}.")
        }
        NoteKind::Notice | NoteKind::WithdrawalRefused | NoteKind::WithdrawalPaid => withdrawal(conn, note, kind)?,
        NoteKind::ApplicationRefused => format!("The application was refused on {on}{why}"),
        NoteKind::ApplicationWithdrawn => format!("The applicant withdrew the application on {on}{why}"),
        NoteKind::Meeting => {
            let name = shares::meetings::meeting(conn, note.row_id)?.map(|meeting| meeting.name).unwrap_or_default();
            format!("{name} was opened, with the roll of {on}.")
        }
        NoteKind::Inspection => {
            let Some(one) = shares::inspections::numbered(conn, note.row_id)? else { return Ok(String::new()) };
            format!("{} ({}) inspected the register on {on} and was shown: {}.", one.name, one.capacity, one.shown)
        }
        NoteKind::Interest | NoteKind::InterestPaid => {
            let Some(run) = shares::interest::run(conn, note.row_id)? else { return Ok(String::new()) };
            let what = super::interest(conn, &run)?;
            match (kind, run.is_added) {
                (NoteKind::Interest, _) => format!("{what} was declared on {on}{why}"),
                (_, true) => format!("{what} was added to the holdings on {on}, and the rest paid."),
                (_, false) => format!("{what} was paid from the bank on {on}."),
            }
        }
    })
}

fn nomination(conn: &mut Conn, note: &Note) -> Result<String, Problem> {
    let Some(one) = shares::nomination(conn, note.row_id)? else { return Ok(String::new()) };
    let varies = one.varies.map(|old| format!(" in the place of nomination {old}")).unwrap_or_default();
    let address = on_one_line(&one.address);
    let made_on = day(one.made_on);
    Ok(format!(
        "Nomination {}{varies}: {}, {address}, for {} per cent, by a statement signed on {made_on}.",
        one.id, one.nominee, one.percent
    ))
}

/// What a change of particulars changed.
fn changed(conn: &mut Conn, note: &Note) -> Result<String, Problem> {
    let why = because_of(&note.reason, &note.minute);
    let Some(said) = shares::said(conn, note.row_id)? else { return Ok(String::new()) };
    let Some(before) = said.before else { return Ok(format!("Entered{why}")) };
    let after = &said.holder;
    let mut changes = Vec::new();
    let mut compare = |label: &str, before: &str, after: &str| {
        if before != after {
            let or_none =
                |text: &str| if text.is_empty() { "none".to_owned() } else { format!("“{}”", on_one_line(text)) };
            changes.push(format!("{label} {} instead of {}", or_none(after), or_none(before)));
        }
    };
    compare("name", &before.name, &after.name);
    compare("representative", &before.representative, &after.representative);
    compare("address", &before.address, &after.address);
    compare("e-mail", before.email.as_deref().unwrap_or(""), after.email.as_deref().unwrap_or(""));
    compare("e-mail for", &before.email_purposes, &after.email_purposes);
    let what = if changes.is_empty() { "nothing that can be seen".to_owned() } else { changes.join("; ") };
    Ok(format!("From {}: {what}{why}", day(note.effective_on)))
}

fn withdrawal(conn: &mut Conn, note: &Note, kind: NoteKind) -> Result<String, Problem> {
    let (on, why) = (day(note.effective_on), because_of(&note.reason, &note.minute));
    let reference = withdrawal_reference(note.row_id);
    let Some(one) = shares::withdrawal(conn, note.row_id)? else { return Ok(String::new()) };
    let class = shares::class(conn, one.class_id)?;
    Ok(match kind {
        NoteKind::Notice => format!("Notice to withdraw {} on {on} ({reference}).", counted(one.shares, &class)),
        NoteKind::WithdrawalRefused => format!("The withdrawal {reference} was refused on {on}{why}"),
        _ => format!("{} was paid out for {reference} on {on}.", display(one.amount_minor, class.currency)),
    })
}
