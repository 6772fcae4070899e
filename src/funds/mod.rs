//! Funds and their appeals: what money is raised for, how much, and by when.
//!
//! Invariant: a target, a deadline or a carried amount never changes without a row that says so. The figure raised
//! is moved by [`credit`] only, in the transaction that posts it; who gave it is left to `donations`.

mod known;
pub mod routes;
pub mod rules;
mod store;
pub mod words;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::money::{Currency, GBP};
pub use known::Known;
pub use rules::{Standing, State};
pub use store::{
    all, appeal_by_name, appeals_of, by_slug, change_fund, changes_of, current_appeal, fund, society, standing_rows,
    update_society,
};

/// The fund that an empty database starts with.
pub const DEFAULT_SLUG: &str = "fighting-fund";

/// What money is raised for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fund {
    /// Its number.
    pub id: i64,
    /// Its name in addresses and accounts.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it counts in.
    pub currency: Currency,
    /// Whose midnight ends its days.
    pub zone: Tz,
    /// Monthly, or once.
    pub rhythm: Rhythm,
    /// The target of appeals still to be opened.
    pub target_minor: i64,
    /// What the next appeal takes over.
    pub carry: Carry,
    /// The days the paper appears; empty when it does not count them.
    pub publication_days: Vec<chrono::Weekday>,
    /// The largest single gift taken without asking first.
    pub ceiling_minor: i64,
}

/// How often a fund opens an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// A new appeal on the first of each month, by itself.
    Monthly,
    /// One appeal.
    OneOff,
}

/// What the next appeal takes over from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry {
    /// Nothing.
    None,
    /// What was missing.
    Shortfall,
    /// What was missing or too much.
    Both,
}

/// One period of a fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeal {
    /// Its number.
    pub id: i64,
    /// The fund it belongs to.
    pub fund_id: i64,
    /// "2021-06"
    pub name: String,
    /// Its first day.
    pub opens_on: NaiveDate,
    /// Its last day.
    pub deadline_on: NaiveDate,
    /// The time of day at which it ends, where it is not the end of the day.
    pub deadline_time: Option<NaiveTime>,
    /// Its own target.
    pub target_minor: i64,
    /// Added to the target: a shortfall is positive, a surplus negative.
    pub carried_minor: i64,
    /// The appeal it was carried from.
    pub carried_from: Option<i64>,
    /// When the treasurer closed its books.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Appeal {
    /// What is to be raised, with what was carried over. Never negative.
    pub fn goal_minor(&self) -> i64 {
        (self.target_minor + self.carried_minor).max(0)
    }
}

/// What an appeal has raised, and the entry that last moved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// Received less refunded, bounced and lost.
    pub raised_minor: i64,
    /// Gifts received and not wholly given back.
    pub donations: i64,
    /// The ledger's entry at which this is so; 0 before the first.
    pub entry: i64,
    /// That entry's hash.
    pub hash: Vec<u8>,
}

/// A recorded change of an appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub changed_at: DateTime<Utc>,
    /// Who.
    pub changed_by: String,
    /// "target", "deadline", "carried", "opened".
    pub field: String,
    /// Before.
    pub old_value: String,
    /// After.
    pub new_value: String,
    /// Why, in the words of who did it.
    pub reason: String,
}

/// The society that owns the paper: what stands on every receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Society {
    /// The full registered name (Act of 2014, section 11).
    pub name: String,
    /// The registered office, one line a line.
    pub address: String,
    /// "Registered society No. 12750R"
    pub registration: String,
    /// What the form and the receipt say about Gift Aid.
    pub charity_sentence: String,
    /// Where readers write to.
    pub contact_email: String,
    /// For bank transfers.
    pub bank_account_name: String,
    /// For bank transfers.
    pub bank_sort_code: String,
    /// For bank transfers.
    pub bank_account_number: String,
    /// For cheques.
    pub cheques_payable_to: String,
}

impl Society {
    /// A society nobody has named yet; the desk asks for the particulars until they are given.
    pub fn unnamed() -> Self {
        Self {
            name: "Our Newspaper Co-operative Limited".to_owned(),
            address: "The registered office (set under Settings)".to_owned(),
            registration: "Registered society, number to be set under Settings".to_owned(),
            charity_sentence:
                "We are a co-operative society and not a charity, so this gift is not eligible for Gift Aid.".to_owned(),
            contact_email: String::new(),
            bank_account_name: String::new(),
            bank_sort_code: String::new(),
            bank_account_number: String::new(),
            cheques_payable_to: String::new(),
        }
    }

    /// True while the particulars are still the ones that came with the program.
    pub fn is_unnamed(&self) -> bool {
        self.registration == Self::unnamed().registration
    }
}

/// What a new fund needs to be told.
#[derive(Debug, Clone)]
pub struct NewFund {
    /// Lower-case letters, digits and dashes.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it counts in.
    pub currency: Currency,
    /// Whose midnight ends its days.
    pub zone: Tz,
    /// The target of each appeal.
    pub target_minor: i64,
    /// The date, and the time of day if it has one, of a one-off fund; none for a monthly one.
    pub deadline: Option<(NaiveDate, Option<NaiveTime>)>,
    /// What the next appeal takes over.
    pub carry: Carry,
}

