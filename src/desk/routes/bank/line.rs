//! One line of a statement: everything it may be for, the search, the new gift, the split, and how it was settled.
//!
//! Invariant: each form settles the whole line or nothing; a refused one is shown with what was typed.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::search::{Found, found};
use super::{Asked, Desk, Pairs, parts, queue, refused, says_bounced, see_other, seen, settled, undone};
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::bank::{self, Card, Portion};
use crate::funds::{self, Fund};
use crate::http::{Form, Problem, Routes, Shell, page};
use crate::ledger;
use crate::money::Currency;
use crate::payments::{self, Allocation, PurposeKind, Source};
use crate::staff::{Actor, May};
use crate::statements::matching::{self, Part};
use crate::statements::{self, Line, LineState};

pub(super) fn routes(at: &mut Routes) {
    let deed = |deed: Deed| move |desk: Desk, id: web::Path<i64>, pairs: Pairs| settle(deed, desk, id, pairs);
    at.desk()
        .get("/bank/lines/{id}", May::Read, show)
        .post("/bank/lines/{id}/gift", May::Enter, deed(Deed::Gift))
        .post("/bank/lines/{id}/account", May::Enter, deed(Deed::Account))
        .post("/bank/lines/{id}/payout", May::Enter, deed(Deed::Payout))
        .post("/bank/lines/{id}/split", May::Enter, deed(Deed::Split))
        .post("/bank/lines/{id}/undo", May::Enter, deed(Deed::Undo));
}

/// A form of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Gift,
    Account,
    Payout,
    Split,
    Undo,
}

impl Deed {
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Gift => &parts::GIFT_FIELDS,
            Self::Account => &["account", "note"],
            Self::Payout => &["gross"],
            Self::Split => &["amount"],
            Self::Undo => &["reason"],
        }
    }
}

#[derive(Template)]
#[template(path = "desk/bank/line.html")]
struct LinePage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    path: String,
    whole: Whole,
    forms: Forms,
    /// Why the last deed did not land, where no form of the page can say it.
    objection: Option<String>,
}

impl LinePage {
    /// Whether somebody may still say what it is for.
    fn is_open(&self) -> bool {
        !self.whole.card.is_done || self.whole.is_unallocated
    }

    fn rows(&self) -> std::ops::Range<usize> {
        0..parts::ROWS
    }

    fn row(&self, field: &str, row: &usize) -> String {
        self.forms.split.values(field).get(*row).cloned().unwrap_or_default()
    }

    fn account_hint(&self) -> &'static str {
        if self.whole.card.is_credit {
            "One that is in use, or a new name such as income:subscriptions."
        } else {
            "One that is in use, or a new name such as expenses:telephone."
        }
    }

    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        if self.whole.card.is_credit { parts::KINDS.to_vec() } else { parts::KINDS_OUT.to_vec() }
    }
}

struct Forms {
    gift: Form,
    account: Form,
    payout: Form,
    split: Form,
    undo: Form,
}

struct Whole {
    card: Card,
    currency: Currency,
    /// What it is for, as it stands.
    portions: Vec<Portion>,
    /// What it was for, and was taken back.
    history: Vec<Portion>,
    is_unallocated: bool,
    /// It says that something bounced.
    says_bounced: bool,
    /// The search, and what it found.
    query: String,
    found: Vec<Found>,
    funds: Vec<Fund>,
    /// "fighting-fund/2021-06" and its label.
    appeals: Vec<(String, String)>,
    /// Accounts that are in use.
    accounts: Vec<String>,
    /// Where the queue was left.
    after: String,
    back: String,
}

/// Appeals to choose from, of each fund: two years of months.
const APPEALS_OFFERED: i64 = 24;

async fn show(desk: Desk, id: web::Path<i64>, asked: Asked) -> Result<HttpResponse, Problem> {
    let asked = Form::sent(asked.into_inner());
    shown(desk, *id, asked, None, None).await
}

async fn shown(
    desk: Desk,
    id: i64,
    asked: Form,
    sent: Option<(Deed, Form)>,
    objection: Option<Problem>,
) -> Result<HttpResponse, Problem> {
    let whole = desk.read(move |conn, now| whole(conn, now, id, &asked)).await?;
    let status = match (&objection, &sent) {
        (Some(problem), _) => problem.status,
        (None, Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, None) => StatusCode::OK,
    };
    let forms = forms(&whole, sent);
    let (may, path) = (desk.may(), "/desk/bank/queue".to_owned());
    let objection = objection.map(|problem| problem.detail);
    page(status, &LinePage { shell: desk.shell, actor: desk.actor, may, path, whole, forms, objection })
}

fn forms(whole: &Whole, sent: Option<(Deed, Form)>) -> Forms {
    let mut forms = Forms {
        gift: Form::new().with("name", whole.card.name.clone()),
        account: Form::new().with("account", if whole.card.is_credit { "" } else { ledger::accounts::PAYMENT_FEES }),
        payout: Form::new(),
        split: Form::new(),
        undo: Form::new(),
    };
    if let Some((deed, form)) = sent {
        let place = match deed {
            Deed::Gift => &mut forms.gift,
            Deed::Account => &mut forms.account,
            Deed::Payout => &mut forms.payout,
            Deed::Split => &mut forms.split,
            Deed::Undo => &mut forms.undo,
        };
        *place = form;
    }
    forms
}

