//! Random lives of a society, checked against a model that only adds up: apply, pay, allot, transfer, withdraw, convert,
//! forfeit, die, reverse, in any order, dated back and forth. `PROPTEST_CASES` asks for more of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use diesel::Connection;
use fighting_fund::clock::date_in;
use fighting_fund::db::{Conn, DbError, Lock, hold};
use fighting_fund::ledger::{self, Method};
use fighting_fund::shares::interest::{self, NewInterest};
use fighting_fund::shares::numbers::MemberNumber;
use fighting_fund::shares::register::{self, View};
use fighting_fund::shares::{
    self, Allotment, Applicant, Deed, Ending, Ground, HolderKind, NewApplication, NewConversion, NewForfeiture,
    NewHolder, NewPayment, NewTransfer, NewTransmission, NewWithdrawal, ShareError, Surplus, Terms,
};
use fighting_fund::verify;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::harness::{TestApp, noon};

/// What somebody asks of the register. Numbers pick one of those that are there.
#[derive(Debug, Clone)]
enum Command {
    Apply { shares: i64 },
    ApplyForMore { member: usize, shares: i64 },
    Pay { application: usize, tenths: i64 },
    Allot { application: usize, back: u64, returns_surplus: bool },
    Refuse { application: usize },
    TakeBack { application: usize },
    Transfer { from: usize, to: usize, shares: i64, back: u64 },
    Notice { member: usize, shares: i64 },
    Agree { withdrawal: usize, back: u64 },
    Decline { withdrawal: usize },
    PayOut { withdrawal: usize },
    Forfeit { member: usize, shares: i64, back: u64 },
    Convert { member: usize, shares: i64, back: u64, is_back: bool },
    Die { member: usize },
    PassOn { from: usize, to: usize, shares: i64, back: u64 },
    Reverse { event: usize },
    Declare { days: u64, is_added: bool },
    PayInterest { run: usize, back: u64 },
    TakeInterestBack { run: usize },
}

fn command() -> impl Strategy<Value = Command> {
    let (one, few, back) = (0..8_usize, 1..40_i64, 0..30_u64);
    prop_oneof![
        3 => few.clone().prop_map(|shares| Command::Apply { shares }),
        1 => (one.clone(), few.clone()).prop_map(|(member, shares)| Command::ApplyForMore { member, shares }),
        5 => (one.clone(), prop_oneof![8 => Just(10), 1 => Just(7), 1 => Just(13)])
            .prop_map(|(application, tenths)| Command::Pay { application, tenths }),
        6 => (one.clone(), back.clone(), any::<bool>())
            .prop_map(|(application, back, returns_surplus)| Command::Allot { application, back, returns_surplus }),
        1 => one.clone().prop_map(|application| Command::Refuse { application }),
        1 => one.clone().prop_map(|application| Command::TakeBack { application }),
        4 => (one.clone(), one.clone(), few.clone(), back.clone())
            .prop_map(|(from, to, shares, back)| Command::Transfer { from, to, shares, back }),
        2 => (one.clone(), few.clone()).prop_map(|(member, shares)| Command::Notice { member, shares }),
        2 => (one.clone(), back.clone()).prop_map(|(withdrawal, back)| Command::Agree { withdrawal, back }),
        1 => one.clone().prop_map(|withdrawal| Command::Decline { withdrawal }),
        1 => one.clone().prop_map(|withdrawal| Command::PayOut { withdrawal }),
        2 => (one.clone(), few.clone(), back.clone(), any::<bool>())
            .prop_map(|(member, shares, back, is_back)| Command::Convert { member, shares, back, is_back }),
        1 => one.clone().prop_map(|member| Command::Die { member }),
        2 => (one.clone(), one.clone(), few.clone(), back.clone())
            .prop_map(|(from, to, shares, back)| Command::PassOn { from, to, shares, back }),
        1 => (one.clone(), few, back).prop_map(|(member, shares, back)| Command::Forfeit { member, shares, back }),
        2 => (0..20_usize).prop_map(|event| Command::Reverse { event }),
        1 => (1..10_u64, any::<bool>()).prop_map(|(days, is_added)| Command::Declare { days, is_added }),
        1 => (one.clone(), 0..5_u64).prop_map(|(run, back)| Command::PayInterest { run, back }),
        1 => one.prop_map(|run| Command::TakeInterestBack { run }),
    ]
}

/// A move of one member's shares of a class by an event.
type Move = (MemberNumber, NaiveDate, usize, i64);

/// The classes of the society.
const CLASSES: [&str; 2] = ["ordinary", "loan"];

