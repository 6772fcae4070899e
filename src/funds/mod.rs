//! Funds and their appeals: what money is raised for, how much, and by when.
//!
//! Invariant: a target, a deadline or a carried amount never changes without a row that says so. The figure raised
//! is moved by [`credit`] only, in the transaction that posts it; who gave it is left to `donations`.

mod calendar;
mod changes;
mod closing;
mod gather;
mod known;
pub mod routes;
pub mod rules;
mod society;
mod store;
pub mod words;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::ledger::Method;
use crate::money::{Currency, GBP};
pub use calendar::{appeal_for, is_any_due, open_due};
pub use changes::{change_deadline, change_target};
pub use closing::{close, neighbour_before, reopen};
pub use known::Known;
pub use rules::{Standing, State};
pub use society::Society;
pub use store::{ChangeOf, changes_between};
pub use store::{
    DayOfMethod, all, appeal, appeal_by_name, appeals_of, appeals_with_days, by_slug, change_fund, changes_of,
    closed_on, current_appeal, days_of, follower, fund, society, standing_rows, update_society,
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
    /// What of other appeals' gifts went back here, because their books were closed; it is in `raised_minor`.
    pub adjusted_minor: i64,
}

/// A recorded change of an appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub changed_at: DateTime<Utc>,
    /// Who.
    pub changed_by: String,
    /// "target", "deadline", "carried", "opened", "closed", "reopened".
    pub field: String,
    /// Before.
    pub old_value: String,
    /// After.
    pub new_value: String,
    /// Why, in the words of who did it.
    pub reason: String,
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
    /// Somebody closed the books before.
    #[error("The books of {0} are closed already. There is nothing more to do.")]
    AlreadyClosed(String),
    /// The appeal still takes money.
    #[error("{0} takes gifts until {1}. Its books can be closed from the day after.")]
    NotOver(String, NaiveDate),
    /// What an earlier appeal leaves still moves this one.
    #[error("Please close {0} first: what it leaves to the next appeal still moves, and a closed appeal does not.")]
    EarlierOpen(String),
    /// The books are not closed.
    #[error("The books of {0} are open.")]
    NotClosed(String),
    /// The appeal that took over is closed.
    #[error("{0} took over what this appeal left, and is closed. Please open its books again first.")]
    LaterClosed(String),
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

/// A movement of an appeal's total, with the entry that caused it.
#[derive(Debug, Clone)]
pub struct Credit {
    /// The appeal that moves.
    pub appeal_id: i64,
    /// The day on which the gift was received, also of one that goes back.
    pub day: NaiveDate,
    /// How the gift came.
    pub method: Method,
    /// Up or down.
    pub raised_minor: i64,
    /// Gifts more or fewer.
    pub donations: i64,
    /// What of this is another appeal's gift that goes back here.
    pub adjusted_minor: i64,
    /// The entry that moved it, and its hash.
    pub entry: i64,
    /// The entry's hash.
    pub hash: Vec<u8>,
}

/// Moves the totals of appeals and of their days; the postings of the same amounts stand in the same transaction.
///
/// # Errors
/// Only when the database fails.
pub fn credit(conn: &mut Conn, credits: &[Credit]) -> Result<(), DbError> {
    for credit in gather::gathered(credits) {
        store::add_to_total(conn, &credit)?;
    }
    store::add_to_days(conn, &gather::by_day(credits))
}

/// How an appeal stands at `now`: the figure that every surface shows.
///
/// # Errors
/// Only when the database fails.
pub fn standing(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund, appeal: &Appeal) -> Result<Standing, DbError> {
    Ok(rules::standing(now, fund, appeal, &store::total(conn, appeal.id)?))
}
