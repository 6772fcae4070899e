//! Gathers what lines may be matched with: a fixed number of statements, however many lines.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::candidates::{Application, Candidates, Due, Posted};
use super::mentions::{self, InUse, Mention};
use super::payer::{Name, PayerKey, Remembered};
use super::{payers, refunds, rules, store};
use crate::db::{Conn, DbError};
use crate::funds;
use crate::ledger::{self, EntryKind, accounts};
use crate::money::{Currency, GBP};
use crate::reference::Reference;
use crate::shares;
use crate::shares::numbers::{application_of, application_reference};
use crate::standing_orders;
use crate::statements::Line;

/// Applications that wait at one time, far above any real offer.
const APPLICATIONS_MAX: i64 = 20_000;

/// What the bank account counts in, and the clock by which its days are told: those of the first fund.
///
/// # Errors
/// Only when the database fails.
pub fn home(conn: &mut Conn) -> Result<(Currency, Tz), DbError> {
    Ok(funds::all(conn)?.first().map_or((GBP, Tz::UTC), |fund| (fund.currency, fund.zone)))
}

/// What `lines` may be matched with, and the references that each of them mentions.
///
/// # Errors
/// Only when the database fails.
pub fn candidates(conn: &mut Conn, lines: &[Line]) -> Result<(Candidates, Vec<Vec<Mention>>), DbError> {
    let (currency, zone) = home(conn)?;
    let mut books = Candidates::none(currency);
    if lines.is_empty() {
        return Ok((books, Vec::new()));
    }
    let in_use = in_use(conn)?;
    let mentions: Vec<Vec<Mention>> = lines.iter().map(|line| mentions::find(&texts(line), &in_use)).collect();
    let mentioned: HashSet<i64> = mentions.iter().flatten().map(|mention| mention.reference.number()).collect();

    books.payers = payers::remembered(conn, &keys(lines))?;
    books.clearing = running(ledger::days_of(conn, accounts::CARD_CLEARING, currency)?);
    let posted = posted(conn, currency, lines)?;
    let promised = promised(conn, lines)?;
    let returnable = returnable(conn, lines)?;
    let of_payers = books.payers.values().filter_map(|payer| match payer.what {
        Remembered::Gift { number, .. } => Some(number),
        Remembered::Account { .. } | Remembered::Payout => None,
    });
    let subjects = posted.iter().filter_map(|posted| posted.subject.parse::<Reference>().ok().map(Reference::number));
    let numbers: HashSet<i64> = mentioned
        .iter()
        .copied()
        .chain(promised.iter().copied())
        .chain(returnable.iter().copied())
        .chain(of_payers)
        .chain(subjects)
        .collect();
    let (applications, gifts): (Vec<i64>, Vec<i64>) =
        numbers.into_iter().partition(|number| application_of(Reference::of(*number)).is_some());
    books.gifts = store::gifts(conn, &gifts, zone)?;
    books.applications = applications_of(conn, &applications)?;
    for due in due(conn, lines)? {
        books.due.entry(due.amount_minor).or_default().push(due);
    }
    books.promised = by_amount(&promised, &books);
    books.returnable = by_amount(&returnable, &books);
    for mut posted in posted {
        posted.name = name_of(&posted.subject, &books);
        books.posted.entry(posted.amount_minor).or_default().push(posted);
    }
    for part in interest(conn, lines)? {
        books.posted.entry(part.amount_minor).or_default().push(part);
    }
    Ok((books, mentions))
}

/// The texts of a line in which a reference may stand, in the order in which a person reads them.
fn texts(line: &Line) -> [&str; 3] {
    [&line.reference, &line.description, &line.payer]
}

fn in_use(conn: &mut Conn) -> Result<InUse, DbError> {
    let promised = store::promised(conn)?;
    let waiting = shares::applications_in_state(
        conn,
        &shares::InState::all(shares::ApplicationStatus::Waiting),
        APPLICATIONS_MAX,
    )?;
    let mut references: Vec<String> = promised.iter().map(|number| Reference::of(*number).to_string()).collect();
    references.extend(waiting.iter().map(|application| application.reference().to_string()));
    references.sort_unstable();
    let first = application_reference(1).number();
    Ok(InUse {
        gifts: 1..=store::last_gift(conn)?,
        applications: first..=first - 1 + store::last_application(conn)?,
        waiting: references,
    })
}

fn keys(lines: &[Line]) -> Vec<PayerKey> {
    let keys: HashSet<PayerKey> = lines.iter().filter_map(PayerKey::of_line).collect();
    keys.into_iter().collect()
}

fn amounts(lines: &[Line], is_wanted: impl Fn(&Line) -> bool) -> Vec<i64> {
    let amounts: HashSet<i64> =
        lines.iter().filter(|line| is_wanted(line)).map(|line| line.amount_minor.abs()).collect();
    amounts.into_iter().collect()
}

/// The days of these lines, with so many before the first and behind the last.
fn span(lines: &[Line], before: i64, behind: i64) -> (NaiveDate, NaiveDate) {
    let days = |count: i64| Days::new(count.unsigned_abs());
    let first = lines.iter().map(|line| line.booked_on).min().unwrap_or_default();
    let last = lines.iter().map(|line| line.booked_on).max().unwrap_or_default();
    (first.checked_sub_days(days(before)).unwrap_or(first), last.checked_add_days(days(behind)).unwrap_or(last))
}

