//! The figures of the yearly return, between two days.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::day;
use super::register::asked_view;
use crate::clock::Clock;
use crate::db::Db;
use crate::http::described::Day;
use crate::http::{Problem, blocking};
use crate::money::plain;
use crate::shares::{ShareClass, register};
use crate::staff::Program;

/// The figures of the yearly return.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct SummaryView {
    from: NaiveDate,
    as_at: NaiveDate,
    /// At the end of the day before `from`.
    members_before: i64,
    joined: i64,
    ceased: i64,
    members: i64,
    votes: i64,
    classes: Vec<CapitalView>,
}

/// A class on the last day.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CapitalView {
    class: String,
    shares: i64,
    capital: String,
    currency: &'static str,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    as_at: Option<String>,
    as_known: Option<String>,
    from: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/shares/summary", tag = "shares", security(("bearer" = ["shares:read"])),
    params(("as_at" = Option<Day>, Query, description = "The last day; today where nothing is said"),
           ("from" = Option<Day>, Query, description = "The first day; the first of January where nothing is said"),
           ("as_known" = Option<Day>, Query, description = "Nothing that was recorded after this day")),
    responses((status = 200, description = "Members, votes, shares and capital", body = SummaryView)))]
/// The figures of the yearly return, between two days.
pub(crate) async fn summary(
    _: Program,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let from = day("from", asked.from.as_deref())?;
    let (view, _) = asked_view(&db, &clock, asked.as_at.as_deref(), asked.as_known.as_deref()).await?;
    let found = blocking(move || db.read(|conn| register::summary(conn, &view, from))).await?;
    let capital = |(class, shares, paid): (ShareClass, i64, i64)| CapitalView {
        capital: plain(paid, class.currency),
        currency: class.currency.code(),
        class: class.code,
        shares,
    };
    Ok(HttpResponse::Ok().json(SummaryView {
        from: found.from,
        as_at: found.as_at,
        members_before: found.members_before,
        joined: found.joined,
        ceased: found.ceased,
        members: found.members,
        votes: found.votes,
        classes: found.classes.into_iter().map(capital).collect(),
    }))
}
