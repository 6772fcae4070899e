//! SQL of lists that were taken in, of files that wait to be, and of receipts that are not to be sent.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::db::schema::{gift_list_mappings, gift_list_uploads, gift_lists, quiet_receipts};
use crate::db::{Conn, DbError};
use crate::donations::import::{KeptMapping, List, ListUpload, Print};
use crate::sheet::Mapping;
use crate::sheet::day::DayOrder;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = gift_lists)]
struct ListRow {
    id: i64,
    fund_id: i64,
    digest: Vec<u8>,
    file_name: String,
    row_count: i64,
    gift_count: i64,
    has_letters: bool,
    taken_at: NaiveDateTime,
    taken_by: String,
}

fn list_of(row: ListRow) -> Result<List, DbError> {
    let odd = |what: &str| DbError::Corrupt(format!("list {} has an odd {what}", row.id));
    Ok(List {
        id: row.id,
        fund_id: row.fund_id,
        digest: row.digest.clone().try_into().map_err(|_| odd("digest"))?,
        rows: usize::try_from(row.row_count).map_err(|_| odd("count"))?,
        gifts: usize::try_from(row.gift_count).map_err(|_| odd("count"))?,
        file_name: row.file_name,
        has_letters: row.has_letters,
        prints: Vec::new(),
        taken_at: row.taken_at.and_utc(),
        taken_by: row.taken_by,
    })
}

/// The number of the next list.
pub(in crate::donations) fn next(conn: &mut Conn) -> Result<i64, DbError> {
    let last: Option<i64> = gift_lists::table.select(diesel::dsl::max(gift_lists::id)).first(conn)?;
    Ok(last.unwrap_or(0) + 1)
}

/// Keeps a list in the caller's transaction.
pub(in crate::donations) fn keep(conn: &mut Conn, now: DateTime<Utc>, list: &List) -> Result<(), DbError> {
    let row = ListRow {
        id: list.id,
        fund_id: list.fund_id,
        digest: list.digest.to_vec(),
        file_name: list.file_name.clone(),
        row_count: i64::try_from(list.rows).unwrap_or(i64::MAX),
        gift_count: i64::try_from(list.gifts).unwrap_or(i64::MAX),
        has_letters: list.has_letters,
        taken_at: now.naive_utc(),
        taken_by: list.taken_by.clone(),
    };
    diesel::insert_into(gift_lists::table).values((row, gift_lists::prints.eq(&list.prints))).execute(conn)?;
    Ok(())
}

/// The lists of a fund, the oldest first, without what their rows are known by.
pub(in crate::donations) fn of_fund(conn: &mut Conn, fund_id: i64) -> Result<Vec<List>, DbError> {
    let of_fund = gift_lists::table.filter(gift_lists::fund_id.eq(fund_id)).order(gift_lists::id);
    of_fund.select(ListRow::as_select()).load(conn)?.into_iter().map(list_of).collect()
}

/// What the rows of a list are known by, in order.
pub(in crate::donations) fn prints(conn: &mut Conn, id: i64) -> Result<Vec<Print>, DbError> {
    let bytes: Vec<u8> = gift_lists::table.find(id).select(gift_lists::prints).first(conn)?;
    let (prints, rest) = bytes.as_chunks::<{ crate::donations::import::PRINT_BYTES }>();
    if !rest.is_empty() {
        return Err(DbError::Corrupt(format!("list {id} has half a row")));
    }
    Ok(prints.to_vec())
}

/// Lists that were taken in, the newest first.
///
/// # Errors
/// Only when the database fails.
pub fn lists(conn: &mut Conn, limit: i64) -> Result<Vec<List>, DbError> {
    let newest = gift_lists::table.order(gift_lists::id.desc()).limit(limit);
    newest.select(ListRow::as_select()).load(conn)?.into_iter().map(list_of).collect()
}

#[derive(Insertable)]
#[diesel(table_name = quiet_receipts, treat_none_as_default_value = false)]
struct QuietRow {
    donation_id: i64,
}

/// Notes that the receipts of these gifts are not to be sent.
pub(in crate::donations) fn keep_quiet(conn: &mut Conn, donations: &[i64]) -> Result<(), DbError> {
    let rows: Vec<QuietRow> = donations.iter().map(|id| QuietRow { donation_id: *id }).collect();
    if !rows.is_empty() {
        insert_all!(conn, quiet_receipts::table, &rows)?;
    }
    Ok(())
}

/// Whether the receipt of a gift is not to be sent, because the gift was taken in from a list.
///
/// # Errors
/// Only when the database fails.
pub fn is_quiet(conn: &mut Conn, donation: i64) -> Result<bool, DbError> {
    let found: Option<i64> =
        quiet_receipts::table.find(donation).select(quiet_receipts::donation_id).first(conn).optional()?;
    Ok(found.is_some())
}

/// Forgets that a receipt is not to be sent; the answer is whether it was so.
pub(in crate::donations) fn speak(conn: &mut Conn, donation: i64) -> Result<bool, DbError> {
    Ok(diesel::delete(quiet_receipts::table.find(donation)).execute(conn)? > 0)
}