fn posted(conn: &mut Conn, currency: Currency, lines: &[Line]) -> Result<Vec<Posted>, DbError> {
    let span = span(lines, rules::POSTED_DAYS, rules::POSTED_DAYS);
    let amounts = amounts(lines, |_| true);
    let wanted: HashSet<i64> = lines.iter().map(|line| line.amount_minor).collect();
    let mut posted = store::unlinked(conn, currency, span, Some(&amounts))?;
    if lines.iter().any(|line| line.amount_minor < 0) {
        // A refund is paid when somebody gets round to it: it is looked for further back than what the bank does itself.
        let before = (self::span(lines, rules::REFUND_DAYS, 0).0, span.0.pred_opt().unwrap_or(span.0));
        let earlier = store::unlinked(conn, currency, before, Some(&amounts))?;
        posted.extend(earlier.into_iter().filter(refunds::is_refund));
    }
    Ok(posted.into_iter().filter(|posted| wanted.contains(&posted.amount_minor)).collect())
}

/// Interest on shares that the books paid to everybody in one entry, and the bank to each by a line.
fn interest(conn: &mut Conn, lines: &[Line]) -> Result<Vec<Posted>, DbError> {
    let amounts = amounts(lines, |line| line.amount_minor < 0);
    let parts = shares::interest::parts_paid(conn, span(lines, rules::POSTED_DAYS, rules::POSTED_DAYS), &amounts)?;
    let holders: Vec<i64> = parts.iter().map(|part| part.holder_id).collect();
    let holders = shares::holders_now(conn, &holders)?;
    let posted = parts.into_iter().map(|part| Posted {
        entry: part.entry,
        on: part.paid_on,
        amount_minor: -part.amount_minor,
        kind: EntryKind::ShareInterestPaid.name().to_owned(),
        subject: String::new(),
        name: Name::of(holders.get(&part.holder_id).map(|holder| holder.name.as_str()).unwrap_or_default()),
    });
    Ok(posted.collect())
}

fn promised(conn: &mut Conn, lines: &[Line]) -> Result<Vec<i64>, DbError> {
    let amounts = amounts(lines, |line| line.amount_minor > 0);
    let (since, _) = span(lines, rules::PROMISE_DAYS, 0);
    store::promised_of(conn, &amounts, since.and_time(chrono::NaiveTime::MIN))
}

fn returnable(conn: &mut Conn, lines: &[Line]) -> Result<Vec<i64>, DbError> {
    let amounts = amounts(lines, rules::may_be_return);
    if amounts.is_empty() {
        return Ok(Vec::new());
    }
    store::returnable(conn, &amounts, span(lines, rules::RETURNED_DAYS, 0))
}

/// Standing orders that are due about the days of these lines.
fn due(conn: &mut Conn, lines: &[Line]) -> Result<Vec<Due>, DbError> {
    let (from, until) = span(lines, rules::DUE_DAYS, rules::DUE_DAYS);
    let amounts: HashSet<i64> = lines.iter().map(|line| line.amount_minor).collect();
    let mut found = Vec::new();
    for fund in funds::all(conn)? {
        let due = standing_orders::due(conn, &fund, from, until)?.into_iter();
        found.extend(due.filter(|due| amounts.contains(&due.amount_minor)).map(|due| Due {
            order: due.order_id,
            name: Name::of(due.name),
            amount_minor: due.amount_minor,
            on: due.due_on,
        }));
    }
    Ok(found)
}

fn applications_of(conn: &mut Conn, numbers: &[i64]) -> Result<HashMap<i64, Application>, DbError> {
    let ids: Vec<i64> = numbers.iter().filter_map(|number| application_of(Reference::of(*number))).collect();
    let found = shares::applications_numbered(conn, &ids)?;
    let holders: Vec<i64> = found.values().map(|application| application.holder_id).collect();
    let holders = shares::holders_now(conn, &holders)?;
    let told = found.into_values().map(|application| {
        let gift = if application.gift_donation.is_none() { application.gift_minor } else { 0 };
        Application {
            id: application.id,
            is_waiting: application.status == shares::ApplicationStatus::Waiting,
            missing_minor: application.amount_minor - application.held_minor + gift,
            name: holders.get(&application.holder_id).map(|holder| holder.name.clone()).unwrap_or_default(),
            made_on: application.applied_on,
        }
    });
    Ok(told.map(|application| (application.id, application)).collect())
}

fn by_amount(numbers: &[i64], books: &Candidates) -> HashMap<i64, Vec<i64>> {
    let mut found: HashMap<i64, Vec<i64>> = HashMap::new();
    for gift in numbers.iter().filter_map(|number| books.gifts.get(number)) {
        found.entry(gift.amount_minor).or_default().push(gift.number);
    }
    found
}

fn name_of(subject: &str, books: &Candidates) -> Name {
    let Ok(reference) = subject.parse::<Reference>() else { return Name::default() };
    match application_of(reference) {
        Some(id) => books.applications.get(&id).map(|application| Name::of(application.name.as_str())),
        None => books.gifts.get(&reference.number()).map(|gift| gift.name.clone()),
    }
    .unwrap_or_default()
}

/// Sums of days as balances.
fn running(days: Vec<(NaiveDate, i64)>) -> Vec<(NaiveDate, i64)> {
    let mut balance = 0;
    days.into_iter()
        .map(|(day, moved)| {
            balance += moved;
            (day, balance)
        })
        .collect()
}
