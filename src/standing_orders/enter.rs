//! A standing order as it was typed at the desk, its checks, and its entry.
//!
//! Invariant: every fault is found at once; one form makes one order, however often it is sent.

use chrono::{DateTime, Months, NaiveDate, Utc};

use super::rules::calendar::{end_month, first_month, month_plus};
use super::{Deed, Method, OrderError, Origin, StandingOrder, State, read, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::donations::parse::{self, Limits, RawGift};
use crate::fault::Fault;
use crate::funds::Fund;
use crate::money::display;
use crate::supporters::{self, Named};

/// The fields of the form, from top to bottom.
pub const FIELDS: [&str; 8] = ["fund", "name", "email", "amount", "day", "method", "since", "until"];
/// How far ahead the first payment may lie.
const AHEAD_MONTHS_MAX: u32 = 12;
/// How long ago an order may have begun: longer than anybody gives.
const AGO_MONTHS_MAX: u32 = 12 * 80;

/// A standing order as texts.
#[derive(Debug, Clone, Default)]
pub struct RawOrder {
    /// Who promised.
    pub name: String,
    /// Their address.
    pub email: String,
    /// "10", "£10.00"
    pub amount: String,
    /// "1" to "31"
    pub day: String,
    /// "standing_order" or "direct_debit"
    pub method: String,
    /// "2021-06-01"
    pub since: String,
    /// "2022-05-31", or empty.
    pub until: String,
}

/// A standing order that may be entered as far as its own words go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    person: Named,
    amount_minor: i64,
    method: Method,
    pub(super) day: u32,
    since_on: NaiveDate,
    until_on: Option<NaiveDate>,
}

/// Checks an order to `fund` on `today`.
///
/// # Errors
/// Every fault, in the order of the fields.
pub fn check(raw: &RawOrder, fund: &Fund, today: NaiveDate) -> Result<Checked, Vec<Fault>> {
    let mut faults = Vec::new();
    let typed = RawGift {
        amount: raw.amount.clone(),
        method: Method::StandingOrder.name().to_owned(),
        name: raw.name.clone(),
        email: raw.email.clone(),
        ..RawGift::default()
    };
    let gift = parse::check(&typed, fund, Limits::Promised).map_err(|of_gift| faults.extend(of_gift)).ok();
    if raw.name.trim().is_empty() && raw.email.trim().is_empty() {
        let message = "Please give the supporter’s name, as the bank writes it, or an e-mail address.".to_owned();
        faults.push(Fault { field: "name", message });
    }
    let mut noted =
        |field, message: Result<_, String>| message.map_err(|message| faults.push(Fault { field, message })).ok();
    let day = noted("day", day(&raw.day).map(Read::Day));
    let method = noted("method", method(&raw.method).map(Read::Method));
    let since = noted("since", since(&raw.since, today).map(Read::Date));
    let until = noted("until", until(&raw.until, &raw.since).map(Read::End));
    match (gift, day, method, since, until) {
        (
            Some(gift),
            Some(Read::Day(day)),
            Some(Read::Method(method)),
            Some(Read::Date(since_on)),
            Some(Read::End(until_on)),
        ) if faults.is_empty() => Ok(Checked {
            person: Named { name: gift.name().to_owned(), email: gift.email().map(str::to_owned) },
            amount_minor: gift.amount_minor(),
            method,
            day,
            since_on,
            until_on,
        }),
        _ => {
            faults.sort_by_key(|fault| FIELDS.iter().position(|field| *field == fault.field));
            Err(faults)
        }
    }
}

/// What one of the fields says.
enum Read {
    Day(u32),
    Method(Method),
    Date(NaiveDate),
    End(Option<NaiveDate>),
}

fn day(text: &str) -> Result<u32, String> {
    let day = text.trim().parse().ok().filter(|day| (1..=31).contains(day));
    day.ok_or_else(|| "Please give the day of the month, 1 to 31. 31 stands for the last one.".to_owned())
}

