//! The rows of a CSV file as lines of a statement.
//!
//! Invariant: a row that has an amount is a line, a fault, or told as left out; a sign is said by the row or by the habit
//! of the whole file, and never made up.

use csv::StringRecord;

use super::super::amount::{signed, spelling};
use super::super::text::{joined, one_line};
use super::super::{Found, LINES_MAX, Terms, day};
use super::habits::Habits;
use super::kinds::kind;
use super::layout::{Column, Layout};
use super::order::Moved;
use super::table::Table;
use super::words::{BalanceRow, State, balance_row, direction, state};
use crate::statements::told::ToldLine;

/// Faults that are told one by one; a file with more was read by the wrong layout.
const FAULTS_MAX: usize = 500;

/// What rows of one account say.
pub struct Group {
    /// The account, as the rows have it; empty where they do not say.
    pub account: String,
    /// Its lines, as they stand in the file.
    pub lines: Vec<Moved>,
    /// A balance that a row of its own tells, and its row.
    pub opening: Option<(i64, i64)>,
    /// The same, after all lines.
    pub closing: Option<(i64, i64)>,
}

/// Reads every row; what cannot be taken goes into `found`. The answer has a group for each account.
pub fn read(table: &Table, layout: &Layout, is_guessed: bool, terms: &Terms<'_>, found: &mut Found) -> Vec<Group> {
    let headings: Vec<String> = table.headings().into_iter().map(str::to_owned).collect();
    let habits = Habits::of(table, layout, terms.currency);
    let rows = Rows { layout, terms, headings, habits, is_guessed };
    let mut groups: Vec<Group> = Vec::new();
    for (number, row) in table.body().take(LINES_MAX + 1) {
        let read = rows.row(number, row);
        if let Ok(Row::LeftOut(why)) = &read {
            found.notes.push((number, why.clone()));
            continue;
        }
        match read {
            Ok(read) => {
                let group = group_of(&mut groups, rows.account(row));
                match read {
                    Row::Line(line) => group.lines.push(line),
                    Row::Balance(which, figure) => {
                        found
                            .notes
                            .push((number, "it tells a balance or a sum and no money that moved; left out".to_owned()));
                        match which {
                            BalanceRow::Opening => {
                                group.opening = group.opening.or(figure.map(|minor| (number, minor)))
                            }
                            BalanceRow::Closing => {
                                group.closing = figure.map(|minor| (number, minor)).or(group.closing)
                            }
                            BalanceRow::Other => {}
                        }
                    }
                    Row::LeftOut(_) => {}
                }
            }
            Err(_) if found.faults.len() >= FAULTS_MAX => {}
            Err(fault) => found.faults.push((number, fault)),
        }
    }
    groups
}

/// The group of an account; rows that name none belong to the only one.
fn group_of(groups: &mut Vec<Group>, account: String) -> &mut Group {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let is_same = |group: &Group| {
        group.account == account
            || account.is_empty()
            || group.account.is_empty()
            || plain(&group.account) == plain(&account)
    };
    let at = groups.iter().rposition(is_same).unwrap_or_else(|| {
        groups.push(Group { account: String::new(), lines: Vec::new(), opening: None, closing: None });
        groups.len() - 1
    });
    if groups[at].account.is_empty() {
        groups[at].account = account;
    }
    &mut groups[at]
}

enum Row {
    Line(Moved),
    /// A row of a balance with what it says.
    Balance(BalanceRow, Option<i64>),
    LeftOut(String),
}

struct Rows<'a> {
    layout: &'a Layout,
    terms: &'a Terms<'a>,
    headings: Vec<String>,
    habits: Habits,
    is_guessed: bool,
}

/// What moved, and what it may be in another reading.
type Amounts = (Option<i64>, Option<i64>);

