//! The statements of a year for everybody: counted first, written when staff say so, a step at a time.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;

use super::{Desk, Pairs};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, badge, hinted, number, text};
use crate::desk::receipts::counted;
use crate::desk::routes::folio::{Done, Sent, drawn, once, wrong};
use crate::desk::written::{moment, who};
use crate::donations::statements::{self, Run, RunState};
use crate::funds;
use crate::http::{Form, Problem, Routes};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/statements", May::Read, show)
        .post("/statements", May::Decide, begin)
        .post("/statements/{id}/write", May::Decide, write)
        .post("/statements/{id}/drop", May::Decide, drop_run);
}

/// Runs shown: some years of them.
const RUNS_SHOWN: i64 = 20;

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, |conn, now, may, sent| Ok(drawn_for(conn, now, may, sent)?)).await
}

fn drawn_for(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    sent: Option<&(String, Form)>,
) -> Result<Folio, DbError> {
    let zone = funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone);
    let runs = statements::newest_runs(conn, RUNS_SHOWN)?;
    let mut folio = Folio::new("Yearly statements");
    folio.lead =
        "Everybody who gave in a year gets one letter with all of it: by e-mail, or on paper for those without. \
                  First it is only counted."
            .to_owned();
    let open = runs.iter().find(|run| !matches!(run.state, RunState::Done | RunState::Dropped));
    if let Some(run) = open {
        folio.notice = Some((standing(run), if run.state == RunState::Counted { "wait" } else { "" }));
        for (label, count) in [
            ("By e-mail", run.mail),
            ("On paper", run.post),
            ("Without any address", run.unreachable),
            (if run.again { "Had it before, and get it once more" } else { "Had it before" }, run.had_it),
        ] {
            folio.fact(label, number(count));
        }
        if run.unreachable > 0 {
            folio.link("Those without an address", "/desk/supporters?reach=nowhere");
        }
    }
    folio.history.push(listed(&runs, zone));
    if may.decide {
        folio.deeds = match open {
            Some(run) => deeds(run, sent),
            None => vec![counting(i64::from(date_in(now, zone).year()), sent)],
        };
    }
    Ok(folio)
}

fn standing(run: &Run) -> String {
    let year = run.year;
    match run.state {
        RunState::Counting => format!("The givers of {year} are being counted. Look again in a moment."),
        RunState::Counted => match run.mail + run.post {
            0 => format!("Nobody would get the statement of {year}: there is no gift of that year, or they had it."),
            letters => {
                let letters = counted(letters, "one letter", "{} letters");
                format!("The statements of {year} would be {letters}. Nothing has been written yet.")
            }
        },
        _ => format!("{} of {} statements of {year} are written; the rest follows.", run.queued, run.mail + run.post),
    }
}

fn counting(this_year: i64, sent: Option<&(String, Form)>) -> Deed {
    Deed::new("begin", "Count the givers of a year", "/desk/statements")
        .asking(vec![
            hinted("year", "Year", "From 1 January to 31 December.", Kind::Figure),
            hinted("again", "Write it once more to those who had it", "Otherwise they are left out.", Kind::Tick),
        ])
        .saying("Nothing is written before you have seen how many letters it makes.", "Count them")
        .with("year", (this_year - 1).to_string())
        .open()
        .again(sent)
}

fn deeds(run: &Run, sent: Option<&(String, Form)>) -> Vec<Deed> {
    let mut deeds = Vec::new();
    let letters = run.mail + run.post;
    if run.state == RunState::Counted && letters > 0 {
        let button = counted(letters, "Write one letter", "Write {} letters");
        deeds.push(
            Deed::new("write", "Write the statements", format!("/desk/statements/{}/write", run.id))
                .saying(
                    "Mail leaves at once; letters on paper wait under Receipts. A second click writes nothing more.",
                    &button,
                )
                .open()
                .again(sent),
        );
    }
    if matches!(run.state, RunState::Counting | RunState::Counted) {
        let place = format!("/desk/statements/{}/drop", run.id);
        deeds
            .push(Deed::new("drop", "Leave it", place).saying("Nothing was written; you can count again.", "Leave it"));
    }
    deeds
}

fn listed(runs: &[Run], zone: Tz) -> Table {
    let heads = ["Year", "Begun", "By", "#E-mail", "#Paper", "#Written", "State"];
    let mut table = Table::new("What was done", &heads, "No statements were written yet.");
    for run in runs {
        let (word, tone) = match run.state {
            RunState::Counting => ("counting", "wait"),
            RunState::Counted => ("counted", "wait"),
            RunState::Queueing => ("being written", "wait"),
            RunState::Done => ("written", "good"),
            RunState::Dropped => ("left", ""),
        };
        table.row(vec![
            text(if run.again { format!("{}, once more", run.year) } else { run.year.to_string() }),
            text(moment(run.asked_at, zone)),
            text(who(&run.asked_by)),
            number(run.mail),
            number(run.post),
            number(run.queued),
            badge(word, tone),
        ]);
    }
    table
}

const PLACE: &str = "/desk/statements";

async fn begin(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "begin", &["year", "again"], pairs.into_inner(), |conn, now, deed, form| {
        let zone = funds::all(conn)?.first().map_or(Tz::UTC, |fund| fund.zone);
        let this_year = i64::from(date_in(now, zone).year());
        let year = form.value("year").trim().parse();
        let year: i64 =
            year.map_err(|_| wrong("year", format!("Please give the year in four figures, such as {this_year}.")))?;
        let run = statements::begin(conn, now, year, this_year, form.is_ticked("again"), &deed.by)?;
        Ok(Done::new(PLACE, "statements counted", format!("statements of {}", run.year)))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn write(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let done = once(&desk, "write", &[], pairs.into_inner(), move |conn, now, _, _| {
        let run = statements::write_all(conn, now, id)?;
        let detail = format!("{} by e-mail, {} on paper", run.mail, run.post);
        Ok(Done::new(PLACE, "statements written", format!("statements of {}", run.year)).saying(detail))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn drop_run(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let done = once(&desk, "drop", &[], pairs.into_inner(), move |conn, now, _, _| {
        let run = statements::drop_run(conn, now, id)?;
        Ok(Done::new(PLACE, "statements left", format!("statements of {}", run.year)))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}
