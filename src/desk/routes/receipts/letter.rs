//! One letter to a giver: how it stands, and what can be done when it did not arrive.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Desk, Pairs, about, subject_of};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, hinted, link, number, text};
use crate::desk::gift;
use crate::desk::receipts::age;
use crate::desk::routes::folio::{Done, Sent, drawn, once, wrong};
use crate::desk::written::moment;
use crate::donations::{self, Contact};
use crate::funds;
use crate::http::{Form, Problem, Routes};
use crate::outbox::{self, AmendError, Delivery, DeliveryState, LetterKind, TryAgainError};
use crate::staff::May;
use crate::supporters::rules::address;

pub(super) fn routes(at: &mut Routes) {
    let answer =
        |act: Act| move |desk: Desk, id: web::Path<i64>, pairs: Pairs| acted(act, desk, *id, pairs.into_inner());
    at.desk()
        .get("/receipts/letters/{id}", May::Read, show)
        .post("/receipts/letters/{id}/again", May::Enter, answer(Act::Again))
        .post("/receipts/letters/{id}/correct", May::Enter, answer(Act::Correct))
        .post("/receipts/letters/{id}/print-instead", May::Enter, answer(Act::Print))
        .post("/receipts/letters/{id}/returned", May::Enter, answer(Act::Returned))
        .post("/receipts/letters/{id}/leave", May::Enter, answer(Act::Leave));
}

/// Something done with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Again,
    Correct,
    Print,
    Returned,
    Leave,
}

impl Act {
    fn slug(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Correct => "correct",
            Self::Print => "print-instead",
            Self::Returned => "returned",
            Self::Leave => "leave",
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Again | Self::Leave => &[],
            Self::Correct => &["email"],
            Self::Print => &["address"],
            Self::Returned => &["reason"],
        }
    }
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *id, None).await
}

async fn shown_with(desk: Desk, id: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| page(conn, now, may, id, sent)).await
}

fn letter_of(conn: &mut Conn, id: i64) -> Result<Delivery, Problem> {
    let letter = outbox::delivery(conn, id)?.filter(|letter| letter.kind.is_about_giving());
    letter.ok_or_else(|| Problem::not_found("There is no such letter to a giver. Please look in the list of receipts."))
}

fn page(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    id: i64,
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let letter = letter_of(conn, id)?;
    let zone = funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone);
    let (subject, about) = (subject_of(conn, &letter)?, about(conn, &letter)?);
    let view = gift::letter_of(&letter, zone);
    let title = if about.name.is_empty() { view.what.to_owned() } else { format!("{} for {}", view.what, about.name) };
    let mut folio = Folio::under("Receipts", "/desk/receipts", title);
    folio.badge = Some((view.status.word.to_owned(), view.status.tone));
    folio.link("As it is printed", format!("/desk/receipts/letters/{id}/print"));
    folio.fact("About", link(&about.words, &about.place));
    if let Some(supporter) = &subject.supporter {
        let name = if supporter.name.is_empty() { "without a name" } else { supporter.name.as_str() };
        folio.fact("Supporter", link(name, format!("/desk/supporters/{}", supporter.id)));
    }
    folio.fact("To", text(if view.to.is_empty() { "by post".to_owned() } else { view.to }));
    if view.has_failed {
        let what = if letter.returned_at.is_some() { "Why it came back" } else { "Why it did not arrive" };
        folio.fact(what, text(view.trouble));
        folio.fact("Since", text(format!("{}, {}", moment(letter.due_at, zone), ago(letter.due_at, now))));
    } else {
        folio.fact("When", text(view.when));
        folio.fact("Last answer of the server", text(view.trouble));
    }
    folio.fact("Tried", number(letter.attempts));
    folio.fact("Written", text(moment(letter.created_at, zone)));
    if may.record {
        folio.deeds = deeds(&letter, &subject, sent);
    }
    Ok(folio)
}

fn ago(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} ago", age(since, now))
}

