//! Letters about shares: those to be printed and posted, the yearly statement, and the letters of a noun.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono_tz::Tz;

use super::{Desk, Done, Pairs, Sent, day_in, drawn, once};
use crate::db::Conn;
use crate::desk::folio::{Deed, Folio, Kind, Table, badge, field, link, text};
use crate::desk::gift;
use crate::desk::routes::receipts::written;
use crate::desk::written::moment;
use crate::donations::link::LinkKey;
use crate::http::{Problem, PublicUrl, Routes, Shell, page};
use crate::outbox::{self, ComposeError, Delivery, DeliveryState, LetterKind};
use crate::shares::numbers::{CertificateNumber, grouped};
use crate::shares::{self, ShareLetters};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/letters", May::Read, show)
        .get("/shares/letters/print", May::Read, print_all)
        .post("/shares/letters/posted", May::EnterShares, posted)
        .get("/shares/letters/{id}", May::Read, print_one)
        .post("/shares/statements", May::Keep, send_statements);
}

/// Letters of one print run: a tray of paper.
const PRINTED_MAX: i64 = 200;

/// The letters of a noun.
pub(super) fn table(
    conn: &mut Conn,
    subject: i64,
    is_kind: fn(LetterKind) -> bool,
    zone: Tz,
) -> Result<Table, Problem> {
    Ok(listed(&outbox::about(conn, subject, is_kind)?, zone))
}

/// The letters that name a member rather than a request.
pub(super) fn of_holder(conn: &mut Conn, holder: i64, zone: Tz) -> Result<Table, Problem> {
    Ok(listed(&shares::letters_of(conn, holder)?, zone))
}

fn listed(letters: &[Delivery], zone: Tz) -> Table {
    let mut table = Table::new("Letters", &["Letter", "To", "State", "When"], "No letter was written.");
    for letter in letters {
        let view = gift::letter_of(letter, zone);
        let to = if view.to.is_empty() { "by post".to_owned() } else { view.to };
        let when = if view.trouble.is_empty() { view.when } else { format!("{} {}", view.when, view.trouble) };
        table.row(vec![
            link(view.what, format!("/desk/shares/letters/{}", letter.id)),
            text(to),
            badge(view.status.word, view.status.tone),
            text(when),
        ]);
    }
    table
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| {
        let settings = shares::settings(conn)?;
        let waiting = outbox::to_post(conn, LetterKind::is_about_shares, 0, PRINTED_MAX)?;
        let count = outbox::count_to_post(conn, LetterKind::is_about_shares)?;
        let mut folio = Folio::new("Letters to print and post");
        folio.lead = match count {
            0 => "Every member with an e-mail address is written to there. Nothing waits to be posted.".to_owned(),
            1 => "One letter waits for somebody without an e-mail address.".to_owned(),
            count => format!("{count} letters wait for members without an e-mail address."),
        };
        if count > 0 {
            folio.link("Print them", "/desk/shares/letters/print");
        }
        let held = shares::held_letters::count(conn)?;
        if held > 0 {
            folio.link(&format!("Held back: {}", grouped(held)), "/desk/shares/letters/held");
        }
        if count > PRINTED_MAX {
            let words = format!("The first {PRINTED_MAX} are here and in one print; the next come when these are posted.");
            folio.notice = Some((words, "wait"));
        }
        let mut table = Table::new("", &["Letter", "Enclose", "Written"], "Nothing to print.");
        for letter in &waiting {
            let certificate = shares::certificate_with(conn, letter)?;
            let enclose = certificate.map(|one| CertificateNumber(one.number).to_string()).unwrap_or_default();
            let paper = format!("/desk/shares/certificates/{enclose}");
            table.choice(
                letter.id.to_string(),
                vec![
                    link(letter.kind.label(), format!("/desk/shares/letters/{}", letter.id)),
                    if enclose.is_empty() { text("") } else { link(enclose, paper) },
                    text(moment(letter.created_at, settings.zone)),
                ],
            );
        }
        if may.enter_shares && !waiting.is_empty() {
            let mut deed = Deed::new("posted", "In the post", "/desk/shares/letters/posted")
                .saying("Only those you tick; the others stay here.", "These are posted")
                .again(sent);
            if sent.is_none() {
                for letter in &waiting {
                    deed = deed.with("chosen", letter.id.to_string());
                }
            }
            table.deed = Some(deed);
        }
        folio.tables.push(table);
        if may.keep {
            let last_day = now.with_timezone(&settings.zone).date_naive();
            folio.deeds.push(
                Deed::new("statements", "Send the yearly statements", "/desk/shares/statements")
                    .asking(vec![field("as_at", "Holdings at the end of", Kind::Day)])
                    .saying("Every member gets one, by e-mail or by post; of those who died whoever writes for the estate. Pressing twice does not send twice.", "Send")
                    .with("as_at", last_day.to_string())
                    .again(sent),
            );
        }
        Ok(folio)
    })
    .await
}

