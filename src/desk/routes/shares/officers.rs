//! Officers, as the register must name them, and who inspected it.

use actix_web::{HttpResponse, web};

use super::{Desk, Done, Pairs, Sent, day_in, drawn, form_limit, needed_in, on_one_line, once, register, wrong};
use crate::db::{Conn, DbError};
use crate::desk::folio::{Deed, Folio, Kind, Table, field, hinted, text};
use crate::desk::written::{short_day, who};
use crate::http::Problem;
use crate::outbox;
use crate::shares::inspections::{self, NewInspection};
use crate::shares::officers::{self, NewOfficer, Officer};

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(
        web::resource("/desk/shares/officers")
            .app_data(form_limit())
            .route(web::get().to(show))
            .route(web::post().to(appoint)),
    )
    .service(web::resource("/desk/shares/officers/end").app_data(form_limit()).route(web::post().to(stand_down)))
    .service(web::resource("/desk/shares/inspections").app_data(form_limit()).route(web::post().to(inspect)));
}

/// The officers as a list.
pub(super) fn table(conn: &mut Conn, all: fn(&mut Conn) -> Result<Vec<Officer>, DbError>) -> Result<Table, Problem> {
    let heads = ["Name", "Office", "Address", "E-mail", "From", "Until"];
    let mut table = Table::new("Officers", &heads, "No officer is entered yet; the register must name them.");
    for one in all(conn)? {
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
    Ok(table)
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| {
        let zone = crate::shares::settings(conn)?.zone;
        let today = crate::clock::date_in(now, zone).to_string();
        let mut folio = Folio::new("Officers and inspections");
        let mut all = table(conn, officers::all)?;
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
        let heads = ["Day", "Who", "As", "Was shown", "By"];
        let mut seen = Table::new("Inspections", &heads, "Nobody has inspected the register yet.");
        for one in inspections::all(conn)? {
            seen.row(vec![
                text(short_day(one.inspected_on)),
                text(one.name),
                text(one.capacity),
                text(one.shown),
                text(who(&one.recorded_by)),
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

async fn answered(
    desk: Desk,
    done: Result<HttpResponse, (String, crate::http::Form)>,
) -> Result<HttpResponse, Problem> {
    match done {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn appoint(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let fields = &["name", "office", "address", "email", "from_on"];
    let done = once(&desk, "appoint", fields, pairs.into_inner(), |conn, now, deed, form| {
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
        officers::appoint(conn, now, deed, &new)?;
        Ok(Done::new("/desk/shares/officers", "officer entered", new.name).saying(new.office))
    });
    let done = done.await?;
    answered(desk, done).await
}

async fn stand_down(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "end", &["until_on"], pairs.into_inner(), |conn, now, _, form| {
        let until = day_in(form, "until_on")?.ok_or_else(|| wrong("until_on", "Please give the last day."))?;
        let chosen = form.values("chosen");
        if chosen.is_empty() {
            return Err(Problem::conflict("Please tick who left office."));
        }
        for id in chosen.iter().filter_map(|id| id.parse().ok()) {
            officers::stand_down(conn, now, id, until)?;
        }
        Ok(Done::new("/desk/shares/officers", "officers left office", chosen.join(", ")))
    });
    let done = done.await?;
    answered(desk, done).await
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
        inspections::note(conn, now, deed, &new)?;
        Ok(Done::new("/desk/shares/officers", "register inspected", new.name).saying(new.shown))
    });
    let done = done.await?;
    answered(desk, done).await
}