impl NewFund {
    /// The fund of an empty database.
    pub fn default_fund() -> Self {
        Self {
            slug: DEFAULT_SLUG.to_owned(),
            title: "Fighting Fund".to_owned(),
            currency: GBP,
            zone: Tz::Europe__London,
            target_minor: 1_800_000,
            deadline: None,
            carry: Carry::None,
        }
    }
}

/// Why a fund, a target or a deadline was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FundError {
    /// The slug would not work in an address.
    #[error(
        "\"{0}\" will not work in an address. Use up to 60 lower-case letters, digits and dashes, such as winter-appeal."
    )]
    BadSlug(String),
    /// The slug is taken.
    #[error("There is already a fund called {0}. Please choose another name.")]
    SlugTaken(String),
    /// No title, or a very long one.
    #[error("Please give the fund a title of at most 100 characters.")]
    BadTitle,
    /// The target is not above zero.
    #[error("The target must be more than nothing.")]
    BadTarget,
    /// The deadline would be before the first day.
    #[error("The deadline cannot be before {0}, the first day of the appeal.")]
    DeadlineBeforeOpening(NaiveDate),
    /// A month ends where it ends.
    #[error("The deadline of a monthly appeal must stay in its month, up to {0}.")]
    DeadlineOutsideMonth(NaiveDate),
    /// A change without a reason.
    #[error("Please say why, in a few words: the reason is kept with the change.")]
    ReasonMissing,
    /// The books of the appeal are closed.
    #[error("The appeal {0} is closed and does not move.")]
    Closed(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Why a gift has no appeal to go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAppeal {
    /// A one-off fund is over.
    #[error("This appeal closed on {0}. Thank you for thinking of us; please look for the fund that is open now.")]
    Over(NaiveDate),
    /// The date lies ahead.
    #[error("The date {0} has not come yet. Please give the day on which the money arrived.")]
    InFuture(NaiveDate),
    /// The date is too long ago to be meant.
    #[error("The date {0} is too long ago. Please check the year.")]
    TooLongAgo(NaiveDate),
    /// The treasurer closed the books.
    #[error("The books of {0} are closed. A treasurer can place the gift in an appeal that is open.")]
    Closed(String),
}

/// Makes a fund and its first appeal: this month's, or the one with the deadline.
///
/// # Errors
/// [`FundError`]: a slug that is taken or will not work, no title, no target.
pub fn add(conn: &mut Conn, now: DateTime<Utc>, by: &str, new: &NewFund) -> Result<Fund, FundError> {
    rules::check_new(new)?;
    if store::by_slug(conn, &new.slug)?.is_some() {
        return Err(FundError::SlugTaken(new.slug.clone()));
    }
    let fund = store::insert(conn, now, new)?;
    let today = date_in(now, fund.zone);
    let period = match new.deadline {
        Some((deadline_on, deadline_time)) => rules::once(today, deadline_on, deadline_time),
        None => rules::month_of(today),
    };
    store::insert_appeal(conn, &fund, &period, None, 0)?;
    let opened = store::appeal_by_name(conn, fund.id, &period.name)?
        .ok_or_else(|| DbError::Corrupt("an appeal just made is not there".to_owned()))?;
    store::record_change(conn, opened.id, now, by, &rules::opened(&opened))?;
    Ok(fund)
}

/// Opens the months that have begun, for every monthly fund, and carries over what the fund's rule says.
///
/// Also makes good the months that passed while nothing ran, and lets a carried amount follow the month before it
/// for as long as that one is not closed. Doing it twice changes nothing.
///
/// # Errors
/// Only when the database fails.
pub fn open_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), DbError> {
    for fund in store::all(conn)? {
        if fund.rhythm == Rhythm::Monthly {
            open_months(conn, now, &fund)?;
            follow_carried(conn, now, &fund)?;
        }
    }
    Ok(())
}

fn open_months(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    let today = date_in(now, fund.zone);
    let Some(mut latest) = store::latest_appeal(conn, fund.id)? else { return Ok(()) };
    while latest.deadline_on < today && rules::month_of(today).opens_on > latest.opens_on {
        let period = rules::month_after(latest.opens_on);
        let carried = rules::carried(fund.carry, &latest, store::total(conn, latest.id)?.raised_minor);
        store::insert_appeal(conn, fund, &period, Some(latest.id), carried)?;
        latest = store::latest_appeal(conn, fund.id)?
            .ok_or_else(|| DbError::Corrupt("an appeal just opened is not there".to_owned()))?;
        store::record_change(conn, latest.id, now, "the calendar", &rules::opened(&latest))?;
        tracing::info!(fund = fund.slug, appeal = latest.name, "an appeal opened");
    }
    Ok(())
}

/// How many months back a late gift may still move what was carried over from its month.
const FOLLOWED_MONTHS_MAX: i64 = 12;

