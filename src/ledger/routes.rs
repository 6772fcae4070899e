//! The ledger over HTTP: entries, the trial balance at a date, and the head of the chain. Reading only.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Balance, Entry, chain, store};
use crate::clock::Clock;
use crate::db::Db;
use crate::http::described::Day;
use crate::http::{FieldError, Problem, Routes, blocking, day_asked, page_limit};
use crate::money::plain;
use crate::staff::{Program, Scope};

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    at.api()
        .get("/ledger/entries", Scope::LedgerRead, entries)
        .get("/ledger/accounts", Scope::LedgerRead, accounts)
        .get("/ledger/head", Scope::LedgerRead, head);
}

#[derive(Deserialize)]
pub(crate) struct After {
    after: Option<i64>,
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct EntryView {
    entry: i64,
    effective_on: NaiveDate,
    recorded_at: String,
    kind: String,
    subject: String,
    corrects: Option<i64>,
    postings: Vec<PostingView>,
    hash: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct PostingView {
    account: String,
    amount: String,
    currency: &'static str,
    appeal: Option<i64>,
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        let postings = entry.postings.into_iter().map(|line| PostingView {
            amount: plain(line.amount_minor, line.currency),
            currency: line.currency.code(),
            account: line.account,
            appeal: line.appeal_id,
        });
        Self {
            entry: entry.number,
            effective_on: entry.effective_on,
            recorded_at: entry.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            kind: entry.kind,
            subject: entry.subject,
            corrects: entry.corrects,
            postings: postings.collect(),
            hash: chain::hex(&entry.hash),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct EntriesView {
    entries: Vec<EntryView>,
    /// What to send as `after` for the entries that follow; nothing at the end.
    next: Option<i64>,
}

#[utoipa::path(get, path = "/api/v1/ledger/entries", tag = "ledger", security(("bearer" = ["ledger:read"])),
    params(("after" = Option<i64>, Query, minimum = 0, description = "The entry after which to go on"),
           ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "How many; 100 where nothing is said")),
    responses((status = 200, description = "A page of entries", body = EntriesView)))]
/// Entries in order, with their postings and hashes.
pub(crate) async fn entries(_: Program, db: web::Data<Db>, page: web::Query<After>) -> Result<HttpResponse, Problem> {
    let limit = page_limit(page.limit)?;
    let after = page.after.unwrap_or(0);
    if after < 0 {
        let sentence = "Please send the number of an entry, or 0 for the beginning.";
        return Err(Problem::fields(vec![FieldError::new("after", sentence)]));
    }
    let entries = blocking(move || db.read(|conn| store::entries_after(conn, after, limit))).await?;
    let is_full = i64::try_from(entries.len()).is_ok_and(|count| count == limit);
    let next = entries.last().map(|entry| entry.number).filter(|_| is_full);
    let entries = entries.into_iter().map(EntryView::from).collect();
    Ok(HttpResponse::Ok().json(EntriesView { entries, next }))
}

#[derive(Deserialize)]
pub(crate) struct AsAt {
    as_at: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AccountView {
    account: String,
    currency: &'static str,
    debit: String,
    credit: String,
    balance: String,
}

impl From<Balance> for AccountView {
    fn from(of: Balance) -> Self {
        Self {
            debit: plain(of.debit_minor, of.currency),
            credit: plain(of.credit_minor, of.currency),
            balance: plain(of.debit_minor - of.credit_minor, of.currency),
            currency: of.currency.code(),
            account: of.account,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AccountsView {
    as_at: NaiveDate,
    accounts: Vec<AccountView>,
}

#[utoipa::path(get, path = "/api/v1/ledger/accounts", tag = "ledger", security(("bearer" = ["ledger:read"])),
    params(("as_at" = Option<Day>, Query, description = "The end of this day; now where nothing is said")),
    responses((status = 200, description = "The trial balance", body = AccountsView)))]
/// The trial balance at a date.
pub(crate) async fn accounts(
    _: Program,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    at: web::Query<AsAt>,
) -> Result<HttpResponse, Problem> {
    let asked = day_asked("as_at", at.as_at.as_deref())?;
    // A day ahead: today's date is a matter of zone, and no entry lies further in the future.
    let end = asked.unwrap_or_else(|| clock.now().date_naive() + chrono::Days::new(1));
    let balances = blocking(move || db.read(|conn| store::balances(conn, end))).await?;
    let accounts = balances.into_iter().map(AccountView::from).collect();
    let as_at = asked.unwrap_or_else(|| clock.now().date_naive());
    Ok(HttpResponse::Ok().json(AccountsView { as_at, accounts }))
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct HeadView {
    entry: i64,
    /// SHA-256 in hexadecimal.
    hash: String,
}

#[utoipa::path(get, path = "/api/v1/ledger/head", tag = "ledger", security(("bearer" = ["ledger:read"])),
    responses((status = 200, description = "The last entry", body = HeadView)))]
/// The head of the hash chain.
pub(crate) async fn head(_: Program, db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let head = blocking(move || db.read(store::head)).await?;
    Ok(HttpResponse::Ok().json(HeadView { entry: head.number, hash: chain::hex(&head.hash) }))
}
