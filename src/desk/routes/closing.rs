//! The month's end: the checklist of an appeal, the proof of the books, closing, and opening again.
//!
//! Invariant: what the page showed is asked again in the transaction that closes; nothing is closed on an old answer.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::appeals::{Named, appeal_named};
use super::{Desk, Hand, Pairs, see_other, status_of};
use crate::clock::date_in;
use crate::db::{Conn, DbError, Lock, hold};
use crate::desk::allowed::Allowed;
use crate::desk::closing::{self, BankDay, Facts, Item, ProofFact, Standing};
use crate::desk::prover::{Prover, Run};
use crate::desk::targets;
use crate::desk::today;
use crate::desk::written::{moment, raised, who};
use crate::donations;
use crate::funds::{self, Appeal, Change, Fund, FundError};
use crate::http::{Form, Problem, Routes, Shell, blocking, page};
use crate::ledger::{self, accounts, proofs};
use crate::money::display;
use crate::staff::{Actor, May};
use crate::{batches, statements};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/funds/{slug}/appeals/{name}/closing", May::Read, show)
        .post("/funds/{slug}/appeals/{name}/closing", May::Decide, close)
        .post("/funds/{slug}/appeals/{name}/closing/proof", May::Decide, prove)
        .post("/funds/{slug}/appeals/{name}/reopening", May::Decide, reopen);
}

/// How long a click waits for the proof before the page says that it runs.
const PROOF_WAIT: Duration = Duration::from_secs(2);

#[derive(Template)]
#[template(path = "desk/closing.html")]
struct ClosingPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    stand: Stand,
    form: Form,
    /// Since when a proof runs; empty when none does.
    running: String,
}

impl ClosingPage {
    fn waivable(&self) -> Vec<&Item> {
        self.stand.items.iter().filter(|item| item.standing == Standing::Waivable).collect()
    }

    /// True when nothing but what may be waived stands in the way.
    fn is_closable(&self) -> bool {
        self.stand.items.iter().all(|item| item.standing != Standing::Blocks)
    }
}

/// How an appeal stands before its books are closed.
struct Stand {
    fund: Fund,
    appeal: Appeal,
    label: String,
    place: String,
    raised: String,
    items: Vec<Item>,
    /// What the next appeal takes over: "June 2021 takes over: shortfall £212.00".
    leaves: String,
    /// Who closed it, and when: "Jane Doe, 2 July 2021 at 10:12"; empty while it is open.
    closed: String,
    /// True when the appeal that took over is closed, so that this one stays closed too.
    is_held: bool,
}

fn stand(conn: &mut Conn, now: DateTime<Utc>, slug: &str, name: &str) -> Result<Stand, Problem> {
    let (fund, appeal) = appeal_named(conn, slug, name)?;
    let standing = funds::standing(conn, now, &fund, &appeal)?;
    let facts = facts(conn, now, &fund, &appeal, standing.entry)?;
    let changes = funds::changes_of(conn, appeal.id)?;
    let after = funds::follower(conn, appeal.id)?;
    let carried_minor = funds::rules::carried(fund.carry, &appeal, standing.books_minor);
    let next = after.as_ref().map_or("The next appeal".to_owned(), |after| closing::label(&fund, after));
    Ok(Stand {
        label: closing::label(&fund, &appeal),
        place: format!("/desk/funds/{slug}/appeals/{name}"),
        raised: raised(&standing, &donations::given_back(conn, &fund, &appeal, &standing)?),
        items: closing::checklist(&facts),
        leaves: match carried_minor {
            0 => "Nothing is carried over.".to_owned(),
            minor => format!("{next} takes over: {}.", closing::carried(minor, fund.currency)),
        },
        closed: closed_by(&changes, &appeal, &fund),
        is_held: after.is_some_and(|after| fund.carry != funds::Carry::None && after.closed_at.is_some()),
        fund,
        appeal,
    })
}

