//! What a clerk looks for when no offer fits: gifts and applications, by name, reference or amount.

use crate::db::{Conn, DbError};
use crate::desk::gift::badge;
use crate::desk::written::{Badge, short_day};
use crate::donations::{self, Donation, Search, Status};
use crate::ledger::accounts;
use crate::money::{display, parse_amount};
use crate::reference::Reference;
use crate::shares::numbers::{MemberNumber, application_of};
use crate::shares::{self, ApplicationStatus};
use crate::statements::Line;
use crate::statements::matching::{self, What};
use crate::supporters;

/// Answers shown; a longer list is narrowed by more words.
const FOUND_MAX: i64 = 20;
/// Members whose applications are looked at.
const MEMBERS_MAX: i64 = 20;

/// Something that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub reference: String,
    pub place: String,
    pub name: String,
    pub amount: String,
    pub day: String,
    pub status: Badge,
    /// What a button may do with it: code and label.
    pub choices: Vec<(String, &'static str)>,
}

/// What matches `query`; where nothing is asked, nothing.
pub(super) fn found(conn: &mut Conn, line: &Line, query: &str) -> Result<Vec<Found>, DbError> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let (currency, _) = matching::home(conn)?;
    if let Ok(reference) = query.parse::<Reference>() {
        if let Some(id) = application_of(reference) {
            let application = shares::application(conn, id)?;
            return applications(conn, line, application.into_iter().collect());
        }
        let gift = donations::by_number(conn, reference.number())?;
        return Ok(gift.iter().map(|gift| of_gift(line, gift)).collect());
    }
    if let Ok(amount_minor) = parse_amount(query, currency) {
        let wanted = Search { amount_minor: Some(amount_minor), ..Search::default() };
        return Ok(donations::search(conn, &wanted, FOUND_MAX)?.iter().map(|gift| of_gift(line, gift)).collect());
    }
    let supporters = supporters::matching(conn, query)?;
    let wanted = Search { supporters: Some(supporters), ..Search::default() };
    let mut all: Vec<Found> =
        donations::search(conn, &wanted, FOUND_MAX)?.iter().map(|gift| of_gift(line, gift)).collect();
    let mut waiting = Vec::new();
    for (holder, _) in shares::search_members(conn, query, MemberNumber(0), MEMBERS_MAX)? {
        let of_holder = shares::applications_of(conn, holder)?;
        waiting.extend(of_holder.into_iter().filter(|it| it.status == ApplicationStatus::Waiting));
    }
    all.extend(applications(conn, line, waiting)?);
    Ok(all)
}

fn of_gift(line: &Line, gift: &Donation) -> Found {
    let code = |what: What| what.code();
    let is_credit = line.amount_minor > 0;
    let is_in_bank = gift.received_on.is_some() && gift.method.account() == accounts::BANK;
    let mut choices = Vec::new();
    match gift.status {
        Status::Pledged if is_credit => choices.push((code(What::Promise(gift.id)), "This promise arrives")),
        Status::Received if !is_credit && gift.method.can_bounce() => {
            choices.push((code(What::Bounce(gift.id)), "The bank did not pay it"));
        }
        Status::Received if is_credit && is_in_bank && gift.amount_minor == line.amount_minor => {
            choices.extend(gift.entry.map(|entry| (code(What::Known(entry)), "This is that gift")));
        }
        _ => {}
    }
    if is_credit && gift.status != Status::Pledged {
        choices.push((code(What::Again(gift.id)), "Another gift of this giver"));
    }
    let day = gift.received_on.unwrap_or_else(|| gift.recorded_at.date_naive());
    Found {
        reference: gift.reference().to_string(),
        place: format!("/desk/gifts/{}", gift.reference()),
        name: gift.name.clone(),
        amount: display(gift.amount_minor, gift.currency),
        day: short_day(day),
        status: badge(gift),
        choices,
    }
}

fn applications(conn: &mut Conn, line: &Line, applications: Vec<shares::Application>) -> Result<Vec<Found>, DbError> {
    let holders: Vec<i64> = applications.iter().map(|application| application.holder_id).collect();
    let holders = shares::holders_now(conn, &holders)?;
    let (currency, _) = matching::home(conn)?;
    let told = applications.into_iter().map(|application| {
        let is_waiting = application.status == ApplicationStatus::Waiting;
        let may = is_waiting && line.amount_minor > 0;
        let choices = if may { vec![(What::Shares(application.id).code(), "For these shares")] } else { Vec::new() };
        Found {
            reference: application.reference().to_string(),
            place: format!("/desk/shares/applications/{}", application.reference()),
            name: holders.get(&application.holder_id).map(|holder| holder.name.clone()).unwrap_or_default(),
            amount: display(application.amount_minor, currency),
            day: short_day(application.applied_on),
            status: Badge {
                word: if is_waiting { "shares, waiting" } else { "shares, decided" },
                tone: if is_waiting { "wait" } else { "" },
            },
            choices,
        }
    });
    Ok(told.collect())
}
