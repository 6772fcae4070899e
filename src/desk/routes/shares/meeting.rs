//! One meeting: where it is held, how many came, and its story.

use actix_web::{HttpResponse, web};

use super::meetings::{FIELDS, sitting_fields, sitting_in};
use super::roll::section_names;
use super::{Desk, Done, Pairs, Sent, drawn, notes, once, sitting};
use crate::db::Conn;
use crate::desk::folio::{Deed, Folio, Table, badge, link, number, text};
use crate::desk::written::{moment, short_day, who};
use crate::funds::words::day;
use crate::http::{Problem, Routes};
use crate::shares::meetings::{self, DiedSince, Meeting, Sitting};
use crate::shares::notes::NoteKind;
use crate::shares::numbers::grouped;
use crate::shares::{self, ShareError, sections};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/meetings/{id}", May::Read, show).post("/shares/meetings/{id}/sittings", May::Keep, hold_in);
}

/// Where a meeting is shown.
pub(super) fn place(id: i64) -> String {
    format!("/desk/shares/meetings/{id}")
}

/// The meeting of this number.
pub(super) fn known(conn: &mut Conn, id: i64) -> Result<Meeting, Problem> {
    meetings::meeting(conn, id)?.ok_or_else(|| Problem::not_found(ShareError::UnknownMeeting))
}

/// "All members", or the section's name.
pub(super) fn called(conn: &mut Conn, sitting: &Sitting) -> Result<String, Problem> {
    let Some(id) = sitting.section_id else { return Ok("All members".to_owned()) };
    let found = sections::all(conn)?.into_iter().find(|section| section.id == id);
    Ok(found.map(|section| section.name).unwrap_or_default())
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *id, None).await
}

async fn shown_with(desk: Desk, id: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| {
        let one = known(conn, id)?;
        let zone = shares::settings(conn)?.zone;
        let today = crate::clock::date_in(now, zone).to_string();
        let mut folio = Folio::under("Meetings", "/desk/shares/meetings", one.name.clone());
        if one.taken_back_at.is_some() {
            folio.notice = Some(("This meeting was opened in error and taken back.".to_owned(), "wait"));
        }
        folio.fact("Record date", text(day(one.record_on)));
        folio.fact("The roll is as it was known on", text(moment(one.known_at.and_utc(), zone)));
        folio.fact("Votes on the roll", number(grouped(one.votes)));
        let since = meetings::died_since(conn, &one)?;
        let gone = since.iter().filter(|one| one.holder.died_on().is_some()).count() as i64;
        if gone > 0 {
            let left = grouped(one.votes - gone);
            let words = format!("{} since the roll was fixed; {left} may still vote", died(gone));
            folio.fact("Of these", text(words));
        }
        folio.fact("Opened by", text(who(&one.recorded_by)));
        let votes = meetings::votes_at(conn, id)?;
        let sittings = meetings::sittings(conn, id)?;
        let mut table = Table::new("Where it is held", &["Of", "Day", "Place", "#Came", "#Voted"], "Nowhere.");
        for held in &sittings {
            let here = || votes.iter().filter(|vote| vote.sitting_id == held.id && vote.taken_back_at.is_none());
            table.row(vec![
                link(called(conn, held)?, sitting::place(held.id)),
                text(short_day(held.held_on)),
                text(&held.place),
                number(here().count()),
                number(here().filter(|vote| vote.has_voted).count()),
            ]);
        }
        folio.tables.push(table);
        if !since.is_empty() {
            folio.tables.push(died_table(&since));
        }
        let is_in_sections = sittings.iter().all(|held| held.section_id.is_some());
        if may.keep && is_in_sections && one.taken_back_at.is_none() {
            folio.deeds.push(
                Deed::new("sitting", "A meeting of another section", format!("{}/sittings", place(id)))
                    .asking(sitting_fields(section_names(conn, "Please choose")?))
                    .saying("It has the same roll; who voted elsewhere does not vote here.", "Add the meeting")
                    .with("held_on", today)
                    .again(sent),
            );
        }
        folio.history.push(notes::of_row(conn, NoteKind::Meeting, id)?);
        Ok(folio)
    })
    .await
}

/// "one has died", "12 have died"
fn died(count: i64) -> String {
    if count == 1 { "one has died".to_owned() } else { format!("{} have died", grouped(count)) }
}

/// Who died since a roll was fixed, and who votes instead.
pub(super) fn died_table(since: &[DiedSince]) -> Table {
    let mut table = Table::new("Died since the roll was fixed", &["Member", "What", "Who votes", "Here"], "");
    for one in since {
        let holder = &one.holder;
        let is_dead = holder.died_on().is_some();
        table.row(vec![
            super::holder_cell(holder),
            text(holder.remarks().join("; ")),
            text(if is_dead { "nobody" } else { holder.voter() }),
            if one.has_come { badge("noted in the name of the dead", "bad") } else { text("") },
        ]);
    }
    table
}

async fn hold_in(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, "sitting", FIELDS, pairs.into_inner(), move |conn, now, deed, form| {
        let one = known(conn, id)?;
        let held = sitting_in(form)?;
        let sitting = meetings::hold_in(conn, now, deed, &one, &held)?;
        Ok(Done::new(sitting::place(sitting), "section’s meeting added", one.name))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}
