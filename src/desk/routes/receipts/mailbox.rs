//! Mail that came back by itself: what was read, what was done, and what somebody must look at.

use actix_web::HttpResponse;
use chrono_tz::Tz;

use super::{Desk, Pairs};
use crate::db::{Conn, DbError};
use crate::desk::folio::{Deed, Table, link, text};
use crate::desk::routes::folio::{Done, once};
use crate::desk::routes::see_other;
use crate::desk::written::moment;
use crate::funds;
use crate::http::{Problem, Routes};
use crate::outbox::{self, MailDeed, MailRead};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().post("/receipts/returned/seen", May::Enter, seen);
}

/// Mails shown.
const SHOWN: i64 = 50;
const PLACE: &str = "/desk/receipts/returned";

/// The newest mails, where any was read; and why no more can be, in a sentence that is empty while they can.
pub(super) fn listed(conn: &mut Conn, may_see: bool) -> Result<(Option<Table>, String), DbError> {
    let zone = funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone);
    let mails = outbox::mails(conn, SHOWN)?;
    let away = away(conn, zone)?;
    if mails.is_empty() {
        return Ok((None, away));
    }
    let mut table = Table::new("Read by itself", &["When", "What it is", "Letter", "What was done", "Why"], "");
    let waits = |mail: &MailRead| mail.deed == MailDeed::Staff && mail.seen_at.is_none();
    for mail in &mails {
        let cells = vec![
            text(moment(mail.read_at, zone)),
            text(what(mail)),
            match mail.delivery {
                Some(id) => link(mail.recipient.clone(), format!("/desk/receipts/letters/{id}")),
                None => text(""),
            },
            text(if mail.seen_at.is_some() { "looked at" } else { mail.deed.label() }),
            text(mail.reason.clone()),
        ];
        if may_see && waits(mail) { table.choice(mail.id.to_string(), cells) } else { table.row(cells) }
    }
    if may_see && mails.iter().any(waits) {
        let deed = Deed::new("seen", "Looked at", "/desk/receipts/returned/seen");
        table.deed = Some(deed.saying("Only those you tick.", "I have looked at these"));
    }
    Ok((Some(table), away))
}

/// "A letter from a person: Joe <joe@example.net>, Re: Thank you"
fn what(mail: &MailRead) -> String {
    let about = [mail.sender.as_str(), mail.subject.as_str()].into_iter().filter(|part| !part.is_empty());
    let about = about.collect::<Vec<_>>().join(", ");
    if about.is_empty() { mail.kind.label().to_owned() } else { format!("{}: {about}", mail.kind.label()) }
}

/// Since when mail that comes back cannot be read, and why; empty while it can.
pub(in crate::desk::routes) fn away(conn: &mut Conn, zone: Tz) -> Result<String, DbError> {
    let trouble = outbox::mailbox_trouble(conn)?;
    Ok(trouble.map_or_else(String::new, |trouble| {
        let since = moment(trouble.since, zone);
        format!("Mail that comes back cannot be read since {since}: {}. It is tried again by itself.", trouble.reason)
    }))
}

async fn seen(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "seen", &["chosen"], pairs.into_inner(), |conn, now, _, form| {
        let ids: Vec<i64> = form.values("chosen").iter().filter_map(|id| id.parse().ok()).collect();
        if ids.is_empty() {
            return Err(Problem::conflict("Please tick the mails that you have looked at."));
        }
        let count = outbox::set_seen(conn, now, &ids)?;
        Ok(Done::new(PLACE, "mails looked at", format!("{count} mails")))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(_) => Ok(see_other(PLACE)),
    }
}
