//! SQL of waiting applications for which nothing is held: those that may lapse, or are junk.

use diesel::prelude::*;

use super::applications::{self, Application, ApplicationStatus};
use crate::db::schema::{holder_particulars, share_applications, stranger_requests};
use crate::db::{Conn, DbError};
use crate::outbox::{LetterKind, Selection};
use crate::supporters::rules::folded;

/// Narrows a boxed query to the waiting applications of a selection for which nothing is held.
macro_rules! meant {
    ($query:expr, $meant:expr) => {{
        let mut query = $query
            .filter(share_applications::status.eq(ApplicationStatus::Waiting.name()))
            .filter(share_applications::held_minor.eq(0));
        if let Some(from) = $meant.from {
            query = query.filter(share_applications::recorded_at.ge(from.naive_utc()));
        }
        if let Some(until) = $meant.until {
            query = query.filter(share_applications::recorded_at.lt(until.naive_utc()));
        }
        if !$meant.text.is_empty() {
            let anywhere = |text: &str| format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
            let named = holder_particulars::search.like(anywhere(&folded(&$meant.text))).escape('!');
            let mail = holder_particulars::email.like(anywhere($meant.text.trim())).escape('!');
            let people = holder_particulars::table
                .filter(named.or(mail.assume_not_null()))
                .select(holder_particulars::holder_id);
            query = query.filter(share_applications::holder_id.eq_any(people));
        }
        if !$meant.network.is_empty() {
            let asked = stranger_requests::table
                .filter(stranger_requests::subject_id.eq(share_applications::id))
                .filter(stranger_requests::kind.eq(LetterKind::ShareApplication.name()))
                .filter(stranger_requests::network.eq($meant.network.clone()));
            query = query.filter(diesel::dsl::exists(asked));
        }
        query
    }};
}

/// How many unpaid applications a selection has.
///
/// # Errors
/// Only when the database fails.
pub fn count_unpaid(conn: &mut Conn, meant: &Selection) -> Result<i64, DbError> {
    Ok(meant!(share_applications::table.select(diesel::dsl::count_star()).into_boxed(), meant).first(conn)?)
}

/// Unpaid applications of a selection above the number `after`, in order.
///
/// # Errors
/// Only when the database fails.
pub fn unpaid(conn: &mut Conn, meant: &Selection, after: i64, limit: i64) -> Result<Vec<Application>, DbError> {
    let query = meant!(share_applications::table.select(share_applications::id).into_boxed(), meant);
    let ids: Vec<i64> =
        query.filter(share_applications::id.gt(after)).order(share_applications::id).limit(limit).load(conn)?;
    let mut found: Vec<Application> = applications::numbered(conn, &ids)?.into_values().collect();
    found.sort_by_key(|application| application.id);
    Ok(found)
}