/// The model: what was done, and nothing else.
#[derive(Default)]
struct Society {
    applications: Vec<i64>,
    withdrawals: Vec<i64>,
    members: Vec<MemberNumber>,
    /// What each event moved; a reversal empties the one it names.
    events: Vec<(i64, Vec<Move>)>,
    reversed: Vec<i64>,
    /// From when the dead cast no vote; their shares stay until they pass on.
    deaths: BTreeMap<MemberNumber, NaiveDate>,
    /// Declarations of interest, each with the events that added shares for it.
    runs: Vec<(i64, Vec<i64>)>,
    people: usize,
}

impl Society {
    fn held(&self, member: MemberNumber, class: usize, date: NaiveDate) -> i64 {
        let moves = self.events.iter().flat_map(|(_, moves)| moves);
        let own = moves.filter(|(who, on, of, _)| *who == member && *of == class && *on <= date);
        own.map(|(_, _, _, shares)| shares).sum()
    }

    fn days(&self) -> Vec<NaiveDate> {
        let mut days: Vec<NaiveDate> =
            self.events.iter().flat_map(|(_, moves)| moves).map(|(_, on, _, _)| *on).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// Whether a member would be below nothing on any day if `shares` went on `date`.
    fn would_be_short(&self, member: MemberNumber, date: NaiveDate, shares: i64) -> bool {
        let later = self.days().into_iter().filter(|day| *day > date);
        std::iter::once(date).chain(later).any(|day| self.held(member, 0, day) < shares)
    }
}

/// A refusal of the register, or of the savepoint around it.
#[derive(Debug)]
enum Failure {
    Share(ShareError),
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error)
    }
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        Self::Share(error)
    }
}

fn deed() -> Deed {
    Deed { by: "test".to_owned(), request_id: "test".to_owned() }
}

fn pick<T: Copy>(all: &[T], at: usize) -> Option<T> {
    all.get(at % all.len().max(1)).copied()
}

/// Does it as a request would: all of it, or none.
fn act(conn: &mut Conn, now: DateTime<Utc>, society: &mut Society, command: &Command) -> Result<(), Failure> {
    let today = date_in(now, chrono_tz::Europe::London);
    let day = |back: u64| today - Days::new(back);
    match *command {
        Command::Apply { .. } | Command::ApplyForMore { .. } => apply(conn, now, society, command)?,
        Command::Pay { application, tenths } => {
            let Some(application) = pick(&society.applications, application) else { return Ok(()) };
            let found = shares::application(conn, application).expect("a read").expect("an application");
            let amount_minor = (found.amount_minor * tenths / 10).max(1);
            let received_on = Some(day(30));
            let payment = NewPayment { application, amount_minor, method: Method::Cheque, received_on };
            shares::pay(conn, now, &deed(), &payment)?;
        }
        Command::Allot { application, back, returns_surplus } => {
            let Some(application) = pick(&society.applications, application) else { return Ok(()) };
            let surplus = returns_surplus.then_some(Surplus::Return);
            let one = Allotment { application, shares: None, surplus };
            let done = shares::allot_all(conn, now, &deed(), &[one], Some(day(back)), "minute 1")?.remove(0);
            let shares = shares::application(conn, application).expect("a read").expect("an application").shares;
            if !society.members.contains(&done.member) {
                society.members.push(done.member);
            }
            society.events.push((done.event, vec![(done.member, day(back), 0, shares)]));
        }
        Command::Refuse { application } => {
            let Some(application) = pick(&society.applications, application) else { return Ok(()) };
            shares::refuse(conn, now, &deed(), application, ("the committee said no", ""), Surplus::Return)?;
        }
        Command::TakeBack { application } => {
            let Some(application) = pick(&society.applications, application) else { return Ok(()) };
            shares::withdraw_application(conn, now, &deed(), application, "")?;
        }
        Command::Reverse { event } => reverse(conn, now, society, event)?,
        _ => act_on_holding(conn, now, society, command)?,
    }
    Ok(())
}

fn apply(conn: &mut Conn, now: DateTime<Utc>, society: &mut Society, command: &Command) -> Result<(), Failure> {
    let (shares, applicant) = match *command {
        Command::ApplyForMore { member, shares } => {
            let Some(member) = pick(&society.members, member) else { return Ok(()) };
            (shares, Applicant::Member(member))
        }
        Command::Apply { shares } => {
            society.people += 1;
            let holder = NewHolder {
                kind: HolderKind::Person,
                name: format!("Reader {}", society.people),
                names: Vec::new(),
                representative: String::new(),
                address: "1 High St".to_owned(),
                email: None,
                email_purposes: "shares".to_owned(),
                date_of_birth: None,
            };
            (shares, Applicant::New(holder))
        }
        _ => return Ok(()),
    };
    let new = NewApplication {
        class: "ordinary".to_owned(),
        shares,
        applicant,
        method: String::new(),
        gift_minor: 0,
        applied_on: None,
        stranger: None,
    };
    society.applications.push(shares::apply(conn, now, &deed(), &new)?.id);
    Ok(())
}