async fn posted(
    desk: Desk,
    pairs: Pairs,
    (links, public_url): (web::Data<LinkKey>, web::Data<PublicUrl>),
) -> Result<HttpResponse, Problem> {
    let writer = writer(&desk, &links, &public_url);
    let done = once(&desk, "posted", &["chosen"], pairs.into_inner(), move |conn, now, _, form| {
        let ids: Vec<i64> = form.values("chosen").iter().filter_map(|id| id.parse().ok()).collect();
        if ids.is_empty() {
            return Err(Problem::conflict("Please tick the letters that are in the post."));
        }
        let (mut posted, mut overtaken) = (Vec::new(), Vec::new());
        for id in ids {
            let letter = outbox::delivery(conn, id)?.filter(|letter| letter.kind.is_about_shares());
            let Some(letter) = letter.filter(|letter| letter.state == DeliveryState::Post) else { continue };
            match writer.addressee(conn, &letter) {
                Err(ComposeError::Overtaken(reason)) => overtaken.push((id, reason)),
                addressee => posted.push((id, written(addressee)?)),
            }
        }
        let count = outbox::posted(conn, now, &posted)?;
        let dropped = outbox::drop_overtaken(conn, &overtaken)?;
        let said = Done::new("/desk/shares/letters", "letters posted", format!("{count} letters"));
        Ok(if dropped > 0 { said.saying(format!("no longer needed: {dropped}")) } else { said })
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn send_statements(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "statements", &["as_at"], pairs.into_inner(), |conn, now, _, form| {
        let as_at = day_in(form, "as_at")?;
        let written = shares::send_statements(conn, now, as_at)?;
        let what = format!("{} members, {} held back", written.sent, written.held);
        Ok(Done::new("/desk/shares/letters", "statements of holding sent", what))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

#[derive(Template)]
#[template(path = "desk/shares/letters.html")]
struct LettersPage {
    shell: Shell,
    actor: Actor,
    letters: Vec<String>,
    back: String,
}

fn writer(desk: &Desk, links: &LinkKey, public_url: &PublicUrl) -> ShareLetters {
    ShareLetters { db: desk.db.get_ref().clone(), links: links.clone(), public_url: public_url.0.clone() }
}

async fn print_all(
    desk: Desk,
    (links, public_url): (web::Data<LinkKey>, web::Data<PublicUrl>),
) -> Result<HttpResponse, Problem> {
    let writer = writer(&desk, &links, &public_url);
    let letters = desk
        .read(move |conn, _| {
            let waiting = outbox::to_post(conn, LetterKind::is_about_shares, 0, PRINTED_MAX)?;
            let mut sheets = Vec::new();
            for letter in &waiting {
                match writer.printed(conn, letter) {
                    // Nobody needs it any more; it is dropped when the others are posted.
                    Err(ComposeError::Overtaken(_)) => {}
                    sheet => sheets.push(written(sheet)?),
                }
            }
            Ok(sheets)
        })
        .await?;
    let back = "/desk/shares/letters".to_owned();
    page(StatusCode::OK, &LettersPage { shell: desk.shell, actor: desk.actor, letters, back })
}

async fn print_one(
    desk: Desk,
    (links, public_url): (web::Data<LinkKey>, web::Data<PublicUrl>),
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let writer = writer(&desk, &links, &public_url);
    let unknown = || Problem::not_found("There is no such letter about shares.");
    let letters = desk
        .read(move |conn, _| {
            let letter =
                outbox::delivery(conn, *id)?.filter(|letter| letter.kind.is_about_shares()).ok_or_else(unknown)?;
            Ok(vec![written(writer.printed(conn, &letter))?])
        })
        .await?;
    let back = "/desk/shares/letters".to_owned();
    page(StatusCode::OK, &LettersPage { shell: desk.shell, actor: desk.actor, letters, back })
}
