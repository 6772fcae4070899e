//! The deeds of a member, done.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::member::shown_with;
use super::member_deeds::Act;
use super::paper_form::{holder_in, told};
use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, day_in, member_in, needed_in, number_of, once, shares_in, words_in, wrong};
use crate::db::Conn;
use crate::http::{Form, Problem, Routes};
use crate::shares::numbers::{CertificateNumber, MemberNumber};
use crate::shares::parse::{self, RawAmendment};
use crate::shares::sections;
use crate::shares::{
    self, Applicant, Ending, Ground, NewConversion, NewDeath, NewEstate, NewForfeiture, NewNomination, NewTransfer,
    NewTransmission, NewWithdrawal, ShareError,
};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    let answer = |act: Act| move |desk: Desk, number: web::Path<String>, pairs: Pairs| change(act, desk, number, pairs);
    at.desk()
        .post("/shares/members/{number}/transfer", May::Keep, answer(Act::Transfer))
        .post("/shares/members/{number}/notice", May::Keep, answer(Act::Notice))
        .post("/shares/members/{number}/conversion", May::Keep, answer(Act::Convert))
        .post("/shares/members/{number}/forfeiture", May::Keep, answer(Act::Forfeit))
        .post("/shares/members/{number}/particulars", May::Keep, answer(Act::Amend))
        .post("/shares/members/{number}/section", May::Keep, answer(Act::Section))
        .post("/shares/members/{number}/nomination", May::Keep, answer(Act::Nominate))
        .post("/shares/members/{number}/revocation", May::Keep, answer(Act::Revoke))
        .post("/shares/members/{number}/death", May::Keep, answer(Act::Death))
        .post("/shares/members/{number}/transmission", May::Keep, answer(Act::Transmit))
        .post("/shares/members/{number}/replacement", May::Keep, answer(Act::Replace))
        .post("/shares/members/{number}/estate", May::Keep, answer(Act::Estate))
        .post("/shares/members/{number}/gone-away", May::Keep, answer(Act::GoneAway));
}

/// Every field of these deeds, for what is wrong with them.
pub(super) const FIELDS: &[&str] = &[
    "to",
    "class",
    "shares",
    "effective_on",
    "minute",
    "notice_given_on",
    "ending",
    "reason",
    "name",
    "names",
    "representative",
    "address",
    "email",
    "valid_from",
    "section",
    "nominee",
    "relation",
    "percent",
    "made_on",
    "number",
    "revoked_on",
    "died_on",
    "ground",
    "kind",
    "date_of_birth",
    "certificate",
    "person",
];

