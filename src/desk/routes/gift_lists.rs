//! Lists of gifts at the desk: a file is sent, shown with what it would do, its columns are said, and it is taken in.
//!
//! Invariant: what is shown is what the same verb would record, tried and taken back; what is recorded is the file that
//! was shown. No letter leaves unless its box is ticked.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::{Desk, Pairs, see_other, status_of};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::gift_list::{COLUMNS_SHOWN, NAME_CHARS_MAX, Said, filled, understood};
use crate::desk::written::who;
use crate::donations::import::{self as lists, FIELDS, How, ImportError, KeptMapping, List, ListUpload, Taken};
use crate::donations::{Letters, Method};
use crate::funds;
use crate::hex::hex;
use crate::http::{Form, Parts, Problem, Routes, Shell, blocking, page};
use crate::money::{Currency, display};
use crate::sheet::text::one_line;
use crate::sheet::{Field, Sheet};
use crate::staff::{Actor, May};

/// The largest file: half a million rows of a spreadsheet.
const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Files that wait, and lists that were taken in, on the page.
const SHOWN: i64 = 20;
/// Rows of the report on the page.
const ROWS_SHOWN: usize = 100;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/gifts/import", May::Read, show).post("/gifts/import", May::Enter, take);
    at.desk().post("/gifts/import/forget", May::Enter, forget);
    at.desk().get("/gifts/import/{id}", May::Read, show_file).post("/gifts/import/{id}", May::Enter, act);
}

#[derive(Template)]
#[template(path = "desk/lists/import.html")]
struct ImportPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    form: Form,
    funds: Vec<(String, String)>,
    /// Files that wait: digest, name, who sent them.
    waiting: Vec<(String, String, String)>,
    known: Vec<String>,
    taken: Vec<List>,
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    answer(desk, Form::new()).await
}

async fn answer(desk: Desk, form: Form) -> Result<HttpResponse, Problem> {
    let (waiting, known, taken, funds) = desk
        .read(|conn, _| {
            let known = lists::mappings(conn)?.into_iter().map(|kept| kept.name).collect();
            let funds = funds::all(conn)?.into_iter().map(|fund| (fund.slug, fund.title)).collect();
            Ok((lists::uploads(conn, SHOWN)?, known, lists::lists(conn, SHOWN)?, funds))
        })
        .await?;
    let waiting = waiting.into_iter().map(|(id, name, by)| (id, name, who(&by))).collect();
    let (may, status) = (desk.may(), status_of(&form));
    let (shell, actor, path) = (desk.shell, desk.actor, desk.path);
    page(status, &ImportPage { shell, actor, may, path, form, funds, waiting, known, taken })
}

async fn take(desk: Desk, parts: Parts) -> Result<HttpResponse, Problem> {
    let sent = match sent(parts).await {
        Ok(sent) => sent,
        Err(words) => return refused(desk, &words).await,
    };
    if let Err(error) = Sheet::open(&sent.content) {
        return refused(desk, &error.to_string()).await;
    }
    let id = hex(&Sha256::digest(&sent.content));
    let said = Said { fund: sent.fund, ..Said::default() };
    let by = desk.actor.who();
    let upload = ListUpload { id: id.clone(), file_name: sent.name, content: sent.content, mapping: said.json(), by };
    desk.write(move |conn, now| Ok(lists::keep_upload(conn, now, &upload)?)).await?;
    Ok(see_other(&format!("/desk/gifts/import/{id}")))
}

async fn refused(desk: Desk, words: &str) -> Result<HttpResponse, Problem> {
    let mut form = Form::new();
    form.refuse("file", words);
    answer(desk, form).await
}

/// A file as it was sent.
#[derive(Default)]
struct SentFile {
    name: String,
    content: Vec<u8>,
    fund: String,
}

