//! What puts right a gift that was entered by mistake. No clock, no database.

use chrono::NaiveDate;

use super::backwards;
use crate::db::DbError;
use crate::donations::{ChangeError, Donation, Status};
use crate::funds::{Credit, Fund};
use crate::ledger::{EntryKind, Line, NewEntry, Posted, accounts};

/// What a gift should have been.
pub(in crate::donations) struct Right {
    pub amount_minor: i64,
    pub appeal_id: i64,
    pub fund: String,
}

/// The entry that brought the gift in.
pub(in crate::donations) fn received_entry(gift: &Donation) -> Result<i64, ChangeError> {
    gift.entry.filter(|_| gift.status != Status::Pledged).ok_or(ChangeError::NotReceived)
}

/// The day on which the gift came.
pub(in crate::donations) fn came_on(gift: &Donation) -> Result<NaiveDate, DbError> {
    let odd = || DbError::Corrupt(format!("the gift {} is received on no day", gift.reference()));
    gift.received_on.ok_or_else(odd)
}

/// What puts the gift right: only the difference; nothing where no money moves.
pub(in crate::donations) fn rectifying_entry(gift: &Donation, right: &Right, came_on: NaiveDate) -> Option<NewEntry> {
    let difference = right.amount_minor - gift.amount_minor;
    let income = |fund: &str, amount_minor, appeal_id| Line {
        account: accounts::donations_to(fund),
        amount_minor,
        appeal_id: Some(appeal_id),
    };
    let mut lines = if right.appeal_id == gift.appeal_id {
        vec![income(&gift.fund, -difference, gift.appeal_id)]
    } else {
        vec![
            income(&gift.fund, gift.amount_minor, gift.appeal_id),
            income(&right.fund, -right.amount_minor, right.appeal_id),
        ]
    };
    if difference != 0 {
        lines.push(Line { account: gift.account().to_owned(), amount_minor: difference, appeal_id: None });
    }
    (lines.len() > 1).then(|| NewEntry {
        effective_on: came_on,
        kind: EntryKind::Correction,
        subject: gift.reference().to_string(),
        corrects: gift.entry,
        currency: gift.currency,
        lines,
    })
}

/// How the totals move when a gift is put right.
pub(in crate::donations) fn rectifying_credits(
    gift: &Donation,
    right: &Right,
    came_on: NaiveDate,
    posted: &Posted,
) -> Vec<Credit> {
    let credit = |appeal_id, raised_minor, donations| Credit {
        appeal_id,
        day: came_on,
        method: gift.method,
        raised_minor,
        donations,
        adjusted_minor: 0,
        entry: posted.number,
        hash: posted.hash.clone(),
    };
    if right.appeal_id == gift.appeal_id {
        vec![credit(gift.appeal_id, right.amount_minor - gift.amount_minor, 0)]
    } else {
        vec![credit(gift.appeal_id, -gift.amount_minor, -1), credit(right.appeal_id, right.amount_minor, 1)]
    }
}

/// Whether a gift can be taken back as if it had never been entered.
pub(in crate::donations) fn check_mistaken(donation: &Donation) -> Result<(), ChangeError> {
    match donation.status {
        Status::Pledged => Err(ChangeError::NotReceived),
        Status::Cancelled => Err(ChangeError::Cancelled),
        Status::Refunded | Status::Bounced => Err(ChangeError::AlreadyReturned),
        Status::Received if donation.returned_minor > 0 => Err(ChangeError::ReturnedInPart),
        Status::Received if donation.is_paid_in() => Err(ChangeError::PaidIn),
        Status::Received => Ok(()),
    }
}

/// A gift that was entered by mistake goes out of the books on the day it came in.
pub(in crate::donations) fn correcting_entry(donation: &Donation, fund: &Fund, came_on: NaiveDate) -> NewEntry {
    let when = (EntryKind::Correction, came_on);
    backwards(donation, fund, when, (donation.amount_minor, donation.appeal_id))
}
