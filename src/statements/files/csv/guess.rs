//! What columns most likely mean, from their headings or, where there are none, from what stands in them.
//!
//! Invariant: a guess is only a beginning; what somebody said of the same headings goes before it. Which of two columns
//! is money in and which money out is never guessed: the balances prove it, or somebody is asked.

use super::super::amount::{Decimal, signed, spelling};
use super::super::day::{self, DayOrder};
use super::headings::{is_after_fees, is_fee_currency, meant};
use super::layout::{Column, Layout, plain};
use super::words::{State, direction, state};
use crate::money::Currency;

/// A layout from headings and the first rows; columns of unknown headings are left out.
pub fn from_headings(headings: &[&str], rows: &[Vec<&str>], currency: Currency) -> Layout {
    let known: Vec<Option<(Column, usize)>> = headings.iter().map(|heading| meant(heading)).collect();
    let mut columns: Vec<Column> = (0..headings.len()).map(|at| best(&known, at)).collect();
    by_content(&mut columns, rows, currency);
    let has = |columns: &[Column], column| columns.contains(&column);
    // "Amount, Credit/Debit", or "Paid in, Paid out": never both.
    if has(&columns, Column::PaidIn) || has(&columns, Column::PaidOut) {
        leave_out(&mut columns, Column::Amount);
        leave_out(&mut columns, Column::Direction);
    }
    let is_net = columns.iter().zip(headings).any(|(column, name)| *column == Column::Amount && is_after_fees(name));
    if is_net {
        leave_out(&mut columns, Column::Fee);
    }
    if has(&columns, Column::Fee) {
        for (column, heading) in columns.iter_mut().zip(headings) {
            if is_fee_currency(heading) {
                *column = Column::Currency;
            }
        }
    }
    let layout = finished(columns, rows);
    Layout { headings: headings.iter().map(|heading| plain(heading)).collect(), ..layout }
}

/// What the heading at a place means, unless another means the same and is better, or as good and before it.
fn best(known: &[Option<(Column, usize)>], at: usize) -> Column {
    let Some((column, rank)) = known[at] else { return Column::Ignored };
    let is_beaten = known.iter().enumerate().any(|(other, known)| {
        known.is_some_and(|(same, better)| same == column && (better, other) < (rank, at)) && other != at
    });
    if is_beaten && !column.may_repeat() { Column::Ignored } else { column }
}

fn leave_out(columns: &mut [Column], unwanted: Column) {
    for column in columns.iter_mut().filter(|column| **column == unwanted) {
        *column = Column::Ignored;
    }
}

/// What stands in a column tells what the heading leaves open: "Debit/Credit" may be the amount, and "Type" the direction.
fn by_content(columns: &mut [Column], rows: &[Vec<&str>], currency: Currency) {
    let all = |at: usize, is: &dyn Fn(&str) -> bool| {
        let mut cells = filled(rows, at).peekable();
        cells.peek().is_some() && cells.all(is)
    };
    let is_figure = |cell: &str| is_amount(cell, currency);
    let most_are_figures = |at: usize| {
        let figures = filled(rows, at).filter(|cell| is_figure(cell)).count();
        figures > 0 && figures * 2 > filled(rows, at).count()
    };
    if let Some(at) = columns.iter().position(|column| *column == Column::Direction)
        && !columns.contains(&Column::Amount)
        && most_are_figures(at)
    {
        columns[at] = Column::Amount;
    }
    let wants_direction = columns.contains(&Column::Amount) && !columns.contains(&Column::Direction);
    let open = |column: Column| matches!(column, Column::Kind | Column::Ignored);
    if wants_direction
        && let Some(at) = (0..columns.len()).find(|at| {
            open(columns[*at])
                && all(*at, &|cell| direction(cell).is_some())
                && (columns[*at] == Column::Kind || filled(rows, *at).any(|cell| direction(cell) == Some(false)))
        })
    {
        columns[at] = Column::Direction;
    }
    let is_code = |cell: &str| cell.len() == 3 && Currency::from_code(cell).is_some();
    if !columns.contains(&Column::Currency)
        && let Some(at) = (0..columns.len()).find(|at| columns[*at] == Column::Ignored && all(*at, &is_code))
    {
        columns[at] = Column::Currency;
    }
    if !columns.contains(&Column::State)
        && let Some(at) = (0..columns.len()).find(|at| {
            open(columns[*at])
                && all(*at, &|cell| state(cell).is_some())
                && filled(rows, *at).any(|cell| state(cell) == Some(State::NotBooked))
        })
    {
        columns[at] = Column::State;
    }
}

