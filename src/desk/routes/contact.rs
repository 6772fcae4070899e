//! How the giver of one gift is reached: a name and addresses, given or corrected on the gift's page.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::deeds::Deed;
use super::folio::wrong;
use super::gift::{number_of, shown_with};
use super::{Desk, Hand, Pairs, see_other};
use crate::db::Conn;
use crate::donations::{self, ChangeError, Contact, Donation, Reached, parse};
use crate::http::{FieldError, Form, Problem, Routes};
use crate::outbox;
use crate::reference::Reference;
use crate::staff::May;
use crate::supporters::rules::address;

pub(super) fn routes(at: &mut Routes) {
    at.desk().post("/gifts/{reference}/contact", May::Enter, change);
}

/// The fields, from top to bottom.
pub(super) const FIELDS: [&str; 3] = ["name", "email", "address"];

/// What was typed, checked field by field.
///
/// # Errors
/// Every fault.
pub(super) fn contact_in(form: &Form) -> Result<Contact, Problem> {
    let mut faults = Vec::new();
    let name = parse::name(form.value("name")).map_err(|fault| faults.push(FieldError::new("name", fault)));
    let email = match form.value("email").trim() {
        "" => Ok(None),
        typed => outbox::address(typed).map(Some).map_err(|fault| faults.push(FieldError::new("email", fault))),
    };
    let address = address(form.value("address")).map_err(|fault| faults.push(FieldError::new("address", fault)));
    match (name, email, address) {
        (Ok(name), Ok(_), Ok(address)) if name.is_empty() && !address.is_empty() => {
            Err(wrong("name", "Please give the name that stands above the address."))
        }
        (Ok(name), Ok(email), Ok(address)) => Ok(Contact { name, email, address }),
        _ => Err(Problem::fields(faults)),
    }
}

/// What changed, for the trail.
pub(super) fn told(before: [&str; 3], contact: &Contact, reached: &Reached) -> String {
    let after = [contact.name.as_str(), contact.email.as_deref().unwrap_or_default(), contact.address.as_str()];
    let line = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.replace('\n', ", ") };
    let changed = ["name", "e-mail", "address"].into_iter().zip(before).zip(after);
    let changed = changed.filter(|((_, before), after)| before != after);
    let mut parts: Vec<String> =
        changed.map(|((what, before), after)| format!("{what}: {} is now {}", line(before), line(after))).collect();
    let letters = reached.redirected + reached.caught_up;
    if letters > 0 {
        parts.push(format!("letters that go there: {letters}"));
    }
    parts.join("; ")
}

async fn change(desk: Desk, reference: web::Path<String>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let mut form = Form::sent(pairs.into_inner());
    let (hand, sent) = (desk.hand(), form.clone());
    match desk.write(move |conn, now| done(conn, now, number, &sent, &hand)).await {
        Ok(()) => Ok(see_other(&format!("/desk/gifts/{}", Reference::of(number)))),
        Err(problem) => {
            form.take(problem, &FIELDS)?;
            shown_with(desk, number, Some((Deed::Contact, form))).await
        }
    }
}

/// The second click of one form finds everything as it should be, and leaves no second line in the trail.
fn done(conn: &mut Conn, now: DateTime<Utc>, number: i64, form: &Form, hand: &Hand) -> Result<(), Problem> {
    let before: Donation = donations::by_number(conn, number)?.ok_or(ChangeError::Unknown)?;
    let contact = contact_in(form)?;
    let email = before.email.clone().unwrap_or_default();
    if contact == (Contact { name: before.name.clone(), email: before.email, address: before.address.clone() }) {
        return Ok(());
    }
    let reached = donations::name_giver(conn, now, number, &contact)?;
    let detail = told([&before.name, &email, &before.address], &contact, &reached);
    Ok(hand.note(conn, now, "giver's addresses changed", &Reference::of(number).to_string(), &detail)?)
}
