//! Proves the register: the book, the holdings, the certificates, and the seam with the ledger.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::book::{Head, canonical_line};
use super::notes::NoteKind;
use super::rules::Timeline;
use super::store::applications::ApplicationStatus;
use super::store::{self, applications, certificates, interest, withdrawals};
use crate::db::{Conn, DbError};
use crate::ledger::{self, GENESIS, accounts, chain};
use crate::proof::Proof;

/// Events read at once.
const EVENTS_PER_READ: i64 = 1_000;

/// Checks the whole register, in one view of the database.
///
/// # Errors
/// Only when the database fails.
pub fn verify(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let read = read_book(conn)?;
    let events = read.events;
    let mut proofs = vec![
        Proof::of(
            "Events of the share register are numbered without a gap and their chain holds",
            events,
            read.chain_fault.clone(),
        ),
        Proof::of("The lines of each event sum to nothing in each class", events, read.sum_fault.clone()),
        holdings(&read),
        capital(conn, &read)?,
        certificates_agree(conn, &read)?,
    ];
    proofs.extend(money_waiting(conn)?);
    proofs.push(kept_sums(conn, &read)?);
    proofs.push(notes_agree(conn)?);
    Ok(proofs)
}

/// What is kept of today's holdings, so that nobody has to add the book up, is what the book adds up to.
fn kept_sums(conn: &mut Conn, book: &Book) -> Result<Proof, DbError> {
    let (mut of_holder, mut of_class) = (BTreeMap::<i64, i64>::new(), BTreeMap::<i64, i64>::new());
    for ((holder, class), timeline) in &book.timelines {
        let held = timeline.at(NaiveDate::MAX);
        *of_holder.entry(*holder).or_default() += held;
        *of_class.entry(*class).or_default() += held;
    }
    of_holder.retain(|_, held| *held != 0);
    let kept: BTreeMap<i64, i64> = store::sums::kept(conn)?.into_iter().collect();
    let differ = of_holder.keys().chain(kept.keys()).find(|id| of_holder.get(id) != kept.get(id));
    let mut fault = differ.map(|id| {
        let (has, says) = (of_holder.get(id).unwrap_or(&0), kept.get(id).unwrap_or(&0));
        format!("holder {id} has {has} shares in the book, {says} are kept")
    });
    for class in store::classes(conn)? {
        let (shares, paid_minor) = store::sums::held_now(conn, class.id)?;
        let paid: i64 = book.paid.get(&class.id).map_or(0, |days| days.values().sum());
        if (shares, paid_minor) != (of_class.get(&class.id).copied().unwrap_or(0), paid) {
            fault.get_or_insert(format!("the sums kept for class {} are not those of the book", class.code));
        }
    }
    Ok(Proof::of("Holdings of today as they are kept = as the book adds up", of_holder.len() as i64, fault))
}

/// Notes have no gap, and as many rows were taken back as notes say.
fn notes_agree(conn: &mut Conn) -> Result<Proof, DbError> {
    let (count, last, said) = store::notes::counts(conn)?;
    let mut fault =
        (count != last).then(|| format!("the last note has the number {last}, and there are {count} of them"));
    let said = |kinds: &[NoteKind]| -> i64 {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        said.iter().filter(|(kind, _)| names.contains(&kind.as_str())).map(|(_, count)| count).sum()
    };
    for (what, kinds, rows) in store::notes::taken_back(conn)? {
        if said(kinds) != rows {
            let told = said(kinds);
            fault.get_or_insert(format!("{rows} {what} were taken back, and notes say so of {told}"));
        }
    }
    Ok(Proof::of(
        "Notes of the register are numbered without a gap, and rows taken back are those they name",
        count,
        fault,
    ))
}

/// What one reading of the book gathers.
#[derive(Default)]
struct Book {
    events: i64,
    chain_fault: Option<String>,
    sum_fault: Option<String>,
    timelines: BTreeMap<(i64, i64), Timeline>,
    paid: BTreeMap<i64, BTreeMap<NaiveDate, i64>>,
    price_fault: Option<String>,
}

fn read_book(conn: &mut Conn) -> Result<Book, DbError> {
    let nominal: BTreeMap<i64, i64> =
        store::classes(conn)?.into_iter().map(|class| (class.id, class.nominal_minor)).collect();
    let mut book = Book::default();
    let mut before = GENESIS.to_vec();
    loop {
        let page = store::book::events_after(conn, book.events, EVENTS_PER_READ)?;
        if page.is_empty() {
            return Ok(book);
        }
        for (event, lines) in page {
            book.events += 1;
            let head = Head {
                number: event.number,
                effective_on: event.effective_on,
                recorded_at: event.recorded_at.and_utc(),
                kind: event.kind.name(),
                subject: &event.subject,
                reverses: event.reverses,
                entry: event.entry,
            };
            let hash = chain::hash(&before, &canonical_line(&head, lines.iter().copied()));
            if event.number != book.events || hash[..] != event.hash[..] {
                book.chain_fault.get_or_insert(format!("event {} does not follow the one before it", event.number));
                // What follows is read on, so that the number of events is the number read.
                book.events = event.number;
            }
            before = event.hash;
            let mut sums: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
            for line in &lines {
                let (shares, paid) = sums.entry(line.class).or_default();
                *shares += line.shares;
                *paid += line.paid_minor;
                if Some(line.paid_minor) != nominal.get(&line.class).map(|nominal| nominal * line.shares) {
                    book.price_fault.get_or_insert(format!("event {} has shares that are not at par", event.number));
                }
                if let Some(holder) = line.holder {
                    book.timelines.entry((holder, line.class)).or_default().add(event.effective_on, line.shares);
                    *book.paid.entry(line.class).or_default().entry(event.effective_on).or_default() += line.paid_minor;
                }
            }
            if lines.is_empty() || sums.values().any(|sums| *sums != (0, 0)) {
                book.sum_fault.get_or_insert(format!("event {} does not sum to nothing", event.number));
            }
        }
    }
}