async fn change(act: Act, desk: Desk, number: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let member = number_of(&number)?;
    let done = once(&desk, act.slug(), FIELDS, pairs.into_inner(), move |conn, now, deed, form| {
        if !act.needs_two() {
            return perform(act, member, conn, now, deed, form);
        }
        proposed::enter(conn, now, deed, Proposable::Of(act), &member.to_string(), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, member, Some(sent)).await,
    }
}

/// Does a deed of a member.
pub(super) fn perform(
    act: Act,
    member: MemberNumber,
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    form: &Form,
) -> Result<Done, Problem> {
    let place = format!("/desk/shares/members/{member}");
    match act {
        Act::Transfer | Act::Notice | Act::Convert | Act::Forfeit => on_shares(conn, now, deed, act, member, form),
        Act::Transmit => transmit(conn, now, deed, member, form),
        Act::Amend => {
            let amendment = parse::check_amendment(&amendment(form)?).map_err(told)?;
            let (_, note) = shares::amend(conn, now, deed, member, &amendment)?;
            Ok(Done::new(place, "particulars of a member changed", member).saying(amendment.reason).noted(note))
        }
        Act::Section => {
            let section = form.value("section").parse().ok();
            let note = sections::choose(conn, now, deed, member, section)?;
            Ok(Done::new(place, "section chosen", member).noted(note))
        }
        Act::Nominate => {
            let nomination = nomination(member, form)?;
            let note = shares::nominate(conn, now, deed, &nomination)?;
            Ok(Done::new(place, "nomination entered", member).saying(format!("note {note}")).noted(note))
        }
        Act::Revoke => {
            let (reason, revoked_on) = (words_in(form, "reason")?, day_in(form, "revoked_on")?);
            let mut note = None;
            for id in form.values("chosen") {
                let id = id.parse().map_err(|_| Problem::conflict("Please tick the nomination to be revoked."))?;
                note = Some(shares::revoke_nomination(conn, now, deed, id, revoked_on, &reason)?);
            }
            let note = note.ok_or_else(|| Problem::conflict("Please tick the nomination to be revoked."))?;
            Ok(Done::new(place, "nomination revoked", member).saying(reason).noted(note))
        }
        Act::Death => {
            let died_on = day_in(form, "died_on")?.ok_or_else(|| wrong("died_on", "Please give the day."))?;
            let proof = needed_in(form, "reason", "what proves it")?;
            let person = form.value("person").trim().to_owned();
            let new = NewDeath { member, person, died_on, proof: proof.clone() };
            let note = shares::note_death(conn, now, deed, &new).map_err(|error| match error {
                ShareError::DeathOfWhom(_) => wrong("person", error),
                other => other.into(),
            })?;
            Ok(Done::new(place, "death noted", member).saying(proof).noted(note))
        }
        Act::Estate => {
            let new = estate(member, form)?;
            let note = shares::note_estate(conn, now, deed, &new)?;
            Ok(Done::new(place, "representatives noted", member).saying(new.proof).noted(note))
        }
        Act::GoneAway => {
            let reason = needed_in(form, "reason", "how we know")?;
            let since = day_in(form, "effective_on")?;
            let note = shares::mark_gone_away(conn, now, deed, member, (since, &reason))?;
            Ok(Done::new(place, "member marked as gone away", member).saying(reason).noted(note))
        }
        Act::Replace => {
            let number: CertificateNumber =
                form.value("certificate").parse().map_err(|error| wrong("certificate", error))?;
            let reason = words_in(form, "reason")?;
            let (issued, note) = shares::replace_certificate(conn, now, deed, number, &reason)?;
            let detail = format!("{number} by {}: {reason}", CertificateNumber(issued.number));
            Ok(Done::new(place, "certificate replaced", member).saying(detail).noted(note))
        }
    }
}

fn on_shares(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    act: Act,
    member: MemberNumber,
    form: &Form,
) -> Result<Done, Problem> {
    let (class, count) = (form.value("class").to_owned(), shares_in(form)?);
    let (on, minute) = (day_in(form, "effective_on")?, words_in(form, "minute")?);
    let place = format!("/desk/shares/members/{member}");
    match act {
        Act::Transfer => {
            let to = taker(conn, now, form)?;
            let new = NewTransfer { from: member, to, class, shares: count, effective_on: on, minute };
            let done = shares::transfer(conn, now, deed, &new)?;
            let detail = format!("{count} shares, event {}", done.event);
            Ok(Done::new(place, "shares transferred", member).saying(detail).event(done.event))
        }
        Act::Notice => {
            let given_on = day_in(form, "notice_given_on")?;
            let new = NewWithdrawal { member, class, shares: count, notice_given_on: given_on };
            let done = shares::give_notice(conn, now, deed, &new)?;
            let place = format!("/desk/shares/withdrawals/{}", done.reference());
            Ok(Done::new(place, "notice of withdrawal", member).saying(done.reference().to_string()))
        }
        Act::Convert => {
            let to = form.value("to").to_owned();
            let new = NewConversion { member, from: class, to, shares: count, effective_on: on, minute };
            let (recorded, _) = shares::convert(conn, now, deed, &new)?;
            let done = Done::new(place, "shares converted", member).saying(format!("{count} shares"));
            Ok(done.event(recorded.event))
        }
        _ => {
            let is_gift = form.value("ending") != "forfeiture";
            let ending = if is_gift { Ending::Surrender } else { Ending::Forfeiture };
            let reason = words_in(form, "reason")?;
            let new = NewForfeiture { member, class, shares: count, ending, effective_on: on, reason, minute };
            let (recorded, _) = shares::forfeit(conn, now, deed, &new)?;
            Ok(Done::new(place, "shares ended", member).saying(format!("{count} shares")).event(recorded.event))
        }
    }
}

fn transmit(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    member: MemberNumber,
    form: &Form,
) -> Result<Done, Problem> {
    let ground = Ground::from_name(form.value("ground")).ok_or_else(|| wrong("ground", "Please choose the ground."))?;
    let new = NewTransmission {
        from: member,
        to: taker(conn, now, form)?,
        class: form.value("class").to_owned(),
        shares: shares_in(form)?,
        effective_on: day_in(form, "effective_on")?,
        ground,
        reason: needed_in(form, "reason", "what was seen")?,
        minute: words_in(form, "minute")?,
    };
    let (recorded, taker) = shares::transmit(conn, now, deed, &new)?;
    let detail = format!("{} to {taker}, event {}", new.shares, recorded.event);
    let done = Done::new(format!("/desk/shares/members/{taker}"), "shares passed on", member).saying(detail);
    Ok(done.event(recorded.event))
}

/// Who takes: a member by number, or whoever is described.
fn taker(conn: &mut Conn, now: DateTime<Utc>, form: &Form) -> Result<Applicant, Problem> {
    if !form.value("to").trim().is_empty() {
        return Ok(Applicant::Member(member_in(form, "to")?));
    }
    let settings = shares::settings(conn)?;
    let today = crate::clock::date_in(now, settings.zone);
    Ok(Applicant::New(parse::check_holder(&holder_in(form), &settings, today).map_err(told)?))
}

/// Who writes for an estate, as typed.
fn estate(member: MemberNumber, form: &Form) -> Result<NewEstate, Problem> {
    let raw = RawAmendment {
        name: Some(form.value("name").to_owned()),
        address: Some(form.value("address").to_owned()),
        email: Some(form.value("email").to_owned()),
        valid_from: form.value("effective_on").to_owned(),
        ..RawAmendment::default()
    };
    let checked = parse::check_amendment(&raw).map_err(told)?;
    Ok(NewEstate {
        member,
        name: checked.name.unwrap_or_default(),
        address: checked.address.unwrap_or_default(),
        email: checked.email.flatten(),
        from_on: checked.valid_from,
        proof: needed_in(form, "reason", "what was seen")?,
    })
}

fn amendment(form: &Form) -> Result<RawAmendment, Problem> {
    let has = |name: &str| form.has_field(name);
    let field = |name: &str| has(name).then(|| form.value(name).to_owned());
    let purposes = [("for_meetings", "meetings"), ("for_news", "news")].into_iter();
    let purposes = purposes.filter(|(field, _)| form.is_ticked(field)).map(|(_, purpose)| purpose.to_owned()).collect();
    Ok(RawAmendment {
        name: field("name"),
        names: has("names").then(|| {
            form.value("names").lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        }),
        representative: field("representative"),
        address: field("address"),
        email: field("email"),
        email_purposes: Some(purposes),
        valid_from: form.value("valid_from").to_owned(),
        reason: words_in(form, "reason")?,
    })
}

/// An address as it was typed, line by line.
fn on_lines(typed: &str) -> String {
    typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

pub(super) fn nomination(member: MemberNumber, form: &Form) -> Result<NewNomination, Problem> {
    let percent = form.value("percent").trim().trim_end_matches('%').trim().parse::<i64>().ok();
    Ok(NewNomination {
        member,
        nominee: needed_in(form, "nominee", "the name")?,
        address: needed_in(form, "address", "the address").map(|_| on_lines(form.value("address")))?,
        relation: form.value("relation").to_owned(),
        is_officer: form.is_ticked("is_officer"),
        percent: percent
            .filter(|percent| (1..=100).contains(percent))
            .ok_or_else(|| wrong("percent", "Please give a whole part between 1 and 100."))?,
        made_on: day_in(form, "made_on")?,
    })
}
