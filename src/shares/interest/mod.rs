//! Interest on shares: declared for some days at a rate, worked out on the days held, posted at once, paid later.
//!
//! Invariant: every member's amount is rounded half to even to the penny by itself; the residue is shown, not hidden in
//! anybody's amount. Simple interest on 365 days a year, paid gross (Income Tax Act 2007, section 887).

pub(super) mod back;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use super::book::{self, EventKind, NewEvent, NewLine};
use super::class::ShareClass;
use super::letters::{self, Told};
use super::notes::{self, NewNote, NoteKind};
use super::numbers::MemberNumber;
use super::positions::Positions;
pub use super::store::interest::{InterestLine, InterestPart, InterestRun, lines, parts_paid, run, runs};
use super::store::{self, holders};
use super::{Deed, Holder, ShareError, class_on, past_or_today, settings};
use crate::db::{Conn, DbError};
use crate::funds::words::day;
use crate::ledger::{self, EntryKind, Line, NewEntry, accounts};
use crate::outbox::LetterKind;
pub use back::take_back;

/// What is to be declared.
#[derive(Debug, Clone)]
pub struct NewInterest {
    /// The class's code.
    pub class: String,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub until_on: NaiveDate,
    /// Hundredths of a per cent a year.
    pub rate_bp: i64,
    /// Where the decision is written down.
    pub minute: String,
    /// Whole shares are added to the holdings for it; what is left is paid.
    pub is_added: bool,
}

/// What a declaration would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// The class.
    pub class: ShareClass,
    /// Each member's part: holder, days times shares, amount. Nobody with nothing.
    pub lines: Vec<InterestLine>,
    /// The sum of the amounts.
    pub total_minor: i64,
    /// What rounding left over, in pennies; negative when it gave more.
    pub residue: Decimal,
}

/// Works out what everybody would get; nothing is kept.
///
/// # Errors
/// [`ShareError`]: turned off, an unknown class, days in the wrong order, to come, or declared before.
pub fn work_out(conn: &mut Conn, now: DateTime<Utc>, new: &NewInterest) -> Result<Worked, ShareError> {
    if !settings(conn)?.pays_interest {
        return Err(ShareError::InterestOff);
    }
    past_or_today(conn, now, Some(new.until_on))?;
    if new.until_on < new.from_on {
        return Err(ShareError::BadPeriod);
    }
    let (class, _) = class_on(conn, &new.class, new.until_on)?;
    let is_of_these_days = |run: &InterestRun| run.until_on >= new.from_on && run.from_on <= new.until_on;
    let standing = runs(conn)?.into_iter().filter(|run| run.class_id == class.id && run.taken_back_at.is_none());
    if let Some(until) = standing.filter(is_of_these_days).map(|run| run.until_on).max() {
        return Err(ShareError::InterestDeclared(until));
    }
    let (mut found, mut exact, mut after) = (Vec::new(), Decimal::ZERO, MemberNumber(0));
    loop {
        let members = holders::members_after(conn, after, super::register::PAGE)?;
        let Some((_, last)) = members.last() else { break };
        after = *last;
        let ids: Vec<i64> = members.iter().map(|(id, _)| *id).collect();
        for (holder_id, share_days) in share_days(conn, &ids, class.id, new)? {
            let amount = earned(share_days, class.nominal_minor, new.rate_bp);
            exact += amount;
            let amount_minor = rounded(amount);
            if amount_minor > 0 {
                found.push(InterestLine { holder_id, share_days, amount_minor, shares: 0, event: None });
            }
        }
    }
    let total_minor = found.iter().map(|line| line.amount_minor).sum();
    Ok(Worked { class, lines: found, total_minor, residue: (exact - Decimal::from(total_minor)).round_dp(4) })
}

