//! SQL of funds; beside it that of appeals, of their days and of the society.

mod appeals;
mod days;
mod society;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::rules::{days_from_text, days_to_text};
use super::{Carry, Fund, NewFund, Rhythm};
use crate::db::schema::funds;
use crate::db::{Conn, DbError};
use crate::money::Currency;
pub use appeals::{ChangeOf, changes_between};
pub(super) use appeals::{
    add_to_total, insert_appeal, latest_appeal, record_change, set_carried, set_closed, set_deadline, set_target, total,
};
pub use appeals::{appeal, appeal_by_name, appeals_of, changes_of, closed_on, current_appeal, follower, standing_rows};
pub(super) use days::add_to_days;
pub use days::{DayOfMethod, appeals_with_days, days_of};
pub use society::{society, update_society};

#[derive(Queryable, Insertable)]
#[diesel(table_name = funds)]
struct FundRow {
    id: i64,
    slug: String,
    title: String,
    currency: String,
    zone: String,
    rhythm: String,
    target_minor: i64,
    carry: String,
    publication_days: String,
    ceiling_minor: i64,
    created_at: NaiveDateTime,
}

impl TryFrom<FundRow> for Fund {
    type Error = DbError;

    fn try_from(row: FundRow) -> Result<Self, DbError> {
        let odd = |what: &str| DbError::Corrupt(format!("the fund {} has an unknown {what}", row.slug));
        Ok(Self {
            id: row.id,
            currency: Currency::from_code(&row.currency).ok_or_else(|| odd("currency"))?,
            zone: row.zone.parse().map_err(|_| odd("time zone"))?,
            rhythm: Rhythm::from_name(&row.rhythm).ok_or_else(|| odd("rhythm"))?,
            carry: Carry::from_name(&row.carry).ok_or_else(|| odd("carry rule"))?,
            publication_days: days_from_text(&row.publication_days).ok_or_else(|| odd("publication day"))?,
            target_minor: row.target_minor,
            ceiling_minor: row.ceiling_minor,
            slug: row.slug,
            title: row.title,
        })
    }
}

impl Rhythm {
    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::OneOff => "one_off",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Monthly, Self::OneOff].into_iter().find(|known| known.name() == name)
    }
}

impl Carry {
    /// As the command line and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Shortfall => "shortfall",
            Self::Both => "both",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Shortfall, Self::Both].into_iter().find(|known| known.name() == name)
    }
}

/// The largest single gift of a new fund: 10,000.00.
const CEILING_MINOR: i64 = 1_000_000;

pub(super) fn insert(conn: &mut Conn, now: DateTime<Utc>, new: &NewFund) -> Result<Fund, DbError> {
    let last: Option<i64> = funds::table.select(diesel::dsl::max(funds::id)).first(conn)?;
    let row = FundRow {
        id: last.unwrap_or(0) + 1,
        slug: new.slug.clone(),
        title: new.title.trim().to_owned(),
        currency: new.currency.code().to_owned(),
        zone: new.zone.name().to_owned(),
        rhythm: if new.deadline.is_some() { Rhythm::OneOff } else { Rhythm::Monthly }.name().to_owned(),
        target_minor: new.target_minor,
        carry: new.carry.name().to_owned(),
        publication_days: String::new(),
        ceiling_minor: CEILING_MINOR.max(new.target_minor),
        created_at: now.naive_utc(),
    };
    diesel::insert_into(funds::table).values(&row).execute(conn)?;
    row.try_into()
}

/// Every fund, in the order they were made.
///
/// # Errors
/// Only when the database fails.
pub fn all(conn: &mut Conn) -> Result<Vec<Fund>, DbError> {
    funds::table.order(funds::id).load::<FundRow>(conn)?.into_iter().map(Fund::try_from).collect()
}

/// The fund with this slug.
///
/// # Errors
/// Only when the database fails.
pub fn by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Fund>, DbError> {
    let row: Option<FundRow> = funds::table.filter(funds::slug.eq(slug)).first(conn).optional()?;
    row.map(Fund::try_from).transpose()
}

/// The fund with this number.
///
/// # Errors
/// Only when the database fails.
pub fn fund(conn: &mut Conn, id: i64) -> Result<Option<Fund>, DbError> {
    let row: Option<FundRow> = funds::table.find(id).first(conn).optional()?;
    row.map(Fund::try_from).transpose()
}

/// Keeps what staff changed of a fund: title, target of appeals to come, carry rule, publication days, ceiling.
///
/// # Errors
/// Only when the database fails.
pub fn change_fund(conn: &mut Conn, fund: &Fund) -> Result<(), DbError> {
    diesel::update(funds::table.find(fund.id))
        .set((
            funds::title.eq(&fund.title),
            funds::target_minor.eq(fund.target_minor),
            funds::carry.eq(fund.carry.name()),
            funds::publication_days.eq(days_to_text(&fund.publication_days)),
            funds::ceiling_minor.eq(fund.ceiling_minor),
        ))
        .execute(conn)?;
    Ok(())
}
