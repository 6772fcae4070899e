//! Believable books to look around in: the past year, the month that runs, gifts of every kind, a share register.
//!
//! Invariant: filling twice changes nothing. Everything goes through the same verbs as real gifts, so that the demo
//! is proved by `verify` like any other books. The people are invented.

mod bank;
mod post;
mod regulars;
mod shares;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc};

use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::donations::{self, Change, ChangeError, Method, NewGift};
use crate::funds::{self, Fund, Society};
use crate::staff::{self, Actor, NewMember, Password, Passwords, Role, StaffError};
use crate::standing_orders;

/// Months before the one that runs.
const MONTHS_PAST: u32 = 3;
/// Gifts of the year before are numbered above this.
const EARLY_NUMBERS: u32 = 100_000;
/// Gifts in a whole month.
const GIFTS_A_MONTH: u32 = 85;

/// Fills empty books; the answer is what to tell whoever started the demo.
///
/// # Errors
/// Only when the database fails.
pub fn fill(db: &Db, now: DateTime<Utc>) -> Result<Vec<String>, ChangeError> {
    let is_filled = db.read(|conn| donations::newest(conn, 1)).map(|gifts| !gifts.is_empty())?;
    if !is_filled {
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            funds::update_society(conn, &society())?;
            let fund = funds::by_slug(conn, funds::DEFAULT_SLUG)?;
            let fund = fund.ok_or_else(|| DbError::Corrupt("the first fund is not there".to_owned()))?;
            give(conn, now, &fund)?;
            let_some_go_back(conn, now)?;
            let_some_be_posted(conn, now)?;
            shares::fill(conn, now)?;
            post::pay_in_old(conn, now, &fund)?;
            post::fill(conn, now, &fund)?;
            // Last, so that its balances are those of everything before.
            Ok::<_, ChangeError>(bank::fill(conn, now, &fund)?)
        })?;
    }
    Ok(vec!["The demo's books are in data/demo.db and its mail is in data/demo-mail.".to_owned()])
}

/// What everybody at the demo's desk signs in with. The demo listens on this machine only, unless it is told otherwise.
const PASSWORD: &str = "lantern on the hill";

/// Fills the desk, one member for each role; the answer is how to sign in. Who is there already stays.
///
/// # Errors
/// Only when the database or the system's random numbers fail.
pub fn staff(db: &Db, now: DateTime<Utc>, passwords: &Passwords) -> Result<Vec<String>, StaffError> {
    let mut lines = vec![format!("Sign in at /desk with the password \"{PASSWORD}\" as:")];
    for (role, name) in Role::ALL.into_iter().zip(FIRST_NAMES) {
        let email = format!("{}@lantern.example", role.name());
        lines.push(format!("  {email}"));
        if db.read(|conn| staff::by_email(conn, &email))?.is_some() {
            continue;
        }
        let password_hash = passwords.hash(&Password::new(PASSWORD), &[&email, name])?;
        let new = NewMember { email, name: name.to_owned(), role, password_hash };
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            staff::add(conn, now, &Actor::Operator, &new, "")
        })?;
    }
    Ok(lines)
}

fn society() -> Society {
    Society {
        name: "Daily Lantern Co-operative Press Society Limited".to_owned(),
        address: "Ruskin House\n23 Coombe Road\nCroydon CR0 1BD".to_owned(),
        registration: "Registered society No. 00000R (a demonstration)".to_owned(),
        contact_email: "fund@lantern.example".to_owned(),
        bank_account_name: "Daily Lantern Fighting Fund".to_owned(),
        bank_sort_code: "00-00-00".to_owned(),
        bank_account_number: "00000000".to_owned(),
        cheques_payable_to: "Daily Lantern Press Society".to_owned(),
        ..Society::unnamed()
    }
}

