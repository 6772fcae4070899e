//! Letters on paper: one a page, with the address where the window of the envelope is.
//!
//! Invariant: printing changes nothing and may be done again; only staff say that a letter is in the post.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use sha2::{Digest, Sha256};

use super::{Desk, Pairs, writer, written};
use crate::desk::allowed::Allowed;
use crate::desk::routes::folio::{Done, asked, once};
use crate::desk::routes::{Asked, status_of};
use crate::donations::link::LinkKey;
use crate::hex::hex;
use crate::http::{Form, Problem, PublicUrl, Routes, Shell, page};
use crate::outbox::{self, Addressee, ComposeError, DeliveryState, LetterKind};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/receipts/print", May::Read, print_all);
    at.desk().post("/receipts/posted", May::Enter, posted);
    at.desk().get("/receipts/letters/{id}/print", May::Read, print_one);
}

/// Letters of one print run: a ream of paper.
const PRINTED_MAX: i64 = 500;

#[derive(Template)]
#[template(path = "desk/receipts/print.html")]
pub(in crate::desk::routes) struct PrintPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: &'static str,
    back: String,
    form: Form,
    /// Number, and the letter itself.
    /// And a mark of whom it is addressed to.
    letters: Vec<(i64, String, String)>,
    /// Letters that nobody needs any more: number, what it is, why.
    overtaken: Vec<(i64, &'static str, String)>,
    /// How many wait in all.
    waiting: i64,
    /// Where the next run begins.
    next: Option<i64>,
    is_run: bool,
}

impl PrintPage {
    /// A page of one letter, which nobody marks as posted here.
    pub(in crate::desk::routes) fn of_one(desk: Desk, letter: String, back: String) -> Self {
        let may = desk.may();
        Self {
            shell: desk.shell,
            actor: desk.actor,
            may,
            path: "/desk/receipts/print",
            back,
            form: Form::new(),
            letters: vec![(0, letter, String::new())],
            overtaken: Vec::new(),
            waiting: 0,
            next: None,
            is_run: false,
        }
    }

    fn count(&self) -> i64 {
        i64::try_from(self.letters.len()).unwrap_or(i64::MAX)
    }
}

type Writing = (web::Data<LinkKey>, web::Data<PublicUrl>);

async fn print_all(desk: Desk, asked_for: Asked, writing: Writing) -> Result<HttpResponse, Problem> {
    let after = asked(&asked_for, "after").parse().unwrap_or(0);
    run(desk, after, Form::new(), writing).await
}

async fn run(desk: Desk, after: i64, form: Form, (links, public_url): Writing) -> Result<HttpResponse, Problem> {
    let writer = writer(&desk, &links, &public_url);
    let (letters, overtaken, waiting, count) = desk
        .read(move |conn, _| {
            let due = outbox::to_post(conn, LetterKind::is_about_giving, after, PRINTED_MAX)?;
            let (mut sheets, mut overtaken) = (Vec::new(), Vec::new());
            for letter in &due {
                match writer.printed(conn, letter) {
                    Err(ComposeError::Overtaken(reason)) => overtaken.push((letter.id, letter.kind.label(), reason)),
                    sheet => {
                        let mark = sheet_mark(&written(writer.addressee(conn, letter))?);
                        sheets.push((letter.id, written(sheet)?, mark));
                    }
                }
            }
            Ok((sheets, overtaken, outbox::count_to_post(conn, LetterKind::is_about_giving)?, due.len() as i64))
        })
        .await?;
    let is_full = count == PRINTED_MAX;
    let next = letters.last().map(|(id, _, _)| *id).filter(|_| is_full && waiting > PRINTED_MAX);
    let (status, may) = (status_of(&form), desk.may());
    let page_of = PrintPage {
        shell: desk.shell,
        actor: desk.actor,
        may,
        path: "/desk/receipts/print",
        back: "/desk/receipts".to_owned(),
        form,
        letters,
        overtaken,
        waiting,
        next,
        is_run: true,
    };
    page(status, &page_of)
}

async fn posted(desk: Desk, pairs: Pairs, writing: Writing) -> Result<HttpResponse, Problem> {
    let writer = writer(&desk, &writing.0, &writing.1);
    let done = once(&desk, "posted", &["chosen"], pairs.into_inner(), move |conn, now, _, form| {
        let ids: Vec<i64> = form.values("chosen").iter().filter_map(|id| id.parse().ok()).collect();
        if ids.is_empty() {
            return Err(Problem::conflict("Please tick the letters that are in the post."));
        }
        let (mut posted, mut overtaken) = (Vec::new(), Vec::new());
        for id in ids {
            let Some(letter) = outbox::delivery(conn, id)?.filter(|letter| letter.state == DeliveryState::Post) else {
                continue;
            };
            if let Err(ComposeError::Overtaken(reason)) = writer.printed(conn, &letter) {
                overtaken.push((id, reason));
                continue;
            }
            let addressee = written(writer.addressee(conn, &letter))?;
            let sheet = form.values("sheet").into_iter().find_map(|sheet| {
                let (of, mark) = sheet.split_once(':')?;
                (of == id.to_string()).then(|| mark.to_owned())
            });
            if sheet.is_some_and(|mark| mark != sheet_mark(&addressee)) {
                return Err(Problem::conflict(format!(
                    "The name or address of {} was corrected after this letter was printed. Please print it again.",
                    addressee.name
                )));
            }
            posted.push((id, addressee));
        }
        let count = outbox::posted(conn, now, &posted)?;
        let dropped = outbox::drop_overtaken(conn, &overtaken)?;
        let said = Done::new("/desk/receipts", "letters posted", format!("{count} letters"));
        Ok(if dropped > 0 { said.saying(format!("no longer needed: {dropped}")) } else { said })
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err((_, form)) => run(desk, 0, form, writing).await,
    }
}

/// Tells a sheet of paper from one that was addressed to somebody else.
fn sheet_mark(addressee: &Addressee) -> String {
    let whom = format!("{}\n{}", addressee.name, addressee.address);
    hex(&Sha256::digest(whom.as_bytes())[..8])
}

async fn print_one(desk: Desk, id: web::Path<i64>, (links, public_url): Writing) -> Result<HttpResponse, Problem> {
    let writer = writer(&desk, &links, &public_url);
    let id = id.into_inner();
    let unknown = || Problem::not_found("There is no such letter to a giver.");
    let letter = desk
        .read(move |conn, _| {
            let letter = outbox::delivery(conn, id)?.filter(|letter| letter.kind.is_about_giving());
            written(writer.printed(conn, &letter.ok_or_else(unknown)?))
        })
        .await?;
    page(StatusCode::OK, &PrintPage::of_one(desk, letter, format!("/desk/receipts/letters/{id}")))
}
