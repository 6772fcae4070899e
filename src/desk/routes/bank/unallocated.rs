//! Money that came and was left unallocated, with the same choices as in the queue, for whenever somebody knows.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::{Asked, Desk, queue};
use crate::desk::allowed::Allowed;
use crate::desk::bank::Card;
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::display;
use crate::staff::{Actor, May};
use crate::statements::matching;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/bank/unallocated", May::Read, show);
}

/// Cards on a page.
const PAGE: usize = 15;

#[derive(Template)]
#[template(path = "desk/bank/unallocated.html")]
struct UnallocatedPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    cards: Vec<Card>,
    count: i64,
    sum: String,
    is_first: bool,
    next: Option<i64>,
}

async fn show(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let after: i64 = Form::sent(asked.into_inner()).value("after").parse().unwrap_or(0);
    let (cards, next, (count, sum)) = desk
        .read(move |conn, _| {
            let mut lines = matching::unallocated(conn, after, PAGE as i64 + 1)?;
            let goes_on = lines.len() > PAGE;
            lines.truncate(PAGE);
            let next = lines.last().filter(|_| goes_on).map(|line| line.id);
            let (currency, _) = matching::home(conn)?;
            let (count, sum_minor) = matching::sum_unallocated(conn)?;
            Ok((queue::cards(conn, &lines)?, next, (count, display(sum_minor, currency))))
        })
        .await?;
    let (may, path) = (desk.may(), "/desk/bank/unallocated".to_owned());
    let is_first = after == 0;
    page(
        StatusCode::OK,
        &UnallocatedPage { shell: desk.shell, actor: desk.actor, may, path, cards, count, sum, is_first, next },
    )
}