/// What is remembered of lists, the newest first.
///
/// # Errors
/// Only when the database fails.
pub fn mappings(conn: &mut Conn) -> Result<Vec<KeptMapping>, DbError> {
    let rows: Vec<(String, Vec<u8>, String)> = gift_list_mappings::table
        .order((gift_list_mappings::saved_at.desc(), gift_list_mappings::id.desc()))
        .select((gift_list_mappings::name, gift_list_mappings::heading_digest, gift_list_mappings::mapping))
        .load(conn)?;
    rows.into_iter()
        .map(|(name, heading, json)| {
            let odd = || DbError::Corrupt(format!("what is remembered of lists of {name} cannot be read"));
            let (mapping, days): (Mapping, Option<DayOrder>) = serde_json::from_str(&json).map_err(|_| odd())?;
            Ok(KeptMapping { heading: heading.try_into().map_err(|_| odd())?, name, mapping, days })
        })
        .collect()
}

/// Remembers what the columns of lists are, in place of what had the same name.
///
/// # Errors
/// Only when the database fails.
pub fn keep_mapping(conn: &mut Conn, now: DateTime<Utc>, kept: &KeptMapping, by: &str) -> Result<(), DbError> {
    forget_mapping(conn, &kept.name)?;
    let last: Option<i64> = gift_list_mappings::table.select(diesel::dsl::max(gift_list_mappings::id)).first(conn)?;
    let json =
        serde_json::to_string(&(&kept.mapping, kept.days)).map_err(|error| DbError::Corrupt(error.to_string()))?;
    diesel::insert_into(gift_list_mappings::table)
        .values((
            gift_list_mappings::id.eq(last.unwrap_or(0) + 1),
            gift_list_mappings::name.eq(&kept.name),
            gift_list_mappings::heading_digest.eq(kept.heading.to_vec()),
            gift_list_mappings::mapping.eq(json),
            gift_list_mappings::saved_at.eq(now.naive_utc()),
            gift_list_mappings::saved_by.eq(by),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets what is remembered under this name; the answer is whether there was anything.
///
/// # Errors
/// Only when the database fails.
pub fn forget_mapping(conn: &mut Conn, name: &str) -> Result<bool, DbError> {
    let named = gift_list_mappings::table.filter(gift_list_mappings::name.eq(name));
    Ok(diesel::delete(named).execute(conn)? > 0)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = gift_list_uploads)]
struct UploadRow {
    id: String,
    file_name: String,
    content: Vec<u8>,
    mapping: String,
    uploaded_at: NaiveDateTime,
    uploaded_by: String,
}

/// How long a file waits for whoever sent it.
const HOURS_KEPT: i64 = 24;

/// Keeps a file in the caller's transaction, and forgets those of yesterday. The same file again is the same upload.
///
/// # Errors
/// Only when the database fails.
pub fn keep_upload(conn: &mut Conn, now: DateTime<Utc>, upload: &ListUpload) -> Result<(), DbError> {
    let long_ago = (now - TimeDelta::hours(HOURS_KEPT)).naive_utc();
    diesel::delete(gift_list_uploads::table.filter(gift_list_uploads::uploaded_at.lt(long_ago))).execute(conn)?;
    forget_upload(conn, &upload.id)?;
    let row = UploadRow {
        id: upload.id.clone(),
        file_name: upload.file_name.clone(),
        content: upload.content.clone(),
        mapping: upload.mapping.clone(),
        uploaded_at: now.naive_utc(),
        uploaded_by: upload.by.clone(),
    };
    diesel::insert_into(gift_list_uploads::table).values(row).execute(conn)?;
    Ok(())
}

/// The file with this digest, if it waits.
///
/// # Errors
/// Only when the database fails.
pub fn upload(conn: &mut Conn, id: &str) -> Result<Option<ListUpload>, DbError> {
    let row: Option<UploadRow> =
        gift_list_uploads::table.find(id).select(UploadRow::as_select()).first(conn).optional()?;
    Ok(row.map(|row| ListUpload {
        id: row.id,
        file_name: row.file_name,
        content: row.content,
        mapping: row.mapping,
        by: row.uploaded_by,
    }))
}

/// Files that wait, the newest first: digest, name and who sent them.
///
/// # Errors
/// Only when the database fails.
pub fn uploads(conn: &mut Conn, limit: i64) -> Result<Vec<(String, String, String)>, DbError> {
    Ok(gift_list_uploads::table
        .order(gift_list_uploads::uploaded_at.desc())
        .select((gift_list_uploads::id, gift_list_uploads::file_name, gift_list_uploads::uploaded_by))
        .limit(limit)
        .load(conn)?)
}

/// Notes what somebody said of a file that waits.
///
/// # Errors
/// Only when the database fails.
pub fn map_upload(conn: &mut Conn, id: &str, mapping: &str) -> Result<(), DbError> {
    let waiting = gift_list_uploads::table.find(id);
    diesel::update(waiting).set(gift_list_uploads::mapping.eq(mapping)).execute(conn)?;
    Ok(())
}

/// Lets a file go.
///
/// # Errors
/// Only when the database fails.
pub fn forget_upload(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    diesel::delete(gift_list_uploads::table.find(id)).execute(conn)?;
    Ok(())
}