fn holdings(book: &Book) -> Proof {
    let negative = book.timelines.iter().find_map(|((holder, _), timeline)| {
        let first = timeline.days().next()?;
        let (day, held) = timeline.from(first).into_iter().find(|(_, held)| *held < 0)?;
        Some(format!("holder {holder} has {held} shares on {day}"))
    });
    let count = i64::try_from(book.timelines.len()).unwrap_or(i64::MAX);
    Proof::of(
        "No holding is negative on any day, and every share is paid at par",
        count,
        negative.or(book.price_fault.clone()),
    )
}

/// On every day on which either moved, shares at par are the capital account.
fn capital(conn: &mut Conn, book: &Book) -> Result<Proof, DbError> {
    let (mut days_seen, mut fault) = (0, None);
    let nothing = BTreeMap::new();
    for class in store::classes(conn)? {
        let ours = book.paid.get(&class.id).unwrap_or(&nothing);
        let posted: BTreeMap<NaiveDate, i64> =
            ledger::days_of(conn, &accounts::share_capital(&class.code), class.currency)?.into_iter().collect();
        let days: BTreeSet<NaiveDate> = ours.keys().chain(posted.keys()).copied().collect();
        for day in days {
            days_seen += 1;
            let (held, owed) = (ours.get(&day).copied().unwrap_or(0), posted.get(&day).copied().unwrap_or(0));
            if held + owed != 0 {
                fault.get_or_insert(format!(
                    "on {day} shares of class {} moved by {held} and their capital account by {}",
                    class.code, -owed
                ));
            }
        }
    }
    Ok(Proof::of("Shares at their nominal value = the capital account, on every day", days_seen, fault))
}

fn certificates_agree(conn: &mut Conn, book: &Book) -> Result<Proof, DbError> {
    let held = book.timelines.iter().map(|(place, timeline)| (*place, timeline.at(NaiveDate::MAX)));
    let held: BTreeMap<(i64, i64), i64> = held.filter(|(_, shares)| *shares != 0).collect();
    let proved: BTreeMap<(i64, i64), i64> = certificates::sums_in_force(conn)?
        .into_iter()
        .map(|(holder, class, shares)| ((holder, class), shares))
        .collect();
    let differ = held.keys().chain(proved.keys()).find(|place| held.get(place) != proved.get(place));
    let fault = differ.map(|(holder, class)| {
        let place = (*holder, *class);
        let (has, proves) = (held.get(&place).unwrap_or(&0), proved.get(&place).unwrap_or(&0));
        format!("holder {holder} has {has} shares and certificates for {proves}")
    });
    let count = i64::try_from(proved.len()).unwrap_or(i64::MAX);
    Ok(Proof::of("Certificates in force add up to the holdings", count, fault))
}

/// What waits in the ledger is what waits in the register.
fn money_waiting(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    // The last day that both databases compare as a date.
    let last_day = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default();
    let balances = ledger::balances(conn, last_day)?;
    let owed = |name: &str| -> i64 {
        let of_account = balances.iter().filter(|balance| balance.account == name);
        of_account.map(|balance| balance.credit_minor - balance.debit_minor).sum()
    };
    let sums = applications::sums(conn)?;
    let held: i64 = sums.iter().map(|(_, _, held)| held).sum();
    let applications = sums.iter().map(|(_, count, _)| count).sum();
    let decided_held: i64 =
        sums.iter().filter(|(status, _, _)| *status != ApplicationStatus::Waiting).map(|(_, _, held)| held).sum();
    let (waiting, payable) = (owed(accounts::SHARE_APPLICATIONS), withdrawals::payable(conn)?);
    let fault = (held != waiting || decided_held != 0)
        .then(|| format!("applications hold {held}, their account says {waiting}"));
    let owed_out = owed(accounts::WITHDRAWALS_PAYABLE);
    let unpaid =
        (payable != owed_out).then(|| format!("withdrawals are owed {payable}, their account says {owed_out}"));
    let (declared, owed_interest) = (interest::payable(conn)?, owed(accounts::INTEREST_PAYABLE));
    let uneven = (declared != owed_interest)
        .then(|| format!("interest of {declared} was declared and not paid, its account says {owed_interest}"));
    Ok(vec![
        Proof::of("Declared interest = the account of interest payable", i64::from(declared != 0), uneven),
        Proof::of("Money of waiting applications = the account of share applications", applications, fault),
        Proof::of("Agreed withdrawals = the account of withdrawals payable", i64::from(payable != 0), unpaid),
    ])
}