fn act_on_holding(
    conn: &mut Conn,
    now: DateTime<Utc>,
    society: &mut Society,
    command: &Command,
) -> Result<(), Failure> {
    let today = date_in(now, chrono_tz::Europe::London);
    let class = || "ordinary".to_owned();
    match *command {
        Command::Transfer { from, to, shares, back } => {
            let (Some(from), Some(to)) = (pick(&society.members, from), pick(&society.members, to)) else {
                return Ok(());
            };
            let on = today - Days::new(back);
            let new = NewTransfer {
                from,
                to: Applicant::Member(to),
                class: class(),
                shares,
                effective_on: Some(on),
                minute: String::new(),
            };
            let done = shares::transfer(conn, now, &deed(), &new);
            if let Err(ShareError::NotEnough { .. }) = &done {
                assert!(society.would_be_short(from, on, shares), "refused what was there: {new:?}");
            }
            society.events.push((done?.event, vec![(from, on, 0, -shares), (to, on, 0, shares)]));
        }
        Command::Notice { member, shares } => {
            let Some(member) = pick(&society.members, member) else { return Ok(()) };
            let new = NewWithdrawal { member, class: class(), shares, notice_given_on: None };
            society.withdrawals.push(shares::give_notice(conn, now, &deed(), &new)?.id);
        }
        Command::Agree { withdrawal, back } => {
            let Some(id) = pick(&society.withdrawals, withdrawal) else { return Ok(()) };
            let (done, recorded, _) = shares::agree(conn, now, &deed(), id, Some(today - Days::new(back)), "minute 2")?;
            let holder = shares::holder(conn, done.holder_id).expect("a read").expect("a holder");
            let on = (today - Days::new(back)).max(done.notice_given_on);
            society.events.push((recorded.event, vec![(holder.member.expect("a number"), on, 0, -done.shares)]));
        }
        Command::Decline { withdrawal } => {
            let Some(id) = pick(&society.withdrawals, withdrawal) else { return Ok(()) };
            shares::refuse_withdrawal(conn, now, &deed(), id, "not now", "")?;
        }
        Command::PayOut { withdrawal } => {
            let Some(id) = pick(&society.withdrawals, withdrawal) else { return Ok(()) };
            shares::pay_out(conn, now, &deed(), id, None)?;
        }
        Command::Forfeit { member, shares, back } => {
            let Some(member) = pick(&society.members, member) else { return Ok(()) };
            let on = today - Days::new(back);
            let new = NewForfeiture {
                member,
                class: class(),
                shares,
                ending: Ending::Surrender,
                effective_on: Some(on),
                reason: "given".to_owned(),
                minute: String::new(),
            };
            let (recorded, _) = shares::forfeit(conn, now, &deed(), &new)?;
            society.events.push((recorded.event, vec![(member, on, 0, -shares)]));
        }
        _ => act_beyond(conn, now, society, command)?,
    }
    Ok(())
}

