//! The books as files: what there is, and each of them for a span of days.
//!
//! A file is written whole, from one view of the books, to a temporary file that has no name; then it is sent. So it is
//! never cut short by a failure in the middle, nobody who reads slowly holds the database, and memory stays the same
//! however long it is. Who took what stands in the trail, because names and addresses leave with it.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{self, Bytes};
use askama::Template;
use chrono::{DateTime, Datelike, Utc};
use futures_util::stream;
use tokio::sync::Semaphore;

use super::{Asked, Desk, Pairs, see_other, status_of};
use crate::clock::date_in;
use crate::db::{Conn, Db};
use crate::desk::search::read_date;
use crate::exports::{self, ExportError, Format, Span, Table, file_name, journal};
use crate::funds;
use crate::http::{Form, Problem, Routes, Shell, blocking, page};
use crate::ledger::{self, Posted, chain};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/exports", May::Read, show);
    at.desk().get("/exports/{file}", May::Read, offer).post("/exports/{file}", May::Read, take);
}

/// Files that are prepared at the same time; whoever comes next waits, so that the desk stays quick.
const AT_ONCE: usize = 2;
static PREPARING: Semaphore = Semaphore::const_new(AT_ONCE);

/// Bytes sent at a time.
const PIECE: usize = 64 * 1024;

/// Years to choose from, newest first.
const YEARS_MAX: i32 = 10;

/// A file that can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Book {
    Journal(journal::Format),
    Table(Table, Format),
}

impl Book {
    const JOURNALS: [journal::Format; 3] = [journal::Format::Hledger, journal::Format::Beancount, journal::Format::Csv];

    fn all() -> impl Iterator<Item = Self> {
        let tables = Table::ALL.into_iter();
        let tables = tables.flat_map(|table| [Self::Table(table, Format::Csv), Self::Table(table, Format::Xlsx)]);
        Self::JOURNALS.into_iter().map(Self::Journal).chain(tables)
    }

    /// "donations" of "donations.xlsx"
    fn name(self) -> &'static str {
        match self {
            Self::Journal(_) => "journal",
            Self::Table(table, _) => table.name(),
        }
    }

    /// "xlsx" of "donations.xlsx"
    fn ending(self) -> &'static str {
        match self {
            Self::Journal(journal::Format::Hledger) => "hledger",
            Self::Journal(journal::Format::Beancount) => "beancount",
            Self::Journal(journal::Format::Csv) | Self::Table(_, Format::Csv) => "csv",
            Self::Table(_, Format::Xlsx) => "xlsx",
        }
    }

    fn content_type(self) -> &'static str {
        match self.ending() {
            "csv" => "text/csv; charset=utf-8",
            "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _ => "text/plain; charset=utf-8",
        }
    }

    fn write(
        self,
        conn: &mut Conn,
        days: &Span,
        now: DateTime<Utc>,
        mut out: impl Write + Send,
    ) -> Result<(), ExportError> {
        match self {
            Self::Journal(format) => journal::write_days(conn, format, days, &mut out),
            Self::Table(table, format) => exports::write(conn, (table, format), days, now, out),
        }
    }
}

