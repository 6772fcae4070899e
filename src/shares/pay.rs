//! Money that comes for an application and waits in share-applications for the committee.

use chrono::{DateTime, NaiveDate, Utc};

use super::letters::{self, Told};
use super::store::applications::{self, Application, ApplicationStatus};
use super::store::payments::{self, Movement};
use super::{Deed, ShareError, gift, past_or_today, store};
use crate::db::{Conn, DbError};
use crate::ledger::{self, EntryKind, Line, Method, NewEntry, accounts};
use crate::outbox::LetterKind;

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
/// allotment. A gift that was announced with the application is taken out of it once the shares are paid, and goes
/// into the fund. The answer has the entry of the share money in the ledger.
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
    let gift_minor = gift_within(&application, new.amount_minor);
    let share_minor = new.amount_minor - gift_minor;
    let entry = money(
        conn,
        now,
        &application,
        EntryKind::ShareMoney,
        (received_on, None),
        [(new.method.account(), share_minor), (accounts::SHARE_APPLICATIONS, -share_minor)],
    )?;
    if gift_minor > 0 {
        let donation = gift::record(conn, now, deed, &application, (gift_minor, new.method, received_on), entry)?;
        applications::set_gift(conn, application.id, Some(donation))?;
    }
    let payment = Movement {
        application_id: application.id,
        amount_minor: share_minor,
        method: new.method.name(),
        received_on,
        entry,
        takes_back: None,
    };
    let payment = payments::insert_payment(conn, now, deed, &payment)?;
    applications::set_held(conn, application.id, application.held_minor + share_minor)?;
    let told = Told::about(LetterKind::ShareMoney, application.id, application.holder_id).because_of(payment);
    letters::queue(conn, now, &[told])?;
    let after = applications::application(conn, application.id)?.ok_or(ShareError::UnknownApplication)?;
    Ok((after, entry))
}

/// The announced gift, when this payment covers it and what the shares still need.
fn gift_within(application: &Application, amount_minor: i64) -> i64 {
    let missing_minor = (application.amount_minor - application.held_minor).max(0);
    let is_due = application.gift_minor > 0 && application.gift_donation.is_none() && missing_minor > 0;
    if is_due && amount_minor >= missing_minor + application.gift_minor { application.gift_minor } else { 0 }
}

/// Takes a payment back that was entered by mistake, by its entry in the ledger, as if it had never come; a gift that it
/// brought goes with it. The answer is the application and the entry that corrects the first one.
///
/// # Errors
/// [`ShareError`]: no such payment, taken back before, decided meanwhile, a cheque that was paid in.
pub fn take_payment_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    entry: i64,
    reason: &str,
) -> Result<(Application, i64), ShareError> {
    let (payment, application) = standing(conn, entry)?;
    let method = payment.way()?;
    if payment.held_in.as_deref().is_some_and(|account| account != method.account()) {
        return Err(ShareError::PaidIn);
    }
    let gift = gift::of_payment(conn, &application, entry)?;
    let when = (EntryKind::Correction, payment.received_on);
    let correcting = undo(conn, now, deed, (&payment, &application), (when, method.account()))?;
    if let Some(donation) = gift {
        gift::take_back(conn, now, deed, donation, entry, reason)?;
        applications::set_gift(conn, application.id, None)?;
    }
    let after = applications::application(conn, application.id)?.ok_or(ShareError::UnknownApplication)?;
    Ok((after, correcting))
}

/// Takes the money of a cheque or a direct debit out of a waiting application, because the bank did not pay it. The
/// answer is the entry.
///
/// # Errors
/// [`ShareError`]: no such payment, taken back before, an application that was decided meanwhile.
pub fn bounce_payment(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    entry: i64,
    on: Option<NaiveDate>,
) -> Result<i64, ShareError> {
    let (payment, application) = standing(conn, entry)?;
    let (on, _) = past_or_today(conn, now, on)?;
    let method = payment.way()?;
    let from = payment.held_in.clone().unwrap_or_else(|| method.account().to_owned());
    undo(conn, now, deed, (&payment, &application), ((EntryKind::Bounce, on), &from))
}

/// A payment that stands, with its application, which waits.
fn standing(conn: &mut Conn, entry: i64) -> Result<(payments::Payment, Application), ShareError> {
    let payment = payments::by_entry(conn, entry)?.ok_or(ShareError::UnknownPayment)?;
    let application = waiting(conn, payment.application_id)?;
    if payments::is_taken_back(conn, application.id, entry)? {
        return Err(ShareError::PaymentTakenBack);
    }
    if payment.amount_minor > application.held_minor {
        return Err(ShareError::PaymentGone);
    }
    Ok((payment, application))
}

fn undo(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (payment, application): (&payments::Payment, &Application),
    ((kind, on), from): ((EntryKind, NaiveDate), &str),
) -> Result<i64, ShareError> {
    let share_minor = payment.amount_minor;
    let lines = [(accounts::SHARE_APPLICATIONS, share_minor), (from, -share_minor)];
    let entry = money(conn, now, application, kind, (on, Some(payment.entry)), lines)?;
    let back = Movement {
        application_id: application.id,
        amount_minor: -share_minor,
        method: &payment.method,
        received_on: on,
        entry,
        takes_back: Some(payment.entry),
    };
    let back = payments::insert_payment(conn, now, deed, &back)?;
    applications::set_held(conn, application.id, application.held_minor - share_minor)?;
    if !letters::held::drop_waiting(conn, application.id, Some(payment.id), &[LetterKind::ShareMoney])? {
        let told = Told::about(LetterKind::ShareMoney, application.id, application.holder_id).because_of(back);
        letters::queue(conn, now, &[told])?;
    }
    Ok(entry)
}

/// Where money of an application goes when it is not for shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Back to the applicant, from the bank.
    Back,
    /// Into the fund, by the applicant's word.
    Gift,
}

/// Takes part or all of what is held out of share-applications; the answer is the entry. The caller notes what is left.
pub(super) fn let_go(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    application: &Application,
    (amount_minor, way): (i64, Way),
) -> Result<i64, ShareError> {
    let (today, _) = past_or_today(conn, now, None)?;
    let method = match way {
        Way::Back => Method::BankTransfer,
        // It goes back to where it came in, and from there into the fund.
        Way::Gift => payments::last_method(conn, application.id)?.unwrap_or(Method::BankTransfer),
    };
    let entry = money(
        conn,
        now,
        application,
        EntryKind::ShareMoneyReturned,
        (today, None),
        [(accounts::SHARE_APPLICATIONS, amount_minor), (method.account(), -amount_minor)],
    )?;
    if way == Way::Gift {
        let donation = gift::record(conn, now, deed, application, (amount_minor, method, today), entry)?;
        applications::set_gift(conn, application.id, Some(donation))?;
    }
    let payment = Movement {
        application_id: application.id,
        amount_minor: -amount_minor,
        method: method.name(),
        received_on: today,
        entry,
        takes_back: None,
    };
    payments::insert_payment(conn, now, deed, &payment)?;
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
    (effective_on, corrects): (NaiveDate, Option<i64>),
    lines: [(&str, i64); 2],
) -> Result<i64, ShareError> {
    let class = store::class(conn, application.class_id)?;
    let lines =
        lines.map(|(account, amount_minor)| Line { account: account.to_owned(), amount_minor, appeal_id: None });
    let entry = NewEntry {
        effective_on,
        kind,
        subject: application.reference().to_string(),
        corrects,
        currency: class.currency,
        lines: lines.into(),
    };
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    Ok(posted[0].number)
}