/// Conversion, death, and what passes by it.
fn act_beyond(conn: &mut Conn, now: DateTime<Utc>, society: &mut Society, command: &Command) -> Result<(), Failure> {
    let today = date_in(now, chrono_tz::Europe::London);
    match *command {
        Command::Convert { member, shares, back, is_back } => {
            let Some(member) = pick(&society.members, member) else { return Ok(()) };
            let (from, to) = if is_back { (1, 0) } else { (0, 1) };
            let on = today - Days::new(back);
            let new = NewConversion {
                member,
                from: CLASSES[from].to_owned(),
                to: CLASSES[to].to_owned(),
                shares,
                effective_on: Some(on),
                minute: String::new(),
            };
            let (recorded, _) = shares::convert(conn, now, &deed(), &new)?;
            let moves = vec![(member, on, from, -shares), (member, on, to, shares)];
            society.events.push((recorded.event, moves));
        }
        Command::Die { member } => {
            let Some(member) = pick(&society.members, member) else { return Ok(()) };
            let (person, proof) = (String::new(), "certificate of death seen".to_owned());
            let new = shares::NewDeath { member, person, died_on: today, proof };
            shares::note_death(conn, now, &deed(), &new)?;
            society.deaths.insert(member, today);
        }
        Command::PassOn { from, to, shares, back } => {
            let (Some(from), Some(to)) = (pick(&society.members, from), pick(&society.members, to)) else {
                return Ok(());
            };
            let on = today - Days::new(back);
            let new = NewTransmission {
                from,
                to: Applicant::Member(to),
                class: CLASSES[0].to_owned(),
                shares,
                effective_on: Some(on),
                ground: Ground::Grant,
                reason: "grant of probate seen".to_owned(),
                minute: String::new(),
            };
            let (recorded, _) = shares::transmit(conn, now, &deed(), &new)?;
            society.events.push((recorded.event, vec![(from, on, 0, -shares), (to, on, 0, shares)]));
        }
        Command::Declare { days, is_added } => {
            let new = NewInterest {
                class: CLASSES[0].to_owned(),
                from_on: today - Days::new(days),
                until_on: today,
                rate_bp: 100_000,
                minute: String::new(),
                is_added,
            };
            society.runs.push((interest::declare(conn, now, &deed(), &new)?.id, Vec::new()));
        }
        Command::PayInterest { run, back } => pay_interest(conn, now, society, run, today - Days::new(back))?,
        Command::TakeInterestBack { run } => take_interest_back(conn, now, society, run)?,
        _ => {}
    }
    Ok(())
}

fn pay_interest(
    conn: &mut Conn,
    now: DateTime<Utc>,
    society: &mut Society,
    run: usize,
    on: NaiveDate,
) -> Result<(), Failure> {
    let at = run % society.runs.len().max(1);
    let Some((id, _)) = society.runs.get(at).cloned() else { return Ok(()) };
    interest::pay(conn, now, &deed(), id, Some(on))?;
    for line in interest::lines(conn, id, None).expect("a read") {
        let Some(event) = line.event else { continue };
        let holder = shares::holder(conn, line.holder_id).expect("a read").expect("a holder");
        society.events.push((event, vec![(holder.member.expect("a number"), on, 0, line.shares)]));
        society.runs[at].1.push(event);
    }
    Ok(())
}

fn take_interest_back(conn: &mut Conn, now: DateTime<Utc>, society: &mut Society, run: usize) -> Result<(), Failure> {
    let at = run % society.runs.len().max(1);
    let Some((id, events)) = society.runs.get(at).cloned() else { return Ok(()) };
    interest::take_back(conn, now, &deed(), id, ("declared in error", None))?;
    society.runs[at].1.clear();
    society.reversed.extend(&events);
    society.events.iter_mut().filter(|(known, _)| events.contains(known)).for_each(|(_, moves)| moves.clear());
    Ok(())
}

fn reverse(conn: &mut Conn, now: DateTime<Utc>, society: &mut Society, event: usize) -> Result<(), Failure> {
    let numbers: Vec<i64> = society.events.iter().map(|(number, _)| *number).collect();
    let Some(number) = pick(&numbers, event) else { return Ok(()) };
    let done = shares::reverse(conn, now, &deed(), number, "entered in error");
    if society.reversed.contains(&number) {
        assert!(matches!(done, Err(ShareError::AlreadyReversed(..))), "{number} was reversed twice");
    }
    done?;
    society.reversed.push(number);
    society.events.iter_mut().filter(|(known, _)| *known == number).for_each(|(_, moves)| moves.clear());
    Ok(())
}

/// The register of a view as text: member, shares, entered, ceased.
fn printed(conn: &mut Conn, view: &View) -> String {
    let (lines, _) = register::page(conn, view, MemberNumber(0)).expect("a read");
    format!("{lines:#?}")
}

