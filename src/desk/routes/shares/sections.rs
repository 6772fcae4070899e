//! Sections: where members meet, and which postcodes belong to each.

use actix_web::{HttpResponse, web};

use super::{Desk, Done, Pairs, Sent, drawn, once};
use crate::desk::folio::{Deed, Folio, Kind, Table, field, hinted, link, text};
use crate::http::{Problem, Routes};
use crate::shares::sections;
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/sections", May::Read, show);
    at.desk().post("/shares/sections", May::Keep, add);
    at.desk().post("/shares/sections/{id}", May::Keep, map);
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, _, may, sent| {
        let mut folio = Folio::under("Voting roll", "/desk/shares/roll", "Sections");
        folio.lead =
            "A member’s section follows from the postcode, unless one is chosen on the member’s page.".to_owned();
        let mut table =
            Table::new("", &["Section", "Postcodes that begin"], "There is no section yet; everybody is on one roll.");
        for section in sections::all(conn)? {
            table.row(vec![
                link(&section.name, format!("/desk/shares/roll?section={}", section.id)),
                text(section.areas.join(", ")),
            ]);
            if may.keep {
                let title = format!("Postcodes of {}", section.name);
                let hint = "For example G, PA, EH1. G is not GL.";
                folio.deeds.push(
                    Deed::new(areas_of(section.id), &title, format!("/desk/shares/sections/{}", section.id))
                        .asking(vec![hinted("areas", "Postcodes that begin", hint, Kind::Area)])
                        .saying("", "Keep them")
                        .with("areas", section.areas.join(", "))
                        .again(sent),
                );
            }
        }
        folio.tables.push(table);
        if may.keep {
            folio.deeds.push(
                Deed::new("add", "Make a section", "/desk/shares/sections")
                    .asking(vec![field("name", "Name", Kind::Line)])
                    .again(sent),
            );
        }
        Ok(folio)
    })
    .await
}

/// The form of a section's postcodes among those of the page.
fn areas_of(section: i64) -> String {
    format!("areas-{section}")
}

async fn add(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "add", &["name"], pairs.into_inner(), |conn, _, _, form| {
        let section = sections::add(conn, form.value("name"))?;
        Ok(Done::new("/desk/shares/sections", "section made", section.name))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn map(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, areas_of(id), &["areas"], pairs.into_inner(), move |conn, _, _, form| {
        sections::map(conn, id, form.value("areas"))?;
        Ok(Done::new("/desk/shares/sections", "postcodes of a section kept", format!("section {id}")))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}
