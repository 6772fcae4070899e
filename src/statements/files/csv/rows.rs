//! The rows of a CSV file as lines of a statement.

use csv::StringRecord;

use super::super::amount::signed;
use super::super::text::{joined, one_line};
use super::super::{Found, LINES_MAX, Terms, day};
use super::layout::{Column, Layout};
use super::table::Table;
use crate::statements::Kind;
use crate::statements::told::{Told, ToldLine};

/// Faults that are told one by one; a file with more was read by the wrong layout.
const FAULTS_MAX: usize = 500;

/// Reads every row; what cannot be taken goes into `found`, what all rows say of the account into `told`.
pub fn read(table: &Table, layout: &Layout, terms: &Terms<'_>, told: &mut Told, found: &mut Found) -> Vec<ToldLine> {
    let rows = Rows { layout, terms };
    let mut lines = Vec::new();
    for (number, row) in table.body().take(LINES_MAX + 1) {
        match rows.line(number, row) {
            Ok(Row::Line(line)) => lines.push(line),
            Ok(Row::LeftOut(why)) => found.notes.push((number, why.to_owned())),
            Err(_) if found.faults.len() >= FAULTS_MAX => {}
            Err(fault) => found.faults.push((number, fault)),
        }
        rows.account(number, row, told, found);
    }
    lines
}

enum Row {
    Line(ToldLine),
    LeftOut(&'static str),
}

struct Rows<'a> {
    layout: &'a Layout,
    terms: &'a Terms<'a>,
}

impl Rows<'_> {
    fn cell<'r>(&self, row: &'r StringRecord, column: Column) -> &'r str {
        self.layout.place(column).and_then(|at| row.get(at)).unwrap_or_default().trim()
    }

    fn texts(&self, row: &StringRecord, column: Column) -> String {
        // A spreadsheet's apostrophe says "this is a text"; it is not the bank's.
        joined(self.layout.places(column).filter_map(|at| row.get(at)).map(|text| text.trim().trim_start_matches('\'')))
    }

    fn line(&self, number: i64, row: &StringRecord) -> Result<Row, String> {
        let amount = self.amount(row)?;
        let day_text = self.cell(row, Column::Day);
        if day_text.is_empty() {
            return match amount {
                None | Some(0) => Ok(Row::LeftOut("it has neither day nor amount; left out")),
                Some(_) => Err("it has an amount and no day".to_owned()),
            };
        }
        let Some(day) = day::read(day_text, self.layout.days) else {
            let short: String = day_text.chars().take(40).collect();
            return match amount {
                None => Ok(Row::LeftOut("it has neither a day nor an amount; left out")),
                Some(_) => Err(format!("{short:?} is not a day")),
            };
        };
        let Some(amount_minor) = amount.filter(|minor| *minor != 0) else {
            return Ok(Row::LeftOut("no money moved; left out"));
        };
        let booked_on = day::sane(day, self.terms.today)?;
        let balance = self.cell(row, Column::Balance);
        let balance_minor =
            signed(balance, self.layout.decimal, self.terms.currency).map_err(|what| format!("balance: {what}"))?;
        self.currency(row)?;
        Ok(Row::Line(ToldLine {
            line: number,
            booked_on,
            amount_minor,
            kind: kind(self.cell(row, Column::Kind)),
            payer: self.texts(row, Column::Payer),
            payer_account: self.texts(row, Column::PayerAccount),
            reference: self.texts(row, Column::Reference),
            description: self.texts(row, Column::Description),
            bank_id: one_line(self.cell(row, Column::BankId)),
            balance_minor,
        }))
    }

    /// What moved: one signed amount, an amount with its direction, or two columns.
    fn amount(&self, row: &StringRecord) -> Result<Option<i64>, String> {
        let read = |column| signed(self.cell(row, column), self.layout.decimal, self.terms.currency);
        if self.layout.place(Column::Amount).is_some() {
            let Some(minor) = read(Column::Amount)? else { return Ok(None) };
            if self.layout.place(Column::Direction).is_none() || minor == 0 {
                return Ok(Some(minor));
            }
            let direction = self.cell(row, Column::Direction);
            return match direction.to_lowercase().as_str() {
                "c" | "cr" | "crdt" | "credit" | "in" | "+" | "paid in" | "money in" | "h" => Ok(Some(minor.abs())),
                "d" | "dr" | "dbit" | "debit" | "out" | "-" | "paid out" | "money out" | "s" => Ok(Some(-minor.abs())),
                _ => Err(format!("{:?} says neither credit nor debit", one_line(direction))),
            };
        }
        let paid_in = read(Column::PaidIn)?;
        // Some banks write what went out with a minus, others without.
        let paid_out = read(Column::PaidOut)?.map(|minor| -minor.abs());
        match (paid_in.filter(|minor| *minor != 0), paid_out.filter(|minor| *minor != 0)) {
            (Some(_), Some(_)) => {
                Err("it has an amount paid in and an amount paid out; a line has one of them".to_owned())
            }
            (Some(minor), None) | (None, Some(minor)) => Ok(Some(minor)),
            (None, None) => Ok(paid_in.or(paid_out)),
        }
    }

    fn currency(&self, row: &StringRecord) -> Result<(), String> {
        let said = self.cell(row, Column::Currency);
        if said.is_empty() || said.eq_ignore_ascii_case(self.terms.currency.code()) {
            return Ok(());
        }
        Err(format!("it is in {}, and these books count in {}", one_line(said), self.terms.currency.code()))
    }

    /// What the row says of our account; all rows must say the same.
    fn account(&self, number: i64, row: &StringRecord, told: &mut Told, found: &mut Found) {
        let account = joined(
            [self.cell(row, Column::SortCode), self.cell(row, Column::Account)]
                .map(|text| text.trim_start_matches('\'')),
        );
        if account.is_empty() || account == told.account {
            return;
        }
        if told.account.is_empty() {
            told.account = account;
        } else if found.faults.len() < FAULTS_MAX {
            found.faults.push((number, format!("it is of account {account}, the rows before of {}", told.account)));
        }
    }
}

/// The short words of British banks.
fn kind(text: &str) -> Kind {
    let plain = super::layout::plain(text);
    match plain.as_str() {
        "bgc"
        | "fpi"
        | "fpo"
        | "bp"
        | "tfr"
        | "trf"
        | "transfer"
        | "fasterpayment"
        | "fasterpayments"
        | "bankcredit"
        | "directcredit"
        | "automatedcredit"
        | "cr"
        | "fp"
        | "chaps"
        | "bacs"
        | "bankgirocredit"
        | "banktransfer"
        | "fasterpaymentsincoming" => Kind::Transfer,
        "so" | "sto" | "standingorder" => Kind::StandingOrder,
        "dd" | "ddr" | "directdebit" => Kind::DirectDebit,
        "chq" | "cheque" | "chequepaidin" | "chequedeposit" | "pic" => Kind::Cheque,
        "csh" | "cash" | "cashin" | "cashpaidin" | "counter" | "atm" | "cpt" | "payingin" | "counterdeposit" => {
            Kind::Cash
        }
        "pos" | "deb" | "vis" | "card" | "debitcard" | "cardpayment" | "dpc" => Kind::Card,
        "chg" | "charge" | "charges" | "fee" | "fees" | "bankcharges" | "comm" => Kind::Fee,
        "int" | "interest" | "intr" => Kind::Interest,
        _ => Kind::Other,
    }
}
