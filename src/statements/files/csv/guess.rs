//! What columns most likely mean, from their headings or, where there are none, from what stands in them.
//!
//! Invariant: a guess is only a beginning; what somebody said of the same headings goes before it.

use super::super::amount::{Decimal, signed};
use super::super::day::{self, DayOrder};
use super::layout::{Column, Layout, plain};
use crate::money::Currency;

/// Headings as British banks write them, without spaces and signs.
const HEADINGS: [(Column, &[&str]); 15] = [
    (
        Column::Day,
        &[
            "date",
            "transactiondate",
            "bookingdate",
            "bookeddate",
            "dateposted",
            "posteddate",
            "postingdate",
            "posted",
            "entrydate",
            "transdate",
            "processeddate",
            "completeddate",
            "day",
            "bookedon",
            "valuedate",
        ],
    ),
    (Column::Amount, &["amount", "value", "amountgbp", "transactionamount", "netamount", "sum", "amount£"]),
    (
        Column::PaidIn,
        &[
            "paidin",
            "moneyin",
            "credit",
            "creditamount",
            "credits",
            "in",
            "receipts",
            "deposits",
            "deposit",
            "amountin",
            "creditgbp",
            "paidingbp",
            "moneyingbp",
            "inflow",
        ],
    ),
    (
        Column::PaidOut,
        &[
            "paidout",
            "moneyout",
            "debit",
            "debitamount",
            "debits",
            "out",
            "withdrawals",
            "withdrawal",
            "payments",
            "amountout",
            "debitgbp",
            "paidoutgbp",
            "moneyoutgbp",
            "outflow",
            "withdrawn",
        ],
    ),
    (
        Column::Direction,
        &[
            "creditdebit",
            "debitcredit",
            "drcr",
            "crdr",
            "creditordebit",
            "dc",
            "cd",
            "creditdebitindicator",
            "sign",
            "debitcreditindicator",
        ],
    ),
    (
        Column::Balance,
        &["balance", "runningbalance", "accountbalance", "ledgerbalance", "balancegbp", "balanceafter", "newbalance"],
    ),
    (
        Column::Reference,
        &["reference", "ref", "paymentreference", "customerreference", "yourreference", "payerreference", "references"],
    ),
    (
        Column::Payer,
        &[
            "name",
            "payer",
            "payee",
            "counterparty",
            "counterpartyname",
            "from",
            "thirdparty",
            "paidby",
            "merchant",
            "merchantname",
            "remitter",
        ],
    ),
    (
        Column::Description,
        &[
            "description",
            "details",
            "transactiondescription",
            "narrative",
            "memo",
            "particulars",
            "narrative1",
            "narrative2",
            "narrative3",
            "transactiondetails",
            "notes",
            "text",
            "transaction",
            "additionalinformation",
        ],
    ),
    (Column::Kind, &["type", "transactiontype", "subcategory", "code", "typecode", "transactioncode", "category"]),
    (
        Column::BankId,
        &["transactionid", "fitid", "uniqueid", "transactionreference", "bankreference", "entryreference"],
    ),
    (Column::PayerAccount, &["counterpartyaccount", "payeraccount", "counterpartyiban", "otheraccount"]),
    (Column::SortCode, &["sortcode", "branchcode"]),
    (Column::Account, &["accountnumber", "account", "accountno", "iban", "ouraccount"]),
    (Column::Currency, &["currency", "ccy", "currencycode", "accountcurrency"]),
];

/// What a heading most likely means.
pub fn meant(heading: &str) -> Option<Column> {
    let plain = plain(heading);
    HEADINGS.into_iter().find(|(_, words)| words.contains(&plain.as_str())).map(|(column, _)| column)
}

/// Whether cells name columns: a day, and an amount in one column or two.
pub fn is_heading(cells: &[&str]) -> bool {
    let meant: Vec<Column> = cells.iter().filter_map(|cell| meant(cell)).collect();
    let is_amount = |column: &Column| matches!(column, Column::Amount | Column::PaidIn | Column::PaidOut);
    meant.contains(&Column::Day) && meant.iter().any(is_amount)
}

/// A layout from headings and the first rows; columns of unknown headings are left out.
pub fn from_headings(headings: &[&str], rows: &[Vec<&str>], currency: Currency) -> Layout {
    let mut columns: Vec<Column> = Vec::with_capacity(headings.len());
    for heading in headings {
        let column = meant(heading).unwrap_or(Column::Ignored);
        let is_taken = !column.may_repeat() && columns.contains(&column);
        columns.push(if is_taken { Column::Ignored } else { column });
    }
    let has = |column| columns.contains(&column);
    let is_apart = has(Column::PaidIn) || has(Column::PaidOut);
    // "Amount, Credit/Debit", or "Paid in, Paid out": never both.
    let spare = if is_apart && has(Column::Amount) { Some(Column::Amount) } else { None };
    let columns =
        columns.into_iter().map(|column| if Some(column) == spare { Column::Ignored } else { column }).collect();
    finished(columns, rows, currency)
}

/// A layout from what stands in the rows.
pub fn from_rows(rows: &[Vec<&str>], currency: Currency) -> Layout {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |at: usize| {
        rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    };
    let is_day =
        |cell: &str| [DayOrder::DayFirst, DayOrder::MonthFirst].iter().any(|order| day::read(cell, *order).is_some());
    let is_amount = |cell: &str| {
        cell.contains(['.', ',']) && [Decimal::Point, Decimal::Comma].iter().any(|d| signed(cell, *d, currency).is_ok())
    };
    let mut columns = vec![Column::Description; width];
    if let Some(at) = (0..width).find(|at| cells(*at).next().is_some() && cells(*at).all(is_day)) {
        columns[at] = Column::Day;
    }
    let amounts: Vec<usize> = (0..width)
        .filter(|at| columns[*at] != Column::Day && cells(*at).next().is_some() && cells(*at).all(is_amount))
        .collect();
    let roles: &[Column] = match amounts.len() {
        0 | 1 => &[Column::Amount],
        2 => &[Column::Amount, Column::Balance],
        _ => &[Column::PaidOut, Column::PaidIn, Column::Balance],
    };
    for (at, role) in amounts.into_iter().zip(roles) {
        columns[at] = *role;
    }
    finished(columns, rows, currency)
}

/// The layout with what the rows show of days and pence.
fn finished(columns: Vec<Column>, rows: &[Vec<&str>], currency: Currency) -> Layout {
    let mut layout = Layout { columns, days: DayOrder::DayFirst, decimal: Decimal::Point };
    let cells = |column| {
        let place = layout.place(column);
        rows.iter().filter_map(move |row| row.get(place?)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    };
    let reads = |order| cells(Column::Day).filter(|cell| day::read(cell, order).is_some()).count();
    let days =
        if reads(DayOrder::MonthFirst) > reads(DayOrder::DayFirst) { DayOrder::MonthFirst } else { DayOrder::DayFirst };
    let amounts = || [Column::Amount, Column::PaidIn, Column::PaidOut, Column::Balance].into_iter().flat_map(cells);
    let figures = |decimal| amounts().filter(|cell| signed(cell, decimal, currency).is_ok()).count();
    let decimal = if figures(Decimal::Comma) > figures(Decimal::Point) { Decimal::Comma } else { Decimal::Point };
    layout.days = days;
    layout.decimal = decimal;
    layout
}
