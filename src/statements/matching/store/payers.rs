//! SQL of remembered payers and of the settings of the bank.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::PER_QUERY_MAX;
use crate::db::schema::{bank_settings, payers};
use crate::db::{Conn, DbError};
use crate::ledger::Method;
use crate::statements::matching::payer::{Payer, PayerKey, Remembered};

#[derive(Queryable, Selectable)]
#[diesel(table_name = payers)]
struct PayerRow {
    id: i64,
    name: String,
    account: String,
    purpose: String,
    donation_id: Option<i64>,
    method: String,
    ledger_account: String,
    note: String,
    amount_minor: i64,
    times: i64,
}

fn payer_of(row: PayerRow) -> Result<(i64, PayerKey, Payer), DbError> {
    let odd = || DbError::Corrupt(format!("payer {} is remembered for nothing known", row.id));
    let what = match (row.purpose.as_str(), row.donation_id, Method::from_name(&row.method)) {
        ("gift", Some(number), Some(method)) => Remembered::Gift { number, method },
        ("account", _, _) => Remembered::Account { account: row.ledger_account, note: row.note },
        ("payout", _, _) => Remembered::Payout,
        _ => return Err(odd()),
    };
    let key = PayerKey { name: row.name, account: row.account };
    Ok((row.id, key, Payer { what, amount_minor: row.amount_minor, times: row.times }))
}

/// Those of these payers that are remembered.
pub fn by_keys(conn: &mut Conn, keys: &[PayerKey]) -> Result<HashMap<PayerKey, Payer>, DbError> {
    let mut found = HashMap::new();
    for some in keys.chunks(PER_QUERY_MAX) {
        let rows: Vec<PayerRow> = payers::table
            .filter(payers::name.eq_any(some.iter().map(|key| key.name.as_str())))
            .select(PayerRow::as_select())
            .load(conn)?;
        for row in rows {
            let (_, key, payer) = payer_of(row)?;
            found.insert(key, payer);
        }
    }
    Ok(found)
}

/// This payer, with its number here.
pub fn by_key(conn: &mut Conn, key: &PayerKey) -> Result<Option<(i64, Payer)>, DbError> {
    let row: Option<PayerRow> = payers::table
        .filter(payers::name.eq(&key.name))
        .filter(payers::account.eq(&key.account))
        .select(PayerRow::as_select())
        .first(conn)
        .optional()?;
    row.map(payer_of).transpose().map(|found| found.map(|(id, _, payer)| (id, payer)))
}

/// Keeps a payer: anew, or instead of what was known of number `id`.
pub fn keep(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &str,
    id: Option<i64>,
    key: &PayerKey,
    payer: &Payer,
    line_id: i64,
) -> Result<(), DbError> {
    let id = match id {
        Some(id) => {
            diesel::delete(payers::table.find(id)).execute(conn)?;
            id
        }
        None => {
            let last: Option<i64> = payers::table.select(diesel::dsl::max(payers::id)).first(conn)?;
            last.unwrap_or(0) + 1
        }
    };
    let (purpose, donation_id, method, account, note) = match &payer.what {
        Remembered::Gift { number, method } => ("gift", Some(*number), method.name(), "", ""),
        Remembered::Account { account, note } => ("account", None, "", account.as_str(), note.as_str()),
        Remembered::Payout => ("payout", None, "", "", ""),
    };
    diesel::insert_into(payers::table)
        .values((
            (payers::id.eq(id), payers::name.eq(&key.name), payers::account.eq(&key.account)),
            (payers::purpose.eq(purpose), payers::donation_id.eq(donation_id), payers::method.eq(method)),
            (payers::ledger_account.eq(account), payers::note.eq(note)),
            (payers::amount_minor.eq(payer.amount_minor), payers::times.eq(payer.times), payers::line_id.eq(line_id)),
            (payers::remembered_at.eq(now.naive_utc()), payers::remembered_by.eq(by)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets what a line taught: one time less, and nothing when it was the only one.
pub fn forget(conn: &mut Conn, line_id: i64) -> Result<(), DbError> {
    diesel::delete(payers::table.filter(payers::line_id.eq(line_id)).filter(payers::times.le(1))).execute(conn)?;
    diesel::update(payers::table.filter(payers::line_id.eq(line_id)))
        .set(payers::times.eq(payers::times - 1))
        .execute(conn)?;
    Ok(())
}

/// Whether certain matches are posted with nobody looking.
pub fn posts_certain(conn: &mut Conn) -> Result<bool, DbError> {
    Ok(bank_settings::table.find(1).select(bank_settings::posts_certain).first(conn)?)
}

/// Says whether they are.
pub fn set_posts_certain(conn: &mut Conn, posts: bool) -> Result<(), DbError> {
    diesel::update(bank_settings::table.find(1)).set(bank_settings::posts_certain.eq(posts)).execute(conn)?;
    Ok(())
}