fn deeds(letter: &Delivery, subject: &super::Subject, sent: Option<&(String, Form)>) -> Vec<Deed> {
    let place = |act: Act| format!("/desk/receipts/letters/{}/{}", letter.id, act.slug());
    let has_failed = letter.state == DeliveryState::Failed;
    let mut deeds = Vec::new();
    if has_failed && subject.supporter.is_some() {
        let hint = "It is corrected for the supporter, so that the next letter goes there too.";
        deeds.push(
            Deed::new(Act::Correct.slug(), "Correct the address and send it", place(Act::Correct))
                .asking(vec![hinted("email", "E-mail address", hint, Kind::Line)])
                .saying("Other letters to the wrong address that did not arrive are sent too.", "Send it there")
                .with("email", &letter.recipient)
                .open()
                .again(sent),
        );
    }
    if has_failed {
        let again = Deed::new(Act::Again.slug(), "Try again", place(Act::Again));
        deeds.push(again.saying("To the same address, as if it had never been tried.", "Try again").again(sent));
    }
    if has_failed && let Some(supporter) = subject.supporter.as_ref().filter(|known| !known.name.is_empty()) {
        let hint = "One line a line, as on an envelope; the name stands above it.";
        deeds.push(
            Deed::new(Act::Print.slug(), "Print it instead", place(Act::Print))
                .asking(vec![hinted("address", "Postal address", hint, Kind::Area)])
                .saying("It waits with the letters to be printed. Mail goes on as before.", "Print it instead")
                .with("address", &supporter.address)
                .again(sent),
        );
    }
    if has_failed && letter.settled_at.is_none() {
        let leave = Deed::new(Act::Leave.slug(), "Nothing more can be done", place(Act::Leave));
        let hint = "It stays with the gift and is no longer listed. The receipt’s number stands.";
        deeds.push(leave.saying(hint, "Leave it").again(sent));
    }
    if letter.state == DeliveryState::Sent && !letter.recipient.is_empty() {
        let hint = "In the words of the mail that says so.";
        deeds.push(
            Deed::new(Act::Returned.slug(), "It came back", place(Act::Returned))
                .asking(vec![hinted("reason", "Why", hint, Kind::Line)])
                .saying("It then counts as failed until somebody corrects the address or prints it.", "It came back")
                .again(sent),
        );
    }
    let is_receipt = matches!(letter.kind, LetterKind::Receipt | LetterKind::Duplicate);
    if let Some(gift) = subject.gift.as_ref().filter(|_| is_receipt && letter.state == DeliveryState::Sent) {
        let place = format!("/desk/gifts/{}/resend", gift.reference());
        let deed = Deed::new("resend", "Send the receipt once more", place);
        deeds.push(deed.saying("A new letter, marked as a duplicate.", "Send a duplicate"));
    }
    deeds
}

async fn acted(act: Act, desk: Desk, id: i64, pairs: Vec<(String, String)>) -> Result<HttpResponse, Problem> {
    // The same form name on two letters is two deeds.
    let slug = act.slug();
    let done = once(&desk, slug, act.fields(), pairs, move |conn, now, _, form| done(conn, now, act, id, form));
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}

fn done(conn: &mut Conn, now: DateTime<Utc>, act: Act, id: i64, form: &Form) -> Result<Done, Problem> {
    let letter = letter_of(conn, id)?;
    let subject = subject_of(conn, &letter)?;
    let place = format!("/desk/receipts/letters/{id}");
    let named = format!("letter {id}");
    match act {
        Act::Again => match outbox::try_again(conn, now, id) {
            Ok(()) => Ok(Done::new(place, "letter tried again", named)),
            Err(error @ TryAgainError::NotFailed) => Err(Problem::conflict(error)),
            Err(TryAgainError::Db(error)) => Err(error.into()),
        },
        Act::Correct => {
            let email = outbox::address(form.value("email")).map_err(|error| wrong("email", error))?;
            let supporter = subject.supporter.ok_or_else(|| Problem::conflict("This letter has no supporter."))?;
            if letter.state != DeliveryState::Failed {
                return Err(Problem::conflict("This letter is on its way or was sent; nothing was changed."));
            }
            let before = letter.recipient.clone();
            let contact = Contact { name: supporter.name, email: Some(email.clone()), address: supporter.address };
            let reached = donations::reach(conn, now, supporter.id, &contact)?;
            // The supporter may have the right address already, and only this letter the wrong one.
            let count = reached.redirected.max(outbox::redirect(conn, now, &[id], &email)?);
            let subject = format!("supporter {}", reached.supporter);
            let detail = format!("{before} is now {email}; letters sent there: {count}");
            Ok(Done::new(place, "e-mail address corrected", subject).saying(detail))
        }
        Act::Print => {
            let address = address(form.value("address")).map_err(|error| wrong("address", error))?;
            if address.is_empty() {
                return Err(wrong("address", "Please give the postal address, as it stands on an envelope."));
            }
            let supporter = subject.supporter.ok_or_else(|| Problem::conflict("This letter has no supporter."))?;
            outbox::print_instead(conn, id).map_err(at("address"))?;
            let contact = Contact { name: supporter.name, email: supporter.email, address };
            donations::reach(conn, now, supporter.id, &contact)?;
            Ok(Done::new(place, "letter to be printed instead", named))
        }
        Act::Leave => {
            outbox::leave(conn, now, id).map_err(at("reason"))?;
            Ok(Done::new("/desk/receipts", "letter left", named))
        }
        Act::Returned => {
            outbox::came_back(conn, now, id, form.value("reason")).map_err(at("reason"))?;
            Ok(Done::new(place, "letter came back", named).saying(form.value("reason").trim()))
        }
    }
}

fn at(field: &'static str) -> impl Fn(AmendError) -> Problem {
    move |error| match error {
        AmendError::Db(error) => error.into(),
        AmendError::ReasonMissing => wrong(field, error),
        other => Problem::conflict(other),
    }
}
