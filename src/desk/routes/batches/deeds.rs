//! What is done with a whole batch: counted anew, checked, posted, put away, taken back.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::sheet::drawn;
use super::{by, control};
use crate::batches::{self, BatchError, NewControl, Posted};
use crate::db::Conn;
use crate::desk::routes::{Desk, Hand, Pairs, see_other};
use crate::donations::parse;
use crate::http::{FieldError, Form, Problem, Routes};
use crate::money::display;
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .post("/batches/{id}/control", May::Enter, count_anew)
        .post("/batches/{id}/check", May::Enter, check)
        .post("/batches/{id}/post", May::Enter, post)
        .post("/batches/{id}/discard", May::Enter, discard)
        .post("/batches/{id}/reverse", May::Decide, reverse);
}

async fn count_anew(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (mut form, id) = (Form::sent(pairs.into_inner()), *id);
    let batch = desk.read(move |conn, _| Ok(batches::batch(conn, id)?)).await?.ok_or(BatchError::Unknown)?;
    if let Some(control) = control(&mut form, batch.currency) {
        let hand = desk.hand();
        match desk.write(move |conn, now| counted(conn, now, id, &control, &hand)).await {
            Ok(()) => return Ok(see_other(&format!("/desk/batches/{id}"))),
            Err(problem) => form.take(problem, &["control", "count", "received_on", "note"])?,
        }
    }
    drawn(desk, id, Form::new(), Some(form), Form::new()).await
}

fn counted(conn: &mut Conn, now: DateTime<Utc>, id: i64, control: &NewControl, hand: &Hand) -> Result<(), Problem> {
    let before = batches::batch(conn, id)?.ok_or(BatchError::Unknown)?;
    batches::change_control(conn, now, id, control)?;
    let [was, is] = [before.control_minor, control.sum_minor].map(|minor| display(minor, before.currency));
    let detail = format!("{was} in {} became {is} in {}", before.control_count, control.count);
    hand.note(conn, now, "batch counted anew", &format!("batch {id}"), &detail)?;
    Ok(())
}

async fn check(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    let id = *id;
    done(desk, id, Form::new(), move |conn, now, hand| {
        batches::check(conn, now, &by(hand), id)?;
        Ok(hand.note(conn, now, "batch checked", &format!("batch {id}"), "")?)
    })
    .await
}

async fn post(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    let id = *id;
    done(desk, id, Form::new(), move |conn, now, hand| {
        if batches::post(conn, now, &by(hand), id)? == Posted::Now {
            let sums = batches::sums_of(conn, id)?;
            let batch = batches::batch(conn, id)?.ok_or(BatchError::Unknown)?;
            let detail = format!("{} in {} rows", display(sums.sum_minor, batch.currency), sums.count);
            hand.note(conn, now, "batch posted", &format!("batch {id}"), &detail)?;
        }
        Ok(())
    })
    .await
}

async fn discard(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    let id = *id;
    done(desk, id, Form::new(), move |conn, now, hand| {
        batches::discard(conn, now, &by(hand), id)?;
        Ok(hand.note(conn, now, "batch put away", &format!("batch {id}"), "")?)
    })
    .await
}

async fn reverse(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (form, id) = (Form::sent(pairs.into_inner()), *id);
    let typed = form.value("reason").to_owned();
    done(desk, id, form, move |conn, now, hand| {
        let reason = parse::reason(&typed).map_err(|error| Problem::fields(vec![FieldError::new("reason", error)]))?;
        batches::reverse(conn, now, &by(hand), id, &reason)?;
        Ok(hand.note(conn, now, "batch taken back", &format!("batch {id}"), &reason)?)
    })
    .await
}

/// Does it, or shows the sheet with the sentence that refused it.
async fn done(
    desk: Desk,
    id: i64,
    mut form: Form,
    deed: impl FnOnce(&mut Conn, DateTime<Utc>, &Hand) -> Result<(), Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let hand = desk.hand();
    match desk.write(move |conn, now| deed(conn, now, &hand)).await {
        Ok(()) => Ok(see_other(&format!("/desk/batches/{id}"))),
        Err(problem) => {
            form.take(problem, &["reason"])?;
            drawn(desk, id, Form::new(), None, form).await
        }
    }
}
