//! How the register stands, and what waits for somebody.

use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, Utc};

use super::{Desk, money, shown};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Folio, Table, badge, link, number, text};
use crate::desk::written::short_day;
use crate::http::{Problem, Routes};
use crate::ledger::accounts;
use crate::money::display;
use crate::outbox::{self, LetterKind};
use crate::shares::numbers::grouped;
use crate::shares::{self, WithdrawalStatus, register};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares", May::Read, show);
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    let folio = desk.read(move |conn, now| folio(conn, now, may)).await?;
    shown(desk, folio)
}

/// Events shown of the latest.
const EVENTS_SHOWN: i64 = 12;

fn folio(conn: &mut Conn, now: DateTime<Utc>, may: Allowed) -> Result<Folio, Problem> {
    let view = register::view(conn, now, None, None)?;
    let (members, _) = register::standing(conn, view.as_at)?;
    let mut folio = Folio::new("The share register");
    if may.enter_shares {
        folio.link("Enter an application", "/desk/shares/applications/new");
    }
    if may.keep && members == 0 {
        folio.link("Take a paper register in", "/desk/shares/import");
    }
    folio.fact("Members", link(grouped(members), "/desk/shares/register"));
    folio.tables.push(seam(conn, view.as_at, &mut folio.notice)?);
    let applications = shares::applications_waiting(conn)?;
    let words =
        format!("{} with {} kept for them", applications.count, display(applications.held_minor, crate::money::GBP));
    folio.fact("Applications waiting", link(words, "/desk/shares/applications"));
    let notices = shares::count_withdrawals(conn, WithdrawalStatus::NoticeGiven)?;
    let agreed = shares::count_withdrawals(conn, WithdrawalStatus::Agreed)?;
    let words = format!("{} for the committee, {} to be paid", grouped(notices), grouped(agreed));
    folio.fact("Withdrawals", link(words, "/desk/shares/withdrawals"));
    let proposed = shares::proposals::count_waiting(conn)?;
    if proposed > 0 || shares::settings(conn)?.needs_second_person {
        folio.fact("For a second person", link(format!("{proposed} waiting"), "/desk/shares/proposals"));
    }
    let to_post = outbox::count_to_post(conn, LetterKind::is_about_shares)?;
    let words = if to_post == 1 { "1 letter".to_owned() } else { format!("{to_post} letters") };
    folio.fact("To be printed and posted", link(words, "/desk/shares/letters"));
    let held = shares::held_letters::count(conn)?;
    if held > 0 {
        folio.fact("Letters held back", link(grouped(held), "/desk/shares/letters/held"));
    }
    let mut latest = Table::new("Latest events", &["Event", "Day", "What", "About", "By"], "Nothing has happened yet.");
    for event in shares::latest_events(conn, EVENTS_SHOWN)? {
        latest.row(vec![
            link(event.number.to_string(), format!("/desk/shares/events/{}", event.number)),
            text(short_day(event.effective_on)),
            text(event.kind.name()),
            text(event.subject),
            text(crate::desk::written::who(&event.recorded_by)),
        ]);
    }
    folio.history.push(latest);
    Ok(folio)
}

/// The seam with the books: shares at their nominal value against the ledger's account, class by class.
fn seam(conn: &mut Conn, as_at: NaiveDate, notice: &mut Option<(String, &'static str)>) -> Result<Table, Problem> {
    let mut table = Table::new(
        "The register and the books",
        &["Class", "#Shares", "#In the register", "#In the ledger", "Agree"],
        "There is no class of shares.",
    );
    for seam in shares::seams(conn, as_at)? {
        let class = &seam.class;
        let is_even = seam.is_even();
        table.row(vec![
            text(&class.name),
            number(grouped(seam.shares)),
            number(money(seam.register_minor, class)),
            crate::desk::folio::Cell {
                href: Some("/desk/ledger/accounts".to_owned()),
                ..number(money(seam.ledger_minor, class))
            },
            if is_even { badge("agree", "good") } else { badge("differ", "bad") },
        ]);
        if !is_even {
            let account = accounts::share_capital(&class.code);
            *notice = Some((
                format!("The register and the account {account} differ. Please stop entering shares and run verify."),
                "bad",
            ));
        }
    }
    Ok(table)
}