fn check(conn: &mut Conn, society: &Society, today: NaiveDate) {
    for day in society.days().into_iter().chain([today]) {
        let view = register::view(conn, noon() + TimeDelta::days(365), Some(day), None).expect("a day that was");
        let (lines, _) = register::page(conn, &view, MemberNumber(0)).expect("a read");
        let class_ids: Vec<i64> = shares::classes(conn).expect("a read").iter().map(|class| class.id).collect();
        let shown: BTreeMap<(MemberNumber, usize), i64> = lines
            .iter()
            .flat_map(|line| line.holdings.iter().map(|held| (line.member, held.class_id, held.shares)))
            .map(|(member, class, shares)| {
                ((member, class_ids.iter().position(|id| *id == class).expect("a class")), shares)
            })
            .collect();
        let expected: BTreeMap<(MemberNumber, usize), i64> = society
            .members
            .iter()
            .flat_map(|member| (0..CLASSES.len()).map(move |class| (*member, class)))
            .map(|place| (place, society.held(place.0, place.1, day)))
            .filter(|(_, shares)| *shares != 0)
            .collect();
        assert_eq!(shown, expected, "on {day}");
        let balances = ledger::balances(conn, day).expect("a read");
        for (class, code) in CLASSES.iter().enumerate() {
            let account = format!("equity:share-capital:{code}");
            let of_account = balances.iter().filter(|balance| balance.account == account);
            let capital: i64 = of_account.map(|balance| balance.credit_minor - balance.debit_minor).sum();
            let held: i64 = expected.iter().filter(|((_, of), _)| *of == class).map(|(_, shares)| shares).sum();
            assert_eq!(capital, 100 * held, "{code} on {day}");
        }
        let lives = |member: &MemberNumber| society.deaths.get(member).is_none_or(|died_on| day < *died_on);
        let living: BTreeSet<MemberNumber> = expected.keys().map(|(member, _)| *member).filter(lives).collect();
        let classes = shares::classes_on(conn, day).expect("a read");
        let voters = lines.iter().filter(|line| register::is_voter(line, &classes)).count();
        assert_eq!(voters, living.len(), "one vote a living member on {day}");
    }
    for proof in verify::all(conn).expect("a read") {
        assert_eq!(proof.fault, None, "{}", proof.claim);
    }
}

/// Four readers who become members, so that there is something to live with.
fn founded() -> impl Iterator<Item = Command> {
    (0..4_usize).flat_map(|application| {
        [
            Command::Apply { shares: 25 },
            Command::Pay { application, tenths: 10 },
            Command::Allot { application, back: 29, returns_surplus: false },
        ]
    })
}

/// A second class at the same price, so that shares can change theirs.
fn add_loan_class(conn: &mut Conn) {
    let class = shares::add_class(conn, CLASSES[1], "Loan shares", fighting_fund::money::GBP, 100).expect("a class");
    let long_ago = "2000-01-01".parse().expect("a date");
    let (_, terms) = shares::class_on(conn, CLASSES[0], long_ago).expect("terms");
    let terms = Terms { class_id: class.id, valid_from: long_ago, ..terms };
    shares::set_terms(conn, noon(), &deed(), &terms).expect("terms");
}

/// Lives a whole life in one transaction, which is then forgotten; the answer is how many events and reversals it had.
fn live(app: &TestApp, commands: &[Command]) -> (usize, usize) {
    let mut had = (0, 0);
    let forgotten: Result<(), DbError> = app.app.db.write(|conn| {
        hold(conn, Lock::Books)?;
        let mut society = Society::default();
        add_loan_class(conn);
        let settings = shares::settings(conn)?;
        shares::update_settings(conn, &shares::Settings { pays_interest: true, ..settings })?;
        let mut seen: Option<(View, String)> = None;
        let mut now = noon();
        for (at, command) in founded().chain(commands.iter().cloned()).enumerate() {
            now += TimeDelta::hours(5);
            let done = conn.transaction(|conn| act(conn, now, &mut society, &command));
            if let Err(Failure::Db(error) | Failure::Share(ShareError::Db(DbError::Query(error)))) = &done {
                panic!("{command:?}: {error}");
            }
            if at == commands.len() / 2 {
                let as_at = date_in(now, chrono_tz::Europe::London) - Days::new(3);
                let view = register::view(conn, now, Some(as_at), None).expect("a day that was");
                let text = printed(conn, &view);
                seen = Some((view, text));
            }
        }
        check(conn, &society, date_in(now, chrono_tz::Europe::London));
        had = (society.events.len(), society.reversed.len());
        if let Some((view, text)) = seen {
            assert_eq!(printed(conn, &view), text, "a view is the same whenever it is printed");
        }
        Err(DbError::Corrupt("forgotten on purpose".to_owned()))
    });
    assert!(matches!(forgotten, Err(DbError::Corrupt(_))), "{forgotten:?}");
    had
}

#[actix_web::test]
async fn whatever_a_society_lives_through_its_register_and_its_books_agree() {
    let app = TestApp::start().await;
    let (events, reversals) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });

    let lived = runner.run(&proptest::collection::vec(command(), 1..60), |commands| {
        let had = live(&app, &commands);
        events.fetch_add(had.0, Relaxed);
        reversals.fetch_add(had.1, Relaxed);
        Ok(())
    });

    assert!(lived.is_ok(), "{}", lived.expect_err("a life that went wrong"));
    let (events, reversals) = (events.into_inner(), reversals.into_inner());
    assert!(events > 1_500 && reversals > 200, "too little happened: {events} events, {reversals} reversals");
}