fn follow_carried(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    let mut recent = store::appeals_of(conn, fund.id, FOLLOWED_MONTHS_MAX)?;
    recent.reverse();
    for i in 1..recent.len() {
        let (before, after) = (&recent[i - 1], &recent[i]);
        if after.carried_from != Some(before.id) || before.closed_at.is_some() {
            continue;
        }
        let carried = rules::carried(fund.carry, before, store::total(conn, before.id)?.raised_minor);
        if carried != after.carried_minor {
            let change = rules::NewChange {
                field: "carried",
                old_value: after.carried_minor.to_string(),
                new_value: carried.to_string(),
                reason: format!("the total of {} moved", before.name),
            };
            store::set_carried(conn, after.id, carried)?;
            store::record_change(conn, after.id, now, "the calendar", &change)?;
            recent[i].carried_minor = carried;
        }
    }
    Ok(())
}

/// The appeal to which money received on `date` belongs, made on the spot where it is a month of a monthly fund.
///
/// # Errors
/// The database's failure outside, the refusal inside.
pub fn appeal_for(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    date: NaiveDate,
) -> Result<Result<Appeal, NoAppeal>, DbError> {
    let today = date_in(now, fund.zone);
    if let Err(refusal) = rules::check_date(date, today) {
        return Ok(Err(refusal));
    }
    let appeal = match fund.rhythm {
        Rhythm::OneOff => store::latest_appeal(conn, fund.id)?,
        Rhythm::Monthly => Some(month_appeal(conn, now, fund, date)?),
    };
    let appeal = appeal.ok_or_else(|| DbError::Corrupt(format!("the fund {} has no appeal", fund.slug)))?;
    Ok(rules::admit(now, fund, appeal, date))
}

fn month_appeal(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund, date: NaiveDate) -> Result<Appeal, DbError> {
    let period = rules::month_of(date);
    if let Some(known) = store::appeal_by_name(conn, fund.id, &period.name)? {
        return Ok(known);
    }
    // A month that has begun but is not open yet is opened with those before it; an older one stands alone.
    open_months(conn, now, fund)?;
    if let Some(opened) = store::appeal_by_name(conn, fund.id, &period.name)? {
        return Ok(opened);
    }
    store::insert_appeal(conn, fund, &period, None, 0)?;
    let opened = store::appeal_by_name(conn, fund.id, &period.name)?
        .ok_or_else(|| DbError::Corrupt("an appeal just made is not there".to_owned()))?;
    let reason = format!("a gift was received on {date}");
    let change = rules::NewChange { reason, ..rules::opened(&opened) };
    store::record_change(conn, opened.id, now, "the calendar", &change)?;
    Ok(opened)
}

/// A movement of an appeal's total, with the entry that caused it.
#[derive(Debug, Clone)]
pub struct Credit {
    /// The appeal that moves.
    pub appeal_id: i64,
    /// Up or down.
    pub raised_minor: i64,
    /// Gifts more or fewer.
    pub donations: i64,
    /// The entry that moved it, and its hash.
    pub entry: i64,
    /// The entry's hash.
    pub hash: Vec<u8>,
}

/// Moves the totals of appeals; the postings of the same amounts stand in the same transaction.
///
/// # Errors
/// Only when the database fails.
pub fn credit(conn: &mut Conn, credits: &[Credit]) -> Result<(), DbError> {
    for credit in rules::gathered(credits) {
        store::add_to_total(conn, &credit)?;
    }
    Ok(())
}

/// How an appeal stands at `now`: the figure that every surface shows.
///
/// # Errors
/// Only when the database fails.
pub fn standing(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund, appeal: &Appeal) -> Result<Standing, DbError> {
    Ok(rules::standing(now, fund, appeal, &store::total(conn, appeal.id)?))
}

/// Sets a new target for an appeal, and keeps the old one in its history.
///
/// # Errors
/// [`FundError`]: no reason, no target, closed books.
pub fn change_target(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    fund: &Fund,
    appeal: &Appeal,
    target_minor: i64,
    reason: &str,
) -> Result<(), FundError> {
    let change = rules::target_change(fund, appeal, target_minor, reason)?;
    if change.old_value != change.new_value {
        store::set_target(conn, appeal.id, target_minor)?;
        store::record_change(conn, appeal.id, now, by, &change)?;
    }
    Ok(())
}

/// Moves the deadline of an appeal, and keeps the old one in its history.
///
/// # Errors
/// [`FundError`]: no reason, before the opening, outside the month, closed books.
pub fn change_deadline(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    fund: &Fund,
    appeal: &Appeal,
    deadline: (NaiveDate, Option<NaiveTime>),
    reason: &str,
) -> Result<(), FundError> {
    let change = rules::deadline_change(fund, appeal, deadline, reason)?;
    if change.old_value != change.new_value {
        store::set_deadline(conn, appeal.id, deadline.0, deadline.1)?;
        store::record_change(conn, appeal.id, now, by, &change)?;
    }
    Ok(())
}
