//! The seam with the books: what the register says is held, and what the ledger says was put in.

use chrono::NaiveDate;

use super::class::ShareClass;
use super::store::applications::ApplicationStatus;
use super::store::{self, applications};
use crate::db::{Conn, DbError};
use crate::ledger::{self, accounts};

/// A class on both sides of the seam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seam {
    /// The class.
    pub class: ShareClass,
    /// Shares that are held.
    pub shares: i64,
    /// What was paid for them, as the register has it.
    pub register_minor: i64,
    /// The capital account, as the ledger has it.
    pub ledger_minor: i64,
}

impl Seam {
    /// Whether both sides say the same, and every share is paid at par.
    pub fn is_even(&self) -> bool {
        self.register_minor == self.ledger_minor && self.class.price_minor(self.shares) == self.register_minor
    }
}

/// Every class on both sides at the end of a day.
///
/// # Errors
/// Only when the database fails.
pub fn seams(conn: &mut Conn, as_at: NaiveDate) -> Result<Vec<Seam>, DbError> {
    let balances = ledger::balances(conn, as_at)?;
    let is_now = store::sums::last_day(conn)?.is_none_or(|last| last <= as_at);
    store::classes(conn)?
        .into_iter()
        .map(|class| {
            let account = accounts::share_capital(&class.code);
            let of_account = balances.iter().filter(|balance| balance.account == account);
            let ledger_minor = of_account.map(|balance| balance.credit_minor - balance.debit_minor).sum();
            let (shares, register_minor) = match is_now {
                true => store::sums::held_now(conn, class.id)?,
                false => store::sums::held(conn, class.id, as_at)?,
            };
            Ok(Seam { class, shares, register_minor, ledger_minor })
        })
        .collect()
}

/// Applications that wait, and the money kept for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub count: i64,
    /// Their money.
    pub held_minor: i64,
}

/// How many applications wait, and what is kept for them.
///
/// # Errors
/// Only when the database fails.
pub fn applications_waiting(conn: &mut Conn) -> Result<Waiting, DbError> {
    let waiting = applications::sums(conn)?.into_iter().find(|(status, ..)| *status == ApplicationStatus::Waiting);
    Ok(waiting.map(|(_, count, held_minor)| Waiting { count, held_minor }).unwrap_or_default())
}
