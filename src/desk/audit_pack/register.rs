//! Chapters of what is numbered and promised beside the ledger: appeals, receipts, share capital.

use super::{Chapter, FETCHED, Table, Year, at, money};
use crate::db::{Conn, DbError};
use crate::desk::folio::{badge, link, number, text};
use crate::desk::written::{short_day, who};
use crate::funds::{self, Fund};
use crate::ledger::Run;
use crate::money::display;
use crate::receipts::{self, ReceiptNumber};
use crate::shares::numbers::grouped;
use crate::shares::{self, Seam};

pub(super) fn appeals(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("appeals", "Appeals, and what changed of them");
    let funds: Vec<Fund> = funds::all(conn)?;
    let heads = &["Appeal", "Days", "#Target", "#Carried in", "#Raised", "Closed"];
    let mut table = Table::new("Appeals with a day in the year, as they stand", heads, "There are none.");
    for (appeal, total) in funds::standing_rows(conn)? {
        let fund = funds.iter().find(|fund| fund.id == appeal.fund_id);
        let Some(fund) = fund.filter(|_| appeal.opens_on <= year.until && appeal.deadline_on >= year.from) else {
            continue;
        };
        let days = format!("{} to {}", short_day(appeal.opens_on), short_day(appeal.deadline_on));
        table.rows.push(vec![
            link(
                format!("{}, {}", fund.title, appeal.name),
                format!("/desk/funds/{}/appeals/{}", fund.slug, appeal.name),
            ),
            text(days),
            money(appeal.target_minor, fund.currency),
            money(appeal.carried_minor, fund.currency),
            money(total.raised_minor, fund.currency),
            appeal.closed_at.map_or_else(|| text("open"), |time| at(time, year)),
        ]);
    }
    table.cut();
    chapter.tables.push(table);
    let heads = &["When", "Appeal", "What", "From", "To", "Why, and who"];
    let mut table = Table::new("Changes made in the year", heads, "No target, deadline or closing changed.");
    for one in funds::changes_between(conn, year.begins, year.ends, FETCHED)? {
        let change = one.change;
        let fund = funds.iter().find(|fund| fund.slug == one.slug);
        let value = |value: &str| match (change.field.as_str(), value.parse::<i64>(), fund) {
            ("target" | "carried", Ok(minor), Some(fund)) => text(display(minor, fund.currency)),
            _ => text(value),
        };
        let why = if change.reason.is_empty() { String::new() } else { format!("{} ", change.reason) };
        table.rows.push(vec![
            at(change.changed_at, year),
            text(format!("{}, {}", one.fund, one.appeal)),
            text(&change.field),
            value(&change.old_value),
            value(&change.new_value),
            text(format!("{why}({})", who(&change.changed_by))),
        ]);
    }
    table.cut();
    chapter.tables.push(table);
    Ok(chapter)
}

pub(super) fn receipts(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("receipts", "Receipts");
    let runs = receipts::runs(conn, i64::from(year.number), &year.months())?;
    let name = |number| ReceiptNumber { year: i64::from(year.number), number }.to_string();
    let heads = &["Month", "First", "Last", "#Receipts", "Gap"];
    let mut table = Table::new("By month of issue", heads, "No receipt was issued in the year.");
    let count: i64 = runs.iter().map(|(_, run)| run.count).sum();
    let first = runs.iter().map(|(_, run)| run.first).min().unwrap_or(0);
    let last = runs.iter().map(|(_, run)| run.last).max().unwrap_or(0);
    let is_whole = first <= 1 && count == last;
    let mut before = 0;
    for (month, Run { first, last, count: of_month }) in &runs {
        let follows = *first == before + 1 && last - first + 1 == *of_month;
        before = *last;
        let month = year.from.checked_add_months(chrono::Months::new(u32::try_from(*month).unwrap_or_default()));
        table.rows.push(vec![
            text(month.unwrap_or(year.from).format("%B").to_string()),
            text(name(*first)),
            text(name(*last)),
            number(grouped(*of_month)),
            if is_whole || follows { text("none") } else { badge("gap", "bad") },
        ]);
    }
    if count > 0 {
        let range = format!("Receipts {} to {}", name(first), name(last));
        chapter.check(
            is_whole,
            format!("{range}: {} in all, numbered from 1 without a gap.", grouped(count)),
            format!(
                "{range}: only {} are there. Numbers are missing; please run `fighting-fund verify`.",
                grouped(count)
            ),
        );
    }
    table.foot = vec![text("Together"), text(""), text(""), number(grouped(count)), text("")];
    chapter.tables.push(table);
    Ok(chapter)
}

pub(super) fn shares(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("shares", "Share capital");
    let heads = &["Class", "#Shares", "#Register", "#Ledger"];
    let before = year.from.pred_opt().unwrap_or(year.from);
    for day in [before, year.until] {
        let seams = shares::seams(conn, day)?;
        let mut table = Table::new(format!("At the end of {}", short_day(day)), heads, "There are no shares.");
        table.rows = seams.iter().map(row).collect();
        chapter.tables.push(table);
        chapter.check(
            seams.iter().all(Seam::is_even),
            format!("{}: what the register says was paid is what the ledger says the capital is.", short_day(day)),
            format!("{}: register and ledger differ. Please run `fighting-fund verify`.", short_day(day)),
        );
    }
    Ok(chapter)
}

fn row(seam: &Seam) -> Vec<crate::desk::folio::Cell> {
    vec![
        text(&seam.class.name),
        number(grouped(seam.shares)),
        money(seam.register_minor, seam.class.currency),
        money(seam.ledger_minor, seam.class.currency),
    ]
}
