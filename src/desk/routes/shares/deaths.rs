//! The deaths that the society was told of, and what is still to pass on.

use std::collections::HashMap;

use actix_web::HttpResponse;

use super::{Desk, asked, holder_cell, notes, shown};
use crate::desk::folio::{Folio, Table, badge, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::{moment, short_day};
use crate::http::{Problem, Routes};
use crate::shares::notes::{NoteKind, of_kinds, reversals_of};
use crate::shares::numbers::grouped;
use crate::shares::{self, register};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/deaths", May::Read, list);
}

/// Deaths on one page of the list.
const SHOWN: i64 = 100;

async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let folio = desk
        .read(move |conn, now| {
            let mut folio = Folio::under("The register", "/desk/shares/register", "Deaths");
            folio.lead =
                "A death is noted on the page of the member, who has no vote from that day. Shares stay until they \
                          pass on or are repaid; a death that was noted in error is taken back on the page of its note."
                    .to_owned();
            let before = asked(&pairs, "before").parse().unwrap_or(i64::MAX);
            let mut found = of_kinds(conn, &[NoteKind::Death.name()], before, SHOWN + 1)?;
            let is_more = found.len() as i64 > SHOWN;
            found.truncate(SHOWN as usize);
            let numbers: Vec<i64> = found.iter().map(|note| note.number).collect();
            let back = reversals_of(conn, &numbers)?;
            let ids: Vec<i64> = found.iter().filter_map(|note| note.holder_id).collect();
            let (view, zone) = (register::view(conn, now, None, None)?, shares::settings(conn)?.zone);
            let lines = register::lines_of(conn, &view, &ids)?;
            let mut persons = HashMap::new();
            for note in &found {
                let person = shares::death(conn, note.row_id)?.map(|death| death.person).unwrap_or_default();
                persons.insert(note.number, person);
            }
            let heads = ["Note", "Member", "Who", "Died on", "Noted", "Proof", "#Shares left", "State"];
            let mut table = Table::new("", &heads, "The society was told of no death.");
            for note in &found {
                let line = lines.iter().find(|line| Some(line.holder.id) == note.holder_id);
                let left: i64 = line.map_or(0, |line| line.holdings.iter().map(|held| held.shares).sum());
                let lives = line.is_some_and(|line| line.holder.died_on().is_none());
                let is_back = back.iter().any(|(of, _)| *of == note.number);
                table.row(vec![
                    link(note.number.to_string(), notes::place(note.number)),
                    line.map(|line| holder_cell(&line.holder)).unwrap_or_default(),
                    text(persons.remove(&note.number).unwrap_or_default()),
                    text(short_day(note.effective_on)),
                    text(moment(note.recorded_at.and_utc(), zone)),
                    text(&note.reason),
                    number(grouped(left)),
                    match (is_back, left) {
                        (true, _) => badge("taken back", ""),
                        (false, 0) => badge("passed on", "good"),
                        (false, _) if lives => badge("another holder lives", "good"),
                        (false, _) => badge("still to pass on", "wait"),
                    },
                ]);
            }
            folio.pager.0 = (before != i64::MAX).then(|| "/desk/shares/deaths".to_owned());
            let last = found.last().filter(|_| is_more);
            folio.pager.1 = last.map(|last| format!("/desk/shares/deaths?before={}", last.number));
            folio.tables.push(table);
            Ok(folio)
        })
        .await?;
    shown(desk, folio)
}
