//! All SQL of the share register, a file a noun.

pub mod applications;
pub mod book;
pub mod certificates;
pub mod deaths;
pub mod deeds;
pub mod held;
pub mod holders;
pub mod interest;
pub mod meetings;
pub mod nominations;
pub mod notes;
pub mod officers;
pub mod paper;
pub mod payments;
pub mod proposals;
pub mod search;
pub mod sections;
pub mod sums;
pub mod suspensions;
pub mod unpaid;
pub mod withdrawals;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use super::{Deed, Settings, ShareClass, Terms};
use crate::db::schema::{share_classes, share_settings, share_terms};
use crate::db::{Conn, DbError};
use crate::money::Currency;

type ClassRow = (i64, String, String, String, i64);
const CLASS: (
    share_classes::id,
    share_classes::code,
    share_classes::name,
    share_classes::currency,
    share_classes::nominal_minor,
) = (
    share_classes::id,
    share_classes::code,
    share_classes::name,
    share_classes::currency,
    share_classes::nominal_minor,
);

fn class_of((id, code, name, currency, nominal_minor): ClassRow) -> Result<ShareClass, DbError> {
    let currency = Currency::from_code(&currency)
        .ok_or_else(|| DbError::Corrupt(format!("share class {code} has the currency {currency}")))?;
    Ok(ShareClass { id, code, name, currency, nominal_minor })
}

/// Every class, in the order they were made.
///
/// # Errors
/// Only when the database fails.
pub fn classes(conn: &mut Conn) -> Result<Vec<ShareClass>, DbError> {
    let rows: Vec<ClassRow> = share_classes::table.order(share_classes::id).select(CLASS).load(conn)?;
    rows.into_iter().map(class_of).collect()
}

pub(super) fn class_by_code(conn: &mut Conn, code: &str) -> Result<Option<ShareClass>, DbError> {
    let row: Option<ClassRow> =
        share_classes::table.filter(share_classes::code.eq(code)).select(CLASS).first(conn).optional()?;
    row.map(class_of).transpose()
}

/// The class of this row.
///
/// # Errors
/// Only when the database fails.
pub fn class(conn: &mut Conn, id: i64) -> Result<ShareClass, DbError> {
    class_of(share_classes::table.find(id).select(CLASS).first(conn)?)
}

/// Makes a class; what the rules say of it comes with [`set_terms`].
///
/// # Errors
/// When the database fails or the code is taken.
pub fn add_class(
    conn: &mut Conn,
    code: &str,
    name: &str,
    currency: Currency,
    nominal_minor: i64,
) -> Result<ShareClass, DbError> {
    let last: Option<i64> = share_classes::table.select(diesel::dsl::max(share_classes::id)).first(conn)?;
    let id = last.unwrap_or(0) + 1;
    diesel::insert_into(share_classes::table)
        .values((
            share_classes::id.eq(id),
            share_classes::code.eq(code),
            share_classes::name.eq(name),
            share_classes::currency.eq(currency.code()),
            share_classes::nominal_minor.eq(nominal_minor),
        ))
        .execute(conn)?;
    Ok(ShareClass { id, code: code.to_owned(), name: name.to_owned(), currency, nominal_minor })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = share_terms)]
struct TermsRow {
    class_id: i64,
    valid_from: NaiveDate,
    withdrawable: bool,
    transferable: bool,
    needs_consent: bool,
    voting: bool,
    minimum_shares: i64,
    maximum_shares: i64,
    notice_days: i64,
    yearly_limit_percent: Option<i64>,
    rule_ref: String,
}

impl From<TermsRow> for Terms {
    fn from(row: TermsRow) -> Self {
        Self {
            class_id: row.class_id,
            valid_from: row.valid_from,
            withdrawable: row.withdrawable,
            transferable: row.transferable,
            needs_consent: row.needs_consent,
            voting: row.voting,
            minimum_shares: row.minimum_shares,
            maximum_shares: row.maximum_shares,
            notice_days: row.notice_days,
            yearly_limit_percent: row.yearly_limit_percent,
            rule_ref: row.rule_ref,
        }
    }
}

