//! What staff do with a gift: give it back, take it back, mark it as here, cancel it, send its receipt again.
//!
//! Invariant: each form has its key, so that a second click does nothing more; the audit trail has one line a deed.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};

use super::gift::{number_of, shown_with};
use super::{Desk, Hand, Pairs, see_other};
use crate::batches::slips;
use crate::db::{Conn, DbError};
use crate::desk::search::read_date;
use crate::donations::{self, Arrival, Change, ChangeError, Correction, Donation, Status, parse};
use crate::fault::Fault;
use crate::funds;
use crate::http::Form;
use crate::http::{FieldError, Problem, Routes};
use crate::money::{display, parse_amount};
use crate::reference::Reference;
use crate::staff::May;
use crate::supporters::Named;

pub(super) fn routes(at: &mut Routes) {
    let answer =
        |deed: Deed| move |desk: Desk, reference: web::Path<String>, pairs: Pairs| change(deed, desk, reference, pairs);
    at.desk()
        .post("/gifts/{reference}/refund", May::Decide, answer(Deed::Refund))
        .post("/gifts/{reference}/bounce", May::Decide, answer(Deed::Bounce))
        .post("/gifts/{reference}/correction", May::Decide, answer(Deed::Correct))
        .post("/gifts/{reference}/receive", May::Enter, answer(Deed::Receive))
        .post("/gifts/{reference}/cancel", May::Enter, answer(Deed::Cancel))
        .post("/gifts/{reference}/resend", May::Enter, answer(Deed::Resend));
}

/// Something done with a gift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Refund,
    Bounce,
    Receive,
    Cancel,
    Resend,
    Correct,
    /// Done in `contact`; here only so that its form is shown again in its place.
    Contact,
}

impl Deed {
    /// As the audit trail writes it.
    fn action(self) -> &'static str {
        match self {
            Self::Refund => "gift refunded",
            Self::Bounce => "gift bounced",
            Self::Receive => "gift received",
            Self::Correct => "gift corrected",
            Self::Cancel => "promise cancelled",
            Self::Resend => "receipt sent again",
            Self::Contact => "giver's addresses changed",
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Refund => &["amount", "reason"],
            Self::Bounce => &["bounced_on", "reason"],
            Self::Cancel => &["reason"],
            Self::Receive => &["amount", "confirmed", "received_on"],
            Self::Correct => &["amount", "confirmed", "fund", "name", "email", "reason"],
            Self::Resend => &[],
            Self::Contact => &super::contact::FIELDS,
        }
    }
}

async fn change(deed: Deed, desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let mut form = Form::sent(pairs.into_inner());
    let (hand, sent) = (desk.hand(), form.clone());
    match desk.write(move |conn, now| done(conn, now, deed, number, &sent, &hand)).await {
        Ok(()) => Ok(see_other(&format!("/desk/gifts/{}", Reference::of(number)))),
        Err(problem) => {
            form.take(problem, deed.fields())?;
            shown_with(desk, number, Some((deed, form))).await
        }
    }
}

fn done(conn: &mut Conn, now: DateTime<Utc>, deed: Deed, number: i64, form: &Form, hand: &Hand) -> Result<(), Problem> {
    let before = donations::by_number(conn, number)?.ok_or(ChangeError::Unknown)?;
    let happened = donations::events_of(conn, number)?.len();
    let change = change_of(deed, number, form, hand)?;
    let after = match deed {
        Deed::Refund => {
            let amount = parse_amount(form.value("amount"), before.currency).map_err(at("amount"))?;
            donations::refund(conn, now, number, amount, &change)?
        }
        Deed::Bounce => bounced(conn, now, &before, form, &change)?,
        Deed::Receive => received(conn, now, &before, form, &change)?,
        Deed::Correct => corrected(conn, now, &before, form, &change)?,
        Deed::Cancel => donations::cancel(conn, now, number, &change)?,
        Deed::Resend => donations::resend_receipt(conn, now, number, &change)?,
        Deed::Contact => return Ok(()),
    };
    // The second click of one form changes nothing, and leaves no second line.
    if donations::events_of(conn, number)?.len() > happened {
        let detail = detail(deed, &before, &after, &change);
        hand.note(conn, now, deed.action(), &Reference::of(number).to_string(), &detail)?;
    }
    Ok(())
}

/// Marks a promise as kept, with what came of it: what was promised where nothing else is said.
fn received(
    conn: &mut Conn,
    now: DateTime<Utc>,
    promised: &Donation,
    form: &Form,
    change: &Change,
) -> Result<Donation, Problem> {
    let typed = form.value("amount").trim();
    let fund = funds::by_slug(conn, &promised.fund)?;
    let fund = fund.ok_or_else(|| DbError::Corrupt(format!("the fund {} is not there", promised.fund)))?;
    let is_confirmed = form.is_ticked("confirmed");
    let amount_minor =
        if typed.is_empty() { None } else { Some(parse::arrived(typed, &fund, is_confirmed).map_err(fault)?) };
    let (received_on, change) = (date(form, "received_on")?, change.clone());
    let arrival = Arrival { donation: promised.id, received_on, amount_minor, method: None, change };
    let outcome = donations::receive_all(conn, now, &[arrival])?.pop().ok_or(ChangeError::Unknown)?;
    Ok(outcome?)
}

