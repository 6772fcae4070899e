//! Withdrawal: a member's notice, the committee's word, the money. Repayment is at the committee's discretion, so that
//! a refusal is as good an end as a payment.
//!
//! Invariant: shares go when it is agreed, money goes when it is paid; what is between stands in withdrawals-payable.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::book::{self, EventKind, NewEvent, NewLine};
use super::letters::{self, Told};
use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::positions::Positions;
use super::store::withdrawals::{self, Notice, Step, Withdrawal, WithdrawalStatus};
use super::{Deed, Holder, ShareClass, ShareError, Terms, apply, class_on, past_or_today, reverse, store, suspend};
use crate::db::{Conn, DbError};
use crate::ledger::{self, EntryKind, Line, NewEntry, accounts};
use crate::money;
use crate::outbox::LetterKind;

/// A member's notice.
#[derive(Debug, Clone)]
pub struct NewWithdrawal {
    /// Whose.
    pub member: MemberNumber,
    /// The class's code.
    pub class: String,
    /// How many.
    pub shares: i64,
    /// When the notice was given; today where nothing is said.
    pub notice_given_on: Option<NaiveDate>,
}

/// Keeps a notice of withdrawal, with the day on which it has run out.
///
/// # Errors
/// [`ShareError`]: an unknown member, shares that are not there or wait to be withdrawn already, rules that forbid it.
pub fn give_notice(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    new: &NewWithdrawal,
) -> Result<Withdrawal, ShareError> {
    let (date, _) = past_or_today(conn, now, new.notice_given_on)?;
    let (class, terms) = class_on(conn, &new.class, date)?;
    let holder = apply::known(conn, new.member)?;
    // After a death the society repays even where shares are not withdrawable (Act of 2014, section 39).
    if !terms.withdrawable && holder.died_on().is_none() {
        return Err(ShareError::NotWithdrawable(class.name));
    }
    let today = past_or_today(conn, now, None)?.0;
    let waiting = withdrawals::waiting_shares(conn, holder.id, class.id)?;
    let mut positions = Positions::load(conn, &[holder.id], today)?;
    fall_besides(&mut positions, (&holder, today), (&class, &terms), (new.shares, waiting))?;
    let due_on = date.checked_add_days(Days::new(u64::try_from(terms.notice_days).unwrap_or(0))).unwrap_or(date);
    let row = Notice {
        holder_id: holder.id,
        class_id: class.id,
        shares: new.shares,
        amount_minor: class.price_minor(new.shares),
        notice_given_on: date,
        due_on,
    };
    let id = withdrawals::insert(conn, now, deed, &row)?;
    notes::write(conn, now, deed, NoteKind::Notice, &NewNote::about(Some(holder.id), id, date))?;
    tell(conn, now, LetterKind::WithdrawalNotice, id, holder.id)?;
    found(conn, id)
}

/// The committee agrees: the shares go on that day and their money is owed. Before the notice has run out this waives
/// the rest of it, as the committee may.
///
/// # Errors
/// [`ShareError`]: unknown, at another step, shares that are not there any more, a day to come or before the notice.
pub fn agree(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    effective_on: Option<NaiveDate>,
    minute: &str,
) -> Result<(Withdrawal, book::Recorded, i64), ShareError> {
    let (date, _) = past_or_today(conn, now, effective_on)?;
    let withdrawal = at_step(conn, id, WithdrawalStatus::NoticeGiven)?;
    let date = date.max(withdrawal.notice_given_on);
    let class = store::class(conn, withdrawal.class_id)?;
    let (class, terms) = class_on(conn, &class.code, date)?;
    let holder = apply::entered(conn, withdrawal.holder_id)?;
    check_discretion(conn, &withdrawal, (&class, &terms), date)?;
    let mut positions = Positions::load(conn, &[holder.id], date)?;
    positions.fall(&holder, (&class, &terms), date, withdrawal.shares)?;
    let subject = withdrawal.reference().to_string();
    let event = NewEvent {
        kind: EventKind::Withdrawal,
        effective_on: date,
        subject: subject.clone(),
        reason: String::new(),
        minute: minute.to_owned(),
        reverses: None,
        ground: None,
        is_interest: false,
        entry: Some(NewEntry {
            effective_on: date,
            kind: EntryKind::Withdrawal,
            subject,
            corrects: None,
            currency: class.currency,
            lines: lines(
                [accounts::share_capital(&class.code), accounts::WITHDRAWALS_PAYABLE.to_owned()],
                withdrawal.amount_minor,
            ),
        }),
        lines: NewLine::pair(Some(holder.id), None, class.id, withdrawal.shares, withdrawal.amount_minor),
    };
    let recorded = book::record_all(conn, now, deed, &[event])?.remove(0);
    let step = Step { status: WithdrawalStatus::Agreed, reason: "", minute, event: Some(recorded.event) };
    withdrawals::step(conn, now, deed, id, &step)?;
    tell(conn, now, LetterKind::WithdrawalAgreed, id, holder.id)?;
    let today = past_or_today(conn, now, None)?.0;
    Ok((found(conn, id)?, recorded, positions.held(holder.id, class.id, today)))
}

