//! What only the living do.

use chrono::NaiveDate;

use super::ShareError;
use super::holder::Holder;

/// Refuses what a member who died cannot do from that day on, with what can be done instead.
pub(super) fn check_alive(holder: &Holder, date: NaiveDate, way: &'static str) -> Result<(), ShareError> {
    match holder.died_on() {
        Some(on) if on <= date => Err(ShareError::Dead { who: holder.called(), on, way }),
        _ => Ok(()),
    }
}
