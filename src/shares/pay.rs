//! Money that comes for an application and waits in share-applications for the committee.

use chrono::{DateTime, NaiveDate, Utc};

use super::store::applications::{self, Application, ApplicationStatus, Movement};
use super::{Deed, ShareError, past_or_today, store};
use crate::db::{Conn, DbError};
use crate::ledger::{self, EntryKind, Line, Method, NewEntry, accounts};

/// Money that came.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// For which application.
    pub application: i64,
    /// How much.
    pub amount_minor: i64,
    /// How.
    pub method: Method,
    /// When; today where nothing is said.
    pub received_on: Option<NaiveDate>,
}

/// Books money for an application, also when it is too much or too little: what then happens is decided at the
/// allotment. The answer has its entry in the ledger.
///
/// # Errors
/// [`ShareError`]: an unknown or decided application, a day to come.
pub fn pay(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewPayment,
) -> Result<(Application, i64), ShareError> {
    let (received_on, _) = past_or_today(conn, now, new.received_on)?;
    let application = waiting(conn, new.application)?;
    let entry = money(
        conn,
        now,
        &application,
        EntryKind::ShareMoney,
        received_on,
        [(new.method.account(), new.amount_minor), (accounts::SHARE_APPLICATIONS, -new.amount_minor)],
    )?;
    let payment = Movement {
        application_id: application.id,
        amount_minor: new.amount_minor,
        method: new.method.name(),
        received_on,
        entry,
    };
    applications::insert_payment(conn, now, deed, &payment)?;
    applications::set_held(conn, application.id, application.held_minor + new.amount_minor)?;
    let after = applications::application(conn, application.id)?.ok_or(ShareError::UnknownApplication)?;
    Ok((after, entry))
}

/// Gives back part or all of what is held for an application; the answer is the entry. The caller notes what is left.
pub(super) fn give_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    application: &Application,
    amount_minor: i64,
) -> Result<i64, ShareError> {
    let (today, _) = past_or_today(conn, now, None)?;
    let entry = money(
        conn,
        now,
        application,
        EntryKind::ShareMoneyReturned,
        today,
        [(accounts::SHARE_APPLICATIONS, amount_minor), (accounts::BANK, -amount_minor)],
    )?;
    let payment = Movement {
        application_id: application.id,
        amount_minor: -amount_minor,
        method: Method::BankTransfer.name(),
        received_on: today,
        entry,
    };
    applications::insert_payment(conn, now, deed, &payment)?;
    Ok(entry)
}

/// An application that nobody has decided.
pub(super) fn waiting(conn: &mut Conn, id: i64) -> Result<Application, ShareError> {
    let application = applications::application(conn, id)?.ok_or(ShareError::UnknownApplication)?;
    match application.status {
        ApplicationStatus::Waiting => Ok(application),
        other => Err(ShareError::AlreadyDecided(other.name())),
    }
}

fn money(
    conn: &mut Conn,
    now: DateTime<Utc>,
    application: &Application,
    kind: EntryKind,
    effective_on: NaiveDate,
    lines: [(&str, i64); 2],
) -> Result<i64, ShareError> {
    let class = store::class(conn, application.class_id)?;
    let lines =
        lines.map(|(account, amount_minor)| Line { account: account.to_owned(), amount_minor, appeal_id: None });
    let entry = NewEntry {
        effective_on,
        kind,
        subject: application.reference().to_string(),
        corrects: None,
        currency: class.currency,
        lines: lines.into(),
    };
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    Ok(posted[0].number)
}