/// Days times shares of each of these holders in the time.
fn share_days(conn: &mut Conn, ids: &[i64], class: i64, new: &NewInterest) -> Result<Vec<(i64, i64)>, DbError> {
    let mut sums: Vec<(i64, i64)> = Vec::new();
    for (_, holder, of_class, on, shares, _) in store::book::history_of(conn, ids, new.until_on, i64::MAX)? {
        if of_class != class {
            continue;
        }
        let days = (new.until_on - on.max(new.from_on)).num_days() + 1;
        match sums.last_mut() {
            Some((known, sum)) if *known == holder => *sum += shares * days,
            _ => sums.push((holder, shares * days)),
        }
    }
    Ok(sums)
}

/// Exact, in pennies.
///
/// ```
/// use fighting_fund::shares::interest::{earned, rounded};
/// // 1,000 shares of 1.00 for a year at 2.5 per cent.
/// assert_eq!(rounded(earned(365_000, 100, 250)), 2_500);
/// // Half a penny goes to the even one.
/// assert_eq!(rounded(earned(365, 100, 50)), 0);
/// assert_eq!(rounded(earned(365 * 3, 100, 50)), 2);
/// ```
pub fn earned(share_days: i64, nominal_minor: i64, rate_bp: i64) -> Decimal {
    Decimal::from(share_days) * Decimal::from(nominal_minor) * Decimal::from(rate_bp) / Decimal::from(365 * 10_000)
}

/// Half to even.
pub fn rounded(amount: Decimal) -> i64 {
    let whole = amount.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
    i64::try_from(whole).unwrap_or(i64::MAX)
}

/// Declares interest: the society owes it from now on, and every member is told.
///
/// # Errors
/// As [`work_out`], and [`ShareError::NoInterest`].
pub fn declare(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, new: &NewInterest) -> Result<InterestRun, ShareError> {
    let worked = work_out(conn, now, new)?;
    if worked.total_minor == 0 {
        return Err(ShareError::NoInterest);
    }
    let (today, _) = past_or_today(conn, now, None)?;
    let sides = [accounts::SHARE_INTEREST, accounts::INTEREST_PAYABLE];
    let number = post(conn, now, EntryKind::ShareInterest, (&worked.class, today), sides, worked.total_minor)?;
    let run = store::interest::insert(conn, now, deed, (new, worked.class.id, today), &worked, number)?;
    let note = NewNote::about(None, run.id, today).because("", &new.minute).posting(Some(number));
    notes::write(conn, now, deed, NoteKind::Interest, &note)?;
    let told: Vec<Told> = worked
        .lines
        .iter()
        .map(|line| Told::about(LetterKind::ShareInterest, line.holder_id, line.holder_id).because_of(run.id))
        .collect();
    letters::queue(conn, now, &told)?;
    Ok(run)
}

/// Notes that a declaration was paid from the bank, or adds it to the holdings where it was declared so: whole shares at
/// their nominal value, and the rest from the bank. Who holds nothing any more, or would come above a maximum, is paid.
///
/// # Errors
/// [`ShareError`]: unknown or paid before, a day to come.
pub fn pay(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    paid_on: Option<NaiveDate>,
) -> Result<InterestRun, ShareError> {
    let (date, _) = past_or_today(conn, now, paid_on)?;
    let known = run(conn, id)?.filter(|run| run.paid_on.is_none() && run.taken_back_at.is_none());
    let known = known.ok_or(ShareError::UnknownInterest)?;
    let class = store::class(conn, known.class_id)?;
    let (added_minor, last) = if known.is_added { add(conn, now, deed, &known, date)? } else { (0, None) };
    let sides = [accounts::INTEREST_PAYABLE, accounts::BANK];
    let number = match known.total_minor - added_minor {
        0 => last.unwrap_or(known.entry),
        rest => post(conn, now, EntryKind::ShareInterestPaid, (&class, date), sides, rest)?,
    };
    store::interest::set_paid(conn, id, date, number)?;
    notes::write(conn, now, deed, NoteKind::InterestPaid, &NewNote::about(None, id, date).posting(Some(number)))?;
    run(conn, id)?.ok_or(ShareError::UnknownInterest)
}

