//! How a file writes signs, as all of its rows show it.
//!
//! Invariant: a habit is what every row can be held against; it decides nothing where rows do not agree.

use super::super::amount::signed;
use super::layout::{Column, Layout};
use super::table::Table;
use super::words::{State, direction, state};
use crate::money::Currency;

/// What all rows together say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Habits {
    /// Some amount has a sign.
    pub has_signs: bool,
    /// Some type says that money went.
    pub has_debit_types: bool,
    /// Some amount under paid out has no minus.
    pub has_plain_out: bool,
    /// Some amount that another column calls a debit has no minus.
    pub has_plain_debits: bool,
    /// Some fee has no minus.
    pub has_plain_fees: bool,
    /// Some state says that money moved.
    pub has_booked: bool,
}

impl Habits {
    /// Looks at every row.
    pub fn of(table: &Table, layout: &Layout, currency: Currency) -> Self {
        let place = |column| layout.place(column);
        let places = [Column::Amount, Column::PaidOut, Column::Fee, Column::Kind, Column::Direction, Column::State];
        let [amount, out, fee, kind, way, booked] = places.map(place);
        let mut habits = Self::default();
        for (_, row) in table.body() {
            let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default().trim();
            let figure = |at| signed(cell(at), layout.decimal, currency).ok().flatten().unwrap_or(0);
            let minor = figure(amount);
            habits.has_signs |= minor < 0 || cell(amount).contains('+');
            habits.has_debit_types |= minor != 0 && direction(cell(kind)) == Some(false);
            habits.has_plain_out |= out.is_some() && figure(out) > 0;
            habits.has_plain_debits |= minor > 0 && direction(cell(way)) == Some(false);
            habits.has_plain_fees |= fee.is_some() && figure(fee) > 0;
            habits.has_booked |= booked.is_some() && state(cell(booked)) == Some(State::Booked);
        }
        habits
    }
}
