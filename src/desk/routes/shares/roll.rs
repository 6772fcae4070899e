//! The voting roll at a record date, by section: one line, one vote.

use actix_web::HttpResponse;

use super::{Desk, asked, lookup_form, on_one_line, register, shown};
use crate::db::{Conn, DbError};
use crate::desk::folio::{Deed, Folio, Kind, Table, field, hinted, link, text};
use crate::desk::routes::Asked;
use crate::exports::{BOM, cell};
use crate::http::{Problem, Routes};
use crate::shares::numbers::MemberNumber;
use crate::shares::register::{Line, is_voter};
use crate::shares::routes::stream;
use crate::shares::sections::{self, Sections};
use crate::shares::{self, ShareClass, Terms};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/roll", May::Read, show).get("/shares/roll.csv", May::Read, list);
}

/// Voters on one page; a hall.
const SHOWN: usize = 2_000;

/// Which voters are wanted: all, those of a section, those of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    Of(i64),
    OfNone,
}

impl Wanted {
    pub fn asked(pairs: &[(String, String)]) -> Self {
        match asked(pairs, "section") {
            "none" => Self::OfNone,
            text => text.parse().map_or(Self::All, Self::Of),
        }
    }

    /// Whether a line of the register is a line of this roll.
    pub fn has(self, line: &Line, classes: &[(ShareClass, Terms)], sections: &Sections) -> bool {
        let section = || sections.of(&line.holder).map(|section| section.id);
        let is_here = match self {
            Self::All => true,
            Self::Of(id) => section() == Some(id),
            Self::OfNone => section().is_none(),
        };
        is_here && is_voter(line, classes)
    }
}

/// The sections to choose from.
pub(super) fn section_choice(conn: &mut Conn) -> Result<Kind, DbError> {
    let mut options = vec![(String::new(), "All sections".to_owned())];
    options.extend(sections::all(conn)?.into_iter().map(|section| (section.id.to_string(), section.name)));
    options.push(("none".to_owned(), "In no section".to_owned()));
    Ok(Kind::Choice(options))
}

/// The sections by name, after something for none of them.
pub(super) fn section_names(conn: &mut Conn, none: &str) -> Result<Kind, DbError> {
    let mut options = vec![(String::new(), none.to_owned())];
    options.extend(sections::all(conn)?.into_iter().map(|section| (section.id.to_string(), section.name)));
    Ok(Kind::Choice(options))
}

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    let folio = desk
        .read(move |conn, now| {
            let mut folio = Folio::new("Voting roll");
            let mut search = Deed::new("find", "Roll", "/desk/shares/roll")
                .asking(vec![
                    hinted("as_at", "Record date", "Who is a member at the end of this day may vote.", Kind::Day),
                    field("section", "Section", section_choice(conn)?),
                ])
                .saying("", "Show");
            search.form = lookup_form(&pairs);
            let question = match register::question(conn, now, &pairs) {
                Ok(question) => question,
                Err(problem) => {
                    search.form.take(problem, &["as_at"])?;
                    folio.lookup = Some(search);
                    return Ok(folio);
                }
            };
            folio.lookup = Some(search);
            let zone = shares::settings(conn)?.zone;
            let (wanted, sections) = (Wanted::asked(&pairs), Sections::load(conn)?);
            let classes = shares::classes_on(conn, question.view.as_at)?;
            let (mut votes, mut shown_count) = (0_usize, 0_usize);
            let mut last = MemberNumber(0);
            let heads = ["Member", "Name", "Who votes", "Address", "Section", "Vote"];
            let mut table = Table::new("", &heads, "Nobody votes here on this day.");
            shares::each_line(conn, &question.view, |line| {
                if !wanted.has(&line, &classes, &sections) {
                    return;
                }
                votes += 1;
                if line.member > question.after && shown_count < SHOWN {
                    shown_count += 1;
                    last = line.member;
                    table.row(row(&line, &sections));
                }
            })?;
            let count = shares::numbers::counted_votes(votes as i64);
            folio.lead = format!("{count}. {}", register::told(&question.view, zone));
            let query = &question.query;
            let place = |after: MemberNumber| format!("/desk/shares/roll?{query}&after={after}");
            folio.pager.0 = (question.after.0 > 0).then(|| format!("/desk/shares/roll?{query}"));
            folio.pager.1 = (shown_count == SHOWN).then(|| place(last));
            folio.link("As CSV", format!("/desk/shares/roll.csv?{query}"));
            folio.link("Meetings", "/desk/shares/meetings");
            folio.link("Address labels", format!("/desk/shares/labels?{query}"));
            if may.keep {
                folio.link("Sections", "/desk/shares/sections");
            }
            folio.tables.push(table);
            Ok(folio)
        })
        .await?;
    shown(desk, folio)
}

fn row(line: &Line, sections: &Sections) -> Vec<crate::desk::folio::Cell> {
    vec![
        link(line.member.to_string(), format!("/desk/shares/members/{}", line.member)),
        text(line.holder.remarked()),
        text(line.holder.voter()),
        text(on_one_line(&line.holder.address)),
        text(sections.of(&line.holder).map(|section| section.name.clone()).unwrap_or_default()),
        text("1"),
    ]
}

async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let (view, classes, wanted, sections) = desk
        .read(move |conn, now| {
            let view = register::question(conn, now, &pairs)?.view;
            let classes = shares::classes_on(conn, view.as_at)?;
            Ok((view, classes, Wanted::asked(&pairs), Sections::load(conn)?))
        })
        .await?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", format!("attachment; filename=\"roll-{}.csv\"", view.as_at)));
    let head = [BOM, b"member,name,voter,address,section,votes,remarks\n"].concat();
    Ok(stream::pages(answer, (desk.db.clone(), view), (head, ""), move |_, _, lines| {
        let mut csv = csv::Writer::from_writer(Vec::new());
        for line in lines.iter().filter(|line| wanted.has(line, &classes, &sections)) {
            let section = sections.of(&line.holder).map(|section| section.name.clone()).unwrap_or_default();
            let cells = [
                line.member.to_string(),
                cell(&line.holder.name).into_owned(),
                cell(line.holder.voter()).into_owned(),
                cell(&on_one_line(&line.holder.address)).into_owned(),
                cell(&section).into_owned(),
                "1".to_owned(),
                cell(&line.holder.remarks().join("; ")).into_owned(),
            ];
            csv.write_record(cells).map_err(|error| DbError::Corrupt(error.to_string()))?;
        }
        csv.into_inner().map_err(|error| DbError::Corrupt(error.to_string()))
    }))
}
