//! The post of the demo: old cheques paid in week by week, yesterday's batch posted, today's half entered.
//!
//! Invariant: everything goes through the same verbs as at the desk, so that it passes the same checks.

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::batches::slips::{self, PayingIn};
use crate::batches::{self, BatchError, By, Kind, NewBatch, NewControl, NewRow};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::funds::Fund;
use crate::ledger::{self, accounts};

/// Cheques on a slip of the demo.
const SLIP: usize = 40;
/// Cheques that came in the last days are still in hand.
const DAYS_IN_HAND: u64 = 8;
/// More slips than a demo has weeks.
const SLIPS_MAX: i64 = 200;

fn by() -> By {
    By { who: "demo".to_owned(), request_id: String::new() }
}

fn odd(error: BatchError) -> DbError {
    match error {
        BatchError::Db(error) => error,
        other => DbError::Corrupt(format!("the demo's post is refused: {other}")),
    }
}

/// Pays in the cheques and the cash of the past, before the bank's statement is drawn up.
pub fn pay_in_old(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    let until = date_in(now, fund.zone) - Days::new(DAYS_IN_HAND);
    for number in 1..=SLIPS_MAX {
        let hand = slips::in_hand(conn, None, SLIP as i64)?.cheques;
        let old: Vec<_> = hand.iter().filter(|cheque| cheque.received_on <= until).collect();
        let Some(last) = old.iter().map(|cheque| cheque.received_on).max() else { break };
        let day = last + Days::new(1);
        let cash = ledger::days_of(conn, accounts::CASH, fund.currency)?;
        let paying = PayingIn {
            key: format!("demo:slip:{number}"),
            number: format!("{:06}", 500_100 + number),
            paid_in_on: Some(day),
            cheques: old.iter().map(|cheque| cheque.cheque).collect(),
            cash_minor: cash.iter().filter(|(on, _)| *on <= day).map(|(_, moved)| moved).sum(),
            currency: fund.currency,
        };
        slips::pay_in(conn, now, &by(), &paying).map_err(odd)?;
    }
    Ok(())
}

/// Yesterday's batch is in the books; today's lies on the table.
pub fn fill(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    let today = date_in(now, fund.zone);
    let done = opened(conn, now, fund, (today - Days::new(1), "Yesterday’s post", 14_750, 4))?;
    let rows =
        [("25", "Rosa Whitfield"), ("100", "Leeds Trades Council"), ("7.50", "Jack Tanner"), ("15", "Olive Marsh")];
    enter(conn, now, done, &rows)?;
    batches::post(conn, now, &by(), done).map_err(odd)?;
    let open = opened(conn, now, fund, (today, "This morning’s post", 21_800, 6))?;
    enter(conn, now, open, &[("50", "Amrit Kaur <amrit.kaur@example.org>"), ("20", "Seán Ó Briain"), ("33", "")])
}

fn opened(
    conn: &mut Conn,
    now: DateTime<Utc>,
    fund: &Fund,
    (received_on, note, sum_minor, count): (NaiveDate, &str, i64, i64),
) -> Result<i64, DbError> {
    let control = NewControl { received_on, sum_minor, count, note: note.to_owned() };
    let new = NewBatch { key: format!("demo:{note}"), kind: Kind::Cheques, fund_id: fund.id, control };
    batches::open(conn, now, &by(), &new).map_err(odd)
}

fn enter(conn: &mut Conn, now: DateTime<Utc>, batch: i64, rows: &[(&str, &str)]) -> Result<(), DbError> {
    for (at, (amount, from)) in rows.iter().enumerate() {
        let key = format!("demo:{batch}:{at}");
        let row = NewRow { key, amount: (*amount).to_owned(), from: (*from).to_owned(), ..NewRow::default() };
        batches::enter(conn, now, &by(), batch, &row).map_err(odd)?;
    }
    Ok(())
}