/// Puts a gift right that was entered by mistake: what is left as it stands was right.
fn corrected(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gift: &Donation,
    form: &Form,
    change: &Change,
) -> Result<Donation, Problem> {
    let wanted = Some(form.value("fund").trim()).filter(|slug| !slug.is_empty()).unwrap_or(&gift.fund);
    let fund = funds::by_slug(conn, wanted)?.ok_or(ChangeError::NoFund)?;
    let typed = form.value("amount").trim();
    let amount_minor = match typed {
        "" => None,
        typed => Some(parse::corrected(typed, &fund, form.is_ticked("confirmed")).map_err(fault)?),
    };
    let name = parse::name(form.value("name")).map_err(at("name"))?;
    let email = parse::email(form.value("email")).map_err(at("email"))?;
    let is_other = form.has("giver", "other") && (!name.is_empty() || email.is_some());
    let correction =
        Correction { amount_minor, fund: Some(fund.slug), giver: is_other.then_some(Named { name, email }) };
    Ok(donations::correct(conn, now, gift.id, &correction, change)?)
}

/// Takes back what the bank did not pay, on the day that the bank says; today where nothing is said.
fn bounced(
    conn: &mut Conn,
    now: DateTime<Utc>,
    gift: &Donation,
    form: &Form,
    change: &Change,
) -> Result<Donation, Problem> {
    let on = date(form, "bounced_on")?;
    if let Some((on, came_on)) = on.zip(gift.received_on) {
        let zone = funds::by_slug(conn, &gift.fund)?.map_or(chrono_tz::Tz::UTC, |fund| fund.zone);
        let slip = slips::cheque_of(conn, gift)?.map(|cheque| slips::slip_of(conn, cheque)).transpose()?.flatten();
        let slip = slip.map(|(id, _)| slips::slip(conn, id)).transpose()?.flatten();
        let in_bank_on = slip.map_or(came_on, |slip| slip.paid_in_on);
        donations::check_bounce_day(conn, now, zone, in_bank_on, on)?;
    }
    Ok(donations::bounce_on(conn, now, gift.id, on, change)?)
}

fn date(form: &Form, field: &'static str) -> Result<Option<NaiveDate>, Problem> {
    let typed = form.value(field);
    if typed.trim().is_empty() {
        return Ok(None);
    }
    read_date(typed).map(Some).map_err(at(field))
}

fn fault(fault: Fault) -> Problem {
    Problem::fields(vec![FieldError::new(fault.field, fault.message)])
}

fn at<E: ToString>(field: &'static str) -> impl Fn(E) -> Problem {
    move |error| Problem::fields(vec![FieldError::new(field, error)])
}

fn change_of(deed: Deed, number: i64, form: &Form, hand: &Hand) -> Result<Change, Problem> {
    let reason = parse::reason(form.value("reason")).map_err(at("reason"))?;
    let mut digest = Sha256::new();
    let number = number.to_string();
    let day = if deed == Deed::Bounce { "bounced_on" } else { "received_on" };
    let others = ["fund", "giver", "name", "email"].map(|field| form.value(field).trim());
    let own = [deed.action(), &number, form.value("amount").trim(), form.value(day).trim(), &reason];
    let others = others.as_slice().iter().copied().filter(|_| deed == Deed::Correct);
    for text in own.into_iter().chain(others) {
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    Ok(Change {
        key: format!("{}:{}", hand.actor.key_space(), form.key()),
        fingerprint: digest.finalize().into(),
        reason,
        by: hand.actor.who(),
        request_id: hand.request_id.clone(),
    })
}

fn detail(deed: Deed, before: &Donation, after: &Donation, change: &Change) -> String {
    let back = display(after.returned_minor - before.returned_minor, after.currency);
    let told = match deed {
        Deed::Refund | Deed::Bounce => back,
        Deed::Receive => {
            let day = after.received_on.map(|day| format!("received on {day}")).unwrap_or_default();
            let [came, promised] = [after, before].map(|gift| display(gift.amount_minor, gift.currency));
            if came == promised { day } else { format!("{came} of {promised} {day}") }
        }
        Deed::Correct => {
            let told = |gift: &Donation| {
                let amount = display(gift.amount_minor, gift.currency);
                let standing = if gift.status == Status::Received { "" } else { gift.status.name() };
                let parts = [amount.as_str(), &gift.fund, &gift.appeal, &gift.name, standing];
                parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
            };
            format!("{} became {}", told(before), told(after))
        }
        Deed::Cancel | Deed::Resend | Deed::Contact => String::new(),
    };
    [told.as_str(), change.reason.as_str()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ")
}