/// Allots whole shares to each member for their interest; the answer is what they cost, and the last entry.
fn add(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    known: &InterestRun,
    date: NaiveDate,
) -> Result<(i64, Option<i64>), ShareError> {
    let code = store::class(conn, known.class_id)?.code;
    let ((class, terms), settings) = (class_on(conn, &code, date)?, settings(conn)?);
    let (mut events, mut given) = (Vec::new(), Vec::new());
    // What was added before was taken back, or the interest would not be owed.
    store::interest::forget_shares(conn, known.id)?;
    let all = lines(conn, known.id, None)?;
    for some in all.chunks(ADDED_AT_ONCE) {
        let ids: Vec<i64> = some.iter().map(|line| line.holder_id).collect();
        let holders = holders::holders_now(conn, &ids)?;
        let mut positions = Positions::load(conn, &ids, date)?;
        for line in some {
            let count = line.amount_minor / class.nominal_minor;
            let Some(holder) = holders.get(&line.holder_id) else { continue };
            let is_here = positions.held(holder.id, class.id, date) > 0;
            // Nothing is allotted to the dead: their interest is paid to whoever the shares pass to.
            let is_taken = is_here && !holder.is_dead_on(date);
            if count == 0 || !is_taken || !positions.may_rise(holder, (&class, &terms), &settings, date, count) {
                continue;
            }
            given.push((holder.id, count));
            events.push(addition(&class, holder, (count, date), known.until_on));
        }
    }
    let recorded = book::record_all(conn, now, deed, &events)?;
    for ((holder, count), recorded) in given.iter().zip(&recorded) {
        store::interest::set_shares(conn, (known.id, *holder), (*count, recorded.event))?;
        let told = Told::about(LetterKind::ShareTransfer, recorded.event, *holder).because_of(*holder);
        letters::queue(conn, now, &[told])?;
    }
    let count: i64 = given.iter().map(|(_, count)| count).sum();
    Ok((class.price_minor(count), recorded.last().and_then(|recorded| recorded.entry)))
}

/// Members whose holdings are read at once.
const ADDED_AT_ONCE: usize = 500;

fn addition(class: &ShareClass, holder: &Holder, (count, date): (i64, NaiveDate), until: NaiveDate) -> NewEvent {
    let price = class.price_minor(count);
    let line = |account: String, amount_minor| Line { account, amount_minor, appeal_id: None };
    NewEvent {
        kind: EventKind::Allotment,
        effective_on: date,
        subject: holder.called(),
        reason: format!("interest until {}, added to the holding", day(until)),
        minute: String::new(),
        reverses: None,
        ground: None,
        is_interest: true,
        entry: Some(NewEntry {
            effective_on: date,
            kind: EntryKind::Allotment,
            subject: holder.called(),
            corrects: None,
            currency: class.currency,
            lines: vec![
                line(accounts::INTEREST_PAYABLE.to_owned(), price),
                line(accounts::share_capital(&class.code), -price),
            ],
        }),
        lines: NewLine::pair(None, Some(holder.id), class.id, count, price),
    }
}

fn post(
    conn: &mut Conn,
    now: DateTime<Utc>,
    kind: EntryKind,
    (class, effective_on): (&ShareClass, NaiveDate),
    [debit, credit]: [&str; 2],
    amount_minor: i64,
) -> Result<i64, DbError> {
    let line = |account: &str, amount_minor| Line { account: account.to_owned(), amount_minor, appeal_id: None };
    let entry = NewEntry {
        effective_on,
        kind,
        subject: class.code.clone(),
        corrects: None,
        currency: class.currency,
        lines: vec![line(debit, amount_minor), line(credit, -amount_minor)],
    };
    Ok(ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?[0].number)
}
