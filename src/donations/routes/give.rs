//! The fund's page with the donation form, and what happens when the form is sent.
//!
//! Invariant: one form, as it was shown, makes at most one gift: its hidden key sees to that. What was typed is on the
//! page again whenever the gift was not taken. The gift's own page is left to `gift.rs`.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::form::{Form, OFFERED, Sent, UNPROCESSABLE, WAYS_OF_THANKS};
use crate::clock::{Clock, date_in};
use crate::db::{Conn, Db, DbError};
use crate::donations::link::LinkKey;
use crate::donations::parse::{self, Sending};
use crate::donations::till::Till;
use crate::funds::words::{self, Told};
use crate::funds::{self, Fund, Known, State};
use crate::http::{Place, Problem, RequestId, Routes, Shell, blocking, page};
use crate::money::display_short;
use crate::outbox::LetterBudgets;
use crate::staff::Actor;

pub(super) fn routes(at: &mut Routes) {
    at.public().get("/funds/{slug}", show).post("/funds/{slug}/donations", give).get("/funds/{slug}/donations", back);
}

#[derive(Template)]
#[template(path = "funds/fund.html")]
struct FundPage {
    shell: Shell,
    fund: Arc<Fund>,
    /// None while the books cannot be reached.
    told: Option<Told>,
    door: Door,
    elsewhere: Option<Fund>,
    form: Box<Form>,
}

impl FundPage {
    fn amount_hint(&self) -> String {
        let money = |minor| display_short(minor, self.fund.currency);
        let (least, most) = (money(parse::SMALLEST_MINOR), money(self.fund.ceiling_minor));
        let pence = if self.fund.currency.decimals() > 0 { " We count to the penny." } else { "" };
        format!("For example 10, 25 or 50. Anything from {least} to {most}.{pence}")
    }

    /// Amounts to choose with one click, as the address has them and as they are read.
    fn suggestions(&self) -> Vec<(String, String)> {
        let whole = 10_i64.pow(self.fund.currency.decimals());
        let fits =
            |minor: &i64| (parse::SMALLEST_MINOR..=self.fund.ceiling_minor).contains(minor) && minor % whole == 0;
        let amounts = SUGGESTED.map(|times| times * parse::SMALLEST_MINOR).into_iter().filter(fits);
        amounts.map(|minor| ((minor / whole).to_string(), display_short(minor, self.fund.currency))).collect()
    }
}

/// Amounts that are suggested, in smallest gifts.
const SUGGESTED: [i64; 5] = [5, 10, 25, 50, 100];

/// Whether the fund's page has a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    NotYet,
    Over,
}

impl Door {
    fn is_open(self) -> bool {
        self == Self::Open
    }

    fn title(self) -> &'static str {
        match self {
            Self::Open => "Give",
            Self::NotYet => "Not open yet",
            Self::Over => "This appeal is over",
        }
    }
}

/// From where the form is sent, and how many letters may still be written for it.
pub(super) type Asker = (Place, web::Data<LetterBudgets>);

/// What the page needs to read anew each time.
type Books = (web::Data<Db>, web::Data<Clock>, web::Data<Known>);

async fn show(
    shell: Shell,
    books: Books,
    slug: web::Path<String>,
    asked: web::Query<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let fund = fund(&books, &slug).await?;
    let (told, door, elsewhere) = read(&books, &fund).await?;
    let amount = asked.iter().find(|(name, _)| name == "amount").map_or("", |(_, amount)| amount.as_str());
    let form = if amount.trim().is_empty() { Form::new() } else { Form::new().with_amount(amount, &fund) };
    shown(StatusCode::OK, &FundPage { shell, fund, told: Some(told), door, elsewhere, form })
}

