//! Choosing a file: it is kept for a day, and shown with what it would do.

use actix_web::HttpResponse;
use askama::Template;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::{Desk, Pairs, see_other, status_of};
use crate::desk::allowed::Allowed;
use crate::desk::written::who;
use crate::hex::hex;
use crate::http::{Form, Parts, Problem, Routes, Shell, blocking, page};
use crate::staff::{Actor, May};
use crate::statements::files::text::one_line;
use crate::statements::files::{FILE_BYTES_MAX, FileError};
use crate::statements::import::{Books, How, ImportError};
use crate::statements::{self, Upload};

/// Files that wait, on the page.
const WAITING_SHOWN: i64 = 20;
/// Longest name of a file that is kept.
const FILE_NAME_CHARS_MAX: usize = 120;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank/import", May::Read, show);
    at.desk().post("/bank/import", May::Enter, take);
    at.desk().post("/bank/layouts/forget", May::Enter, forget);
}

#[derive(Template)]
#[template(path = "desk/statements/import.html")]
struct ImportPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    form: Form,
    /// Files that wait: digest, name, who sent them.
    waiting: Vec<(String, String, String)>,
    /// Banks whose layouts are remembered.
    layouts: Vec<String>,
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    answer(desk, Form::new()).await
}

async fn answer(desk: Desk, form: Form) -> Result<HttpResponse, Problem> {
    let (waiting, layouts) =
        desk.read(|conn, _| Ok((statements::uploads(conn, WAITING_SHOWN)?, statements::layouts(conn)?))).await?;
    let waiting = waiting.into_iter().map(|(id, name, by)| (id, name, who(&by))).collect();
    let layouts = layouts.into_iter().map(|saved| saved.name).collect();
    page(
        status_of(&form),
        &ImportPage {
            shell: desk.shell,
            may: Allowed::of(&desk.actor),
            actor: desk.actor,
            path: desk.path,
            form,
            waiting,
            layouts,
        },
    )
}

async fn take(desk: Desk, parts: Parts) -> Result<HttpResponse, Problem> {
    let (file_name, content) = match sent(parts).await {
        Ok(file) => file,
        Err(words) => return refused(desk, &words).await,
    };
    let books = desk.read(|conn, now| Ok(Books::read(conn, now)?)).await?;
    // What is no statement is refused here; what only wants a word on its columns is shown.
    let (content, read) = blocking(move || {
        let read = books.read_file(&content, &How::default()).map(drop);
        Ok::<_, Problem>((content, read))
    })
    .await?;
    match read {
        Ok(()) | Err(ImportError::File(FileError::Columns(_))) => {}
        Err(error) => return refused(desk, &error.to_string()).await,
    }
    let id = hex(&Sha256::digest(&content));
    let upload = Upload { id: id.clone(), file_name, content, mapping: String::new(), by: desk.actor.who() };
    desk.write(move |conn, now| Ok(statements::keep_upload(conn, now, &upload)?)).await?;
    Ok(see_other(&format!("/desk/bank/import/{id}")))
}

async fn refused(desk: Desk, words: &str) -> Result<HttpResponse, Problem> {
    let mut form = Form::new();
    form.refuse("file", words);
    answer(desk, form).await
}

/// The file of an upload: its name and its bytes, or a sentence on why there is none.
async fn sent(mut parts: Parts) -> Result<(String, Vec<u8>), String> {
    let broken = |_| "The file did not arrive whole. Please send it again.".to_owned();
    while let Some(mut part) = parts.next().await.map_err(|problem| problem.detail)? {
        if part.name() != Some("file") {
            while part.try_next().await.map_err(broken)?.is_some() {}
            continue;
        }
        let named = part.content_disposition().and_then(|about| about.get_filename()).unwrap_or_default();
        let named = one_line(named.rsplit(['/', '\\']).next().unwrap_or_default());
        let name: String = named.chars().take(FILE_NAME_CHARS_MAX).collect();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.try_next().await.map_err(broken)? {
            if bytes.len() + chunk.len() > FILE_BYTES_MAX {
                return Err(FileError::TooLarge.to_string());
            }
            bytes.extend_from_slice(&chunk);
        }
        if name.is_empty() && bytes.is_empty() {
            break;
        }
        return Ok((if name.is_empty() { "statement".to_owned() } else { name }, bytes));
    }
    Err("Please choose the file that you downloaded from the bank.".to_owned())
}

async fn forget(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let form = Form::sent(pairs.into_inner());
    let (name, hand) = (form.value("name").to_owned(), desk.hand());
    desk.write(move |conn, now| {
        if statements::forget_layout(conn, &name)? {
            hand.note(conn, now, "bank layout forgotten", "bank", &name)?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other("/desk/bank/import"))
}
