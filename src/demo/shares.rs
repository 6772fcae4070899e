//! A believable register: readers who own the paper since years, some who joined, moved shares and left, and
//! applications that wait for the committee.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{Dice, FIRST_NAMES, LAST_NAMES, PLACES, pick};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::ledger::Method;
use crate::shares::officers::{self, NewOfficer};
use crate::shares::{
    self, Allotment, Applicant, Deed, HolderKind, NewApplication, NewHolder, NewPayment, NewTransfer, NewWithdrawal,
    ShareError, sections,
};

/// Members who joined over the years.
const MEMBERS: u64 = 60;
/// Applications that wait.
const WAITING: u64 = 7;

/// Fills an empty register.
///
/// # Errors
/// Only when the database fails: the rules allow everything that happens here.
pub(super) fn fill(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), DbError> {
    filled(conn, now).map_err(|error| match error {
        ShareError::Db(error) => error,
        other => DbError::Corrupt(other.to_string()),
    })
}

fn deed() -> Deed {
    Deed { by: "demo".to_owned(), request_id: String::new() }
}

fn filled(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), ShareError> {
    let zone = shares::settings(conn)?.zone;
    let today = date_in(now, zone);
    let mut dice = Dice(1_930);
    meet(conn, now, today)?;
    let mut ids = Vec::new();
    for number in 0..MEMBERS {
        // The first a few years ago, the last some weeks ago.
        let at = now - TimeDelta::days(i64::try_from(40 + (MEMBERS - number) * 23).unwrap_or(40));
        let id = enter(conn, at, number, &mut dice)?;
        let allotment = Allotment { application: id, shares: None, surplus: None };
        shares::allot_all(conn, at, &deed(), &[allotment], None, "demo minute")?;
        ids.push(id);
    }
    let member = |conn: &mut Conn, id: i64| -> Result<shares::numbers::MemberNumber, ShareError> {
        let holder = shares::application(conn, id)?.ok_or(ShareError::UnknownApplication)?.holder_id;
        let number = shares::holder(conn, holder)?.and_then(|holder| holder.member);
        number.ok_or(ShareError::UnknownApplication)
    };
    let (giver, taker, leaver) = (member(conn, ids[3])?, member(conn, ids[9])?, member(conn, ids[14])?);
    let ordinary = || "ordinary".to_owned();
    let transfer = NewTransfer {
        from: giver,
        to: Applicant::Member(taker),
        class: ordinary(),
        shares: 1,
        effective_on: Some(today - Days::new(20)),
        minute: "demo minute".to_owned(),
    };
    shares::transfer(conn, now - TimeDelta::days(19), &deed(), &transfer)?;
    let notice = NewWithdrawal { member: leaver, class: ordinary(), shares: 1, notice_given_on: None };
    shares::give_notice(conn, now - TimeDelta::days(30), &deed(), &notice)?;
    for number in 0..WAITING {
        let at = now - TimeDelta::days(i64::try_from(WAITING - number).unwrap_or(1));
        apply(conn, at, MEMBERS + number, &mut dice, number % 3 != 2)?;
    }
    Ok(())
}

/// Sections by postcode, and the officers.
fn meet(conn: &mut Conn, now: DateTime<Utc>, today: NaiveDate) -> Result<(), ShareError> {
    let areas = [("Scotland", "G, DD, EH, PA"), ("Wales", "SA, LL, CF"), ("London", "E, N, SE, SW, CR")];
    for (name, areas) in areas {
        let section = sections::add(conn, name)?;
        sections::map(conn, section.id, areas)?;
    }
    for (name, office) in [("Morag Lansbury", "Chair"), ("Iqbal Fraser", "Secretary"), ("Olive Khan", "Treasurer")] {
        let new = NewOfficer {
            name: name.to_owned(),
            address: "Ruskin House\n23 Coombe Road\nCroydon CR0 1BD".to_owned(),
            email: None,
            office: office.to_owned(),
            from_on: today - Days::new(400),
        };
        officers::appoint(conn, now, &deed(), &new)?;
    }
    Ok(())
}

/// An application with its money.
fn enter(conn: &mut Conn, at: DateTime<Utc>, number: u64, dice: &mut Dice) -> Result<i64, ShareError> {
    apply(conn, at, number, dice, true)
}

fn apply(conn: &mut Conn, at: DateTime<Utc>, number: u64, dice: &mut Dice, is_paid: bool) -> Result<i64, ShareError> {
    let new = NewApplication {
        class: "ordinary".to_owned(),
        shares: pick(&[1, 5, 10, 10, 20, 25, 50, 100, 250, 500], dice),
        applicant: Applicant::New(holder(number, dice)),
        method: Method::BankTransfer.name().to_owned(),
        gift_minor: 0,
        applied_on: None,
        stranger: None,
    };
    let application = shares::apply(conn, at, &deed(), &new)?;
    if is_paid {
        let payment = NewPayment {
            application: application.id,
            amount_minor: application.amount_minor,
            method: Method::BankTransfer,
            received_on: None,
        };
        shares::pay(conn, at, &deed(), &payment)?;
    }
    Ok(application.id)
}

/// Outward halves of postcodes, one for each of the places.
const POSTCODES: [&str; 12] = ["G1", "LS2", "SA1", "S1", "BT1", "BS1", "DD1", "E8", "L1", "NE1", "NG1", "LL11"];

fn holder(number: u64, dice: &mut Dice) -> NewHolder {
    let at = usize::try_from(dice.below(u32::try_from(PLACES.len()).unwrap_or(1))).unwrap_or(0);
    let (first, last) = (pick(&FIRST_NAMES, dice), pick(&LAST_NAMES, dice));
    let house = 1 + number;
    let names = match number % 11 {
        4 => vec![format!("{first} {last}"), format!("{} {last}", pick(&FIRST_NAMES, dice))],
        _ => Vec::new(),
    };
    let is_branch = number % 13 == 6;
    let (kind, name, representative) = if is_branch {
        (HolderKind::Organisation, format!("{} Trades Council", PLACES[at]), format!("{first} {last}"))
    } else if names.is_empty() {
        (HolderKind::Person, format!("{first} {last}"), String::new())
    } else {
        (HolderKind::Joint, names.join(" and "), String::new())
    };
    let has_email = number % 4 != 1;
    NewHolder {
        kind,
        name,
        names,
        representative,
        address: format!("{house} Mill Lane\n{}\n{} {}AB", PLACES[at], POSTCODES[at], 1 + number % 9),
        email: has_email.then(|| format!("{}.{}.{number}@example.org", first.to_lowercase(), last.to_lowercase())),
        email_purposes: "shares,meetings".to_owned(),
        date_of_birth: None,
    }
}
