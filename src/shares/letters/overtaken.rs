//! Whether the reason of a letter about shares is gone by the time it would leave.
//!
//! Invariant: one question for every kind, asked whenever a letter is written.

use super::words::Subject;
use crate::db::{Conn, DbError};
use crate::outbox::LetterKind;
use crate::shares::store::applications::ApplicationStatus;
use crate::shares::store::book;
use crate::shares::store::withdrawals::WithdrawalStatus;

/// Why nobody needs this letter any more; nothing while somebody does.
pub(super) fn overtaken(conn: &mut Conn, kind: LetterKind, subject: &Subject) -> Result<Option<&'static str>, DbError> {
    Ok(match subject {
        Subject::Application { application, .. } => {
            let is_paid = application.held_minor >= application.amount_minor;
            of_application(kind, application.status, is_paid)
        }
        Subject::Reopened { application, .. } => {
            let is_waiting = application.status == ApplicationStatus::Waiting;
            (!is_waiting).then_some("The application was decided before this letter left.")
        }
        Subject::Moved { event, .. } => {
            let back = book::reversal_of(conn, event.number)?;
            back.map(|_| "The transfer was taken back before this letter left.")
        }
        Subject::Withdrawal(withdrawal) => of_withdrawal(kind, withdrawal.status),
        Subject::Interest { run, .. } => {
            run.taken_back_at.map(|_| "The interest was taken back before this letter left.")
        }
        // What was told and does not hold must be put right; what is held on a day stays so.
        Subject::Statement { .. } | Subject::Corrected { .. } | Subject::InterestBack { .. } => None,
    })
}

fn of_application(kind: LetterKind, status: ApplicationStatus, is_paid: bool) -> Option<&'static str> {
    let decided = "The application was decided, or withdrawn, before this letter left.";
    match (kind, status) {
        (LetterKind::ShareApplication, ApplicationStatus::Waiting) if is_paid => {
            Some("The money came before this letter left.")
        }
        (LetterKind::ShareApplication, ApplicationStatus::Waiting) => None,
        (LetterKind::ShareApplication, _) => Some(decided),
        (LetterKind::ShareAllotment, ApplicationStatus::Allotted) => None,
        (LetterKind::ShareAllotment, _) => Some("The allotment was taken back before this letter left."),
        (LetterKind::ShareRefusal, ApplicationStatus::Refused) => None,
        (LetterKind::ShareRefusal, _) => Some("The refusal was taken back before this letter left."),
        // Money that came, came.
        _ => None,
    }
}

fn of_withdrawal(kind: LetterKind, status: WithdrawalStatus) -> Option<&'static str> {
    let holds = match kind {
        LetterKind::WithdrawalNotice => status != WithdrawalStatus::TakenBack,
        LetterKind::WithdrawalAgreed => matches!(status, WithdrawalStatus::Agreed | WithdrawalStatus::Paid),
        LetterKind::WithdrawalRefused => status == WithdrawalStatus::Refused,
        LetterKind::WithdrawalPaid => status == WithdrawalStatus::Paid,
        _ => true,
    };
    (!holds).then_some("What it tells of the withdrawal was taken back before it left.")
}
