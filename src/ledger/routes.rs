//! The ledger over HTTP: entries, the trial balance at a date, and the head of the chain. Reading only.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Balance, Entry, chain, store};
use crate::clock::Clock;
use crate::db::Db;
use crate::http::{Problem, Routes, blocking};
use crate::money::plain;
use crate::staff::{Program, Scope};

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    at.api()
        .get("/ledger/entries", Scope::LedgerRead, entries)
        .get("/ledger/accounts", Scope::LedgerRead, accounts)
        .get("/ledger/head", Scope::LedgerRead, head);
}

/// Entries in one answer, unless fewer are asked for.
const PAGE: i64 = 100;
/// The most that may be asked for: about a megabyte.
const PAGE_MAX: i64 = 1_000;

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

#[utoipa::path(get, path = "/api/v1/ledger/entries", tag = "ledger", security(("bearer" = ["ledger:read"])),
    params(("after" = Option<i64>, Query, description = "The entry after which to go on"),
           ("limit" = Option<i64>, Query, description = "1 to 1000, 100 where nothing is said")),
    responses((status = 200, description = "`entries`, and `next` where there are more", body = [EntryView])))]
/// Entries in order, with their postings and hashes.
pub(crate) async fn entries(_: Program, db: web::Data<Db>, page: web::Query<After>) -> Result<HttpResponse, Problem> {
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let after = page.after.unwrap_or(0);
    let entries = blocking(move || db.read(|conn| store::entries_after(conn, after, limit))).await?;
    let is_full = i64::try_from(entries.len()).is_ok_and(|count| count == limit);
    let next = entries.last().map(|entry| entry.number).filter(|_| is_full);
    let entries: Vec<EntryView> = entries.into_iter().map(EntryView::from).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "entries": entries, "next": next })))
}

#[derive(Deserialize)]
pub(crate) struct AsAt {
    as_at: Option<NaiveDate>,
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

#[utoipa::path(get, path = "/api/v1/ledger/accounts", tag = "ledger", security(("bearer" = ["ledger:read"])),
    params(("as_at" = Option<String>, Query, description = "The end of this day; now where nothing is said")),
    responses((status = 200, description = "The trial balance", body = [AccountView])))]
/// The trial balance at a date.
pub(crate) async fn accounts(
    _: Program,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    at: web::Query<AsAt>,
) -> Result<HttpResponse, Problem> {
    // A day ahead: today's date is a matter of zone, and no entry lies further in the future.
    let as_at = at.as_at.unwrap_or_else(|| clock.now().date_naive() + chrono::Days::new(1));
    let balances = blocking(move || db.read(|conn| store::balances(conn, as_at))).await?;
    let accounts: Vec<AccountView> = balances.into_iter().map(AccountView::from).collect();
    let shown = at.as_at.unwrap_or_else(|| clock.now().date_naive());
    Ok(HttpResponse::Ok().json(serde_json::json!({ "as_at": shown, "accounts": accounts })))
}

#[utoipa::path(get, path = "/api/v1/ledger/head", tag = "ledger", security(("bearer" = ["ledger:read"])),
    responses((status = 200, description = "`entry` and `hash` of the last entry")))]
/// The head of the hash chain.
pub(crate) async fn head(_: Program, db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let head = blocking(move || db.read(store::head)).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "entry": head.number, "hash": chain::hex(&head.hash) })))
}
