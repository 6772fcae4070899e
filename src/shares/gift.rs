//! Share money that becomes a gift by the applicant's word: with the application, beyond the price, or when it is refused.
//!
//! Invariant: what leaves share-applications and what the fund receives are the same amount, by the same way, on one day.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use super::store::applications::Application;
use super::{Deed, ShareError, apply};
use crate::db::{Conn, DbError};
use crate::donations::{self, Change, NewGift};
use crate::funds;
use crate::ledger::Method;

/// Records a gift in the name of an applicant, once for the entry of the share money that it came with; the answer is
/// the donation's number.
///
/// # Errors
/// [`ShareError::GiftNotTaken`] when no appeal takes it.
pub(super) fn record(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    application: &Application,
    (amount_minor, method, received_on): (i64, Method, NaiveDate),
    entry: i64,
) -> Result<i64, ShareError> {
    let fund = funds::by_slug(conn, funds::DEFAULT_SLUG)?
        .ok_or_else(|| DbError::Corrupt("the first fund is not there".to_owned()))?;
    let holder = apply::entered(conn, application.holder_id)?;
    let subject = application.reference().to_string();
    let gift = NewGift {
        key: key(application, entry),
        fingerprint: Sha256::digest(subject.as_bytes()).into(),
        fund_id: fund.id,
        appeal: None,
        amount_minor,
        method,
        is_pledge: false,
        received_on: Some(received_on),
        name: holder.name,
        email: holder.email,
        acknowledge_as: String::new(),
        anonymous: false,
        note: format!("with the application for shares {subject}"),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: deed.by.clone(),
        request_id: deed.request_id.clone(),
        stranger: None,
    };
    let outcome = donations::record_all(conn, now, &[gift])?.remove(0);
    Ok(outcome.map_err(ShareError::GiftNotTaken)?.donation.id)
}

fn key(application: &Application, entry: i64) -> String {
    format!("shares:{}:{entry}", application.reference())
}

/// The gift that came with the money of this entry.
pub(super) fn of_payment(conn: &mut Conn, application: &Application, entry: i64) -> Result<Option<i64>, DbError> {
    donations::number_of_key(conn, &key(application, entry))
}

/// Takes back the gift that came with a payment which was entered by mistake.
///
/// # Errors
/// [`ShareError::GiftStays`] when it has gone back, or its books are closed.
pub(super) fn take_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    donation: i64,
    entry: i64,
    reason: &str,
) -> Result<(), ShareError> {
    let key = format!("shares:{entry}:back");
    let change = Change {
        fingerprint: Sha256::digest(key.as_bytes()).into(),
        key,
        reason: reason.to_owned(),
        by: deed.by.clone(),
        request_id: deed.request_id.clone(),
    };
    donations::take_back(conn, now, donation, &change).map_err(ShareError::GiftStays)?;
    Ok(())
}