impl Rows<'_> {
    fn cell<'r>(&self, row: &'r StringRecord, column: Column) -> &'r str {
        self.layout.place(column).and_then(|at| row.get(at)).unwrap_or_default().trim()
    }

    fn texts(&self, row: &StringRecord, column: Column) -> String {
        // A spreadsheet's apostrophe says "this is a text"; it is not the bank's.
        let last = self.layout.columns.len().saturating_sub(1);
        let cells = self.layout.places(column).flat_map(|at| {
            let more = if at == last { row.len().max(at + 1) } else { at + 1 };
            (at..more).filter_map(|at| row.get(at))
        });
        joined(cells.map(|text| text.trim().trim_start_matches('\'')))
    }

    fn row(&self, number: i64, row: &StringRecord) -> Result<Row, String> {
        let day_text = self.cell(row, Column::Day);
        let day = day::read(day_text, self.layout.days);
        if let Some(which) = self.balance_row(row, day.is_some()) {
            return Ok(Row::Balance(which, self.balance(row)));
        }
        if let Some(why) = self.not_booked(row)? {
            return Ok(Row::LeftOut(why));
        }
        self.is_as_wide(row)?;
        let (amount, other_minor) = self.amounts(row)?;
        if day_text.is_empty() {
            return match amount {
                None | Some(0) => Ok(Row::LeftOut("it has neither day nor amount; left out".to_owned())),
                Some(_) => Err("it has an amount and no day".to_owned()),
            };
        }
        let Some(day) = day else {
            let short: String = day_text.chars().take(40).collect();
            return match amount {
                None => Ok(Row::LeftOut("it has neither a day nor an amount; left out".to_owned())),
                Some(_) => Err(format!("{short:?} is not a day")),
            };
        };
        let Some(amount_minor) = amount.filter(|minor| *minor != 0) else {
            self.no_amount_elsewhere(row)?;
            return Ok(Row::LeftOut("no money moved; left out".to_owned()));
        };
        let booked_on = day::sane(day, self.terms.today)?;
        let balance = self.cell(row, Column::Balance);
        let balance_minor =
            signed(balance, self.layout.decimal, self.terms.currency).map_err(|what| format!("balance: {what}"))?;
        self.currency(row)?;
        let told = ToldLine {
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
        };
        Ok(Row::Line(Moved { told, other_minor }))
    }

    /// Whether all that the row says is a balance or a sum.
    fn balance_row(&self, row: &StringRecord, has_day: bool) -> Option<BalanceRow> {
        let said = if has_day {
            let texts = [Column::Payer, Column::Reference, Column::Description].map(|column| self.texts(row, column));
            let texts = joined(texts.iter().map(String::as_str));
            if texts.is_empty() { one_line(self.cell(row, Column::Kind)) } else { texts }
        } else {
            let is_aside = |at: usize| {
                let column = self.layout.columns.get(at);
                column.is_some_and(|one| {
                    matches!(
                        one,
                        Column::State | Column::Direction | Column::Currency | Column::Account | Column::SortCode
                    )
                })
            };
            let is_word = |cell: &str| {
                cell.contains(char::is_alphabetic) && signed(cell, self.layout.decimal, self.terms.currency).is_err()
            };
            let cells = row.iter().enumerate().filter(|(at, cell)| !is_aside(*at) && is_word(cell));
            joined(cells.map(|(_, cell)| cell.trim()))
        };
        balance_row(&said)
    }

    /// What a row of a balance says: under the balance, or under the amounts.
    fn balance(&self, row: &StringRecord) -> Option<i64> {
        let read = |column| signed(self.cell(row, column), self.layout.decimal, self.terms.currency).ok().flatten();
        if let Some(minor) = read(Column::Balance) {
            return Some(minor);
        }
        match (read(Column::Amount), read(Column::PaidIn), read(Column::PaidOut)) {
            (Some(minor), _, _) => match direction(self.cell(row, Column::Direction)) {
                Some(false) => Some(-minor.abs()),
                _ => Some(minor),
            },
            (None, Some(minor), None) => Some(minor),
            (None, None, Some(minor)) => Some(-minor.abs()),
            _ => None,
        }
    }

    /// Why the row is not booked, if it is not.
    fn not_booked(&self, row: &StringRecord) -> Result<Option<String>, String> {
        if self.layout.place(Column::State).is_none() {
            return Ok(None);
        }
        let said = one_line(self.cell(row, Column::State));
        match state(&said) {
            Some(State::Booked) => Ok(None),
            Some(State::NotBooked) => Ok(Some(format!("not booked ({said}); left out"))),
            // With some banks a row that is booked says nothing, and one that is not says so.
            None if said.is_empty() && !self.habits.has_booked => Ok(None),
            None if said.is_empty() && self.amounts(row).is_ok_and(|(minor, _)| minor.is_none()) => Ok(None),
            None => Err(format!(
                "its state {said:?} says neither that it is booked nor that it is not; if all rows of the file are booked, \
                 leave that column out at the desk under Bank"
            )),
        }
    }

    /// A text with the separator in it moves what stands behind; only behind the last column that does no harm.
    fn is_as_wide(&self, row: &StringRecord) -> Result<(), String> {
        let width = if self.headings.is_empty() { self.layout.columns.len() } else { self.headings.len() };
        if row.iter().skip(width).all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        let is_text = |column: &Column| matches!(column, Column::Description | Column::Reference | Column::Payer);
        let texts = self.layout.columns.iter().filter(|column| is_text(column)).count();
        if texts == 1 && self.layout.columns.last().is_some_and(is_text) && self.layout.columns.len() == width {
            return Ok(());
        }
        Err(format!(
            "it has {} cells, and there are {width} columns, so a text in it seems to hold the sign that parts columns; \
             please download the statement as OFX, CAMT.053 or MT940",
            row.len()
        ))
    }

    /// What moved: one signed amount, an amount with its direction, or two columns.
    fn amounts(&self, row: &StringRecord) -> Result<Amounts, String> {
        let read = |column| signed(self.cell(row, column), self.layout.decimal, self.terms.currency);
        if self.layout.place(Column::Amount).is_some() {
            let minor = match read(Column::Amount)? {
                Some(minor) if minor != 0 => Some(self.with_sign(row, minor)?),
                nothing => nothing,
            };
            return self.less_fee(row, (minor, None));
        }
        let paid_in = read(Column::PaidIn)?.filter(|minor| *minor != 0);
        let paid_out = read(Column::PaidOut)?.filter(|minor| *minor != 0);
        let amounts = match (paid_in, paid_out) {
            (Some(_), Some(_)) => {
                return Err("it has an amount paid in and an amount paid out; a line has one of them".to_owned());
            }
            (Some(minor), None) => (Some(minor), None),
            (None, Some(minor)) if minor > 0 => (Some(-minor), None),
            // Some banks write what went out with a minus; where others of the file have none, it is money back.
            (None, Some(minor)) if self.habits.has_plain_out => (Some(-minor), Some(minor)),
            (None, Some(minor)) => (Some(minor), Some(-minor)),
            (None, None) => (None, None),
        };
        self.less_fee(row, amounts)
    }

    /// What is left when the fee beside the amount is off it; the amount alone is the other reading.
    fn less_fee(&self, row: &StringRecord, (minor, other): Amounts) -> Result<Amounts, String> {
        let fee = signed(self.cell(row, Column::Fee), self.layout.decimal, self.terms.currency)?;
        let Some(fee) = fee.filter(|fee| *fee != 0) else { return Ok((minor, other)) };
        // A minus says "given back" only where other fees have none.
        let fee = if self.habits.has_plain_fees { fee } else { fee.abs() };
        Ok((minor.unwrap_or(0).checked_sub(fee), minor.filter(|minor| *minor != 0)))
    }

    /// The amount with the sign that its row says in words.
    fn with_sign(&self, row: &StringRecord, minor: i64) -> Result<i64, String> {
        let has_plus = self.cell(row, Column::Amount).contains('+');
        let opposite = |said: &str| {
            Err(format!(
                "{:?} and the sign of the amount do not agree, so nobody can say whether money came or went",
                one_line(said)
            ))
        };
        if self.layout.place(Column::Direction).is_some() {
            let said = self.cell(row, Column::Direction);
            return match direction(said) {
                Some(true) if minor < 0 => opposite(said),
                Some(false) if has_plus || (minor < 0 && self.habits.has_plain_debits) => opposite(said),
                Some(true) => Ok(minor),
                Some(false) => Ok(-minor.abs()),
                None => Err(format!("{:?} says neither credit nor debit", one_line(said))),
            };
        }
        let said = self.cell(row, Column::Kind);
        match direction(said) {
            Some(true) if minor < 0 => opposite(said),
            Some(false) if minor > 0 && self.habits.has_signs => opposite(said),
            Some(false) => Ok(-minor.abs()),
            Some(true) => Ok(minor),
            None if self.habits.has_debit_types && !self.habits.has_signs => Err(format!(
                "no amount of this file has a sign, and its type {:?} does not say whether money came or went",
                one_line(said)
            )),
            None => Ok(minor),
        }
    }

    /// A row without an amount where one is looked for may have it in a column that nobody knows.
    fn no_amount_elsewhere(&self, row: &StringRecord) -> Result<(), String> {
        if !self.is_guessed {
            return Ok(());
        }
        let is_amount = |cell: &str| {
            let minor = signed(cell, self.layout.decimal, self.terms.currency).ok().flatten();
            spelling(cell).is_some() && minor.is_some_and(|minor| minor != 0)
        };
        let mut ignored = self.layout.places(Column::Ignored).filter_map(|at| Some((at, row.get(at)?.trim())));
        let Some((at, cell)) = ignored.find(|(_, cell)| is_amount(cell)) else { return Ok(()) };
        let name = self
            .headings
            .get(at)
            .filter(|name| !name.is_empty())
            .map_or_else(|| format!("column {}", at + 1), Clone::clone);
        Err(format!(
            "it has no amount that is understood, but {cell} under {name}; please say at the desk under Bank what that column is"
        ))
    }

    fn currency(&self, row: &StringRecord) -> Result<(), String> {
        let ours = self.terms.currency;
        let said = self.layout.places(Column::Currency).filter_map(|at| row.get(at)).map(str::trim);
        let is_ours =
            |said: &str| said.is_empty() || said.eq_ignore_ascii_case(ours.code()) || said == ours.sign().trim();
        match said.into_iter().find(|said| !is_ours(said)) {
            None => Ok(()),
            Some(other) => Err(format!("it is in {}, and these books count in {}", one_line(other), ours.code())),
        }
    }

    /// What the row says of our account.
    fn account(&self, row: &StringRecord) -> String {
        joined(
            [self.cell(row, Column::SortCode), self.cell(row, Column::Account)]
                .map(|text| text.trim_start_matches('\'')),
        )
    }
}
