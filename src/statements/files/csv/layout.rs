//! What the columns of a bank's CSV files mean.
//!
//! Invariant: a layout is recognised by the headings of its files, so that nobody says twice what a column is.

use sha2::{Digest, Sha256};

use super::super::amount::Decimal;
use super::super::day::DayOrder;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The day of booking.
    Day,
    /// A credit above zero, a debit below; without a sign where a column says which it is.
    Amount,
    /// What came.
    PaidIn,
    /// What went.
    PaidOut,
    /// "CR", "DR", "Credit", "Debit", "+", "-".
    Direction,
    /// Who paid, or was paid.
    Payer,
    /// Their account.
    PayerAccount,
    /// What the payer wrote.
    Reference,
    /// Any other text.
    Description,
    /// "BGC", "STO", "FPI": how the money moved.
    Kind,
    /// The bank's own number of the line.
    BankId,
    /// The balance after the line.
    Balance,
    /// Our sort code.
    SortCode,
    /// Our account number.
    Account,
    /// Three letters.
    Currency,
    /// Whether it is booked: "Completed", "Pending", "Failed".
    State,
    /// What goes off the amount beside it.
    Fee,
    /// Left out.
    Ignored,
}

impl Column {
    /// Every column, in the order of the list to choose from.
    pub const ALL: [Self; 18] = [
        Self::Day,
        Self::Amount,
        Self::PaidIn,
        Self::PaidOut,
        Self::Direction,
        Self::Fee,
        Self::State,
        Self::Payer,
        Self::Reference,
        Self::Description,
        Self::Kind,
        Self::Balance,
        Self::BankId,
        Self::PayerAccount,
        Self::SortCode,
        Self::Account,
        Self::Currency,
        Self::Ignored,
    ];

    /// As forms and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Amount => "amount",
            Self::PaidIn => "paid_in",
            Self::PaidOut => "paid_out",
            Self::Direction => "direction",
            Self::Payer => "payer",
            Self::PayerAccount => "payer_account",
            Self::Reference => "reference",
            Self::Description => "description",
            Self::Kind => "kind",
            Self::BankId => "bank_id",
            Self::Balance => "balance",
            Self::SortCode => "sort_code",
            Self::Account => "account",
            Self::Currency => "currency",
            Self::State => "state",
            Self::Fee => "fee",
            Self::Ignored => "ignored",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Amount => "Amount, in and out",
            Self::PaidIn => "Paid in",
            Self::PaidOut => "Paid out",
            Self::Direction => "Credit or debit, or a type that says so",
            Self::Payer => "Name of the other side",
            Self::PayerAccount => "Account of the other side",
            Self::Reference => "Reference",
            Self::Description => "Description",
            Self::Kind => "Type",
            Self::BankId => "The bank’s number of the line",
            Self::Balance => "Balance after the line",
            Self::SortCode => "Our sort code",
            Self::Account => "Our account number",
            Self::Currency => "Currency",
            Self::State => "State: booked, pending, failed",
            Self::Fee => "Fee, which goes off the amount",
            Self::Ignored => "Leave it out",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Whether more than one column of a file may be this.
    pub fn may_repeat(self) -> bool {
        matches!(self, Self::Description | Self::Ignored | Self::Reference | Self::Currency)
    }
}

/// What the columns of one bank's files mean.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Layout {
    /// Each column, from the left.
    pub columns: Vec<Column>,
    /// What the columns are called, as [`plain`] writes it, so that they may change places; none where no row names them.
    #[serde(default)]
    pub headings: Vec<String>,
    /// What comes first in a day.
    #[serde(default)]
    pub days: DayOrder,
    /// What stands before the pence.
    #[serde(default)]
    pub decimal: Decimal,
}

impl Layout {
    /// Refuses a layout that does not say day and amount, each once.
    ///
    /// # Errors
    /// A sentence on what is missing.
    pub fn check(&self) -> Result<(), String> {
        let has = |column| self.columns.contains(&column);
        let twice = Column::ALL
            .into_iter()
            .find(|column| !column.may_repeat() && self.columns.iter().filter(|one| *one == column).count() > 1);
        if let Some(column) = twice {
            return Err(format!("Two columns are said to be “{}”. Please choose one.", column.label()));
        }
        if !has(Column::Day) {
            return Err("Please say which column has the day.".to_owned());
        }
        let is_apart = has(Column::PaidIn) || has(Column::PaidOut);
        match (has(Column::Amount), is_apart, has(Column::Direction)) {
            (false, false, _) => {
                Err("Please say which column has the amount, or which two have what was paid in and out.".to_owned())
            }
            (true, true, _) => {
                Err("Please choose either one column of amounts, or columns of what was paid in and out.".to_owned())
            }
            (false, true, true) => {
                Err("Credit or debit is told by the columns paid in and out already; please leave one out.".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The same layout for a file whose columns stand in other places, or have a new one that nobody knows among them;
    /// none where a column that is needed is missing, or its heading stands there twice.
    pub fn moved_to(&self, headings: &[&str]) -> Option<Self> {
        if self.headings.iter().all(String::is_empty) {
            return None;
        }
        let names: Vec<String> = headings.iter().map(|heading| plain(heading)).collect();
        let mut columns = vec![Column::Ignored; names.len()];
        for (column, name) in self.columns.iter().zip(&self.headings).filter(|(column, _)| **column != Column::Ignored)
        {
            let mut places = names.iter().enumerate().filter(|(_, other)| *other == name).map(|(at, _)| at);
            let (Some(at), None) = (places.next(), places.next()) else { return None };
            if name.is_empty() || columns[at] != Column::Ignored {
                return None;
            }
            columns[at] = *column;
        }
        Some(Self { columns, headings: names, ..self.clone() })
    }

    /// Whether a file has these headings, whatever their places, and no other.
    pub fn has_headings(&self, headings: &[&str]) -> bool {
        let mut theirs: Vec<String> =
            headings.iter().map(|heading| plain(heading)).filter(|one| !one.is_empty()).collect();
        let mut ours: Vec<&String> = self.headings.iter().filter(|heading| !heading.is_empty()).collect();
        theirs.sort_unstable();
        ours.sort_unstable();
        !ours.is_empty() && ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(one, other)| **one == *other)
    }

    /// Where a column stands.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|one| *one == column)
    }

    /// Where all columns of a kind stand.
    pub fn places(&self, column: Column) -> impl Iterator<Item = usize> {
        self.columns.iter().enumerate().filter(move |(_, one)| **one == column).map(|(at, _)| at)
    }
}

/// A layout that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The bank's name.
    pub name: String,
    /// What it is recognised by.
    pub heading: [u8; 32],
    /// What it means.
    pub layout: Layout,
}

/// What a layout is recognised by: its headings, whatever their case and spaces; for a file without headings, how many
/// columns it has.
pub fn heading_digest<'a>(headings: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    let headings: Vec<String> = headings.into_iter().map(plain).collect();
    let last = headings.iter().rposition(|heading| !heading.is_empty()).map_or(0, |at| at + 1);
    for heading in &headings[..last] {
        hash.update(heading.as_bytes());
        hash.update([0x1f]);
    }
    hash.finalize().into()
}

/// As [`heading_digest`], for a file whose rows begin at once.
pub fn headless_digest(columns: usize) -> [u8; 32] {
    Sha256::digest(format!("no headings, {columns} columns")).into()
}

/// A heading without case, spaces and signs: "Paid Out (£)" is "paidout".
pub fn plain(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
