//! Letters that strangers asked for and that were over a budget: shown, and written after all where staff say so.

use actix_web::{HttpResponse, web};

use super::folio::shown;
use super::{Asked, Desk, see_other};
use crate::desk::folio::{Deed, Folio, Table, link, text};
use crate::desk::written::moment;
use crate::funds;
use crate::http::{Problem, Routes};
use crate::outbox::{self, LetterBudgets, StrangerRequest};
use crate::reference::Reference;
use crate::shares::numbers::application_reference;
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/letters/withheld", May::Read, list);
    at.desk().post("/letters/withheld/reset", May::Manage, reset);
    at.desk().post("/letters/withheld/write", May::Enter, write);
}

/// Letters on a page.
const SHOWN: i64 = 50;
/// Places named that have no letters left.
const PLACES_NAMED: usize = 10;

async fn list(desk: Desk, asked: Asked, budgets: web::Data<LetterBudgets>) -> Result<HttpResponse, Problem> {
    let before = asked.iter().find(|(name, _)| name == "before").and_then(|(_, before)| before.parse().ok());
    let (count, some, zone) = desk
        .read(move |conn, _| {
            let zone = funds::all(conn)?.first().map_or(chrono_tz::UTC, |fund| fund.zone);
            Ok((outbox::count_withheld(conn)?, outbox::withheld(conn, before, SHOWN)?, zone))
        })
        .await?;
    let mut folio = Folio::under("Receipts", "/desk/receipts", "Letters not written");
    folio.lead = "Whoever fills in a public form makes us write to the address they typed, which may be anybody’s. So one \
                  address gets three such letters a day, and a place or everybody together not more than is likely. The \
                  gifts and applications below are recorded; only their letter with the bank details was not written."
        .to_owned();
    let (left, places) = budgets.stand(desk.clock.now());
    folio.fact("Not written", text(count.to_string()));
    folio.fact("May be written at once", text(left.to_string()));
    folio.fact("Places with none left", text(places.iter().take(PLACES_NAMED).cloned().collect::<Vec<_>>().join(", ")));
    let mut table = Table::new("", &["About", "To", "Asked at", "From", "Why not"], "All letters were written.");
    for one in &some {
        let (reference, place) = about(one);
        let cells = vec![
            link(reference, place),
            text(&one.recipient),
            text(moment(one.asked_at, zone)),
            text(&one.network),
            text(one.limit.reason()),
        ];
        table.choice(one.id.to_string(), cells);
    }
    if desk.may().record && !some.is_empty() {
        table.deed = Some(
            Deed::new("write", "Write the ticked letters", "/desk/letters/withheld/write")
                .saying("Tick those whose address looks like the giver’s own.", "Write the ticked letters"),
        );
    }
    if desk.may().manage {
        let hint = "For an afternoon on which many honest readers come at once.";
        folio.deeds.push(
            Deed::new("reset", "Begin the budgets anew", "/desk/letters/withheld/reset").saying(hint, "Begin anew"),
        );
    }
    folio.pager.0 = before.is_some().then(|| "/desk/letters/withheld".to_owned());
    let last = some.last().filter(|_| some.len() as i64 == SHOWN);
    folio.pager.1 = last.map(|last| format!("/desk/letters/withheld?before={}", last.id));
    folio.tables.push(table);
    shown(desk, folio)
}

fn about(one: &StrangerRequest) -> (String, String) {
    if one.kind.is_about_gift() {
        let reference = Reference::of(one.subject_id).to_string();
        (reference.clone(), format!("/desk/gifts/{reference}"))
    } else {
        let reference = application_reference(one.subject_id).to_string();
        (reference.clone(), format!("/desk/shares/applications/{reference}"))
    }
}

async fn write(desk: Desk, pairs: super::Pairs) -> Result<HttpResponse, Problem> {
    let ids: Vec<i64> = pairs
        .iter()
        .filter(|(name, _)| name == "chosen")
        .filter_map(|(_, id)| id.parse().ok())
        .take(SHOWN as usize)
        .collect();
    let hand = desk.hand();
    desk.write(move |conn, now| {
        let mut count = 0;
        for id in &ids {
            count += i64::from(outbox::write_withheld(conn, now, *id)?);
        }
        if count > 0 {
            hand.note(conn, now, "letters written after all", &format!("{count} letters"), "")?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other("/desk/letters/withheld"))
}

async fn reset(desk: Desk, budgets: web::Data<LetterBudgets>) -> Result<HttpResponse, Problem> {
    budgets.reset();
    let hand = desk.hand();
    desk.write(move |conn, now| Ok(hand.note(conn, now, "budgets of letters begun anew", "", "")?)).await?;
    Ok(see_other("/desk/letters/withheld"))
}
