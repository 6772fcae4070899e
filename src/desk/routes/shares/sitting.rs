//! Where a meeting is held: its roll with boxes to tick, and who came and voted.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};

use super::roll::Wanted;
use super::{Desk, Done, Pairs, Sent, asked, drawn, meeting, on_one_line, once, shown, words_in, wrong};
use crate::db::Conn;
use crate::desk::folio::{Cell, Deed, Folio, Kind, Table, badge, choice, field, hinted, link, text};
use crate::desk::routes::Asked;
use crate::desk::written::{moment, who};
use crate::exports::{BOM, cell};
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes};
use crate::shares::meetings::{self, Sitting, Vote};
use crate::shares::numbers::{self, MemberNumber};
use crate::shares::register::Line;
use crate::shares::sections::Sections;
use crate::shares::{self, Holder, ShareError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/sittings/{id}", May::Read, show)
        .get("/shares/sittings/{id}/roll", May::Read, print)
        .get("/shares/sittings/{id}/votes.csv", May::Read, list)
        .post("/shares/sittings/{id}/votes", May::Keep, note)
        .post("/shares/sittings/{id}/votes/taking-back", May::Keep, take_back);
}

/// Voters on one page to be printed: a section's.
const PRINTED_MAX: usize = 5_000;

/// Where it is shown.
pub(super) fn place(id: i64) -> String {
    format!("/desk/shares/sittings/{id}")
}

fn known(conn: &mut Conn, id: i64) -> Result<Sitting, Problem> {
    meetings::sitting(conn, id)?.ok_or_else(|| Problem::not_found(ShareError::UnknownMeeting))
}

/// Who came here, those taken back too.
fn votes_here(conn: &mut Conn, sitting: &Sitting) -> Result<Vec<Vote>, Problem> {
    let votes = meetings::votes_at(conn, sitting.meeting_id)?;
    Ok(votes.into_iter().filter(|vote| vote.sitting_id == sitting.id).collect())
}

async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    shown_with(desk, *id, None).await
}

async fn shown_with(desk: Desk, id: i64, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, _, may, sent| {
        let one = known(conn, id)?;
        let whole = meeting::known(conn, one.meeting_id)?;
        let name = meeting::called(conn, &one)?;
        let mut folio = Folio::under(&whole.name, &meeting::place(whole.id), name);
        let votes = votes_here(conn, &one)?;
        let came = votes.iter().filter(|vote| vote.taken_back_at.is_none()).count();
        let voted = votes.iter().filter(|vote| vote.taken_back_at.is_none() && vote.has_voted).count();
        folio.fact("Held on", text(day(one.held_on)));
        folio.fact("Place", text(&one.place));
        folio.fact("Record date", text(day(whole.record_on)));
        folio.fact("Came", text(format!("{came}, of whom {voted} voted")));
        warn(conn, &mut folio, &whole)?;
        folio.link("Print the roll", format!("{}/roll", place(id)));
        folio.link("Who came, as CSV", format!("{}/votes.csv", place(id)));
        let mut table = came_table(conn, &votes)?;
        if may.keep && came > 0 {
            table.deed = Some(
                Deed::new("taking-back", "Noted in error", format!("{}/votes/taking-back", place(id)))
                    .asking(vec![hinted("reason", "Why", "For example: another member’s number.", Kind::Line)])
                    .saying("", "Take back the ticked ones")
                    .again(sent),
            );
        }
        folio.history.push(table);
        if may.keep && whole.taken_back_at.is_none() {
            folio.deeds.push(
                Deed::new("votes", "Note who is here", format!("{}/votes", place(id)))
                    .asking(vec![
                        hinted("members", "Member numbers", "One a line, or with blanks between.", Kind::Area),
                        field("voted", "They", choice([("true", "came and voted"), ("", "came and have not voted")])),
                    ])
                    .saying("All of them, or none when one has voted already or is not on the roll.", "Note them")
                    .open()
                    .again(sent),
            );
        }
        Ok(folio)
    })
    .await
}

