//! Officers, as the register must name them, and who inspected it.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, day_in, drawn, needed_in, on_one_line, once, register, wrong};
use crate::db::Conn;
use crate::desk::folio::{Deed, Folio, Kind, Table, badge, field, hinted, text};
use crate::desk::routes::Asked;
use crate::desk::written::{short_day, who};
use crate::exports::{BOM, cell};
use crate::http::{Form, Problem, Routes};
use crate::outbox;
use crate::shares;
use crate::shares::inspections::{self, NewInspection};
use crate::shares::officers::{self, NewOfficer, Officer};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/officers", May::Read, show)
        .post("/shares/officers", May::Keep, appoint)
        .get("/shares/officers.csv", May::Read, list)
        .post("/shares/officers/end", May::Keep, stand_down)
        .post("/shares/inspections", May::Keep, inspect);
}

/// These officers as a list.
pub(super) fn table(officers: Vec<Officer>) -> Table {
    let heads = ["Name", "Office", "Address", "E-mail", "From", "Until"];
    let mut table = Table::new("Officers", &heads, "No officer is entered yet; the register must name them.");
    for one in officers {
        let until = one.until_on.map(short_day).unwrap_or_default();
        table.choice(
            if one.until_on.is_none() { one.id.to_string() } else { String::new() },
            vec![
                text(one.name),
                text(one.office),
                text(on_one_line(&one.address)),
                text(one.email.unwrap_or_default()),
                text(short_day(one.from_on)),
                text(until),
            ],
        );
    }
    table
}

/// The officers of a view of the register, as CSV.
async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let (as_at, csv) = desk
        .read(move |conn, now| {
            let view = register::question(conn, now, &pairs)?.view;
            let mut csv = csv::Writer::from_writer(BOM.to_vec());
            csv.write_record(["name", "office", "address", "email", "from", "until"]).map_err(Problem::internal)?;
            for one in officers::on(conn, &view)? {
                csv.write_record([
                    cell(&one.name).into_owned(),
                    cell(&one.office).into_owned(),
                    cell(&on_one_line(&one.address)).into_owned(),
                    cell(one.email.as_deref().unwrap_or_default()).into_owned(),
                    one.from_on.to_string(),
                    one.until_on.map(|until| until.to_string()).unwrap_or_default(),
                ])
                .map_err(Problem::internal)?;
            }
            Ok((view.as_at, csv.into_inner().map_err(Problem::internal)?))
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", format!("attachment; filename=\"officers-{as_at}.csv\"")))
        .body(csv))
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| {
        let zone = crate::shares::settings(conn)?.zone;
        let today = crate::clock::date_in(now, zone).to_string();
        let mut folio = Folio::new("Officers and inspections");
        let mut all = table(officers::all(conn)?);
        folio.link("Notes of officers", "/desk/shares/notes?kind=office");
        folio.link("Notes of inspections", "/desk/shares/notes?kind=inspection");
        folio.link("As CSV", "/desk/shares/officers.csv");
        if may.keep && all.rows.iter().any(|(id, _)| !id.is_empty()) {
            all.deed = Some(
                Deed::new("end", "The ticked ones left office", "/desk/shares/officers/end")
                    .asking(vec![field("until_on", "Last day", Kind::Day)])
                    .saying("", "Note it")
                    .with("until_on", &today)
                    .again(sent),
            );
        }
        folio.tables.push(all);
        let heads = ["Day", "Who", "As", "Was shown", "By", "State"];
        let mut seen = Table::new("Inspections", &heads, "Nobody has inspected the register yet.");
        for one in inspections::all(conn)? {
            seen.row(vec![
                text(short_day(one.inspected_on)),
                text(one.name),
                text(one.capacity),
                text(one.shown),
                text(who(&one.recorded_by)),
                if one.taken_back_at.is_some() { badge("taken back", "") } else { badge("stands", "good") },
            ]);
        }
        folio.tables.push(seen);
        if may.keep {
            folio.deeds.push(
                Deed::new("appoint", "Enter an officer", "/desk/shares/officers")
                    .asking(vec![
                        field("name", "Name", Kind::Line),
                        hinted("office", "Office", "For example Secretary, Chair, Committee member.", Kind::Line),
                        field("address", "Postal address", Kind::Area),
                        hinted("email", "E-mail address", "May stay empty.", Kind::Line),
                        field("from_on", "From", Kind::Day),
                    ])
                    .with("from_on", &today)
                    .again(sent),
            );
            folio.deeds.push(
                Deed::new("inspect", "Note an inspection", "/desk/shares/inspections")
                    .asking(vec![
                        field("name", "Who", Kind::Line),
                        hinted("capacity", "As what", "A member, a person with an interest in the funds.", Kind::Line),
                        field("shown", "Was shown", register::forms()),
                        field("inspected_on", "On", Kind::Day),
                    ])
                    .with("inspected_on", &today)
                    .again(sent),
            );
        }
        Ok(folio)
    })
    .await
}