fn last_closing(changes: &[Change]) -> Option<&Change> {
    changes.iter().rfind(|change| change.field == "closed")
}

fn closed_by(changes: &[Change], appeal: &Appeal, fund: &Fund) -> String {
    let Some(at) = appeal.closed_at else { return String::new() };
    let by = last_closing(changes).map(|change| who(&change.changed_by)).unwrap_or_default();
    format!("{by}, {}", moment(at, fund.zone))
}

fn facts(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund, appeal: &Appeal, moved_at: i64) -> Result<Facts, DbError> {
    let last_day = funds::rules::last_day(fund, appeal);
    let before = funds::neighbour_before(conn, appeal)?.map(|before| {
        let place = format!("/desk/funds/{}/appeals/{}/closing", fund.slug, before.name);
        (closing::label(fund, &before), place, funds::rules::still_moves(fund, &before))
    });
    let promised = today::promised(donations::count_pledged(conn, appeal.id)?, fund.currency);
    let proof = proofs::latest(conn)?.map(|kept| ProofFact {
        entry: kept.entry,
        fault: kept.fault,
        on: date_in(kept.proved_at, fund.zone),
        moved_at,
    });
    let waiting = ledger::balances(conn, last_day)?;
    let waiting = waiting
        .iter()
        .find(|balance| balance.account == accounts::UNALLOCATED_RECEIPTS && balance.currency == fund.currency);
    let unallocated = waiting.map(|it| it.credit_minor - it.debit_minor).filter(|minor| *minor != 0);
    Ok(Facts {
        today: date_in(now, fund.zone),
        last_day,
        before,
        // Of any fund: a batch may hold gifts of several.
        batches: usize::try_from(batches::count_open_until(conn, last_day)?).unwrap_or(usize::MAX),
        statement: bank_day(conn)?,
        letters: donations::receipt_letters(conn, appeal.id)?,
        promised,
        proof,
        unallocated: unallocated.map(|minor| display(minor, fund.currency)).unwrap_or_default(),
        gifts: format!("/desk/gifts?appeal={}", appeal.id),
    })
}

/// How far the bank's statements agree with our account.
fn bank_day(conn: &mut Conn) -> Result<BankDay, DbError> {
    if statements::newest(conn)?.is_none() {
        return Ok(BankDay::NotKept);
    }
    Ok(statements::reconciled_to(conn)?.map_or(BankDay::Never, BankDay::Until))
}

async fn show(desk: Desk, named: Named, prover: web::Data<Prover>) -> Result<HttpResponse, Problem> {
    answer(desk, named, &prover, Form::new()).await
}

async fn answer(desk: Desk, named: Named, prover: &web::Data<Prover>, form: Form) -> Result<HttpResponse, Problem> {
    let (slug, name) = named.into_inner();
    let stand = desk.read(move |conn, now| stand(conn, now, &slug, &name)).await?;
    let running = prover.running_since().map(|at| moment(at, stand.fund.zone)).unwrap_or_default();
    let may = desk.may();
    page(status_of(&form), &ClosingPage { shell: desk.shell, actor: desk.actor, may, stand, form, running })
}

async fn close(desk: Desk, named: Named, pairs: Pairs, prover: web::Data<Prover>) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let (slug, name) = named.clone();
    let (hand, sent) = (desk.hand(), form.clone());
    match desk.write(move |conn, now| closed(conn, now, (&slug, &name), &sent, &hand)).await {
        Ok(()) => Ok(see_other(&format!("/desk/funds/{}/appeals/{}", named.0, named.1))),
        Err(problem) => {
            form.take(problem, &["reason"])?;
            answer(desk, named, &prover, form).await
        }
    }
}