/// Says which votes of a roll that was fixed before are none, and which were noted all the same.
fn warn(conn: &mut Conn, folio: &mut Folio, whole: &meetings::Meeting) -> Result<(), Problem> {
    let since = meetings::died_since(conn, whole)?;
    let came: Vec<String> = since.iter().filter(|one| one.has_come).map(|one| one.holder.called()).collect();
    if !came.is_empty() {
        let words = format!("Somebody was noted in the name of the dead: {}. Please take that back.", came.join(", "));
        folio.notice = Some((words, "bad"));
    }
    if !since.is_empty() {
        folio.history.push(meeting::died_table(&since));
    }
    Ok(())
}

fn came_table(conn: &mut Conn, votes: &[Vote]) -> Result<Table, Problem> {
    let zone = shares::settings(conn)?.zone;
    let heads = ["Member", "Who came", "What", "Noted", "By"];
    let mut table = Table::new("Who came", &heads, "Nobody was noted yet.");
    let ids: Vec<i64> = votes.iter().map(|vote| vote.holder_id).collect();
    let holders = shares::holders_now(conn, &ids)?;
    for vote in votes.iter().rev() {
        let holder = holders.get(&vote.holder_id);
        let what = match vote.taken_back_by.as_deref().zip(vote.taken_back_at) {
            Some((by, at)) => {
                let when = moment(at.and_utc(), zone);
                badge(format!("taken back by {}, {when}: {}", who(by), vote.taken_back_reason), "")
            }
            None if vote.has_voted => badge("voted", "good"),
            None => badge("came", ""),
        };
        table.choice(
            if vote.taken_back_at.is_none() { vote.id.to_string() } else { String::new() },
            vec![
                member_cell(holder),
                text(&vote.voter),
                what,
                text(moment(vote.recorded_at.and_utc(), zone)),
                text(who(&vote.recorded_by)),
            ],
        );
    }
    Ok(table)
}

fn member_cell(holder: Option<&shares::Holder>) -> Cell {
    let Some(holder) = holder else { return Cell::default() };
    let number = holder.called();
    link(format!("{number} {}", holder.name), format!("/desk/shares/members/{number}"))
}

/// The boxes of a roll at the door: came, voted.
fn boxes(vote: Option<&Vote>, sitting: i64) -> [&'static str; 2] {
    match vote {
        None => ["☐", "☐"],
        Some(vote) if vote.sitting_id != sitting => ["elsewhere", "—"],
        Some(vote) if vote.has_voted => ["☑", "☑"],
        Some(_) => ["☑", "☐"],
    }
}

/// The number behind which a page begins.
fn number_asked(pairs: &[(String, String)]) -> MemberNumber {
    asked(pairs, "after").parse().unwrap_or(MemberNumber(0))
}

/// The roll as it is printed for the door: one line and two boxes for each vote.
async fn print(desk: Desk, id: web::Path<i64>, pairs: Asked) -> Result<HttpResponse, Problem> {
    let id = *id;
    let folio = desk.read(move |conn, _| roll(conn, id, number_asked(&pairs))).await?;
    shown(desk, folio)
}

/// A page of the roll: the voters whose numbers come after `from`.
fn roll(conn: &mut Conn, id: i64, from: MemberNumber) -> Result<Folio, Problem> {
    let one = known(conn, id)?;
    let whole = meeting::known(conn, one.meeting_id)?;
    let name = meeting::called(conn, &one)?;
    let (sections, view) = (Sections::load(conn)?, whole.view());
    let classes = shares::classes_on(conn, whole.record_on)?;
    let wanted = one.section_id.map_or(Wanted::All, Wanted::Of);
    let at = place(id);
    let mut folio = Folio::under(&name, &at, format!("Voting roll: {}, {}", whole.name, name.to_lowercase()));
    let votes: HashMap<i64, Vote> = meetings::votes_at(conn, whole.id)?
        .into_iter()
        .filter(|vote| vote.taken_back_at.is_none())
        .map(|vote| (vote.holder_id, vote))
        .collect();
    let heads = ["Member", "Name", "Who votes", "Address", "Here", "Voted"];
    let mut table = Table::new("", &heads, "Nobody on the roll belongs here.");
    let since = meetings::died_since(conn, &whole)?;
    let (mut count, mut dead, mut after, mut is_more) = (0_usize, 0_usize, MemberNumber(0), false);
    shares::each_line(conn, &view, |line| {
        if !wanted.has(&line, &classes, &sections) {
            return;
        }
        count += 1;
        let now = since.iter().find(|one| one.holder.id == line.holder.id);
        let now = now.map(|since| since.holder.clone().on(one.held_on));
        dead += usize::from(now.as_ref().is_some_and(|holder| holder.died_on().is_some()));
        if line.member <= from {
            return;
        }
        if table.rows.len() >= PRINTED_MAX {
            is_more = true;
            return;
        }
        after = line.member;
        table.row(printed(&line, now.as_ref(), votes.get(&line.holder.id), id));
    })?;
    folio.lead =
        format!("{}, as the register was known when the meeting was opened.", numbers::counted_votes(count as i64));
    if dead > 0 {
        let verb = if dead == 1 { "has" } else { "have" };
        folio.notice = Some((format!("{dead} on this roll {verb} died since it was fixed and cast no vote."), "wait"));
    }
    folio.pager.1 = is_more.then(|| format!("{at}/roll?after={after}"));
    folio.pager.0 = (from.0 > 0).then(|| format!("{at}/roll"));
    folio.tables.push(table);
    Ok(folio)
}

