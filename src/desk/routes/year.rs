//! A fund's year: each month's target, what it raised, and the running balance.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::Datelike;

use super::{Asked, Desk};
use crate::clock::date_in;
use crate::desk::by_method::{self, ByMethod};
use crate::desk::year::{self, Year};
use crate::funds::{self, Appeal, Fund, Rhythm};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/funds/{slug}/year", May::Read, show);
}

#[derive(Template)]
#[template(path = "desk/year.html")]
struct YearPage {
    shell: Shell,
    actor: Actor,
    fund: Fund,
    number: i32,
    year: Year,
    /// Its income by method.
    picture: Option<ByMethod>,
    earlier: Option<i32>,
    later: Option<i32>,
}

async fn show(desk: Desk, slug: web::Path<String>, asked: Asked) -> Result<HttpResponse, Problem> {
    let wanted: Option<i32> = Form::sent(asked.into_inner()).value("year").trim().parse().ok();
    let (fund, number, (year, picture), years) = desk
        .read(move |conn, now| {
            let unknown = || Problem::not_found("There is no fund with this name. Please check the address.");
            let fund = funds::by_slug(conn, &slug)?.ok_or_else(unknown)?;
            let number = wanted.unwrap_or_else(|| date_in(now, fund.zone).year());
            let mut rows = funds::standing_rows(conn)?;
            rows.retain(|(appeal, _)| appeal.fund_id == fund.id);
            rows.sort_by_key(|(appeal, _)| appeal.opens_on);
            // A one-off fund counts in the year of its deadline, a month in its own.
            let years: Vec<i32> = rows.iter().map(|(appeal, _)| appeal.deadline_on.year()).collect();
            let of_year: Vec<_> = rows
                .into_iter()
                .filter(|(appeal, _)| appeal.deadline_on.year() == number)
                .map(|(appeal, total)| (appeal, total.raised_minor, total.donations))
                .collect();
            let year = year::view(&fund, &of_year);
            let appeals: Vec<Appeal> = of_year.into_iter().map(|(appeal, _, _)| appeal).collect();
            let ids: Vec<i64> = appeals.iter().map(|appeal| appeal.id).collect();
            let by_method = by_method::draw(&fund, &appeals, &funds::days_of(conn, &ids)?);
            Ok((fund, number, (year, by_method), years))
        })
        .await?;
    let earlier = years.iter().copied().filter(|year| *year < number).max();
    let later = years.iter().copied().filter(|year| *year > number).min();
    let page_of = YearPage { shell: desk.shell, actor: desk.actor, fund, number, year, picture, earlier, later };
    page(StatusCode::OK, &page_of)
}
