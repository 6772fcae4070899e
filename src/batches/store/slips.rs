//! SQL of paying-in slips.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::batches::By;
use crate::batches::slips::{Cheque, Item, Slip};
use crate::db::schema::{allocations, paying_slip_items, paying_slips};
use crate::db::{Conn, DbError};
use crate::money::Currency;

#[derive(Queryable, Selectable)]
#[diesel(table_name = paying_slips)]
struct SlipRow {
    id: i64,
    number: String,
    paid_in_on: NaiveDate,
    currency: String,
    cheques: i64,
    cheques_minor: i64,
    cash_minor: i64,
    entry: i64,
    made_at: NaiveDateTime,
    made_by: String,
    undone_at: Option<NaiveDateTime>,
    undone_by: Option<String>,
    undone_reason: Option<String>,
    undone_entry: Option<i64>,
}

fn slip_of(row: SlipRow) -> Result<Slip, DbError> {
    let odd = || DbError::Corrupt(format!("slip {} has an unknown currency", row.id));
    Ok(Slip {
        id: row.id,
        currency: Currency::from_code(&row.currency).ok_or_else(odd)?,
        number: row.number,
        paid_in_on: row.paid_in_on,
        cheques: row.cheques,
        cheques_minor: row.cheques_minor,
        cash_minor: row.cash_minor,
        entry: row.entry,
        made_at: row.made_at.and_utc(),
        made_by: row.made_by,
        undone_at: row.undone_at.map(|at| at.and_utc()),
        undone_by: row.undone_by,
        undone_reason: row.undone_reason,
        undone_entry: row.undone_entry,
    })
}

pub(in crate::batches) fn slip(conn: &mut Conn, id: i64) -> Result<Option<Slip>, DbError> {
    let row: Option<SlipRow> = paying_slips::table.find(id).select(SlipRow::as_select()).first(conn).optional()?;
    row.map(slip_of).transpose()
}

pub(in crate::batches) fn slip_by_key(conn: &mut Conn, key: &str) -> Result<Option<i64>, DbError> {
    Ok(paying_slips::table.filter(paying_slips::key.eq(key)).select(paying_slips::id).first(conn).optional()?)
}

pub(in crate::batches) fn newest_slips(conn: &mut Conn, before: Option<i64>, limit: i64) -> Result<Vec<Slip>, DbError> {
    let rows: Vec<SlipRow> = paying_slips::table
        .filter(paying_slips::id.lt(before.unwrap_or(i64::MAX)))
        .order(paying_slips::id.desc())
        .limit(limit)
        .select(SlipRow::as_select())
        .load(conn)?;
    rows.into_iter().map(slip_of).collect()
}

/// Whether other money, such as a line of a bank statement, is linked to this entry.
pub(in crate::batches) fn is_linked(conn: &mut Conn, entry: i64) -> Result<bool, DbError> {
    let count: i64 = allocations::table
        .filter(allocations::entry.eq(entry))
        .filter(allocations::undone_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}

/// A cheque on a slip.
pub(in crate::batches) struct NewItem {
    pub cheque: Cheque,
    pub amount_minor: i64,
}

/// A slip that was paid in.
pub(in crate::batches) struct NewSlip<'a> {
    pub id: i64,
    pub key: &'a str,
    pub number: &'a str,
    pub paid_in_on: NaiveDate,
    pub currency: Currency,
    pub cheques_minor: i64,
    pub cash_minor: i64,
    pub entry: i64,
}

#[derive(Insertable)]
#[diesel(table_name = paying_slip_items, treat_none_as_default_value = false)]
struct ItemRow {
    slip_id: i64,
    kind: &'static str,
    item_id: i64,
    amount_minor: i64,
    bounced: bool,
    undone: bool,
}

pub(in crate::batches) fn insert_slip(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    new: &NewSlip<'_>,
    items: &[NewItem],
) -> Result<(), DbError> {
    diesel::insert_into(paying_slips::table)
        .values((
            paying_slips::id.eq(new.id),
            paying_slips::key.eq(new.key),
            paying_slips::number.eq(new.number),
            paying_slips::paid_in_on.eq(new.paid_in_on),
            paying_slips::currency.eq(new.currency.code()),
            paying_slips::cheques.eq(i64::try_from(items.len()).unwrap_or(i64::MAX)),
            paying_slips::cheques_minor.eq(new.cheques_minor),
            paying_slips::cash_minor.eq(new.cash_minor),
            paying_slips::entry.eq(new.entry),
            paying_slips::made_at.eq(now.naive_utc()),
            paying_slips::made_by.eq(&by.who),
            paying_slips::request_id.eq(&by.request_id),
        ))
        .execute(conn)?;
    let rows: Vec<ItemRow> = items
        .iter()
        .map(|item| ItemRow {
            slip_id: new.id,
            kind: item.cheque.name(),
            item_id: item.cheque.id(),
            amount_minor: item.amount_minor,
            bounced: false,
            undone: false,
        })
        .collect();
    insert_all!(conn, paying_slip_items::table, &rows)?;
    Ok(())
}