/// A line of the page: what it is, and its files.
struct Line {
    title: &'static str,
    about: &'static str,
    /// "for hledger" and the address.
    files: Vec<(&'static str, String)>,
}

fn lines() -> Vec<Line> {
    let link = |book: Book, label| (label, format!("/desk/exports/{}.{}", book.name(), book.ending()));
    let labels = ["for hledger", "for beancount", "as CSV"];
    let journals = Book::JOURNALS.into_iter().zip(labels).map(|(format, label)| link(Book::Journal(format), label));
    let journal =
        Line { title: "Journal", about: "Every entry with its lines and its hash.", files: journals.collect() };
    let tables = Table::ALL.into_iter().map(|table| Line {
        title: table.title(),
        about: match table {
            Table::Donations => "Each gift with its giver and what became of it; with days, those received on them.",
            Table::Batches => "Each batch of the post: what was counted, what was entered, by whom; with days, those that came on them.",
            Table::Receipts => "Each receipt in the order of the numbers; with days, those issued on them.",
            Table::TrialBalance => "Each account: brought forward, debit, credit, balance.",
            Table::Income => "What came in and what went back, month by month and account by account.",
            Table::Bank => "Each line of the bank with its payer, its balance and whether it is matched; with days, those booked on them.",
        },
        files: vec![link(Book::Table(table, Format::Csv), "as CSV"), link(Book::Table(table, Format::Xlsx), "as XLSX")],
    });
    std::iter::once(journal).chain(tables).collect()
}

#[derive(Template)]
#[template(path = "desk/exports.html")]
struct ExportsPage {
    shell: Shell,
    actor: Actor,
    form: Form,
    days: Span,
    /// The days as each form sends them.
    given: Vec<(&'static str, String)>,
    years: Vec<i32>,
    lines: Vec<Line>,
    head: Posted,
    hash: String,
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let days = asked_days(&mut form);
    shown(desk, form, days.unwrap_or_default()).await
}

/// The days that were asked for; none when what was typed is wrong.
fn asked_days(form: &mut Form) -> Option<Span> {
    let mut day = |field: &str| {
        let typed = form.value(field).trim().to_owned();
        if typed.is_empty() { None } else { form.checked(field, read_date(&typed)) }
    };
    let days = Span { from: day("from"), until: day("until") };
    if let (Some(from), Some(until)) = (days.from, days.until)
        && from > until
    {
        form.refuse("until", "The last day cannot be before the first.");
    }
    (!form.is_refused()).then_some(days)
}

async fn shown(desk: Desk, form: Form, days: Span) -> Result<HttpResponse, Problem> {
    let (head, years) = desk
        .read(|conn, now| {
            let zone = funds::all(conn)?.first().map_or(chrono_tz::Tz::UTC, |fund| fund.zone);
            let last = date_in(now, zone).year();
            let first = ledger::opened(conn)?.iter().map(|one| one.day.year()).min().unwrap_or(last);
            Ok((ledger::head(conn)?, (first.max(last - YEARS_MAX + 1)..=last).rev().collect()))
        })
        .await?;
    let given = [("from", days.from), ("until", days.until)];
    let given = given.into_iter().filter_map(|(name, day)| Some((name, day?.to_string()))).collect();
    let (status, lines, hash) = (status_of(&form), lines(), chain::hex(&head.hash));
    let (shell, actor) = (desk.shell, desk.actor);
    page(status, &ExportsPage { shell, actor, form, days, given, years, lines, head, hash })
}

fn book_called(file: &str) -> Result<Book, Problem> {
    let book = Book::all().find(|book| format!("{}.{}", book.name(), book.ending()) == file);
    book.ok_or_else(|| Problem::not_found("There is no such file. The list of files is at /desk/exports."))
}

/// A bookmark of a file leads to the page with its days: whoever takes a file stands in the trail, and no link that
/// somebody else wrote may put them there.
async fn offer(desk: Desk, file: web::Path<String>, asked: Asked) -> Result<HttpResponse, Problem> {
    book_called(&file)?;
    let mut form = Form::sent(asked.into_inner());
    let Some(days) = asked_days(&mut form) else { return shown(desk, form, Span::default()).await };
    let given = [("from", days.from), ("until", days.until)];
    let given = given.into_iter().filter_map(|(name, day)| Some(format!("{name}={}", day?)));
    let query = given.collect::<Vec<_>>().join("&");
    Ok(see_other(&format!("/desk/exports{}{query}#files", if query.is_empty() { "" } else { "?" })))
}

async fn take(desk: Desk, file: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let book = book_called(&file)?;
    let mut form = Form::sent(pairs.into_inner());
    let Some(days) = asked_days(&mut form) else { return shown(desk, form, Span::default()).await };
    let (written, length, head) = {
        let _turn = PREPARING.acquire().await.map_err(Problem::internal)?;
        let (db, now) = (desk.db.clone(), desk.clock.now());
        blocking(move || prepared(&db, book, &days, now)).await?
    };
    let (hand, subject) = (desk.hand(), format!("{}.{}", book.name(), book.ending()));
    let detail = format!("{days}, at entry {}", head.number);
    desk.write(move |conn, now| Ok(hand.note(conn, now, "books exported", &subject, &detail)?)).await?;
    let name = file_name(book.name(), book.ending(), &days, &head);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, book.content_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header(("X-Ledger-Head", format!("{} {}", head.number, chain::hex(&head.hash))))
        .no_chunking(length)
        .streaming(Box::pin(pieces(written))))
}

/// The whole file, ready to be read from its beginning, with its length and the head that it names.
fn prepared(db: &Db, book: Book, days: &Span, now: DateTime<Utc>) -> Result<(File, u64, Posted), Problem> {
    let write = || {
        let mut out = BufWriter::with_capacity(PIECE, tempfile::tempfile()?);
        let head = db.snapshot(|conn| {
            book.write(conn, days, now, &mut out)?;
            Ok::<_, ExportError>(ledger::head(conn)?)
        })?;
        let mut file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        let length = file.stream_position()?;
        file.rewind()?;
        Ok((file, length, head))
    };
    write().map_err(|error| match error {
        ExportError::Db(error) => error.into(),
        other => Problem::internal(other),
    })
}

fn pieces(file: File) -> impl futures_util::Stream<Item = Result<Bytes, actix_web::Error>> {
    stream::try_unfold(file, |mut file| async move {
        let read = web::block(move || {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((Bytes::from(piece), file))
        });
        let (piece, file) = read.await??;
        Ok((!piece.is_empty()).then_some((piece, file)))
    })
}