/// The committee does not agree; the shares stay.
///
/// # Errors
/// [`ShareError`]: unknown, at another step, no reason.
pub fn refuse_withdrawal(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    reason: &str,
    minute: &str,
) -> Result<Withdrawal, ShareError> {
    if reason.is_empty() {
        return Err(ShareError::ReasonMissing);
    }
    let withdrawal = at_step(conn, id, WithdrawalStatus::NoticeGiven)?;
    let step = Step { status: WithdrawalStatus::Refused, reason, minute, event: None };
    withdrawals::step(conn, now, deed, id, &step)?;
    let (today, _) = past_or_today(conn, now, None)?;
    let note = NewNote::about(Some(withdrawal.holder_id), id, today).because(reason, minute);
    notes::write(conn, now, deed, NoteKind::WithdrawalRefused, &note)?;
    tell(conn, now, LetterKind::WithdrawalRefused, id, withdrawal.holder_id)?;
    found(conn, id)
}

/// The money of an agreed withdrawal leaves the bank; the answer has its entry.
///
/// # Errors
/// [`ShareError`]: unknown, at another step, a day to come.
pub fn pay_out(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    id: i64,
    paid_on: Option<NaiveDate>,
) -> Result<(Withdrawal, i64), ShareError> {
    let (date, _) = past_or_today(conn, now, paid_on)?;
    let withdrawal = at_step(conn, id, WithdrawalStatus::Agreed)?;
    let entry = NewEntry {
        effective_on: date,
        kind: EntryKind::WithdrawalPaid,
        subject: withdrawal.reference().to_string(),
        corrects: None,
        currency: store::class(conn, withdrawal.class_id)?.currency,
        lines: lines([accounts::WITHDRAWALS_PAYABLE.to_owned(), accounts::BANK.to_owned()], withdrawal.amount_minor),
    };
    let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
    withdrawals::set_paid(conn, id, date, posted[0].number)?;
    let note = NewNote::about(Some(withdrawal.holder_id), id, date).posting(Some(posted[0].number));
    notes::write(conn, now, deed, NoteKind::WithdrawalPaid, &note)?;
    tell(conn, now, LetterKind::WithdrawalPaid, id, withdrawal.holder_id)?;
    Ok((found(conn, id)?, posted[0].number))
}

/// Makes a withdrawal as it was before a note; the answer is the entry by which its money came back, on the day it did.
pub(super) fn undo(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    (note, kind): (&Note, NoteKind),
    on: Option<NaiveDate>,
) -> Result<Option<i64>, ShareError> {
    let id = note.row_id;
    match kind {
        NoteKind::WithdrawalPaid => {
            let withdrawal = at_step(conn, id, WithdrawalStatus::Paid)?;
            let back = withdrawal.paid_on.zip(on).and_then(|(paid, on)| (on < paid).then_some(paid));
            if let Some(paid_on) = back {
                return Err(ShareError::BeforePaid(paid_on));
            }
            let Some(mut entry) = reverse::opposite(conn, withdrawal.paid_entry)? else { return Ok(None) };
            entry.effective_on = on.unwrap_or(entry.effective_on);
            let posted = ledger::post_all(conn, now, &[entry]).map_err(DbError::from)?;
            withdrawals::unpay(conn, id)?;
            Ok(Some(posted[0].number))
        }
        NoteKind::WithdrawalRefused => {
            let withdrawal = at_step(conn, id, WithdrawalStatus::Refused)?;
            still_there(conn, now, &withdrawal)?;
            let step = Step { status: WithdrawalStatus::NoticeGiven, reason: "", minute: "", event: None };
            withdrawals::step(conn, now, deed, id, &step)?;
            Ok(None)
        }
        _ => {
            at_step(conn, id, WithdrawalStatus::NoticeGiven)?;
            let step = Step { status: WithdrawalStatus::TakenBack, reason: "", minute: "", event: None };
            withdrawals::step(conn, now, deed, id, &step)?;
            Ok(None)
        }
    }
}