fn method(name: &str) -> Result<Method, String> {
    let known = [Method::StandingOrder, Method::DirectDebit].into_iter().find(|method| method.name() == name.trim());
    known.ok_or_else(|| "Please say whether it is a standing order or a direct debit.".to_owned())
}

fn date(text: &str) -> Result<NaiveDate, String> {
    let date = text.parse().ok().filter(|_| text.len() == 10);
    date.ok_or_else(|| "Please write the date as year-month-day, for example 2021-06-27.".to_owned())
}

fn since(text: &str, today: NaiveDate) -> Result<NaiveDate, String> {
    match text.trim() {
        "" => Ok(today),
        text => {
            let since = date(text)?;
            if since > today + Months::new(AHEAD_MONTHS_MAX) || since < today - Months::new(AGO_MONTHS_MAX) {
                return Err("Please check the year.".to_owned());
            }
            Ok(since)
        }
    }
}

fn until(text: &str, since: &str) -> Result<Option<NaiveDate>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let until = date(text)?;
    if date(since.trim()).is_ok_and(|since| until < since) {
        return Err("The last day lies before the first. Please check both.".to_owned());
    }
    Ok(Some(until))
}

/// Enters an order by hand, and finds the gifts that met it already. The caller holds the books.
///
/// # Errors
/// [`OrderError`]: the same promise is known already.
pub fn enter(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    deed: &Deed,
    new: &Checked,
) -> Result<StandingOrder, OrderError> {
    if let Some(id) = store::by_key(conn, &deed.key)? {
        return found(conn, id);
    }
    let supporter_id = giver(conn, now, &new.person)?;
    let row = row(fund, deed, new, supporter_id, now);
    let givers = read::givers(conn, &[supporter_id])?;
    let known = store::of_supporters(conn, &givers.concat())?;
    let today = date_in(now, fund.zone);
    let is_same = |order: &StandingOrder| {
        order.fund_id == fund.id && order.amount_minor == new.amount_minor && order.day == new.day
    };
    for order in known.into_iter().filter(is_same) {
        match order.state {
            // What was offered is now said by hand.
            State::Offered => store::set_state(conn, order.id, State::Declined)?,
            State::Kept if !order.has_ended(today) => {
                let amount = display(order.amount_minor, order.currency);
                return Err(OrderError::Known(order.name, amount, order.day));
            }
            State::Kept | State::Declined => {}
        }
    }
    let id = store::insert(conn, &row)?;
    read::relink(conn, &givers)?;
    found(conn, id)
}

/// The one supporter of this name and address, or of this name alone who gave before, or somebody new.
fn giver(conn: &mut Conn, now: DateTime<Utc>, person: &Named) -> Result<i64, DbError> {
    if person.email.is_none()
        && let Some(known) = store::namesakes(conn, &person.name)?.first()
    {
        return Ok(*known);
    }
    let ids = supporters::recognise_all(conn, now, std::slice::from_ref(person))?;
    ids.first().copied().ok_or_else(|| DbError::Corrupt("a supporter just entered has no number".to_owned()))
}

fn row(fund: &Fund, deed: &Deed, new: &Checked, supporter_id: i64, now: DateTime<Utc>) -> store::NewOrder {
    let first = first_month(new.since_on, new.day);
    store::NewOrder {
        key: deed.key.clone(),
        fund_id: fund.id,
        supporter_id,
        method: new.method,
        origin: Origin::Entered,
        state: State::Kept,
        amount_minor: new.amount_minor,
        day: new.day,
        since_on: new.since_on,
        until_on: new.until_on,
        first_month: first,
        end_month: new.until_on.map(|until| end_month(first, until, new.day)),
        met_month: month_plus(first, -1),
        recorded_at: now,
        recorded_by: deed.by.clone(),
        request_id: deed.request_id.clone(),
    }
}

pub(super) fn found(conn: &mut Conn, id: i64) -> Result<StandingOrder, OrderError> {
    store::by_number(conn, id)?.ok_or(OrderError::Unknown)
}
