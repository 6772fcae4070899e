//! Proves that gifts, totals, postings and receipts say the same.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::store::{self, DayOfGifts, Return};
use crate::db::{Conn, DbError};
use crate::funds;
use crate::ledger;
use crate::proof::Proof;
use crate::reference::Reference;

/// Checks every appeal and every received donation, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let (received, no_receipt) = store::without_receipt(conn)?;
    let (addressed, no_letter) = store::without_letter(conn)?;
    let name = |id: Option<i64>, lacks: &str| id.map(|id| format!("donation {} has {lacks}", Reference::of(id)));
    let alone = store::alone(conn)?;
    Ok(vec![
        totals(conn)?,
        days(conn)?,
        Proof::of(
            "Every gift, receipt and letter has what it names",
            received,
            name(alone, "a piece that stands alone"),
        ),
        Proof::of("Every received donation has its receipt", received, name(no_receipt, "no receipt")),
        Proof::of("Every receipt with an address has its letter", addressed, name(no_letter, "no letter")),
    ])
}

/// Money that went back after its month was closed lowered another appeal: it counts there, and the gift where it was.
fn count_where_it_fell(given: &mut BTreeMap<i64, (i64, i64)>, moved: &[Return]) {
    let mut gone: BTreeMap<i64, i64> = BTreeMap::new();
    for moved in moved {
        given.entry(moved.own).or_default().0 += moved.amount_minor;
        given.entry(moved.bearer).or_default().0 -= moved.amount_minor;
        if moved.is_gone {
            gone.insert(moved.donation_id, moved.own);
        }
    }
    for appeal_id in gone.values() {
        given.entry(*appeal_id).or_default().1 += 1;
    }
}

/// The same for each day and method: where it came it is still counted, and the day it went back is lower.
fn days_where_it_fell(days: Vec<DayOfGifts>, moved: &[Return]) -> BTreeMap<(i64, NaiveDate, String), (i64, i64)> {
    let mut given: BTreeMap<(i64, NaiveDate, String), (i64, i64)> = BTreeMap::new();
    for (appeal_id, day, method, sum, number) in days {
        given.insert((appeal_id, day, method), (sum, number));
    }
    let mut gone: BTreeMap<i64, &Return> = BTreeMap::new();
    for moved in moved {
        let method = moved.method.name().to_owned();
        given.entry((moved.own, moved.received_on, method.clone())).or_default().0 += moved.amount_minor;
        given.entry((moved.bearer, moved.on, method)).or_default().0 -= moved.amount_minor;
        if moved.is_gone {
            gone.insert(moved.donation_id, moved);
        }
    }
    for moved in gone.values() {
        given.entry((moved.own, moved.received_on, moved.method.name().to_owned())).or_default().1 += 1;
    }
    given
}

fn totals(conn: &mut Conn) -> Result<Proof, DbError> {
    let posted: BTreeMap<i64, i64> = ledger::raised_by_appeal(conn)?.into_iter().collect();
    let mut given: BTreeMap<i64, (i64, i64)> =
        store::sums_by_appeal(conn)?.into_iter().map(|(id, sum, count)| (id, (sum, count))).collect();
    let moved = store::returned_elsewhere(conn)?;
    count_where_it_fell(&mut given, &moved);
    let mut lowered: BTreeMap<i64, i64> = BTreeMap::new();
    for back in &moved {
        *lowered.entry(back.bearer).or_default() += back.amount_minor;
    }
    let rows = funds::standing_rows(conn)?;
    let fault = rows.iter().find_map(|(appeal, total)| {
        let posted = posted.get(&appeal.id).copied().unwrap_or(0);
        let (given, count) = given.get(&appeal.id).copied().unwrap_or((0, 0));
        let agree = total.raised_minor == posted && posted == given && total.donations == count;
        let lowered = lowered.get(&appeal.id).copied().unwrap_or(0);
        if agree && total.adjusted_minor != lowered {
            return Some(format!(
                "appeal {} says that {} of other appeals' gifts went back in it, the gifts say {lowered}",
                appeal.name, total.adjusted_minor
            ));
        }
        (!agree).then(|| {
            format!(
                "appeal {} shows {} from {} gifts, its gifts say {given} from {count}, its postings say {posted}",
                appeal.name, total.raised_minor, total.donations
            )
        })
    });
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    Ok(Proof::of("Raised as shown = sum of gifts = postings, for each appeal", count, fault))
}

fn days(conn: &mut Conn) -> Result<Proof, DbError> {
    let mut shown: BTreeMap<(i64, NaiveDate, String), (i64, i64)> = BTreeMap::new();
    for (appeal, total) in funds::standing_rows(conn)? {
        let mut raised_minor = 0;
        for day in funds::days_of(conn, &[appeal.id])? {
            raised_minor += day.raised_minor;
            shown.insert((appeal.id, day.day, day.method.name().to_owned()), (day.raised_minor, day.donations));
        }
        if raised_minor != total.raised_minor {
            let fault = format!("appeal {} shows {}, its days {raised_minor}", appeal.name, total.raised_minor);
            return Ok(Proof::of(DAYS, 0, Some(fault)));
        }
    }
    let count = i64::try_from(shown.len()).unwrap_or(i64::MAX);
    let moved = store::returned_elsewhere(conn)?;
    let given = days_where_it_fell(store::sums_by_day_and_method(conn)?, &moved);
    for ((appeal_id, day, method), (sum, number)) in given {
        let says = shown.remove(&(appeal_id, day, method.clone())).unwrap_or_default();
        if says != (sum, number) {
            let fault = format!("the {method} gifts of {day} in appeal {appeal_id} are {sum}, shown are {}", says.0);
            return Ok(Proof::of(DAYS, count, Some(fault)));
        }
    }
    let stray = shown.into_iter().find(|(_, sums)| *sums != (0, 0));
    let fault = stray.map(|((appeal_id, day, method), _)| format!("appeal {appeal_id} has no {method} gift of {day}"));
    Ok(Proof::of(DAYS, count, fault))
}

const DAYS: &str = "What each appeal shows of each day and method = its gifts";