/// Whether the shares of a notice that stands again are there, besides those of other notices.
fn still_there(conn: &mut Conn, now: DateTime<Utc>, withdrawal: &Withdrawal) -> Result<(), ShareError> {
    let (today, _) = past_or_today(conn, now, None)?;
    let class = store::class(conn, withdrawal.class_id)?;
    let (class, terms) = class_on(conn, &class.code, today)?;
    let holder = apply::entered(conn, withdrawal.holder_id)?;
    let waiting = withdrawals::waiting_shares(conn, holder.id, class.id)?;
    let mut positions = Positions::load(conn, &[holder.id], today)?;
    fall_besides(&mut positions, (&holder, today), (&class, &terms), (withdrawal.shares, waiting))
}

/// Takes shares from a holding besides those that are under notice; what is missing is told without them.
fn fall_besides(
    positions: &mut Positions,
    (holder, today): (&Holder, NaiveDate),
    (class, terms): (&ShareClass, &Terms),
    (shares, waiting): (i64, i64),
) -> Result<(), ShareError> {
    positions.fall(holder, (class, terms), today, shares + waiting).map_err(|error| match error {
        ShareError::NotEnough { held, .. } if waiting > 0 => {
            ShareError::UnderNotice { waiting, held: held.max(waiting) }
        }
        ShareError::NotEnough { member, date, held, .. } => ShareError::NotEnough { member, date, held, asked: shares },
        other => other,
    })
}

/// No withdrawal is agreed while they are suspended, or above what the rules allow in a year; after a death both give
/// way, because the law has the society pay (Act of 2014, section 39).
fn check_discretion(
    conn: &mut Conn,
    withdrawal: &Withdrawal,
    (class, terms): (&ShareClass, &Terms),
    date: NaiveDate,
) -> Result<(), ShareError> {
    if apply::entered(conn, withdrawal.holder_id)?.died_on().is_some() {
        return Ok(());
    }
    if let Some(suspension) = suspend::in_force(conn, class.id, date)? {
        return Err(ShareError::Suspended { from: suspension.from_on, reason: suspension.reason });
    }
    let Some(percent) = terms.yearly_limit_percent else { return Ok(()) };
    let (capital_minor, withdrawn_minor) = store::sums::year_of(conn, class.id, date)?;
    let limit_minor = capital_minor * percent / 100;
    if withdrawn_minor + withdrawal.amount_minor > limit_minor {
        let display = |minor: i64| money::display(minor.max(0), class.currency);
        return Err(ShareError::AboveYearlyLimit {
            limit: display(limit_minor),
            left: display(limit_minor - withdrawn_minor),
        });
    }
    Ok(())
}

fn tell(conn: &mut Conn, now: DateTime<Utc>, kind: LetterKind, id: i64, holder: i64) -> Result<(), DbError> {
    letters::queue(conn, now, &[Told::about(kind, id, holder)]).map(drop)
}

fn lines([debit, credit]: [String; 2], amount_minor: i64) -> Vec<Line> {
    vec![
        Line { account: debit, amount_minor, appeal_id: None },
        Line { account: credit, amount_minor: -amount_minor, appeal_id: None },
    ]
}

fn at_step(conn: &mut Conn, id: i64, status: WithdrawalStatus) -> Result<Withdrawal, ShareError> {
    let withdrawal = found(conn, id)?;
    if withdrawal.status == status { Ok(withdrawal) } else { Err(ShareError::WrongStep(withdrawal.status.label())) }
}

fn found(conn: &mut Conn, id: i64) -> Result<Withdrawal, ShareError> {
    withdrawals::withdrawal(conn, id)?.ok_or(ShareError::UnknownWithdrawal)
}
