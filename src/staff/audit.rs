//! The trail: who did what, from which request. Rows are added and never changed.

use chrono::{DateTime, Utc};

use super::{Actor, store};
use crate::db::{Conn, DbError};
pub use store::trail::{Step, before, counts_between, of_actions};

/// Notes that `actor` did `action` to `subject`, in the transaction of what was done.
///
/// # Errors
/// Only when the database fails.
pub fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    actor: &Actor,
    action: &str,
    subject: &str,
    detail: &str,
    request_id: &str,
) -> Result<(), DbError> {
    let step = Step {
        id: 0,
        at: now,
        who: actor.who(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        request_id: request_id.to_owned(),
    };
    store::trail::insert(conn, &step)
}
