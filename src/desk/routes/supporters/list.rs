//! Everybody who ever gave, newest first, and those of them who cannot be written to.

use crate::http::Routes;
use crate::staff::May;
use actix_web::HttpResponse;

use super::Desk;
use crate::desk::folio::{Deed, Folio, Kind, Table, choice, field, hinted, link, text};
use crate::desk::receipts::counted;
use crate::desk::routes::Asked;
use crate::desk::routes::folio::{asked, drawn, lookup_form};
use crate::desk::written::short_day;
use crate::supporters::{self, Reach, Supporter};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/supporters", May::Read, show);
}

/// Supporters on a page.
const PAGE: usize = 50;
/// Counted up to here; more is said as more.
const COUNTED_MAX: i64 = 1_000;

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, crate::http::Problem> {
    let pairs = pairs.into_inner();
    drawn(desk, None, move |conn, _, _, _| {
        let (text, before) = (asked(&pairs, "q").to_owned(), asked(&pairs, "before").parse().ok());
        let reach = if asked(&pairs, "reach") == "nowhere" { Reach::Nowhere } else { Reach::Any };
        let limit = i64::try_from(PAGE + 1).expect("a page is small");
        let mut found = supporters::page(conn, &text, reach, before, limit)?;
        let nowhere = supporters::gave_no_address(conn, COUNTED_MAX)?;
        let mut folio = Folio::new("Supporters");
        folio.lead = match nowhere {
            0 => "Everybody who gave a name can be written to.".to_owned(),
            COUNTED_MAX => format!("{COUNTED_MAX} or more gave a name and no address."),
            count => counted(count, "One gave a name and no address.", "{} gave a name and no address."),
        };
        folio.link("Yearly statements", "/desk/statements");
        let ways = choice([("", "Everybody"), ("nowhere", "Those without an address")]);
        folio.lookup = Some(Deed {
            form: lookup_form(&pairs),
            ..Deed::new("find", "Supporters", "/desk/supporters")
                .asking(vec![
                    hinted("q", "Find", "A name or an e-mail address.", Kind::Line),
                    field("reach", "Show", ways),
                ])
                .saying("", "Find")
        });
        if found.len() > PAGE {
            found.truncate(PAGE);
            let last = found.last().map_or(0, |last| last.id);
            folio.pager.1 = Some(address(&text, reach, last));
        }
        if before.is_some() {
            folio.pager.0 = Some(address(&text, reach, i64::MAX));
        }
        let mut table =
            Table::new("", &["Name", "E-mail", "Postal address", "Since"], "Nobody matches. Try a part of the name.");
        found.iter().for_each(|one| table.row(line(one)));
        folio.tables.push(table);
        Ok(folio)
    })
    .await
}

fn line(one: &Supporter) -> Vec<crate::desk::folio::Cell> {
    let name = if one.name.is_empty() { "without a name" } else { one.name.as_str() };
    vec![
        link(name, format!("/desk/supporters/{}", one.id)),
        text(one.email.clone().unwrap_or_default()),
        text(one.address.lines().collect::<Vec<_>>().join(", ")),
        text(short_day(one.created_at.date_naive())),
    ]
}

/// The address of a page of the same list.
fn address(q: &str, reach: Reach, before: i64) -> String {
    let start = "/desk/supporters?".to_owned();
    let at = start.len();
    let mut place = url::form_urlencoded::Serializer::for_suffix(start, at);
    if !q.is_empty() {
        place.append_pair("q", q);
    }
    if reach == Reach::Nowhere {
        place.append_pair("reach", "nowhere");
    }
    if before < i64::MAX {
        place.append_pair("before", &before.to_string());
    }
    place.finish().trim_end_matches('?').to_owned()
}