async fn answered(desk: Desk, done: Result<HttpResponse, (String, Form)>) -> Result<HttpResponse, Problem> {
    match done {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn appoint(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let fields = &["name", "office", "address", "email", "from_on"];
    let done = once(&desk, "appoint", fields, pairs.into_inner(), |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::Office, form.value("office").trim(), form)
    });
    let done = done.await?;
    answered(desk, done).await
}

async fn stand_down(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "end", &["until_on"], pairs.into_inner(), |conn, now, deed, form| {
        let chosen = form.values("chosen").join(", ");
        proposed::enter(conn, now, deed, Proposable::Departure, &chosen, form)
    });
    let done = done.await?;
    answered(desk, done).await
}

/// Enters an officer, as the form says.
pub(super) fn enter(conn: &mut Conn, now: DateTime<Utc>, deed: &shares::Deed, form: &Form) -> Result<Done, Problem> {
    let email = match form.value("email").trim() {
        "" => None,
        typed => Some(outbox::address(typed).map_err(|error| wrong("email", error))?),
    };
    let new = NewOfficer {
        name: needed_in(form, "name", "the name")?,
        office: needed_in(form, "office", "the office")?,
        address: needed_in(form, "address", "the postal address; the register must have it")?,
        email,
        from_on: day_in(form, "from_on")?.ok_or_else(|| wrong("from_on", "Please give the first day."))?,
    };
    let note = officers::appoint(conn, now, deed, &new)?;
    Ok(Done::new("/desk/shares/officers", "officer entered", new.name).saying(new.office).noted(note))
}

/// Notes the last day of the officers in the form.
pub(super) fn end(conn: &mut Conn, now: DateTime<Utc>, deed: &shares::Deed, form: &Form) -> Result<Done, Problem> {
    let until = day_in(form, "until_on")?.ok_or_else(|| wrong("until_on", "Please give the last day."))?;
    let chosen = form.values("chosen");
    if chosen.is_empty() {
        return Err(Problem::conflict("Please tick who left office."));
    }
    let mut note = None;
    for id in chosen.iter().filter_map(|id| id.parse().ok()) {
        note = Some(officers::stand_down(conn, now, deed, id, until)?);
    }
    let done = Done::new("/desk/shares/officers", "officers left office", chosen.join(", "));
    Ok(Done { kept: note.map(super::notes::place), ..done })
}

async fn inspect(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let fields = &["name", "capacity", "shown", "inspected_on"];
    let done = once(&desk, "inspect", fields, pairs.into_inner(), |conn, now, deed, form| {
        let new = NewInspection {
            name: needed_in(form, "name", "the name")?,
            capacity: needed_in(form, "capacity", "as what they inspected it")?,
            shown: needed_in(form, "shown", "what they were shown")?,
            inspected_on: day_in(form, "inspected_on")?,
        };
        let note = inspections::note(conn, now, deed, &new)?;
        Ok(Done::new("/desk/shares/officers", "register inspected", new.name).saying(new.shown).noted(note))
    });
    let done = done.await?;
    answered(desk, done).await
}