pub(super) fn terms_on(conn: &mut Conn, class_id: i64, date: NaiveDate) -> Result<Option<Terms>, DbError> {
    let row: Option<TermsRow> = share_terms::table
        .filter(share_terms::class_id.eq(class_id))
        .filter(share_terms::valid_from.le(date))
        .order(share_terms::valid_from.desc())
        .select(TermsRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Terms::from))
}

/// Keeps what the rules say of a class from a day on; a second word for the same day takes the place of the first.
///
/// # Errors
/// Only when the database fails.
pub fn set_terms(conn: &mut Conn, now: DateTime<Utc>, deed: &Deed, terms: &Terms) -> Result<(), DbError> {
    diesel::delete(
        share_terms::table
            .filter(share_terms::class_id.eq(terms.class_id))
            .filter(share_terms::valid_from.eq(terms.valid_from)),
    )
    .execute(conn)?;
    let last: Option<i64> = share_terms::table.select(diesel::dsl::max(share_terms::id)).first(conn)?;
    diesel::insert_into(share_terms::table)
        .values((
            share_terms::id.eq(last.unwrap_or(0) + 1),
            share_terms::class_id.eq(terms.class_id),
            share_terms::valid_from.eq(terms.valid_from),
            share_terms::withdrawable.eq(terms.withdrawable),
            share_terms::transferable.eq(terms.transferable),
            share_terms::needs_consent.eq(terms.needs_consent),
            share_terms::voting.eq(terms.voting),
            share_terms::minimum_shares.eq(terms.minimum_shares),
            share_terms::maximum_shares.eq(terms.maximum_shares),
            share_terms::notice_days.eq(terms.notice_days),
            share_terms::yearly_limit_percent.eq(terms.yearly_limit_percent),
            share_terms::rule_ref.eq(&terms.rule_ref),
            share_terms::recorded_at.eq(now.naive_utc()),
            share_terms::recorded_by.eq(&deed.by),
        ))
        .execute(conn)?;
    Ok(())
}

type SettingsRow = (i64, bool, String, String, String, i64, i64, bool, bool, bool);

/// The society's settings for shares.
///
/// # Errors
/// Only when the database fails.
pub fn settings(conn: &mut Conn) -> Result<Settings, DbError> {
    let row: SettingsRow = share_settings::table.find(1).first(conn)?;
    let (_, is_open, offer, rules_version, zone, age_min, law_maximum_minor, joint_counts_in_full, ..) = row;
    let (.., needs_second_person, pays_interest) = row;
    Ok(Settings {
        is_open,
        offer,
        rules_version,
        zone: zone.parse().map_err(|_| DbError::Corrupt(format!("there is no time zone {zone}")))?,
        age_min: u32::try_from(age_min).map_err(|_| DbError::Corrupt("the lowest age is negative".to_owned()))?,
        law_maximum_minor,
        joint_counts_in_full,
        needs_second_person,
        pays_interest,
    })
}

/// Keeps the society's settings for shares.
///
/// # Errors
/// Only when the database fails.
pub fn update_settings(conn: &mut Conn, settings: &Settings) -> Result<(), DbError> {
    diesel::update(share_settings::table.find(1))
        .set((
            share_settings::is_open.eq(settings.is_open),
            share_settings::offer.eq(&settings.offer),
            share_settings::rules_version.eq(&settings.rules_version),
            share_settings::zone.eq(settings.zone.name()),
            share_settings::age_min.eq(i64::from(settings.age_min)),
            share_settings::law_maximum_minor.eq(settings.law_maximum_minor),
            share_settings::joint_counts_in_full.eq(settings.joint_counts_in_full),
            share_settings::needs_second_person.eq(settings.needs_second_person),
            share_settings::pays_interest.eq(settings.pays_interest),
        ))
        .execute(conn)?;
    Ok(())
}

/// Tries a deed within the caller's transaction and takes all of it back; the answer is what it would have been.
///
/// # Errors
/// What the deed refuses, or the database failed.
pub fn rehearse<T, E: From<DbError>>(conn: &mut Conn, act: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    use diesel::connection::{AnsiTransactionManager as Manager, TransactionManager};
    // Within a transaction this is a savepoint.
    on_backend!(conn, |c| Manager::begin_transaction(c)).map_err(DbError::from)?;
    let outcome = act(conn);
    on_backend!(conn, |c| Manager::rollback_transaction(c)).map_err(DbError::from)?;
    outcome
}
