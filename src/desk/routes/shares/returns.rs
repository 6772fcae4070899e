//! The figures of the yearly return between two days, each with the list behind it.

use actix_web::HttpResponse;

use super::{Desk, asked, lookup_form, money, shown, wrong};
use crate::desk::folio::{Deed, Folio, Kind, Table, field, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::short_day;
use crate::http::{Problem, Routes};
use crate::shares::numbers::grouped;
use crate::shares::register::{self, Change};
use crate::shares::{self, interest, parse};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/returns", May::Read, show);
}

/// Members of one list on the page; the CSV of the register has all of them.
const LISTED_MAX: usize = 1_000;

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let folio = desk
        .read(move |conn, now| {
            let mut folio = Folio::new("Returns");
            let mut search = Deed::new("find", "Returns", "/desk/shares/returns")
                .asking(vec![field("from", "From", Kind::Day), field("until", "Until the end of", Kind::Day)])
                .saying("", "Show");
            search.form = lookup_form(&pairs);
            let day = |name: &'static str| parse::date(asked(&pairs, name)).map_err(|message| wrong(name, message));
            let view = day("from").and_then(|from| {
                let until = day("until")?;
                Ok((from, register::view(conn, now, until, None).map_err(super::register::at("until"))?))
            });
            let (from, view) = match view {
                Ok(found) => found,
                Err(problem) => {
                    search.form.take(problem, &["from", "until"])?;
                    folio.lookup = Some(search);
                    return Ok(folio);
                }
            };
            let mut changes = Vec::new();
            let summary = register::summary_with(conn, &view, from, |line, change| {
                if changes.len() < LISTED_MAX {
                    changes.push((line.member, line.name.clone(), change));
                }
            })?;
            search.form = search.form.with("from", summary.from.to_string()).with("until", summary.as_at.to_string());
            folio.lookup = Some(search);
            folio.lead = format!("From {} to the end of {}.", short_day(summary.from), short_day(summary.as_at));
            let before = summary.from.pred_opt().unwrap_or(summary.from);
            let count =
                |count: i64, place: String| crate::desk::folio::Cell { is_number: true, ..link(grouped(count), place) };
            let at = |day| format!("/desk/shares/register?as_at={day}");
            folio.fact("Members at the start", count(summary.members_before, at(before)));
            folio.fact("Joined", count(summary.joined, "#joined".to_owned()));
            folio.fact("Ceased", count(summary.ceased, "#ceased".to_owned()));
            folio.fact("Members at the end", count(summary.members, at(summary.as_at)));
            folio.fact("Votes at the end", count(summary.votes, format!("/desk/shares/roll?as_at={}", summary.as_at)));
            let mut capital = Table::new("Share capital at the end", &["Class", "#Shares", "#Capital"], "");
            for (class, held, paid) in &summary.classes {
                capital.row(vec![text(&class.name), number(grouped(*held)), number(money(*paid, class))]);
            }
            folio.tables.push(capital);
            let mut declared = Table::new("Interest declared", &["Until", "#Amount", "Entry"], "None.");
            let classes = shares::classes(conn)?;
            for run in interest::runs(conn)?.into_iter().filter(|run| run.taken_back_at.is_none()) {
                let class = classes.iter().find(|class| class.id == run.class_id);
                if (summary.from..=summary.as_at).contains(&run.declared_on) {
                    declared.row(vec![
                        text(short_day(run.until_on)),
                        number(class.map(|class| money(run.total_minor, class)).unwrap_or_default()),
                        link(run.entry.to_string(), format!("/desk/ledger/entries/{}", run.entry)),
                    ]);
                }
            }
            folio.tables.push(declared);
            for (wanted, title) in [(Change::Joined, "Joined"), (Change::Ceased, "Ceased")] {
                let mut table = Table::new(title, &["Member", "Name"], "Nobody.");
                for (member, name, _) in changes.iter().filter(|(_, _, change)| *change == wanted) {
                    table.row(vec![link(member.to_string(), format!("/desk/shares/members/{member}")), text(name)]);
                }
                folio.history.push(table);
            }
            Ok(folio)
        })
        .await?;
    shown(desk, folio)
}
