//! Refunds that are still to be paid: what the books gave back and no statement of the bank shows yet.

use actix_web::HttpResponse;

use super::Desk;
use super::folio::shown;
use crate::clock::date_in;
use crate::desk::folio::{Folio, Table, badge, link, number, text};
use crate::desk::written::short_day;
use crate::donations;
use crate::http::{Problem, Routes};
use crate::money::display;
use crate::reference::Reference;
use crate::staff::May;
use crate::statements::matching::{self, UnpaidRefund};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/gifts/refunds", May::Read, list);
}

/// Days after which somebody should ask why the money has not left.
const LATE_DAYS: i64 = 14;

async fn list(desk: Desk) -> Result<HttpResponse, Problem> {
    let (refunds, gifts, currency, today) = desk
        .read(|conn, now| {
            let (currency, zone) = matching::home(conn)?;
            let today = date_in(now, zone);
            let refunds = matching::unpaid_refunds(conn, today)?;
            let gifts = donations::by_numbers(conn, &refunds.iter().filter_map(gift_of).collect::<Vec<_>>())?;
            Ok((refunds, gifts, currency, today))
        })
        .await?;
    let mut folio = Folio::under("Gifts", "/desk/gifts", "Refunds to be paid");
    folio.lead = if refunds.is_empty() {
        "Every refund of the books stands on a statement of the bank.".to_owned()
    } else {
        let sum = refunds.iter().map(|refund| refund.amount_minor).sum();
        format!(
            "{} in {}. The books have given this back; the bank has not shown it yet. Pay each, with its reference, and it \
             leaves this list when the line of the statement is matched with it.",
            display(sum, currency),
            if refunds.len() == 1 { "one refund".to_owned() } else { format!("{} refunds", refunds.len()) },
        )
    };
    folio.link("Lines of the bank that wait", "/desk/bank/queue");
    let empty = "Nothing is to be paid back.";
    let mut table = Table::new("To be paid", &["Since", "To", "Gift", "Entry", "#Amount", "Waits"], empty);
    for refund in &refunds {
        let gift = gift_of(refund).and_then(|number| gifts.get(&number));
        let name = gift.map(|gift| gift.name.clone()).filter(|name| !name.is_empty());
        let days = (today - refund.on).num_days();
        let waits = match days {
            0 => "since today".to_owned(),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        table.row(vec![
            text(short_day(refund.on)),
            text(name.unwrap_or_else(|| "no name".to_owned())),
            link(refund.gift.clone(), format!("/desk/gifts/{}", refund.gift)),
            link(refund.entry.to_string(), format!("/desk/ledger/entries/{}", refund.entry)),
            number(display(refund.amount_minor, currency)),
            if days > LATE_DAYS { badge(waits, "wait") } else { text(waits) },
        ]);
    }
    folio.tables.push(table);
    shown(desk, folio)
}

fn gift_of(refund: &UnpaidRefund) -> Option<i64> {
    refund.gift.parse::<Reference>().ok().map(Reference::number)
}
