//! Address labels of a roll, one a household or one a member: three across, seven down, as sheets of 63.5 by 38.1 millimetres have them.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::roll::Wanted;
use super::{Desk, asked, register};
use crate::desk::routes::Asked;
use crate::http::{Problem, Routes, Shell, page};
use crate::shares;
use crate::shares::sections::Sections;
use crate::staff::{Actor, May};
use crate::supporters::rules::folded;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/labels", May::Read, show);
}

#[derive(Template)]
#[template(path = "desk/shares/labels.html")]
struct LabelsPage {
    shell: Shell,
    actor: Actor,
    labels: Vec<Label>,
    /// Members who are not written to at their address, and why.
    left_out: Vec<String>,
    /// Whether each household has one.
    is_by_household: bool,
    /// The same labels the other way.
    other: String,
    /// Where the next sheets are.
    next: Option<String>,
}

/// A label: who is written to, and the lines of the address.
struct Label {
    names: Vec<String>,
    lines: Vec<String>,
}

impl Label {
    /// One name a line where they are few; else all on one.
    fn name_lines(&self) -> Vec<String> {
        if self.names.len() <= NAME_LINES_MAX { self.names.clone() } else { vec![self.names.join(", ")] }
    }
}

/// Names that stand one below the other.
const NAME_LINES_MAX: usize = 3;
/// Labels of one print: a hundred sheets.
const LABELS_MAX: usize = 2_100;

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let is_by_household = asked(&pairs, "each") != "member";
    let (labels, left_out, query, next) = desk
        .read(move |conn, now| {
            let question = register::question(conn, now, &pairs)?;
            let (wanted, sections) = (Wanted::asked(&pairs), Sections::load(conn)?);
            let classes = shares::classes_on(conn, question.view.as_at)?;
            let (mut all, mut left_out) = (Vec::<Label>::new(), Vec::new());
            let mut households: HashMap<String, usize> = HashMap::new();
            shares::each_line(conn, &question.view, |line| {
                if !wanted.has(&line, &classes, &sections) {
                    return;
                }
                if line.holder.gone_away_since.is_some() {
                    left_out.push(format!("{} {}", line.member, line.holder.remarked()));
                    return;
                }
                let (name, at) = (line.holder.addressed(), folded(&line.holder.address));
                match households.get(&at).filter(|_| is_by_household) {
                    Some(known) => all[*known].names.push(name),
                    None => {
                        households.insert(at, all.len());
                        let lines = line.holder.address.lines().map(str::to_owned).collect();
                        all.push(Label { names: vec![name], lines });
                    }
                }
            })?;
            let from: usize = asked(&pairs, "from").parse().unwrap_or(0);
            let is_more = all.len() > from + LABELS_MAX;
            let each = if is_by_household { "household" } else { "member" };
            let next = format!("/desk/shares/labels?{}&each={each}&from={}", question.query, from + LABELS_MAX);
            let labels: Vec<Label> = all.into_iter().skip(from).take(LABELS_MAX).collect();
            Ok((labels, left_out, question.query, is_more.then_some(next)))
        })
        .await?;
    let each = if is_by_household { "member" } else { "household" };
    let other = format!("/desk/shares/labels?{query}&each={each}");
    let (shell, actor) = (desk.shell, desk.actor);
    page(StatusCode::OK, &LabelsPage { shell, actor, labels, left_out, is_by_household, other, next })
}
