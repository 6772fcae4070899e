//! Meetings of members: the list, and a new one.

use actix_web::HttpResponse;

use super::roll::section_names;
use super::{Desk, Done, Pairs, Sent, day_in, drawn, meeting, needed_in, once, words_in, wrong};
use crate::desk::folio::{Deed, Field, Folio, Kind, Table, field, hinted, link, number, text};
use crate::desk::written::short_day;
use crate::http::{Form, Problem, Routes};
use crate::shares::meetings::{self, NewMeeting, NewSitting};
use crate::shares::numbers::grouped;
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/meetings", May::Read, show).post("/shares/meetings", May::Keep, open);
}

/// Meetings shown.
const SHOWN_MAX: i64 = 100;

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| {
        let zone = crate::shares::settings(conn)?.zone;
        let today = crate::clock::date_in(now, zone).to_string();
        let mut folio = Folio::under("Voting roll", "/desk/shares/roll", "Meetings");
        folio.lead = "The roll of a meeting is fixed when it is opened. A member votes once, at whichever section’s meeting."
            .to_owned();
        let heads = ["Meeting", "Record date", "Held on", "#Votes on the roll", "#Came", "#Voted"];
        let mut table = Table::new("", &heads, "No meeting was opened yet.");
        for one in meetings::meetings(conn, SHOWN_MAX)? {
            let votes = meetings::votes_at(conn, one.id)?;
            let standing = votes.iter().filter(|vote| vote.taken_back_at.is_none());
            let (came, voted) = standing.fold((0, 0), |(came, voted), vote| (came + 1, voted + i64::from(vote.has_voted)));
            let days: Vec<String> =
                meetings::sittings(conn, one.id)?.iter().map(|sitting| short_day(sitting.held_on)).collect();
            table.row(vec![
                link(&one.name, meeting::place(one.id)),
                text(short_day(one.record_on)),
                text(days.join(", ")),
                number(grouped(one.votes)),
                number(grouped(came)),
                number(grouped(voted)),
            ]);
        }
        folio.tables.push(table);
        if may.keep {
            let mut fields = vec![
                hinted("name", "Name", "For example Annual meeting 2026.", Kind::Line),
                hinted("record_on", "Record date", "Who is a member at the end of this day may vote.", Kind::Day),
            ];
            fields.extend(sitting_fields(section_names(conn, "One meeting of all members")?));
            folio.deeds.push(
                Deed::new("meeting", "Open a meeting", "/desk/shares/meetings")
                    .asking(fields)
                    .saying(
                        "The roll is fixed as the register is known now. Meetings of other sections are added on its page.",
                        "Open the meeting",
                    )
                    .with("record_on", &today)
                    .with("held_on", &today)
                    .again(sent),
            );
        }
        Ok(folio)
    })
    .await
}

/// Where and when a meeting is held.
pub(super) fn sitting_fields(sections: Kind) -> Vec<Field> {
    vec![
        field("section", "Of", sections),
        field("held_on", "Held on", Kind::Day),
        hinted("place", "Place", "The hall and the town; may stay empty.", Kind::Line),
    ]
}

/// Every field of a meeting and of where it is held.
pub(super) const FIELDS: &[&str] = &["name", "record_on", "section", "held_on", "place"];

pub(super) fn sitting_in(form: &Form) -> Result<NewSitting, Problem> {
    Ok(NewSitting {
        section: form.value("section").parse().ok(),
        held_on: day_in(form, "held_on")?.ok_or_else(|| wrong("held_on", "Please give the day of the meeting."))?,
        place: words_in(form, "place")?,
    })
}

async fn open(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "meeting", FIELDS, pairs.into_inner(), |conn, now, deed, form| {
        let new = NewMeeting {
            name: needed_in(form, "name", "the name of the meeting")?,
            record_on: day_in(form, "record_on")?,
            held: sitting_in(form)?,
        };
        let (meeting, note) = meetings::open(conn, now, deed, &new).map_err(super::register::at("record_on"))?;
        Ok(Done::new(meeting::place(meeting.id), "meeting opened", new.name).noted(note))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}