/// A voter's line on the printed roll; `now` where somebody of the holding died since the roll was fixed.
fn printed(line: &Line, now: Option<&Holder>, vote: Option<&Vote>, sitting: i64) -> Vec<Cell> {
    let holder = now.unwrap_or(&line.holder);
    let is_dead = now.is_some_and(|holder| holder.died_on().is_some());
    let boxes = if is_dead { ["died", "no vote"] } else { boxes(vote, sitting) };
    let mut cells = vec![
        text(line.member.to_string()),
        text(holder.remarked()),
        text(if is_dead { "" } else { holder.voter() }),
        text(on_one_line(&line.holder.address)),
    ];
    cells.extend(boxes.map(text));
    cells
}

/// Who came, as CSV.
async fn list(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    let id = *id;
    let csv = desk
        .read(move |conn, _| {
            let one = known(conn, id)?;
            let mut csv = csv::Writer::from_writer(BOM.to_vec());
            csv.write_record(["member", "name", "who_came", "voted"]).map_err(Problem::internal)?;
            for vote in votes_here(conn, &one)?.iter().filter(|vote| vote.taken_back_at.is_none()) {
                let holder = shares::holder(conn, vote.holder_id)?.ok_or(ShareError::UnknownMeeting)?;
                let voted = if vote.has_voted { "yes" } else { "no" };
                csv.write_record([
                    holder.called(),
                    cell(&holder.name).into_owned(),
                    cell(&vote.voter).into_owned(),
                    voted.to_owned(),
                ])
                .map_err(Problem::internal)?;
            }
            csv.into_inner().map_err(Problem::internal)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", format!("attachment; filename=\"votes-{id}.csv\"")))
        .body(csv))
}

fn members_in(form: &Form) -> Result<Vec<MemberNumber>, Problem> {
    numbers::members_in(form.value("members"))
        .map_err(|word| wrong("members", format!("{word}: {}", numbers::NotANumber)))
}

async fn answered(desk: Desk, id: i64, done: Result<HttpResponse, (String, Form)>) -> Result<HttpResponse, Problem> {
    match done {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, id, Some(sent)).await,
    }
}

async fn note(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, "votes", &["members", "voted"], pairs.into_inner(), move |conn, now, deed, form| {
        let one = known(conn, id)?;
        let members = members_in(form)?;
        let has_voted = form.is_ticked("voted");
        let count =
            meetings::note_votes(conn, now, deed, &one, has_voted, &members).map_err(super::register::at("members"))?;
        let what = if has_voted { "votes noted" } else { "attendance noted" };
        Ok(Done::new(place(id), what, format!("meeting {}", one.meeting_id)).saying(format!("{count} members")))
    });
    let done = done.await?;
    answered(desk, id, done).await
}

async fn take_back(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, "taking-back", &["reason"], pairs.into_inner(), move |conn, now, deed, form| {
        let reason = words_in(form, "reason")?;
        let chosen = form.values("chosen");
        if chosen.is_empty() {
            return Err(Problem::conflict("Please tick what was noted in error."));
        }
        for vote in chosen.iter().filter_map(|vote| vote.parse().ok()) {
            meetings::take_vote_back(conn, now, deed, vote, &reason)?;
        }
        Ok(Done::new(place(id), "vote taken back", format!("votes {}", chosen.join(", "))).saying(reason))
    });
    let done = done.await?;
    answered(desk, id, done).await
}
