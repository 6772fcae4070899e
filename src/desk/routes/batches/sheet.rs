//! The sheet of a batch: rows entered one after the other, each kept when it is entered.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Serialize;

use super::{OPEN_SHOWN, by, zone};
use crate::batches::{self, Batch, BatchError, NewRow, Row, State};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::batch::{self, BatchView, RowView, Totals};
use crate::desk::routes::{Asked, Desk, Pairs, see_other};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::ledger::accounts;
use crate::staff::{Actor, May};
use crate::supporters::{self, Named};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/batches/names", May::Read, names)
        .get("/batches/{id}", May::Read, show)
        .post("/batches/{id}/rows", May::Enter, enter)
        .get("/batches/{id}/rows/{row}", May::Read, edit)
        .post("/batches/{id}/rows/{row}", May::Enter, correct)
        .post("/batches/{id}/rows/{row}/remove", May::Enter, remove);
}

/// The fields of a row, in the order of the keys.
pub(super) const ROW_FIELDS: [&str; 14] = [
    "amount",
    "confirmed",
    "from",
    "acknowledge_as",
    "cheque_number",
    "promise",
    "shares",
    "application",
    "other",
    "other_account",
    "received_on",
    "note",
    "address",
    "in_memory_of",
];
/// Names offered in a page without scripts.
const NAMES_OFFERED: i64 = 100;
/// Names offered while somebody types.
const NAMES_ANSWERED: i64 = 12;

/// A batch with everything on its sheet.
pub(super) struct Sheet {
    pub batch: Batch,
    pub view: BatchView,
    pub rows: Vec<RowView>,
    pub totals: Totals,
    pub needs_two: bool,
    pub sign: String,
    pub names: Vec<String>,
    pub other_accounts: [&'static str; 2],
}

pub(super) fn sheet(conn: &mut Conn, id: i64, last: Option<i64>) -> Result<Sheet, Problem> {
    let found = batches::batch(conn, id)?.ok_or(BatchError::Unknown)?;
    let zone = zone(conn)?;
    let sums = batches::sums_of(conn, id)?;
    let rows = batches::rows_of(conn, id, last)?;
    let names = if last.is_none() { supporters::newest(conn, NAMES_OFFERED)? } else { Vec::new() };
    Ok(Sheet {
        view: batch::batch(&found, sums, zone),
        rows: rows.iter().map(|row| batch::row(row, &found)).collect(),
        totals: batch::totals(&found, sums),
        needs_two: batches::needs_two(conn)?,
        sign: found.currency.sign(),
        names: written(names),
        other_accounts: ["income:subscriptions", accounts::OTHER_INCOME],
        batch: found,
    })
}

fn written(names: Vec<Named>) -> Vec<String> {
    let mut written: Vec<String> = names
        .into_iter()
        .map(|named| match named.email {
            Some(email) => format!("{} <{email}>", named.name),
            None => named.name,
        })
        .collect();
    written.dedup();
    written
}

#[derive(Template)]
#[template(path = "desk/batches/sheet.html")]
struct SheetPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    sheet: Sheet,
    form: Form,
    control: Form,
    deed: Form,
    /// Open batches that could take a row which came too late for this one.
    elsewhere: Vec<BatchView>,
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    drawn(desk, *id, Form::new(), None, Form::new()).await
}

/// The sheet, with what was refused in its place.
pub(super) async fn drawn(
    desk: Desk,
    id: i64,
    form: Form,
    control: Option<Form>,
    deed: Form,
) -> Result<HttpResponse, Problem> {
    let is_row_refused = form.is_refused();
    let (sheet, elsewhere) = desk
        .read(move |conn, _| {
            let sheet = sheet(conn, id, None)?;
            let is_late = is_row_refused && sheet.batch.state != State::Open;
            let elsewhere = if is_late { open_like(conn, &sheet.batch)? } else { Vec::new() };
            Ok((sheet, elsewhere))
        })
        .await?;
    let is_refused = form.is_refused() || deed.is_refused() || control.is_some();
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let control = control.unwrap_or_else(|| {
        let batch = &sheet.batch;
        Form::new()
            .with("control", crate::money::plain(batch.control_minor, batch.currency))
            .with("count", batch.control_count.to_string())
            .with("received_on", batch.received_on.to_string())
            .with("note", &batch.note)
    });
    let (may, shell, actor, path) = (desk.may(), desk.shell, desk.actor, desk.path);
    page(status, &SheetPage { shell, actor, may, path, sheet, form, control, deed, elsewhere })
}

/// Open batches of the same kind and fund, where a row that came too late for its own can go.
fn open_like(conn: &mut Conn, batch: &Batch) -> Result<Vec<BatchView>, DbError> {
    let zone = zone(conn)?;
    let mut found = Vec::new();
    for other in batches::open_batches(conn, OPEN_SHOWN)? {
        if other.kind == batch.kind && other.fund_id == batch.fund_id {
            let sums = batches::sums_of(conn, other.id)?;
            found.push(batch::batch(&other, sums, zone));
        }
    }
    Ok(found)
}

/// What a script puts into the page: the row that was entered, the totals, and the next empty row.
#[derive(Template)]
#[template(path = "desk/batches/entered.html")]
struct Entered {
    sheet: Sheet,
    form: Form,
    has_row: bool,
}

