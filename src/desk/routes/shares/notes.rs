//! The book of notes: the list, each note on its page with its story, and its taking back.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, asked, day_in, drawn, holder_cell, once, said, shown, words_in};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Cell, Deed, Folio, Kind, Table, badge, field, hinted, link, text};
use crate::desk::routes::Asked;
use crate::desk::written::{moment, short_day, who};
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes};
use crate::shares::notes::{self, Note, NoteKind};
use crate::shares::numbers::{application_reference, withdrawal_reference};
use crate::shares::{self, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/notes", May::Read, list);
    at.desk().get("/shares/notes/{number}", May::Read, show);
    at.desk().post("/shares/notes/{number}/taking-back", May::Keep, take_back);
}

/// Notes on one page of the list.
const SHOWN: i64 = 100;

/// Where a note is shown.
pub(super) fn place(number: i64) -> String {
    format!("/desk/shares/notes/{number}")
}

async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let folio = desk
        .read(move |conn, _| {
            let kind = NoteKind::from_name(asked(&pairs, "kind"));
            let mut folio = Folio::under("The register", "/desk/shares/register", "Notes of the register");
            folio.lead =
                "Everything that was done besides moving shares. A note is never changed; what was entered in \
                          error is taken back by another."
                    .to_owned();
            folio.link("Book of nominations", "/desk/shares/nominations");
            folio.link("Deaths", "/desk/shares/deaths");
            folio.lookup = Some(lookup(kind));
            let before = asked(&pairs, "before").parse().unwrap_or(i64::MAX);
            let kinds: Vec<&str> = kind.iter().map(|kind| kind.name()).collect();
            let found = notes::of_kinds(conn, &kinds, before, SHOWN + 1)?;
            let is_more = found.len() as i64 > SHOWN;
            let found: Vec<Note> = found.into_iter().take(SHOWN as usize).collect();
            let query = kind.map(|kind| format!("kind={}&", kind.name())).unwrap_or_default();
            folio.pager.0 = (before != i64::MAX).then(|| format!("/desk/shares/notes?{query}"));
            folio.pager.1 = found
                .last()
                .filter(|_| is_more)
                .map(|last| format!("/desk/shares/notes?{query}before={}", last.number));
            folio.tables.push(table(conn, "", &found, true)?);
            Ok(folio)
        })
        .await?;
    shown(desk, folio)
}

fn lookup(kind: Option<NoteKind>) -> Deed {
    let mut options = vec![(String::new(), "Every kind".to_owned())];
    options.extend(NoteKind::ALL.map(|kind| (kind.name().to_owned(), kind.label().to_owned())));
    Deed::new("find", "Notes", "/desk/shares/notes")
        .asking(vec![field("kind", "Kind", Kind::Choice(options))])
        .saying("", "Show")
        .with("kind", kind.map_or("", NoteKind::name))
}

/// Notes as a list.
pub(super) fn table(conn: &mut Conn, title: &str, notes: &[Note], with_holder: bool) -> Result<Table, Problem> {
    let heads: &[&'static str] = if with_holder {
        &["Note", "Day", "What", "About", "In words", "By", "State"]
    } else {
        &["Note", "Day", "What", "In words", "By", "State"]
    };
    let mut table = Table::new(title, heads, "Nothing was noted.");
    let numbers: Vec<i64> = notes.iter().map(|note| note.number).collect();
    let back = notes::reversals_of(conn, &numbers)?;
    for note in notes {
        let by = back.iter().find(|(of, _)| *of == note.number).map(|(_, by)| *by);
        let mut cells = vec![
            link(note.number.to_string(), place(note.number)),
            text(short_day(note.effective_on)),
            text(note.noted().map_or("Taken back", NoteKind::label)),
        ];
        if with_holder {
            cells.push(about(conn, note)?);
        }
        cells.extend([
            text(said::note(conn, note)?),
            text(who(&note.recorded_by)),
            match by {
                Some(by) => badge(format!("taken back by note {by}"), ""),
                None => badge("stands", "good"),
            },
        ]);
        table.row(cells);
    }
    Ok(table)
}

/// The story of the row that notes of a kind are about.
pub(super) fn of_row(conn: &mut Conn, kind: NoteKind, row: i64) -> Result<Table, Problem> {
    let story = notes::story_of(conn, kind, row)?;
    table(conn, "Notes", &story, false)
}

fn about(conn: &mut Conn, note: &Note) -> Result<Cell, Problem> {
    let holder = note.holder_id.map(|id| shares::holder(conn, id)).transpose()?.flatten();
    Ok(holder.map(|holder| holder_cell(&holder)).unwrap_or_else(|| text("the society")))
}

/// The noun that a note is about, where it has a page of its own.
fn noun(note: &Note, kind: NoteKind) -> Option<Cell> {
    match kind {
        NoteKind::Nomination | NoteKind::Variation | NoteKind::Revocation => {
            Some(link(format!("Nomination {}", note.row_id), format!("/desk/shares/nominations/{}", note.row_id)))
        }
        NoteKind::Notice | NoteKind::WithdrawalRefused | NoteKind::WithdrawalPaid => {
            let reference = withdrawal_reference(note.row_id);
            Some(link(format!("Withdrawal {reference}"), format!("/desk/shares/withdrawals/{reference}")))
        }
        NoteKind::ApplicationRefused | NoteKind::ApplicationWithdrawn => {
            let reference = application_reference(note.row_id);
            Some(link(format!("Application {reference}"), format!("/desk/shares/applications/{reference}")))
        }
        NoteKind::Suspension | NoteKind::Resumption => Some(link("Withdrawals", "/desk/shares/withdrawals")),
        NoteKind::Office | NoteKind::Departure => Some(link("Officers", "/desk/shares/officers")),
        NoteKind::Inspection => Some(link("Inspections", "/desk/shares/officers")),
        NoteKind::Interest | NoteKind::InterestPaid => {
            Some(link("The declaration", super::interest_run::place(note.row_id)))
        }
        NoteKind::Meeting => Some(link("The meeting", format!("/desk/shares/meetings/{}", note.row_id))),
        NoteKind::Death
        | NoteKind::Particulars
        | NoteKind::Replacement
        | NoteKind::Section
        | NoteKind::Estate
        | NoteKind::GoneAway => None,
    }
}

