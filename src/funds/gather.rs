//! Movements of totals, each appeal and each day once. No clock, no database.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Credit, DayOfMethod};

/// One movement an appeal, with the latest entry.
pub(super) fn gathered(credits: &[Credit]) -> Vec<Credit> {
    let mut sums: Vec<Credit> = Vec::new();
    for credit in credits {
        match sums.iter_mut().find(|sum| sum.appeal_id == credit.appeal_id) {
            Some(sum) => {
                sum.raised_minor += credit.raised_minor;
                sum.donations += credit.donations;
                sum.adjusted_minor += credit.adjusted_minor;
                if credit.entry > sum.entry {
                    (sum.entry, sum.hash) = (credit.entry, credit.hash.clone());
                }
            }
            None => sums.push(credit.clone()),
        }
    }
    sums
}

/// What credits move of each day and method of an appeal, each once.
pub(super) fn by_day(credits: &[Credit]) -> Vec<DayOfMethod> {
    let mut days: BTreeMap<(i64, NaiveDate, &str), DayOfMethod> = BTreeMap::new();
    for credit in credits {
        let Credit { appeal_id, day, method, .. } = *credit;
        let none = DayOfMethod { appeal_id, day, method, raised_minor: 0, donations: 0 };
        let sum = days.entry((appeal_id, day, method.name())).or_insert(none);
        sum.raised_minor += credit.raised_minor;
        sum.donations += credit.donations;
    }
    days.into_values().collect()
}
