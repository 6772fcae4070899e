//! A mail that came back: staff paste it, and the letter is found by its Message-ID or its address.
//!
//! Invariant: what was pasted is read and not kept; nothing is marked until staff say so.

use actix_web::HttpResponse;

use super::{Desk, Pairs, about, mailbox};
use crate::db::{Conn, DbError};
use crate::desk::folio::{Deed, Folio, Kind, Table, hinted, link, text as cell};
use crate::desk::receipts::{counted, place_of};
use crate::desk::routes::folio::shown;
use crate::donations::{self, Search};
use crate::http::{Form, Problem, Routes};
use crate::outbox::{self, Delivery, DeliveryState, LetterKind, MailKind, Returned};
use crate::staff::May;
use crate::supporters;

/// The longest mail that is read: a report with the letter it is about, and some room for what servers add.
const PASTED_BYTES_MAX: usize = 512 * 1024;
/// Letters offered of one address.
const OFFERED_MAX: usize = 5;
/// Gifts of one address that are looked at.
const GIFTS_MAX: i64 = 50;
/// Letters about them.
const LETTERS_MAX: i64 = 200;

pub(super) fn routes(at: &mut Routes) {
    at.desk().with_forms_up_to(PASTED_BYTES_MAX).get("/receipts/returned", May::Read, show);
    at.desk().with_forms_up_to(PASTED_BYTES_MAX).post("/receipts/returned", May::Enter, read);
}

fn folio(form: Form) -> Folio {
    let mut folio = Folio::under("Receipts", "/desk/receipts", "A mail came back");
    folio.lead =
        "Paste the whole mail that says so, with its headers if you can. It is only read, not kept.".to_owned();
    let hint = "Its Message-ID names the letter; otherwise the address does.";
    folio.deeds.push(Deed {
        form,
        ..Deed::new("paste", "The mail that came back", "/desk/receipts/returned")
            .asking(vec![hinted("text", "The mail", hint, Kind::Area)])
            .saying("", "Find the letter")
            .open()
    });
    folio
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    let mut folio = folio(Form::new());
    let may_see = desk.may().record;
    let (table, away) = desk.read(move |conn, _| Ok(mailbox::listed(conn, may_see)?)).await?;
    folio.tables.extend(table);
    if !away.is_empty() {
        folio.notice = Some((away, "bad"));
    }
    if !desk.may().record {
        folio.deeds.clear();
        folio.lead = "Those who enter gifts find the letter here by pasting the mail that came back.".to_owned();
    }
    shown(desk, folio)
}

async fn read(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let text = form.value("text").to_owned();
    if text.trim().is_empty() {
        form.refuse("text", "Please paste the mail that came back.");
        return shown(desk, folio(form));
    }
    let (said, letters) = desk.read(move |conn, _| Ok(found(conn, &text)?)).await?;
    if letters.is_empty() && matches!(said.kind, MailKind::HardBounce | MailKind::Unknown) {
        form.refuse("text", nothing_found(&said));
        return shown(desk, folio(form));
    }
    let mut folio = folio(form);
    folio.notice = Some((format!("{}. {}", said.kind.label(), meaning(&said, letters.len())), "wait"));
    let is_to_be_marked = matches!(said.kind, MailKind::HardBounce | MailKind::Unknown);
    if is_to_be_marked {
        let count = i64::try_from(letters.len()).unwrap_or(i64::MAX);
        folio.lead = counted(count, "This is the letter it is about.", "It may be one of these {} letters.");
        folio.deeds = letters.into_iter().map(|(letter, words)| offer(&letter, &words, &said.reason)).collect();
    } else {
        let mut table = Table::new("The letter it is about", &["Letter", "About", "To"], "It names no letter of ours.");
        for (letter, words) in letters {
            table.row(vec![link(letter.kind.label(), place_of(&letter)), cell(words), cell(letter.recipient)]);
        }
        folio.tables.push(table);
    }
    shown(desk, folio)
}

/// What a mail means, and what was done about it.
fn meaning(said: &Returned, letters: usize) -> String {
    let why = if said.reason.is_empty() { String::new() } else { format!(" The server says: {}", said.reason) };
    match said.kind {
        MailKind::HardBounce => format!("Nothing is marked until you press the button.{why}"),
        MailKind::Unknown if letters == 0 => String::new(),
        MailKind::Unknown => {
            format!("It may be that the letter came back, or something else. Please read it and decide.{why}")
        }
        MailKind::SoftBounce => format!(
            "Nothing was changed: the address may be right. If it happens for weeks, open the letter and say that it came \
             back.{why}"
        ),
        MailKind::Success => "Nothing was changed: all is well.".to_owned(),
        MailKind::AutoReply => {
            "Nothing was changed: the letter arrived, and a program answered, as during a holiday.".to_owned()
        }
        MailKind::Person => "Nothing was changed. Somebody wrote it, and may wait for an answer.".to_owned(),
    }
}

fn nothing_found(said: &Returned) -> String {
    match said.recipients.first() {
        Some(address) => format!(
            "No letter that we sent to {address} is still noted as sent. If it was noted before, it stands in the list of \
             those that did not arrive."
        ),
        None => "This names neither a letter of ours nor an address. Please paste all of it, also the part below the \
                 first words, where the address stands."
            .to_owned(),
    }
}

fn offer(letter: &Delivery, words: &str, reason: &str) -> Deed {
    let title = format!("{} to {}: {words}", letter.kind.label(), letter.recipient);
    Deed::new("returned", &title, format!("/desk/receipts/letters/{}/returned", letter.id))
        .asking(vec![hinted("reason", "Why it came back", "Kept with the letter.", Kind::Line)])
        .saying("It then counts as failed until somebody corrects the address or prints it.", "This one came back")
        .with("reason", reason)
        .open()
}

/// What the mail says, and the letters of ours that it may be about.
fn found(conn: &mut Conn, text: &str) -> Result<(Returned, Vec<(Delivery, String)>), DbError> {
    let said = outbox::read_returned(conn, text)?;
    let mut letters = Vec::new();
    if let Some((kind, id)) = said.letter {
        letters.extend(outbox::sent_with(conn, id, kind)?);
    }
    if letters.is_empty() {
        for address in &said.recipients {
            letters.extend(sent_to(conn, address)?);
        }
    }
    letters.retain(|letter| letter.state == DeliveryState::Sent && letter.kind.is_about_giving());
    letters.truncate(OFFERED_MAX);
    let mut told = Vec::with_capacity(letters.len());
    for letter in letters {
        let about = about(conn, &letter)?;
        told.push((letter, about.words));
    }
    Ok((said, told))
}

/// The letters to somebody with this address, newest first.
fn sent_to(conn: &mut Conn, address: &str) -> Result<Vec<Delivery>, DbError> {
    let whose = supporters::matching(conn, address)?;
    if whose.ids.is_empty() {
        return Ok(Vec::new());
    }
    let theirs = Search { supporters: Some(whose.clone()), ..Search::default() };
    let gifts: Vec<i64> = donations::search(conn, &theirs, GIFTS_MAX)?.iter().map(|gift| gift.id).collect();
    let mut letters = outbox::about_all(conn, &gifts, LetterKind::is_about_gift, LETTERS_MAX)?;
    letters.extend(outbox::about_all(conn, &whose.ids, |kind| kind == LetterKind::GivingStatement, LETTERS_MAX)?);
    letters.retain(|letter| letter.recipient.eq_ignore_ascii_case(address));
    letters.sort_by_key(|letter| std::cmp::Reverse(letter.id));
    Ok(letters)
}
