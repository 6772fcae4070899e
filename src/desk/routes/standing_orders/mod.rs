//! The standing orders of a fund: how they stand this month, a search, how they went over time.
//!
//! Invariant: a page is found by the order it begins after, and sums are asked for in a few rows, so that each page
//! costs the same however many orders and gifts there are.

mod enter;
mod one;

use actix_web::HttpResponse;
use askama::Template;
use chrono::{DateTime, Utc};

use super::{Asked, Desk, status_of};
use crate::clock::date_in;
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::over_time::{self, OverTime};
use crate::desk::promises::{self, Line, Sum, foretold};
use crate::funds::{self, Fund};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::money::parse_amount;
use crate::staff::{Actor, May};
use crate::standing_orders::rules::calendar::month_of;
use crate::standing_orders::{self, Filter, OrderError, StandingOrder, State, Wanted};
use crate::supporters;

pub(super) fn routes(at: &mut Routes) {
    enter::routes(at);
    one::routes(at);
    at.desk().get("/standing-orders", May::Read, list);
}

/// Orders on a page: what fits in a minute's reading.
const PAGE: usize = 50;
/// Months of the picture: two years, so that each has the one before it beside it.
const MONTHS_DRAWN: i64 = 24;
/// The states that can be looked for: as the address writes them, and for people.
const STATES: [(&str, &str, Filter); 6] = [
    ("arrived", "Arrived this month", Filter::Arrived),
    ("expected", "Expected", Filter::Expected),
    ("late", "Late", Filter::Late),
    ("quiet", "Quiet for two months", Filter::Quiet),
    ("stopped", "Stopped", Filter::Stopped),
    ("offered", "Offered", Filter::Offered),
];

#[derive(Template)]
#[template(path = "desk/standing_orders.html")]
struct OrdersPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    form: Form,
    funds: Vec<Fund>,
    fund: Fund,
    whole: Whole,
}

impl OrdersPage {
    fn is_searching(&self) -> bool {
        self.form.is_filled(&["q", "amount", "state"])
    }
}

/// What the page shows.
struct Whole {
    month: String,
    sums: Vec<Sum>,
    stopped: i64,
    offered: i64,
    foretold: Vec<String>,
    picture: Option<OverTime>,
    lines: Vec<Line>,
    newer: Option<i64>,
    older: Option<i64>,
}

async fn list(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let all = desk.read(|conn, _| Ok(funds::all(conn)?)).await?;
    let slug = form.value("fund");
    let fund = all.iter().find(|fund| fund.slug == slug).or(all.first()).cloned();
    let fund = fund.ok_or_else(|| Problem::not_found("There is no fund here yet."))?;
    let (wanted, person) = understood(&mut form, &fund);
    let is_understood = !form.is_refused();
    let of = fund.clone();
    let whole = desk
        .read(move |conn, now| {
            let mut wanted = wanted;
            if let Some(person) = person {
                wanted.supporters = Some(supporters::matching(conn, &person)?);
            }
            read(conn, now, &of, &wanted, is_understood)
        })
        .await?;
    let may = desk.may();
    let shown = OrdersPage { shell: desk.shell, actor: desk.actor, may, funds: all, fund, form, whole };
    page(status_of(&shown.form), &shown)
}

/// What is looked for, and the person whose name or address is.
fn understood(form: &mut Form, fund: &Fund) -> (Wanted, Option<String>) {
    let number = |text: &str| text.trim().parse().ok();
    let typed = form.value("amount").trim().to_owned();
    let amount_minor = match typed.as_str() {
        "" => None,
        typed => form.checked("amount", parse_amount(typed, fund.currency)),
    };
    let person = form.value("q").trim().to_owned();
    let wanted = Wanted {
        fund_id: fund.id,
        supporters: None,
        amount_minor,
        filter: STATES.iter().find(|(name, _, _)| *name == form.value("state")).map(|(_, _, filter)| *filter),
        before: number(form.value("before")),
        after: number(form.value("after")),
    };
    (wanted, (!person.is_empty()).then_some(person))
}

fn read(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    wanted: &Wanted,
    is_understood: bool,
) -> Result<Whole, Problem> {
    let today = date_in(now, fund.zone);
    let limit = i64::try_from(PAGE + 1).expect("a page is small");
    let found = if is_understood { standing_orders::page(conn, wanted, today, limit)? } else { Vec::new() };
    let (shown, newer, older) = cut(&found, wanted);
    let over_time = standing_orders::over_time(conn, fund, today, MONTHS_DRAWN)?;
    let foretold = match funds::current_appeal(conn, fund.id, today)? {
        Some(appeal) => foretold(&standing_orders::forecast(conn, now, fund, &appeal)?, fund.currency),
        None => Vec::new(),
    };
    Ok(Whole {
        month: promises::long_month(month_of(today)),
        sums: promises::sums(&standing_orders::this_month(conn, fund, today)?, fund.currency),
        stopped: standing_orders::count_in(conn, fund.id, State::Kept, Some(month_of(today)))?,
        offered: standing_orders::count_in(conn, fund.id, State::Offered, None)?,
        foretold,
        picture: over_time::draw(&over_time, fund.currency),
        lines: shown.iter().map(|order| promises::line(order, today)).collect(),
        newer,
        older,
    })
}

/// Takes off the one order too many, which says that the pages go on that way.
fn cut<'a>(found: &'a [StandingOrder], wanted: &Wanted) -> (&'a [StandingOrder], Option<i64>, Option<i64>) {
    let goes_on = found.len() > PAGE;
    let is_towards_newer = wanted.after.is_some();
    let shown = match (goes_on, is_towards_newer) {
        (true, true) => &found[1..],
        (true, false) => &found[..PAGE],
        (false, _) => found,
    };
    let has_newer = if is_towards_newer { goes_on } else { wanted.before.is_some() };
    let has_older = is_towards_newer || goes_on;
    let edge = |order: Option<&StandingOrder>, is_there: bool| order.map(|order| order.id).filter(|_| is_there);
    (shown, edge(shown.first(), has_newer), edge(shown.last(), has_older))
}

/// The fund of an order.
fn fund_of(conn: &mut Conn, order: &StandingOrder) -> Result<Fund, Problem> {
    funds::fund(conn, order.fund_id)?.ok_or_else(|| Problem::internal("a standing order names no fund"))
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        use crate::http::FieldError;
        let field = match error {
            OrderError::Unknown => return Self::not_found(error),
            OrderError::Db(error) => return error.into(),
            OrderError::NotKept | OrderError::HasStopped | OrderError::HasNotStopped | OrderError::Decided => {
                return Self::conflict(error);
            }
            OrderError::Known(..) => "name",
            OrderError::ReasonMissing => "reason",
            OrderError::InFuture(_) | OrderError::BeforeBeginning(_) | OrderError::BeforeChange(_) => "on",
            OrderError::SameAmount(_) => "amount",
        };
        Self::fields(vec![FieldError::new(field, error)])
    }
}