async fn show(desk: Desk, number: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *number, None).await
}

async fn shown_with(desk: Desk, number: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| folio(conn, now, may, number, sent)).await
}

fn folio(
    conn: &mut Conn,
    _: DateTime<Utc>,
    may: Allowed,
    number: i64,
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let note = notes::note(conn, number)?.ok_or(ShareError::UnknownNote(number))?;
    let zone = shares::settings(conn)?.zone;
    let title = note.noted().map_or("Taken back", NoteKind::label);
    let mut folio = Folio::under("Notes", "/desk/shares/notes", format!("Note {number}: {}", title.to_lowercase()));
    let back = notes::reversal_of(conn, number)?;
    if let Some(by) = back {
        folio.notice = Some((format!("This was taken back by note {by} and does not count."), "wait"));
        folio.fact("Taken back by", link(format!("note {by}"), place(by)));
    }
    folio.lead = said::note(conn, &note)?;
    folio.fact("About", about(conn, &note)?);
    if let Some(noun) = note.noted().and_then(|kind| noun(&note, kind)) {
        folio.fact("See", noun);
    }
    folio.fact("Counts from", text(day(note.effective_on)));
    folio.fact("Recorded", text(moment(note.recorded_at.and_utc(), zone)));
    folio.fact("By", text(who(&note.recorded_by)));
    super::proposals::entered(conn, &mut folio, &place(number))?;
    folio.fact("Reason", text(&note.reason));
    folio.fact("Minute", text(&note.minute));
    if let Some(entry) = note.entry {
        folio.fact("Entry in the ledger", link(entry.to_string(), format!("/desk/ledger/entries/{entry}")));
    }
    if let Some(first) = note.reverses {
        folio.fact("Takes back", link(format!("note {first}"), place(first)));
    }
    let story = notes::story(conn, &note)?;
    folio.history.push(table(conn, "Its story", &story, false)?);
    if let Some(kind) = note.noted().filter(|_| may.keep && back.is_none()) {
        folio.deeds.push(deed(number, kind).again(sent));
    }
    Ok(folio)
}

fn deed(number: i64, kind: NoteKind) -> Deed {
    let is_told = matches!(
        kind,
        NoteKind::ApplicationRefused
            | NoteKind::ApplicationWithdrawn
            | NoteKind::Notice
            | NoteKind::WithdrawalRefused
            | NoteKind::WithdrawalPaid
            | NoteKind::Interest
            | NoteKind::InterestPaid
    );
    let why = if is_told {
        "It stays in the book for ever, and whoever it is about reads it."
    } else {
        "It stays in the book for ever."
    };
    let mut fields = vec![hinted("reason", "Why", why, Kind::Line)];
    if matches!(kind, NoteKind::WithdrawalPaid | NoteKind::InterestPaid) {
        fields.push(hinted("on", "The money came back on", "Empty where it never left the bank.", Kind::Day));
    }
    let hint = match kind {
        NoteKind::WithdrawalPaid => {
            "The money is owed to the member again, who is told. After that the agreement can be reversed on the page of its \
             event."
        }
        NoteKind::Death => {
            "The vote is back, and letters that were held back leave. Not while shares that passed on because of it are \
             with somebody else."
        }
        NoteKind::Estate => "Letters are held back again, or go to whoever was noted before.",
        NoteKind::GoneAway => "They are there after all: letters that were held back leave.",
        NoteKind::Replacement => "The old certificate is in force again, and the new one is cancelled.",
        NoteKind::Particulars => "The register says again what it said before, of every day.",
        NoteKind::ApplicationRefused | NoteKind::ApplicationWithdrawn => {
            "The application waits for the committee again, with its money. The applicant is told."
        }
        NoteKind::Notice => "If a letter about it has left, the member is told that there is no notice.",
        NoteKind::WithdrawalRefused => {
            "The notice stands again, with its day. If a letter about the refusal has left, the member is told."
        }
        NoteKind::Interest => "Nothing is owed for it any more. Members who had a letter about it are told.",
        NoteKind::InterestPaid => {
            "The interest is owed again, and shares that were added for it leave the holdings, while every member still \
             has them. Members who had a letter about them are told."
        }
        _ => "Everything is as if it had never been; both notes stay.",
    };
    Deed::new("taking-back", "Take it back", format!("{}/taking-back", place(number)))
        .asking(fields)
        .saying(hint, "Take it back")
}

async fn take_back(desk: Desk, number: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let number = *number;
    let done = once(&desk, "taking-back", &["reason", "on"], pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::TakingBack, &number.to_string(), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, number, Some(sent)).await,
    }
}

/// Takes a note back for the reason in the form.
pub(super) fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    number: i64,
    form: &Form,
) -> Result<Done, Problem> {
    let reason = words_in(form, "reason")?;
    let by = notes::take_back(conn, now, deed, number, (&reason, day_in(form, "on")?))?;
    Ok(Done::new(place(by), "note of the register taken back", format!("note {number}")).saying(reason).noted(by))
}