fn whole(conn: &mut Conn, now: DateTime<Utc>, id: i64, asked: &Form) -> Result<Whole, Problem> {
    let line = statements::line(conn, id)?.ok_or_else(|| Problem::not_found("There is no such line."))?;
    let all = payments::allocations_of(conn, &[Source::StatementLine(id)])?;
    let (live, undone): (Vec<Allocation>, Vec<Allocation>) = all.into_iter().partition(Allocation::is_live);
    let is_unallocated = !live.is_empty() && live.iter().all(|it| it.purpose == PurposeKind::Unallocated);
    let is_open = line.state == LineState::Waiting || is_unallocated;
    let (currency, _) = matching::home(conn)?;
    let card = if is_open {
        queue::cards(conn, std::slice::from_ref(&line))?.pop().unwrap_or_else(|| bank::card(&line, currency))
    } else {
        bank::card(&line, currency)
    };
    let query = asked.value("q").trim().to_owned();
    let funds = funds::all(conn)?;
    Ok(Whole {
        found: if is_open { found(conn, &line, &query)? } else { Vec::new() },
        appeals: appeals(conn, &funds)?,
        accounts: accounts(conn, now, &line)?,
        portions: live.iter().map(|it| bank::portion(it, currency)).collect(),
        history: undone.iter().rev().map(|it| bank::portion(it, currency)).collect(),
        after: asked.value("after").to_owned(),
        back: asked.value("back").to_owned(),
        says_bounced: says_bounced(conn, &live)?,
        card,
        currency,
        is_unallocated,
        query,
        funds,
    })
}

fn appeals(conn: &mut Conn, funds: &[Fund]) -> Result<Vec<(String, String)>, DbError> {
    let mut found = Vec::new();
    for fund in funds {
        let open = funds::appeals_of(conn, fund.id, APPEALS_OFFERED)?.into_iter().filter(|it| it.closed_at.is_none());
        found.extend(open.map(|it| (format!("{}/{}", fund.slug, it.name), format!("{}, {}", fund.title, it.name))));
    }
    Ok(found)
}

/// Accounts that a line may go to: those in use for income and expenses, and the two that every society has.
fn accounts(conn: &mut Conn, now: DateTime<Utc>, line: &Line) -> Result<Vec<String>, DbError> {
    let today = now.date_naive().max(line.booked_on);
    let known = ledger::balances(conn, today)?.into_iter().map(|balance| balance.account);
    let own = [ledger::accounts::OTHER_INCOME, ledger::accounts::PAYMENT_FEES].map(str::to_owned);
    let mut names: Vec<String> = known.chain(own).filter(|name| is_offered(name)).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn is_offered(account: &str) -> bool {
    (account.starts_with("income:") && !account.starts_with("income:donations"))
        || (account.starts_with("expenses:") && account != ledger::accounts::SHARE_INTEREST)
}

async fn settle(deed: Deed, desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let (hand, id) = (desk.hand(), *id);
    let mut form = Form::sent(pairs.into_inner());
    let mut sent = form.clone();
    let landed = desk
        .write(move |conn, now| {
            let line = statements::line(conn, id)?.ok_or_else(|| Problem::not_found("There is no such line."))?;
            if deed == Deed::Undo {
                undone(conn, now, &hand, id, sent.value("reason").trim())?;
                return Ok(Ok(None));
            }
            // Whoever was too late hears that first, and not of a fault in a form that is gone.
            matching::check_open(conn, &line, seen(&sent)).map_err(refused)?;
            let Some(parts) = understood(conn, deed, &line, &mut sent)? else { return Ok(Err(sent)) };
            settled(conn, now, &hand, (id, seen(&sent)), &parts)?;
            Ok(Ok(queue::next_of(conn, &line)?))
        })
        .await;
    match landed {
        Ok(Ok(_)) if deed == Deed::Undo => Ok(see_other(&format!("/desk/bank/lines/{id}"))),
        Ok(Ok(next)) => Ok(see_other(&queue::onward(&form, next))),
        Ok(Err(refused)) => {
            let asked = refused.clone();
            shown(desk, id, asked, Some((deed, refused)), None).await
        }
        Err(problem) => {
            let told = problem.clone();
            form.take(problem, deed.fields())?;
            // A conflict is about the line and not about what was typed.
            let objection = (told.status == StatusCode::CONFLICT).then_some(told);
            let asked = form.clone();
            shown(desk, id, asked, Some((deed, form)), objection).await
        }
    }
}

/// The parts that the form means; nothing when something is wrong with a field.
fn understood(conn: &mut Conn, deed: Deed, line: &Line, form: &mut Form) -> Result<Option<Vec<Part>>, Problem> {
    let funds = funds::all(conn)?;
    let (currency, _) = matching::home(conn)?;
    let one = match deed {
        Deed::Gift => parts::gift(line, form, &funds),
        Deed::Account => parts::account(line, form),
        Deed::Payout => parts::payout(line, form, currency),
        Deed::Split => {
            let fund = funds.first().ok_or_else(|| Problem::not_found("There is no fund here yet."))?;
            return parts::split(line, form, fund).map(Some);
        }
        Deed::Undo => None,
    };
    Ok(one.map(|part| vec![part]))
}
