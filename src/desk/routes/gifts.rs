//! The gifts, newest first, fifty a page, and the search among them.
//!
//! Invariant: a page is found by the gift it begins after, never by counting, so that it costs the same at any depth.

use actix_web::HttpResponse;
use askama::Template;

use super::{Asked, Desk, see_other, status_of};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::gift::{self, Line};
use crate::desk::search::{self, FIELDS, STATUSES, Wanted};
use crate::donations::{self, Donation};
use crate::funds::{self, Fund};
use crate::http::Form;
use crate::http::{Problem, Routes, Shell, page};
use crate::staff::{Actor, May};
use crate::supporters;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/gifts", May::Read, list);
}

/// Gifts on a page: what fits in a minute's reading.
const PAGE: usize = 50;
/// Appeals to choose from, of each fund: two years of months.
const APPEALS_OFFERED: i64 = 24;

#[derive(Template)]
#[template(path = "desk/gifts.html")]
struct GiftsPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    form: Form,
    appeals: Appeals,
    found: Found,
}

impl GiftsPage {
    fn is_searching(&self) -> bool {
        self.form.is_filled(&FIELDS)
    }

    /// True when more than the first field is in use, so that the rest of the form is open.
    fn is_narrowed(&self) -> bool {
        self.form.is_filled(&FIELDS[1..])
    }
}

/// A page of gifts, and where the pages beside it begin.
#[derive(Default)]
struct Found {
    lines: Vec<Line>,
    newer: Option<i64>,
    older: Option<i64>,
}

async fn list(desk: Desk, asked: Asked) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(asked.into_inner());
    let all = desk.read(|conn, _| Ok(funds::all(conn)?)).await?;
    let Some(first) = all.first().cloned() else { return Err(Problem::not_found("There is no fund here yet.")) };
    let wanted = search::understand(&mut form, first.currency);
    let is_understood = !form.is_refused();
    let (appeals, looked) = desk.read(move |conn, _| Ok(look(conn, &all, wanted, is_understood)?)).await?;
    let found = match looked {
        Looked::One(gift) => return Ok(see_other(&format!("/desk/gifts/{}", gift.reference()))),
        Looked::Many(gifts, wanted) => page_of(&gifts, &wanted, &first),
        Looked::Not => Found::default(),
    };
    let may = desk.may();
    page(status_of(&form), &GiftsPage { shell: desk.shell, actor: desk.actor, may, form, appeals, found })
}

enum Looked {
    /// The search was not understood.
    Not,
    /// A reference was typed, and this is its gift.
    One(Box<Donation>),
    /// A page of gifts and one more, if there is one.
    Many(Vec<Donation>, Box<Wanted>),
}

/// Appeals to choose from: number and label.
type Appeals = Vec<(String, String)>;

fn look(conn: &mut Conn, all: &[Fund], mut wanted: Wanted, is_understood: bool) -> Result<(Appeals, Looked), DbError> {
    let mut appeals = Vec::new();
    for fund in all {
        let of_fund = funds::appeals_of(conn, fund.id, APPEALS_OFFERED)?.into_iter();
        appeals.extend(of_fund.map(|appeal| (appeal.id.to_string(), format!("{}, {}", fund.title, appeal.name))));
    }
    if !is_understood {
        return Ok((appeals, Looked::Not));
    }
    if let Some(person) = &wanted.person {
        wanted.search.supporters = Some(supporters::matching(conn, person)?);
    }
    let limit = i64::try_from(PAGE + 1).expect("a page is small");
    let mut gifts = donations::search(conn, &wanted.search, limit)?;
    if wanted.is_one && gifts.len() == 1 {
        return Ok((appeals, Looked::One(Box::new(gifts.remove(0)))));
    }
    Ok((appeals, Looked::Many(gifts, Box::new(wanted))))
}

/// Takes off the one gift too many, which says that the pages go on that way.
fn page_of(gifts: &[Donation], wanted: &Wanted, fund: &Fund) -> Found {
    let goes_on = gifts.len() > PAGE;
    let is_towards_newer = wanted.search.after.is_some();
    let gifts = match (goes_on, is_towards_newer) {
        (true, true) => &gifts[1..],
        (true, false) => &gifts[..PAGE],
        (false, _) => gifts,
    };
    let has_newer = if is_towards_newer { goes_on } else { wanted.search.before.is_some() };
    let has_older = is_towards_newer || goes_on;
    Found {
        newer: gifts.first().map(|gift| gift.id).filter(|_| has_newer),
        older: gifts.last().map(|gift| gift.id).filter(|_| has_older),
        lines: gifts.iter().map(|gift| gift::line(gift, fund.zone)).collect(),
    }
}