async fn sent(mut parts: Parts) -> Result<SentFile, String> {
    let broken = |_| "The file did not arrive whole. Please send it again.".to_owned();
    let mut file = SentFile::default();
    while let Some(mut part) = parts.next().await.map_err(|problem| problem.detail)? {
        let field = part.name().unwrap_or_default().to_owned();
        let named = part.content_disposition().and_then(|about| about.get_filename()).unwrap_or_default();
        let named = one_line(named.rsplit(['/', '\\']).next().unwrap_or_default());
        let mut bytes = Vec::new();
        while let Some(chunk) = part.try_next().await.map_err(broken)? {
            if bytes.len() + chunk.len() > FILE_BYTES_MAX {
                return Err("This file is larger than 32 MB. Please split it.".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        match field.as_str() {
            "file" => (file.name, file.content) = (named.chars().take(NAME_CHARS_MAX).collect(), bytes),
            "fund" => file.fund = one_line(&String::from_utf8_lossy(&bytes)),
            _ => {}
        }
    }
    if file.content.is_empty() {
        return Err("Please choose the file, saved from a spreadsheet or from the other program as CSV.".to_owned());
    }
    if file.fund.is_empty() {
        file.fund = funds::DEFAULT_SLUG.to_owned();
    }
    if file.name.is_empty() {
        "list".clone_into(&mut file.name);
    }
    Ok(file)
}

async fn forget(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (name, hand) = (Form::sent(pairs.into_inner()).value("name").to_owned(), desk.hand());
    desk.write(move |conn, now| {
        if lists::forget_mapping(conn, &name)? {
            hand.note(conn, now, "columns of lists forgotten", "gifts", &name)?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other("/desk/gifts/import"))
}

#[derive(Template)]
#[template(path = "desk/lists/file.html")]
struct FilePage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    form: Form,
    id: String,
    file_name: String,
    headings: Vec<String>,
    fields: &'static [Field],
    methods: [Method; 8],
    /// Why it cannot be taken in, if it cannot.
    refusal: Option<String>,
    taken: Taken,
    currency: Currency,
}

impl FilePage {
    fn rows(&self) -> &[String] {
        &self.taken.report.rows[..self.taken.report.rows.len().min(ROWS_SHOWN)]
    }

    fn rows_hidden(&self) -> usize {
        self.taken.report.rows.len().saturating_sub(ROWS_SHOWN)
    }

    fn sum(&self) -> String {
        display(self.taken.sum_minor, self.currency)
    }

    fn can_be_taken(&self) -> bool {
        self.refusal.is_none() && self.taken.report.faults == 0 && self.taken.fresh + self.taken.report.alike > 0
    }
}

async fn waiting(desk: &Desk, id: &str) -> Result<(ListUpload, Said), Problem> {
    let id = id.to_owned();
    let found = desk.read(move |conn, _| Ok(lists::upload(conn, &id)?)).await?;
    let upload = found.ok_or_else(|| {
        Problem::not_found(
            "This file is not waiting any more: it was taken in or let go. Its gifts are among the gifts.",
        )
    })?;
    let said = serde_json::from_str(&upload.mapping).unwrap_or_default();
    Ok((upload, said))
}

async fn show_file(desk: Desk, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (upload, said) = waiting(&desk, &id).await?;
    shown(desk, upload, said, Form::new()).await
}

fn how(desk: &Desk, upload: &ListUpload, said: &Said) -> How {
    How {
        mapping: said.mapping.clone(),
        days: said.days,
        file_name: upload.file_name.clone(),
        by: desk.actor.who(),
        request_id: desk.request_id.clone(),
        ..How::default()
    }
}

async fn shown(desk: Desk, upload: ListUpload, said: Said, form: Form) -> Result<HttpResponse, Problem> {
    let sheet = Sheet::open(&upload.content).map_err(Problem::conflict)?;
    let headings: Vec<String> = sheet.headings().iter().take(COLUMNS_SHOWN).cloned().collect();
    let digest = lists::heading_digest(sheet.headings());
    let (slug, whole) = (said.fund.clone(), how(&desk, &upload, &said));
    let (db, now, content) = (desk.db.clone(), desk.clock.now(), upload.content.clone());
    let tried = blocking(move || {
        let tried = lists::take(&db, now, &slug, &whole, &content, crate::sheet::Intent::DryRun, &mut |_, _| {});
        match tried {
            Err(ImportError::Db(error)) => Err(Problem::from(error)),
            Err(ImportError::Sheet(error)) => Ok(Err(error.at_desk())),
            tried => Ok(tried.map_err(|error| error.to_string())),
        }
    })
    .await?;
    let slug = said.fund.clone();
    let (kept, fund) = desk
        .read(move |conn, _| {
            let kept = lists::mappings(conn)?.into_iter().find(|kept| kept.heading == digest);
            Ok((kept, funds::by_slug(conn, &slug)?))
        })
        .await?;
    let form = if form.has_field("do") { form } else { filled(form, &headings, &said, kept.as_ref()) };
    let (taken, refusal) = match tried {
        Ok(taken) => (taken, None),
        Err(words) => (Taken::default(), Some(words)),
    };
    let status = if form.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let may = desk.may();
    let whole = FilePage {
        shell: desk.shell,
        actor: desk.actor,
        may,
        path: desk.path,
        form,
        id: upload.id,
        file_name: upload.file_name,
        headings,
        fields: &FIELDS,
        methods: Method::ALL,
        refusal,
        taken,
        currency: fund.map_or(crate::money::GBP, |fund| fund.currency),
    };
    page(status, &whole)
}

async fn act(desk: Desk, id: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (upload, said) = match waiting(&desk, &id).await {
        // A second click, or a second person: it is done.
        Err(problem) if problem.status == StatusCode::NOT_FOUND && form.has("do", "record") => {
            return Ok(see_other("/desk/gifts"));
        }
        found => found?,
    };
    let here = format!("/desk/gifts/import/{}", upload.id);
    match form.value("do") {
        "discard" => {
            desk.write(move |conn, _| Ok(lists::forget_upload(conn, &upload.id)?)).await?;
            Ok(see_other("/desk/gifts/import"))
        }
        "record" => {
            let letters = if form.is_ticked("letters") { Letters::Written } else { Letters::NotToBeSent };
            let how = How { letters, again: form.is_ticked("again"), ..how(&desk, &upload, &said) };
            let is_done = record(&desk, upload, said, how).await?;
            Ok(see_other(if is_done { "/desk/gifts" } else { &here }))
        }
        _ => match understood(&mut form, &upload, said.fund.clone()) {
            Some(said) => {
                let json = said.json();
                desk.write(move |conn, _| Ok(lists::map_upload(conn, &upload.id, &json)?)).await?;
                Ok(see_other(&here))
            }
            None => shown(desk, upload, said, form).await,
        },
    }
}

/// Records the file; false where it may not be recorded, which its page says.
async fn record(desk: &Desk, upload: ListUpload, said: Said, how: How) -> Result<bool, Problem> {
    let hand = desk.hand();
    let done = desk.write(move |conn, now| {
        if lists::upload(conn, &upload.id)?.is_none() {
            return Ok(true);
        }
        let taken = lists::take_in(conn, now, &said.fund, &how, &upload.content, &mut |_, _| {});
        let taken = taken.map_err(|error| match error {
            ImportError::Db(error) => Problem::from(error),
            other => Problem::conflict(other),
        })?;
        if !taken.is_right() {
            return Err(Problem::conflict("This list cannot be taken in as it is."));
        }
        remember(conn, now, &said, &upload, &how.by)?;
        lists::forget_upload(conn, &upload.id)?;
        let detail = format!("{}: {}", upload.file_name, taken.report.summary);
        hand.note(conn, now, "list of gifts taken in", "gifts", &detail)?;
        Ok(true)
    });
    match done.await {
        Err(problem) if problem.status == StatusCode::CONFLICT => Ok(false),
        done => done,
    }
}

/// Keeps what the columns are under the program's name, if somebody gave one.
fn remember(conn: &mut Conn, now: DateTime<Utc>, said: &Said, upload: &ListUpload, by: &str) -> Result<(), Problem> {
    if said.program.is_empty() || !said.mapping.is_whole {
        return Ok(());
    }
    let sheet = Sheet::open(&upload.content).map_err(Problem::conflict)?;
    let heading = lists::heading_digest(sheet.headings());
    let kept = KeptMapping { name: said.program.clone(), heading, mapping: said.mapping.clone(), days: said.days };
    Ok(lists::keep_mapping(conn, now, &kept, by)?)
}