fn closed(
    conn: &mut Conn,
    now: DateTime<Utc>,
    (slug, name): (&str, &str),
    form: &Form,
    hand: &Hand,
) -> Result<(), Problem> {
    let stand = stand(conn, now, slug, name)?;
    if stand.appeal.closed_at.is_some() {
        let changes = funds::changes_of(conn, stand.appeal.id)?;
        // The second click of one treasurer changes nothing; another one is told.
        let is_own = last_closing(&changes).is_some_and(|change| change.changed_by == hand.actor.who());
        return if is_own { Ok(()) } else { Err(FundError::AlreadyClosed(stand.label).into()) };
    }
    let waived = form.values("waive");
    if let Some(first) = closing::obstacles(&stand.items, &waived).first() {
        return Err(Problem::conflict(format!("{} is not closed: {}", stand.label, first.said)));
    }
    let mut typed = form.clone();
    let mut reason = String::new();
    if !closing::waiver(&stand.items, &waived, "").is_empty() {
        let given = targets::reason(&mut typed);
        let given = given.ok_or_else(|| Problem::fields(typed.faults().to_vec()))?;
        reason = closing::waiver(&stand.items, &waived, &given);
    }
    funds::close(conn, now, &hand.actor.who(), &stand.fund, &stand.appeal, &reason)?;
    let detail = [stand.raised.as_str(), reason.as_str()];
    let detail: Vec<&str> = detail.into_iter().filter(|text| !text.is_empty()).collect();
    hand.note(conn, now, "appeal closed", &format!("{slug}/{name}"), &detail.join("; "))?;
    Ok(())
}

async fn reopen(desk: Desk, named: Named, pairs: Pairs, prover: web::Data<Prover>) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    if let Some(reason) = targets::reason(&mut form) {
        let (hand, (slug, name)) = (desk.hand(), named.clone());
        let written = desk.write(move |conn, now| {
            let (fund, appeal) = appeal_named(conn, &slug, &name)?;
            funds::reopen(conn, now, &hand.actor.who(), &fund, &appeal, &reason)?;
            hand.note(conn, now, "appeal opened again", &format!("{slug}/{name}"), &reason)?;
            Ok(())
        });
        match written.await {
            Ok(()) => return Ok(see_other(&format!("/desk/funds/{}/appeals/{}", named.0, named.1))),
            Err(problem) => form.take(problem, &["reason"])?,
        }
    }
    answer(desk, named, &prover, form).await
}

async fn prove(desk: Desk, named: Named, prover: web::Data<Prover>) -> Result<HttpResponse, Problem> {
    let place = format!("/desk/funds/{}/appeals/{}/closing#proof", named.0, named.1);
    let wanted = named.clone();
    desk.read(move |conn, _| appeal_named(conn, &wanted.0, &wanted.1).map(drop)).await?;
    let prover = prover.into_inner();
    // Whoever clicks while it runs waits for the same one.
    if let Some(run) = prover.begin(desk.clock.now()) {
        let (db, clock, hand) = (desk.db.clone(), desk.clock.clone(), desk.hand());
        let proving = actix_web::rt::spawn(blocking(move || {
            let proved = db.snapshot(|conn| proved(conn, &run))?;
            db.write(|conn| {
                hold(conn, Lock::Books)?;
                let (now, by) = (clock.now(), hand.actor.who());
                let kept = proofs::keep(conn, now, &by, &hand.request_id, &proved.0, &proved.1)?;
                let detail = if kept.fault.is_empty() { "every check held" } else { kept.fault.as_str() };
                hand.note(conn, now, "books proved", &format!("entry {}", kept.entry), detail)
            })?;
            Ok::<_, DbError>(())
        }));
        if let Ok(Ok(Err(problem))) = actix_web::rt::time::timeout(PROOF_WAIT, proving).await {
            return Err(problem);
        }
    }
    Ok(see_other(&place))
}

fn proved(conn: &mut Conn, run: &Run) -> Result<(ledger::Posted, Vec<crate::proof::Proof>), DbError> {
    Ok((ledger::head(conn)?, run.prove(conn)?))
}
