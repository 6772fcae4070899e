//! A statement of the bank for the demo: the last days, with lines that wait for somebody.
//!
//! Invariant: it is a file like any other, taken in by the same verb, so that it passes the same checks.

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::db::{Conn, DbError};
use crate::donations::{self, Donation, Method, Search, Status};
use crate::funds::Fund;
use crate::ledger::{self, accounts};
use crate::money::plain;
use crate::statements::import::{self, Books, How, ImportError};

/// Days that the statement tells of.
const DAYS: u64 = 6;
/// Promises whose money comes in it.
const PROMISES: usize = 4;
/// More gifts than come in those days.
const GIFTS_MAX: i64 = 500;

/// Takes in a statement that ends with yesterday.
pub fn fill(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    let yesterday = crate::clock::date_in(now, fund.zone) - Days::new(1);
    let first = yesterday - Days::new(DAYS - 1);
    let mut rows = booked(conn, first, yesterday)?;
    rows.extend(promised(conn, first)?);
    rows.extend(others(first));
    rows.sort_by_key(|row| row.0);
    let before = ledger::balances(conn, first - Days::new(1))?;
    let of_bank = before.iter().filter(|one| one.account == accounts::BANK && one.currency == fund.currency);
    let mut balance: i64 = of_bank.map(|one| one.debit_minor - one.credit_minor).sum();
    let mut file = "Date,Type,Description,Paid out,Paid in,Balance\n".to_owned();
    for (day, kind, words, amount) in rows {
        balance += amount;
        let sum = plain(amount.abs(), fund.currency);
        let money = if amount < 0 { format!("{sum},") } else { format!(",{sum}") };
        let row = format!("{},{kind},\"{words}\",{money},{}\n", day.format("%d/%m/%Y"), plain(balance, fund.currency));
        file.push_str(&row);
    }
    let how = How { file_name: "lantern-current-account.csv".to_owned(), by: "demo".to_owned(), ..How::default() };
    let odd = |error: ImportError| match error {
        ImportError::Db(error) => error,
        other => DbError::Corrupt(format!("the demo's statement is refused: {other}")),
    };
    let books = Books::read(conn, now)?;
    let found = books.read_file(file.as_bytes(), &how).map_err(odd)?;
    import::take_in(conn, now, &books, &found, file.as_bytes(), &how, &mut |_, _| {}).map_err(odd)?;
    Ok(())
}

/// Day, type, words, amount.
type Row = (NaiveDate, &'static str, String, i64);

/// What the books have already: gifts that were entered from the bank's web pages.
fn booked(conn: &mut Conn, from: NaiveDate, until: NaiveDate) -> Result<Vec<Row>, DbError> {
    let wanted = Search { from: Some(from), until: Some(until), ..Search::default() };
    let gifts = donations::search(conn, &wanted, GIFTS_MAX)?;
    let kind = |gift: &Donation| match gift.method {
        Method::BankTransfer => Some("FPI"),
        Method::StandingOrder => Some("SO"),
        Method::DirectDebit => Some("DD"),
        _ => None,
    };
    let rows = gifts.into_iter().filter(|gift| gift.entry.is_some()).filter_map(|gift| {
        let words = format!("{} {}", gift.name.to_uppercase(), gift.reference());
        Some((gift.received_on?, kind(&gift)?, words, gift.amount_minor))
    });
    Ok(rows.collect())
}

/// Promises that arrive, with references as banks and people write them: whole, in small letters with spaces, with one
/// letter wrong, and cut short.
fn promised(conn: &mut Conn, first: NaiveDate) -> Result<Vec<Row>, DbError> {
    let wanted = Search { status: Some(Status::Pledged), ..Search::default() };
    let gifts = donations::search(conn, &wanted, GIFTS_MAX)?;
    let rows = gifts.into_iter().filter(|gift| gift.method == Method::BankTransfer).take(PROMISES);
    Ok((0..)
        .zip(rows)
        .map(|(at, gift)| (first + Days::new(1 + at), "FPI", written(&gift, at), gift.amount_minor))
        .collect())
}

fn written(gift: &Donation, at: u64) -> String {
    let (name, reference) = (gift.name.to_uppercase(), gift.reference().to_string());
    match at {
        0 => format!("{name} {reference}"),
        1 => {
            let (start, end) = reference.split_at(reference.len() / 2);
            format!("{name} {} {}", start.to_lowercase(), end.to_lowercase())
        }
        2 => {
            let last = if reference.ends_with('7') { '8' } else { '7' };
            format!("{name} {}{last}", &reference[..reference.len() - 1])
        }
        _ => format!("{name} FIGHTING FUND"),
    }
}

/// What comes and goes besides.
fn others(first: NaiveDate) -> Vec<Row> {
    let row = |at: u64, kind, words: &str, amount| (first + Days::new(at), kind, words.to_owned(), amount);
    vec![
        row(0, "BGC", "WREXHAM TRADES COUNCIL GRANT", 25_000),
        row(1, "DD", "RIVER TELECOM 88771", -3_550),
        row(2, "FPI", "MS P ASHWORTH SUBSCRIPTION", 1_200),
        row(3, "BGC", "CARDPAY PAYOUT 20391", 14_265),
        row(4, "FPI", "N OBASI FOR THE PAPER", 2_000),
        row(5, "CHG", "CHARGES FOR THE MONTH", -850),
        row(5, "INT", "GROSS INTEREST", 214),
    ]
}
