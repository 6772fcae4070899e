//! Address labels of a roll: three across, seven down, as sheets of 63.5 by 38.1 millimetres have them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::roll::Wanted;
use super::{Desk, register};
use crate::desk::routes::Asked;
use crate::http::{Problem, Routes, Shell, page};
use crate::shares;
use crate::shares::sections::Sections;
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/labels", May::Read, show);
}

#[derive(Template)]
#[template(path = "desk/shares/labels.html")]
struct LabelsPage {
    shell: Shell,
    actor: Actor,
    /// A name and the lines of an address.
    labels: Vec<(String, Vec<String>)>,
}

/// Labels of one print: more than a hundred sheets are printed section by section.
const LABELS_MAX: usize = 2_100;

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let labels = desk
        .read(move |conn, now| {
            let view = register::question(conn, now, &pairs)?.view;
            let (wanted, sections) = (Wanted::asked(&pairs), Sections::load(conn)?);
            let classes = shares::classes_on(conn, view.as_at)?;
            let mut labels = Vec::new();
            shares::each_line(conn, &view, |line| {
                if labels.len() < LABELS_MAX && wanted.has(&line, &classes, &sections) {
                    let lines = line.holder.address.lines().map(str::to_owned).collect();
                    labels.push((line.holder.name, lines));
                }
            })?;
            Ok(labels)
        })
        .await?;
    page(StatusCode::OK, &LabelsPage { shell: desk.shell, actor: desk.actor, labels })
}