fn filled<'r>(rows: &'r [Vec<&'r str>], at: usize) -> impl Iterator<Item = &'r str> {
    rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
}

fn is_amount(cell: &str, currency: Currency) -> bool {
    cell.contains(|c: char| c.is_ascii_digit())
        && [Decimal::Point, Decimal::Comma].iter().any(|decimal| signed(cell, *decimal, currency).is_ok())
}

/// What a person must say where rows alone do not tell it.
const WHICH_IS_WHICH: &str =
    "There are two columns of amounts, of which each row has one: please say which is paid in and which is paid out.";

/// A layout from what stands in the rows; where they leave something open, what a person must say, with a layout to begin
/// with.
pub fn from_rows(rows: &[Vec<&str>], currency: Currency) -> (Layout, Option<&'static str>) {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let all = |at: usize, is: &dyn Fn(&str) -> bool| {
        let mut cells = filled(rows, at).peekable();
        cells.peek().is_some() && cells.all(is)
    };
    let is_day =
        |cell: &str| [DayOrder::DayFirst, DayOrder::MonthFirst].iter().any(|order| day::read(cell, *order).is_some());
    let mut columns = vec![Column::Description; width];
    let days: Vec<usize> = (0..width).filter(|at| all(*at, &is_day)).collect();
    let mut open = None;
    for (order, at) in days.iter().enumerate() {
        columns[*at] = if order == 0 { Column::Day } else { Column::Ignored };
        let differs =
            |row: &&Vec<&str>| row.get(*at).map(|cell| cell.trim()) != row.get(days[0]).map(|cell| cell.trim());
        if order > 0 && rows.iter().any(|row| differs(&row)) {
            open = Some("There are two columns of days: please say which is the day of booking.");
        }
    }
    let has_mark = |at: usize| filled(rows, at).any(|cell| spelling(cell).is_some());
    let amounts: Vec<usize> = (0..width)
        .filter(|at| !days.contains(at) && all(*at, &|cell| is_amount(cell, currency)) && has_mark(*at))
        .collect();
    match roles(rows, &amounts, currency) {
        Ok(roles) => {
            for (at, role) in amounts.iter().zip(roles) {
                columns[*at] = role;
            }
        }
        Err(what) => {
            open = open.or(Some(what));
            for at in &amounts {
                columns[*at] = Column::Ignored;
            }
        }
    }
    let is_single = columns.contains(&Column::Amount);
    for at in 0..width {
        if columns[at] != Column::Description || filled(rows, at).next().is_none() {
            continue;
        }
        if is_single && !columns.contains(&Column::Direction) && all(at, &|cell| direction(cell).is_some()) {
            columns[at] = Column::Direction;
        } else if !columns.contains(&Column::State) && all(at, &|cell| state(cell).is_some()) {
            columns[at] = Column::State;
        } else if all(at, &|cell| cell.len() == 3 && Currency::from_code(cell).is_some()) {
            columns[at] = Column::Currency;
        }
    }
    (finished(columns, rows), open)
}

/// What columns of amounts are, where the rows prove it.
fn roles(rows: &[Vec<&str>], amounts: &[usize], currency: Currency) -> Result<Vec<Column>, &'static str> {
    let decimal = decimal_of(amounts.iter().flat_map(|at| filled(rows, *at)));
    let figure = |row: &Vec<&str>, at: usize| {
        let cell = row.get(at).copied().unwrap_or_default();
        signed(cell, decimal, currency).ok().flatten().filter(|minor| *minor != 0)
    };
    let has_one =
        |one: usize, other: usize| !rows.iter().any(|row| figure(row, one).is_some() && figure(row, other).is_some());
    let follows = |moved: &dyn Fn(&Vec<&str>) -> i64, balance: usize| {
        let told: Vec<(i64, i64)> = rows.iter().filter_map(|row| Some((moved(row), figure(row, balance)?))).collect();
        let down = told.windows(2).all(|pair| pair[0].1.saturating_add(pair[1].0) == pair[1].1);
        let up = told.windows(2).all(|pair| pair[1].1.saturating_add(pair[0].0) == pair[0].1);
        told.len() > 1 && (down || up)
    };
    match *amounts {
        [] | [_] => Ok(vec![Column::Amount]),
        [one, other] if has_one(one, other) => Err(WHICH_IS_WHICH),
        [one, other] => {
            let plain = follows(&|row| figure(row, one).unwrap_or(0), other);
            let turned = follows(&|row| figure(row, other).unwrap_or(0), one);
            match (plain, turned) {
                (true, false) => Ok(vec![Column::Amount, Column::Balance]),
                (false, true) => Ok(vec![Column::Balance, Column::Amount]),
                _ => Err("There are two columns of amounts: please say which is the amount and which the balance."),
            }
        }
        [one, other, balance] => {
            let moved = |came: usize, went: usize| {
                move |row: &Vec<&str>| figure(row, came).unwrap_or(0) - figure(row, went).map_or(0, i64::abs)
            };
            let (first, second) = (follows(&moved(one, other), balance), follows(&moved(other, one), balance));
            match (first, second) {
                (true, false) => Ok(vec![Column::PaidIn, Column::PaidOut, Column::Balance]),
                (false, true) => Ok(vec![Column::PaidOut, Column::PaidIn, Column::Balance]),
                _ => Err(WHICH_IS_WHICH),
            }
        }
        _ => Err("There are several columns of amounts: please say which is which."),
    }
}

/// A comma stands before the pence only where a cell can be read in no other way.
fn decimal_of<'r>(cells: impl Iterator<Item = &'r str>) -> Decimal {
    let (mut points, mut commas) = (0_usize, 0_usize);
    for spelled in cells.filter_map(spelling) {
        match spelled {
            Decimal::Point => points += 1,
            Decimal::Comma => commas += 1,
        }
    }
    if commas > points { Decimal::Comma } else { Decimal::Point }
}

/// The layout with what the rows show of days and pence.
fn finished(columns: Vec<Column>, rows: &[Vec<&str>]) -> Layout {
    let mut layout = Layout { columns, ..Layout::default() };
    let cells = |column| layout.place(column).into_iter().flat_map(|at| filled(rows, at));
    let reads = |order| cells(Column::Day).filter(|cell| day::read(cell, order).is_some()).count();
    let days =
        if reads(DayOrder::MonthFirst) > reads(DayOrder::DayFirst) { DayOrder::MonthFirst } else { DayOrder::DayFirst };
    let amounts = [Column::Amount, Column::PaidIn, Column::PaidOut, Column::Balance, Column::Fee];
    let decimal = decimal_of(amounts.into_iter().flat_map(cells));
    layout.days = days;
    layout.decimal = decimal;
    layout
}