fn give(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<(), DbError> {
    let today = crate::clock::date_in(now, fund.zone);
    let this_month = today.with_day(1).expect("every month has a first day");
    let whole_from = this_month - Months::new(MONTHS_PAST);
    // The months that were there before have dice of their own, so that they are what they always were.
    let (mut dice, mut early) = (Dice(2_021), Dice(2_020));
    let (mut number, mut early_number) = (0, EARLY_NUMBERS);
    let mut day = regulars::begins_on(today);
    while day <= today {
        let mut gifts = regulars::gifts_on(day, today, fund);
        if day >= whole_from {
            for _ in 0..gifts_on(day, &mut dice) {
                number += 1;
                gifts.push(gift(number, day, fund, &mut dice));
            }
        } else {
            for _ in 0..gifts_on(day, &mut early) {
                early_number += 1;
                gifts.push(gift(early_number, day, fund, &mut early));
            }
        }
        let evening = NaiveTime::from_hms_opt(18, 0, 0).expect("a time of day");
        let moment = fund.zone.from_local_datetime(&day.and_time(evening)).latest();
        let moment = moment.map_or(now, |moment| moment.with_timezone(&Utc).min(now));
        donations::record_all(conn, moment, &gifts)?;
        // Read as the months went by, so that what has gone quiet since was learnt while it ran.
        while standing_orders::catch_up(conn, moment)? {}
        day = day + Days::new(1);
    }
    Ok(())
}

/// Pay day brings more in the first days of a month; on Sundays there is no post.
fn gifts_on(day: NaiveDate, dice: &mut Dice) -> u32 {
    let usual = GIFTS_A_MONTH / 30;
    match (day.day(), day.weekday()) {
        (1..=3, _) => usual * 3 + dice.below(4),
        (_, chrono::Weekday::Sun) => dice.below(2),
        _ => usual.saturating_sub(1) + dice.below(3),
    }
}

fn gift(number: u32, day: NaiveDate, fund: &Fund, dice: &mut Dice) -> NewGift {
    let (first, last) = (pick(&FIRST_NAMES, dice), pick(&LAST_NAMES, dice));
    let method = pick(&METHODS, dice);
    let pounds = pick(&AMOUNTS, dice);
    let with_email = method != Method::Cash && dice.below(4) > 0;
    let is_branch = dice.below(25) == 0;
    let name = if is_branch { format!("{} branch", pick(&PLACES, dice)) } else { format!("{first} {last}") };
    let initials: String = [first, last].iter().filter_map(|part| part.chars().next()).collect();
    NewGift {
        key: format!("demo:{number}"),
        fingerprint: [0; 32],
        fund_id: fund.id,
        appeal: None,
        amount_minor: if is_branch { 50_000 } else { pounds * 100 },
        method,
        is_pledge: method == Method::BankTransfer && dice.below(6) == 0,
        received_on: Some(day),
        email: with_email.then(|| format!("{}.{}@example.org", first.to_lowercase(), last.to_lowercase())),
        name,
        acknowledge_as: if dice.below(3) == 0 { String::new() } else { format!("{initials}, {}", pick(&PLACES, dice)) },
        anonymous: dice.below(8) == 0,
        note: if dice.below(12) == 0 { "For the paper that tells our side.".to_owned() } else { String::new() },
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "demo".to_owned(),
        request_id: String::new(),
        stranger: None,
    }
}

fn let_some_go_back(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), ChangeError> {
    let change = |key: &str, reason: &str| Change {
        key: format!("demo:{key}"),
        fingerprint: [0; 32],
        reason: reason.to_owned(),
        by: "demo".to_owned(),
        request_id: String::new(),
    };
    let gifts = donations::newest(conn, 200)?;
    let received = |method: Method| gifts.iter().filter(move |gift| gift.entry.is_some() && gift.method == method);
    if let Some(cheque) = received(Method::Cheque).nth(3) {
        donations::bounce(conn, now, cheque.id, &change("bounce", "returned unpaid by the bank"))?;
    }
    if let Some(card) = received(Method::Card).nth(2) {
        donations::refund(conn, now, card.id, card.amount_minor / 2, &change("refund", "meant to give half of it"))?;
    }
    Ok(())
}

/// Letters that wait for the printer.
const POSTED: usize = 4;

/// A few givers without e-mail left a postal address.
fn let_some_be_posted(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), DbError> {
    let without = donations::newest(conn, 200)?.into_iter();
    let without = without.filter(|gift| gift.receipt.is_some() && gift.email.is_none() && !gift.name.is_empty());
    for (gift, place) in without.take(POSTED).zip(PLACES) {
        let address = format!("{} Station Road\n{place}", 3 + gift.id % 80);
        donations::give_address(conn, now, gift.id, &address)
            .map_err(|error| DbError::Corrupt(format!("the demo's address was refused: {error}")))?;
    }
    Ok(())
}

/// A letter that cannot arrive: somebody wrote the end of an e-mail address away.
///
/// # Errors
/// Only when the database fails.
pub fn trouble(db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
    db.write(|conn| {
        hold(conn, Lock::Books)?;
        let fund = funds::by_slug(conn, funds::DEFAULT_SLUG)?;
        let fund = fund.ok_or_else(|| DbError::Corrupt("the first fund is not there".to_owned()))?;
        let mistyped = NewGift {
            key: "demo:mistyped".to_owned(),
            name: "Gwen Pankhurst".to_owned(),
            email: Some("gwen.pankhurst@example".to_owned()),
            amount_minor: 2_500,
            method: Method::Cheque,
            is_pledge: false,
            received_on: None,
            ..gift(0, crate::clock::date_in(now, fund.zone), &fund, &mut Dice(7))
        };
        donations::record_all(conn, now, &[mistyped])?;
        Ok(())
    })
}

const METHODS: [Method; 10] = [
    Method::Cheque,
    Method::Cheque,
    Method::Cheque,
    Method::BankTransfer,
    Method::BankTransfer,
    Method::Cash,
    Method::Card,
    Method::Card,
    Method::Paypal,
    Method::DirectDebit,
];
/// Pounds. With some 85 gifts a month they come near the target, in some months past it.
const AMOUNTS: [i64; 14] = [10, 20, 20, 25, 25, 50, 50, 100, 100, 150, 200, 300, 500, 1_500];
const FIRST_NAMES: [&str; 16] = [
    "Ann", "Bernard", "Ciara", "Dilip", "Ellen", "Farouk", "Gwen", "Harold", "Iqbal", "Joan", "Keir", "Leila", "Morag",
    "Nye", "Olive", "Percy",
];
const LAST_NAMES: [&str; 16] = [
    "Ashworth",
    "Begum",
    "Connolly",
    "Davies",
    "Evans",
    "Fraser",
    "Grant",
    "Hussain",
    "Irvine",
    "Jones",
    "Khan",
    "Lansbury",
    "Mackay",
    "Nolan",
    "O'Neill",
    "Pankhurst",
];
const PLACES: [&str; 12] = [
    "Glasgow",
    "Leeds",
    "Swansea",
    "Sheffield",
    "Belfast",
    "Bristol",
    "Dundee",
    "Hackney",
    "Liverpool",
    "Newcastle",
    "Nottingham",
    "Wrexham",
];

fn pick<T: Copy>(from: &[T], dice: &mut Dice) -> T {
    let sides = u32::try_from(from.len()).expect("the lists are short");
    from[dice.below(sides) as usize]
}

/// The same throws every time (Knuth's linear congruence, MMIX), so that the demo is the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = u32::try_from(self.0 >> 33).expect("31 bits fit");
        high % sides
    }
}