fn shown(status: StatusCode, fund_page: &FundPage) -> Result<HttpResponse, Problem> {
    let mut answer = page(status, fund_page)?;
    // A cache that gave one key to two readers would take their two gifts for one.
    answer.headers_mut().insert(CACHE_CONTROL, "private, no-cache".parse().expect("a plain text"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(RETRY_AFTER, "2".parse().expect("a plain number"));
    }
    Ok(answer)
}

/// The fund; while the books cannot be reached, as it was known last.
async fn fund((db, _, known): &Books, slug: &str) -> Result<Arc<Fund>, Problem> {
    if let Some(fund) = known.get(slug) {
        return Ok(fund);
    }
    let (reading, db, wanted) = (known.clone(), db.clone(), slug.to_owned());
    match blocking(move || reading.look_up(&db, &wanted)).await {
        Ok(found) => {
            found.ok_or_else(|| Problem::not_found("There is no fund with this name. Please check the address."))
        }
        Err(problem) => known.last(slug).ok_or(problem),
    }
}

/// A form with faults stands at this address; a tab that is opened again asks for it anew.
async fn back(request: HttpRequest) -> HttpResponse {
    let fund_page = request.path().trim_end_matches("/donations");
    HttpResponse::SeeOther().insert_header((LOCATION, fund_page)).finish()
}

type Stand = (Told, Door, Option<Fund>);

async fn read((db, clock, _): &Books, fund: &Arc<Fund>) -> Result<Stand, Problem> {
    let (db, now, fund) = (db.clone(), clock.now(), fund.clone());
    blocking(move || db.read(|conn| stand(conn, now, &fund))).await
}

fn stand(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<Stand, DbError> {
    let appeal = funds::current_appeal(conn, fund.id, date_in(now, fund.zone))?;
    let appeal = appeal.ok_or_else(|| DbError::Corrupt(format!("the fund {} has no appeal", fund.slug)))?;
    let standing = funds::standing(conn, now, fund, &appeal)?;
    let mut told = words::tell(fund, &appeal, &standing, &funds::changes_of(conn, appeal.id)?);
    told.given_back = crate::donations::given_back(conn, fund, &appeal, &standing)?;
    if let Some(before) = funds::neighbour_before(conn, &appeal)?.filter(|before| before.closed_at.is_some()) {
        let standing = funds::standing(conn, now, fund, &before)?;
        told.before = words::before(fund, &before, &standing);
    }
    let door = if funds::rules::takes_gifts(now, fund, &appeal) {
        Door::Open
    } else if standing.state == State::NotYetOpen {
        Door::NotYet
    } else {
        Door::Over
    };
    let elsewhere = if door == Door::Over { open_fund(conn, now, fund.id)? } else { None };
    Ok((told, door, elsewhere))
}

/// Another fund that takes gifts now.
fn open_fund(conn: &mut Conn, now: DateTime<Utc>, but_not: i64) -> Result<Option<Fund>, DbError> {
    for fund in funds::all(conn)?.into_iter().filter(|fund| fund.id != but_not) {
        let appeal = funds::current_appeal(conn, fund.id, date_in(now, fund.zone))?;
        if appeal.is_some_and(|appeal| funds::rules::takes_gifts(now, &fund, &appeal)) {
            return Ok(Some(fund));
        }
    }
    Ok(None)
}

async fn give(
    shell: Shell,
    books: Books,
    (till, links): (web::Data<Till>, web::Data<LinkKey>),
    slug: web::Path<String>,
    (request_id, asker): (RequestId, Asker),
    pairs: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let fund = fund(&books, &slug).await?;
    let sent = Sent::from_pairs(&pairs);
    let stand = match read(&books, &fund).await {
        Ok(stand) => stand,
        Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
            let form = sent.again(sent.key.as_ref(), Vec::new(), Some(problem.detail));
            return again(problem.status, shell, fund, None, form);
        }
        Err(problem) => return Err(problem),
    };
    let checked = match sent.understood(&fund) {
        // The till would take it: staff may enter a gift that came before the first day.
        Ok(_) if stand.1 == Door::NotYet => return again(UNPROCESSABLE, shell, fund, Some(stand), Form::new()),
        Ok(checked) => checked,
        Err(form) => return again(UNPROCESSABLE, shell, fund, Some(stand), form),
    };
    let key = format!("form:{}", sent.key.as_deref().unwrap_or_default());
    let (place, budgets) = asker;
    let stranger = Some(budgets.stranger(books.1.now(), place.household(), place.block()));
    let sending = Sending { key, by: Actor::Public.who(), request_id: request_id.0, is_pledge: true, stranger };
    match sent.settled(till.record(checked.into_gift(&fund, sending)).await, &shell) {
        Ok(reference) => {
            let place = format!("/donations/{}", links.token(reference));
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, place)).finish())
        }
        Err((status, form)) => again(status, shell, fund, Some(stand), form),
    }
}

/// The page once more with what was typed; without figures while the books cannot be reached.
fn again(
    status: StatusCode,
    shell: Shell,
    fund: Arc<Fund>,
    stand: Option<Stand>,
    form: Box<Form>,
) -> Result<HttpResponse, Problem> {
    let (told, door, elsewhere) = match stand {
        Some((told, door, elsewhere)) => (Some(told), door, elsewhere),
        None => (None, Door::Open, None),
    };
    shown(status, &FundPage { shell, fund, told, door, elsewhere, form })
}