/// The number that the next slip gets.
pub(in crate::batches) fn next_id(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = paying_slips::table.select(diesel::dsl::max(paying_slips::id)).first(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

pub(in crate::batches) fn items_of(conn: &mut Conn, slip: i64) -> Result<Vec<Item>, DbError> {
    let rows: Vec<(String, i64, i64, bool)> = paying_slip_items::table
        .filter(paying_slip_items::slip_id.eq(slip))
        .order((paying_slip_items::kind.desc(), paying_slip_items::item_id))
        .select((
            paying_slip_items::kind,
            paying_slip_items::item_id,
            paying_slip_items::amount_minor,
            paying_slip_items::bounced,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(kind, id, amount_minor, bounced)| {
            let cheque = Cheque::of(&kind, id).ok_or_else(|| DbError::Corrupt(format!("slip {slip} has a {kind}")))?;
            Ok(Item { cheque, amount_minor, bounced })
        })
        .collect()
}

/// The slip on which a cheque stands, if it stands on one: its number and the number in the book.
pub(in crate::batches) fn item_of(conn: &mut Conn, cheque: Cheque) -> Result<Option<(i64, String)>, DbError> {
    Ok(paying_slip_items::table
        .inner_join(paying_slips::table)
        .filter(paying_slip_items::kind.eq(cheque.name()))
        .filter(paying_slip_items::item_id.eq(cheque.id()))
        .filter(diesel::dsl::sql::<diesel::sql_types::Bool>("NOT undone"))
        .select((paying_slips::id, paying_slips::number))
        .first(conn)
        .optional()?)
}

/// Notes that a cheque on a slip came back unpaid.
pub(in crate::batches) fn set_bounced(conn: &mut Conn, slip: i64, cheque: Cheque) -> Result<(), DbError> {
    diesel::update(paying_slip_items::table.find((slip, cheque.name(), cheque.id())))
        .set(paying_slip_items::bounced.eq(true))
        .execute(conn)?;
    Ok(())
}

/// Notes that a slip was taken back; its cheques may stand on another from now on.
pub(in crate::batches) fn set_undone(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    id: i64,
    (reason, entry): (&str, i64),
) -> Result<(), DbError> {
    diesel::update(paying_slips::table.find(id))
        .set((
            paying_slips::undone_at.eq(now.naive_utc()),
            paying_slips::undone_by.eq(&by.who),
            paying_slips::undone_reason.eq(reason),
            paying_slips::undone_entry.eq(entry),
        ))
        .execute(conn)?;
    diesel::update(paying_slip_items::table.filter(paying_slip_items::slip_id.eq(id)))
        .set(paying_slip_items::undone.eq(true))
        .execute(conn)?;
    Ok(())
}

/// How many slips there are, and one whose cheques are not its sum.
pub(in crate::batches) fn slips_that_differ(conn: &mut Conn) -> Result<(i64, Option<i64>), DbError> {
    let sum = diesel::dsl::sql::<diesel::sql_types::BigInt>("CAST(SUM(amount_minor) AS BIGINT)");
    let sums: Vec<(i64, i64)> = paying_slip_items::table
        .group_by(paying_slip_items::slip_id)
        .select((paying_slip_items::slip_id, sum))
        .load(conn)?;
    let sums: std::collections::HashMap<i64, i64> = sums.into_iter().collect();
    let slips: Vec<(i64, i64)> = paying_slips::table
        .order(paying_slips::id)
        .select((paying_slips::id, paying_slips::cheques_minor))
        .load(conn)?;
    let odd = slips.iter().find(|(id, minor)| sums.get(id).copied().unwrap_or(0) != *minor);
    Ok((i64::try_from(slips.len()).unwrap_or(i64::MAX), odd.map(|(id, _)| *id)))
}