fn typed(form: &Form, key: String) -> NewRow {
    let value = |field: &str| form.value(field).to_owned();
    NewRow {
        key,
        amount: value("amount"),
        confirmed: form.is_ticked("confirmed"),
        received_on: value("received_on"),
        from: value("from"),
        acknowledge_as: value("acknowledge_as"),
        anonymous: form.is_ticked("anonymous"),
        note: value("note"),
        promise: value("promise"),
        shares: value("shares"),
        application: value("application"),
        other: value("other"),
        other_account: value("other_account"),
        address: value("address"),
        in_memory_of: value("in_memory_of"),
        memory_in_print: form.is_ticked("memory_in_print"),
        cheque_number: value("cheque_number"),
    }
}

async fn enter(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (hand, id) = (desk.hand(), *id);
    let is_fragment = form.has("fragment", "1");
    let new = typed(&form, format!("{}:{}", hand.actor.key_space(), form.key()));
    let mut is_kept = false;
    let entered = desk.write(move |conn, now| match batches::enter(conn, now, &by(&hand), id, &new) {
        Err(kept @ BatchError::RowKept(_)) => Ok(Err(kept)),
        other => Ok(Ok(other?)),
    });
    let entered = entered.await.and_then(|entered| {
        entered.map_err(|kept| {
            is_kept = true;
            kept.into()
        })
    });
    let has_row = match entered {
        Ok(_) => true,
        Err(problem) => {
            form.take(problem, &ROW_FIELDS)?;
            form.sort_faults(&ROW_FIELDS);
            if is_kept {
                form.renew_key();
            }
            false
        }
    };
    match (is_fragment, has_row) {
        // The browser puts the focus into what the address names.
        (false, true) => Ok(see_other(&format!("/desk/batches/{id}#amount"))),
        (false, false) => drawn(desk, id, form, None, Form::new()).await,
        (true, _) => {
            let sheet = desk.read(move |conn, _| sheet(conn, id, Some(1))).await?;
            if !has_row && sheet.batch.state != State::Open {
                // The page itself says what happened: the script sends the row once more as the browser does.
                return Err(BatchError::NotOpen(sheet.batch.state.name()).into());
            }
            let form = if has_row { Form::new() } else { form };
            page(StatusCode::OK, &Entered { sheet, form, has_row })
        }
    }
}

#[derive(Template)]
#[template(path = "desk/batches/row_edit.html")]
struct RowPage {
    shell: Shell,
    actor: Actor,
    path: String,
    sheet: Sheet,
    row: i64,
    line: i64,
    form: Form,
}

fn row_of(conn: &mut Conn, id: i64, row: i64) -> Result<Row, Problem> {
    let found = batches::row(conn, row)?.filter(|row| row.batch_id == id);
    Ok(found.ok_or(BatchError::UnknownRow)?)
}

async fn edit(desk: Desk, place: web::Path<(i64, i64)>) -> Result<HttpResponse, Problem> {
    let (id, row) = *place;
    edited(desk, id, row, None).await
}

async fn edited(desk: Desk, id: i64, row: i64, refused: Option<Form>) -> Result<HttpResponse, Problem> {
    let (sheet, found) = desk.read(move |conn, _| Ok((sheet(conn, id, None)?, row_of(conn, id, row)?))).await?;
    if sheet.batch.state != State::Open {
        return Err(BatchError::NotOpen(sheet.batch.state.name()).into());
    }
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = refused.unwrap_or_else(|| batch::row_form(&found, &sheet.batch));
    let (shell, actor, path) = (desk.shell, desk.actor, desk.path);
    page(status, &RowPage { shell, actor, path, sheet, row, line: found.line, form })
}

async fn correct(desk: Desk, place: web::Path<(i64, i64)>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (id, row) = *place;
    let new = typed(&form, String::new());
    match desk.write(move |conn, now| Ok(batches::correct(conn, now, id, row, &new)?)).await {
        Ok(_) => Ok(see_other(&format!("/desk/batches/{id}#row-{row}"))),
        Err(problem) => {
            form.take(problem, &ROW_FIELDS)?;
            form.sort_faults(&ROW_FIELDS);
            let is_open = desk.read(move |conn, _| Ok(batches::batch(conn, id)?)).await?;
            if is_open.is_some_and(|batch| batch.state != State::Open) {
                return drawn(desk, id, form.with("corrects", row.to_string()), None, Form::new()).await;
            }
            edited(desk, id, row, Some(form)).await
        }
    }
}

async fn remove(desk: Desk, place: web::Path<(i64, i64)>) -> Result<HttpResponse, Problem> {
    let (id, row) = *place;
    let hand = desk.hand();
    desk.write(move |conn, now| {
        if let Some(row) = batches::remove(conn, id, row)? {
            let detail = format!("row {}, {} minor units", row.line, row.amount_minor);
            hand.note(conn, now, "batch row removed", &format!("batch {id}"), &detail)?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other(&format!("/desk/batches/{id}#amount")))
}

#[derive(Serialize)]
struct Names {
    names: Vec<String>,
}

async fn names(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let typed = Form::sent(asked.into_inner()).value("q").to_owned();
    let found = desk.read(move |conn, _| beginning(conn, &typed).map_err(Problem::from)).await?;
    Ok(HttpResponse::Ok().json(Names { names: found }))
}

fn beginning(conn: &mut Conn, typed: &str) -> Result<Vec<String>, DbError> {
    Ok(written(supporters::beginning(conn, typed, NAMES_ANSWERED)?))
}
