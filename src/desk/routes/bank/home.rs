//! The bank's first page: the last statement, its balance and ours, what waits, and the one setting.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use chrono::NaiveDate;

use super::{Desk, Pairs, see_other};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::written::short_day;
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes, Shell, blocking, page};
use crate::ledger::{self, accounts};
use crate::money::{Currency, display};
use crate::staff::{Actor, May};
use crate::statements::matching::{self, Certain};
use crate::statements::{self, LineState, Wanted, reconciliation};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank", May::Read, show);
    at.desk().post("/bank/settings", May::Decide, set);
    at.desk().post("/bank/certain", May::Enter, post_certain);
}

#[derive(Template)]
#[template(path = "desk/bank/home.html")]
struct HomePage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    stand: Stand,
}

struct Stand {
    /// The last statement: its file, its last day.
    last: Option<(String, String)>,
    /// "£1,234.00"; empty where no statement tells it.
    statement: String,
    books: String,
    /// Nothing, where the two agree.
    difference: String,
    is_explained: bool,
    waiting: i64,
    oldest: String,
    unallocated: i64,
    unallocated_sum: String,
    reconciled_to: String,
    posts_certain: bool,
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    let stand = desk.read(|conn, now| Ok(stand(conn, now.date_naive())?)).await?;
    let (may, path) = (desk.may(), "/desk/bank".to_owned());
    page(StatusCode::OK, &HomePage { shell: desk.shell, actor: desk.actor, may, path, stand })
}

fn stand(conn: &mut Conn, today: NaiveDate) -> Result<Stand, DbError> {
    let (currency, _) = matching::home(conn)?;
    let last = statements::newest(conn)?;
    let last_on = last.as_ref().map(|statement| statement.until_on);
    let told = match last_on {
        Some(on) => reconciliation::reconcile(conn, on)?,
        None => None,
    };
    let (unallocated, sum_minor) = matching::sum_unallocated(conn)?;
    let oldest = Wanted { state: Some(LineState::Waiting), ..Wanted::default() };
    let oldest = statements::lines(conn, &oldest, 1)?.pop();
    Ok(Stand {
        last: last.map(|statement| (statement.file_name, day(statement.until_on))),
        statement: told
            .as_ref()
            .and_then(|told| told.statement_minor)
            .map(|it| display(it, currency))
            .unwrap_or_default(),
        books: display(
            told.as_ref().map_or_else(|| ours(conn, today, currency), |told| Ok(told.books_minor))?,
            currency,
        ),
        difference: told
            .as_ref()
            .map(reconciliation::Reconciliation::difference_minor)
            .filter(|difference| *difference != 0)
            .map(|difference| display(difference, currency))
            .unwrap_or_default(),
        is_explained: told.as_ref().is_none_or(reconciliation::Reconciliation::is_explained),
        waiting: statements::count(conn, LineState::Waiting, None)?,
        oldest: oldest.map(|line| short_day(line.booked_on)).unwrap_or_default(),
        unallocated,
        unallocated_sum: display(sum_minor, currency),
        reconciled_to: reconciliation::reconciled_to(conn)?.map(day).unwrap_or_default(),
        posts_certain: matching::posts_certain(conn)?,
    })
}

/// Our balance of the bank account.
fn ours(conn: &mut Conn, on: NaiveDate, currency: Currency) -> Result<i64, DbError> {
    let days = ledger::days_of(conn, accounts::BANK, currency)?;
    Ok(days.into_iter().filter(|(day, _)| *day <= on).map(|(_, moved)| moved).sum())
}

async fn set(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let form = Form::sent(pairs.into_inner());
    let posts = form.is_ticked("posts_certain");
    let hand = desk.hand();
    desk.write(move |conn, now| {
        if matching::posts_certain(conn)? != posts {
            matching::set_posts_certain(conn, posts)?;
            let detail = if posts { "certain matches are posted" } else { "certain matches wait" };
            hand.note(conn, now, "bank setting changed", "bank", detail)?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other("/desk/bank"))
}

/// Posts what is certain now: what an import does by itself where the setting says so.
async fn post_certain(desk: Desk, _pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (db, now, hand) = (desk.db.clone(), desk.clock.now(), desk.hand());
    let done: Certain = blocking(move || matching::post_certain(&db, now, &hand.by(), |_| ())).await?;
    if done.lines > 0 {
        let hand = desk.hand();
        desk.write(move |conn, now| {
            let (currency, _) = matching::home(conn)?;
            let detail = format!("{} lines, {}", done.lines, display(done.sum_minor, currency));
            Ok(hand.note(conn, now, "certain matches posted", "bank", &detail)?)
        })
        .await?;
    }
    Ok(see_other("/desk/bank/queue"))
}
