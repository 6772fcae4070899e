//! The first page of the desk: how each fund stands, and what waits for somebody.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::Desk;
use super::appeals::year_before;
use super::receipts::mailbox;
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::promises::foretold;
use crate::desk::seam::{self, SeamLine};
use crate::desk::today::{Failed, FundToday, failed, promised};
use crate::desk::{chart, gift, journal, receipts};
use crate::donations::{self, Donation, Search, Status};
use crate::funds::{self, Fund, State, words};
use crate::http::{Problem, Proxies, Reach, Routes, Shell, page};
use crate::money::display;
use crate::outbox::{self, LetterKind};
use crate::staff::{Actor, May};
use crate::statements::{self, LineState};
use crate::{batches, ledger, shares, standing_orders};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("", May::Read, show);
}

/// Gifts shown of the latest, and of those that are promised.
const GIFTS_SHOWN: i64 = 8;
/// Failed letters shown; the rest are counted.
const FAILED_SHOWN: i64 = 10;
/// Funds drawn with their days; more would make the page slow to read.
const FUNDS_SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "desk/today.html")]
struct TodayPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    today: String,
    stand: Stand,
    /// What must be told when receipts and gifts disagree.
    alarm: Vec<String>,
    setup: Setup,
}

/// What whoever runs the program has yet to say.
struct Setup {
    /// True when a proxy speaks for the readers that no setting names.
    has_unnamed_proxy: bool,
    /// Other machines reach this one, and no setting says under which address.
    is_address_missing: bool,
}

struct Stand {
    funds: Vec<FundToday>,
    latest: Vec<gift::Line>,
    promised: Vec<gift::Line>,
    failed: Vec<Failed>,
    failed_count: i64,
    /// Letters that strangers asked for and that were over a budget.
    withheld: i64,
    /// Mails that came by themselves and that somebody must look at, and why no more can be read; empty while they can.
    mailbox: (i64, String),
    /// Letters on their way, and those to be printed.
    letters: (i64, i64),
    are_even: bool,
    seams: Vec<SeamLine>,
    /// Applications for shares that wait, and notices of withdrawal.
    shares_waiting: (i64, i64),
    /// Batches of the post that are open, and the cheques in hand in words; empty for none.
    post_waiting: (i64, String),
    /// Lines of bank statements that wait, and receipts that were left unallocated.
    bank_waiting: (i64, i64),
    head: i64,
}

async fn show(desk: Desk, proxies: web::Data<Proxies>, reach: web::Data<Reach>) -> Result<HttpResponse, Problem> {
    let (zone, stand) = desk.read(|conn, now| Ok(stand(conn, now)?)).await?;
    let today = words::day(date_in(desk.clock.now(), zone));
    let watch = desk.view(|conn, _| Ok(donations::receipt_watch(conn)?)).await?;
    let (may, alarm) = (desk.may(), receipts::alarm(&watch));
    let setup = Setup { has_unnamed_proxy: proxies.is_one_unnamed(), is_address_missing: reach.is_address_missing };
    page(StatusCode::OK, &TodayPage { shell: desk.shell, actor: desk.actor, may, today, stand, alarm, setup })
}

fn stand(conn: &mut Conn, now: DateTime<Utc>) -> Result<(Tz, Stand), DbError> {
    let all = funds::all(conn)?;
    let zone = all.first().map_or(Tz::UTC, |fund| fund.zone);
    let mut standing = Vec::new();
    for fund in all.iter().take(FUNDS_SHOWN) {
        standing.push(fund_today(conn, now, fund)?);
    }
    // Those that run come first; each group stays in the order the funds were made.
    standing.sort_by_key(|fund| fund.told.state == State::Closed);
    let promised = Search { status: Some(Status::Pledged), ..Search::default() };
    let lines = |gifts: Vec<Donation>| gifts.iter().map(|gift| gift::line(gift, zone)).collect();
    let stand = Stand {
        funds: standing,
        latest: lines(donations::newest(conn, GIFTS_SHOWN)?),
        promised: lines(donations::search(conn, &promised, GIFTS_SHOWN)?),
        failed: outbox::failed(conn, None, FAILED_SHOWN)?.iter().map(|letter| failed(letter, zone)).collect(),
        failed_count: outbox::count_failed(conn)?,
        withheld: outbox::count_withheld(conn)?,
        mailbox: (outbox::count_unseen(conn)?, mailbox::away(conn, zone)?),
        letters: (outbox::count_waiting(conn)?, outbox::count_to_post(conn, LetterKind::is_about_giving)?),
        shares_waiting: (shares::applications_waiting(conn)?.count, shares::notices_waiting(conn)?),
        post_waiting: (batches::count_open(conn)?, cheques_in_hand(conn, &all)?),
        bank_waiting: (
            statements::count(conn, LineState::Waiting, None)?,
            statements::matching::sum_unallocated(conn)?.0,
        ),
        seams: seam::lines(&shares::seams(conn, last_day())?),
        are_even: journal::are_even(&ledger::balances(conn, last_day())?),
        head: ledger::head(conn)?.number,
    };
    Ok((zone, stand))
}

/// "£25.00" in cheques that are to be paid in, of the first fund's currency.
fn cheques_in_hand(conn: &mut Conn, funds: &[Fund]) -> Result<String, DbError> {
    let Some(fund) = funds.first() else { return Ok(String::new()) };
    let minor = batches::slips::balance(conn, ledger::accounts::CHEQUES_IN_HAND, fund.currency)?;
    Ok(if minor > 0 { display(minor, fund.currency) } else { String::new() })
}

/// Later than any entry: the balance is of everything.
fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date")
}

fn fund_today(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<FundToday, DbError> {
    let today = date_in(now, fund.zone);
    let appeal = funds::current_appeal(conn, fund.id, today)?;
    let appeal = appeal.ok_or_else(|| DbError::Corrupt(format!("the fund {} has no appeal", fund.slug)))?;
    let standing = funds::standing(conn, now, fund, &appeal)?;
    let came = donations::sums_by_day(conn, appeal.id)?;
    let mut told = words::tell(fund, &appeal, &standing, &[]);
    told.given_back = donations::given_back(conn, fund, &appeal, &standing)?;
    let before = year_before(conn, fund, &appeal)?;
    let (promised_count, promised_sum) = promised(donations::count_pledged(conn, appeal.id)?, fund.currency);
    Ok(FundToday {
        slug: fund.slug.clone(),
        title: fund.title.clone(),
        appeal: appeal.name.clone(),
        told,
        chart: chart::draw(&standing, today, &came, before.as_ref()),
        foretold: foretold(&standing_orders::forecast(conn, now, fund, &appeal)?, fund.currency),
        promised_count,
        promised_sum,
    })
}
