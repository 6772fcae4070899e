//! Chapters of who may do what, and how often it was done.

use chrono::DateTime;

use super::{Chapter, FETCHED, Table, Year, at};
use crate::db::{Conn, DbError};
use crate::desk::folio::{number, text};
use crate::desk::written::who;
use crate::shares::numbers::grouped;
use crate::staff::audit::{self, Step};
use crate::staff::{self, Role, tokens};

/// What each role may do, in the words of `staff::permissions`.
fn duty(role: Role) -> &'static str {
    match role {
        Role::Clerk => "enters gifts, the post, and applications for shares",
        Role::Treasurer => "as a clerk; gives money back, moves targets and deadlines, closes",
        Role::Secretary => "keeps the share register",
        Role::Auditor => "reads everything, changes nothing",
        Role::Administrator => "manages staff, tokens and settings; may stand in for all but the auditor",
    }
}

pub(super) fn staff(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("staff", "Who may do what");
    let changes = audit::of_actions(conn, &["role changed"], (DateTime::UNIX_EPOCH, year.ends), STEPS_MAX)?;
    let heads = &["Name", "Sign-in", "Role", "Since", "Joined", "Left"];
    let mut table = Table::new("Members of staff in the year", heads, "There are none.");
    for member in staff::all(conn)? {
        let was_here = member.created_at < year.ends && member.left_at.is_none_or(|left| left >= year.begins);
        if !was_here {
            continue;
        }
        let changed = changes.iter().rfind(|step| step.subject == member.email);
        let role =
            changed.and_then(|step| step.detail.rsplit_once(" to ")).map_or(member.role.name(), |(_, role)| role);
        let how = if member.has_totp() { "password and code" } else { "password" };
        table.rows.push(vec![
            text(format!("{}, {}", member.name, member.email)),
            text(how),
            text(role),
            at(changed.map_or(member.created_at, |step| step.at), year),
            at(member.created_at, year),
            member.left_at.filter(|left| *left < year.ends).map_or_else(|| text(""), |left| at(left, year)),
        ]);
    }
    table.cut();
    chapter.tables.push(table);
    let mut table = Table::new("The roles", &["Role", "May"], "");
    table.rows = Role::ALL.into_iter().map(|role| vec![text(role.name()), text(duty(role))]).collect();
    chapter.tables.push(table);
    chapter.tables.push(steps(conn, year)?);
    Ok(chapter)
}

/// Changes of staff and tokens since the beginning: a few a year.
const STEPS_MAX: i64 = 10_000;

/// What changes who may do what, as the trail calls it.
const OF_STAFF: [&str; 9] = [
    "staff added",
    "staff invited",
    "invitation withdrawn",
    "role changed",
    "staff left",
    "staff unlocked",
    "codes turned off",
    "token made",
    "token taken back",
];

fn steps(conn: &mut Conn, year: &Year) -> Result<Table, DbError> {
    let steps = audit::of_actions(conn, &OF_STAFF, (year.begins, year.ends), STEPS_MAX)?;
    let heads = &["When", "What", "Of", "How", "Who"];
    let mut table = Table::new("Changes of staff and tokens in the year", heads, "There were none.");
    let row = |step: Step| {
        vec![at(step.at, year), text(step.action), text(step.subject), text(step.detail), text(who(&step.who))]
    };
    table.rows = steps.into_iter().take(FETCHED as usize).map(row).collect();
    table.cut();
    Ok(table)
}

pub(super) fn programs(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("programs", "Programs with a token");
    let heads = &["Program", "May", "Made", "By", "Taken back"];
    let mut table = Table::new("Tokens in force in the year", heads, "No program had a token.");
    for token in tokens::all(conn)?.into_iter().rev() {
        let was_here = token.created_at < year.ends && token.revoked_at.is_none_or(|at| at >= year.begins);
        if was_here {
            let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
            table.rows.push(vec![
                text(&token.name),
                text(scopes.join(", ")),
                at(token.created_at, year),
                text(who(&token.created_by)),
                token.revoked_at.filter(|time| *time < year.ends).map_or_else(|| text(""), |time| at(time, year)),
            ]);
        }
    }
    table.cut();
    chapter.tables.push(table);
    Ok(chapter)
}

pub(super) fn deeds(conn: &mut Conn, year: &Year) -> Result<Chapter, DbError> {
    let mut chapter = Chapter::new("deeds", "What was done, and how often");
    let mut table = Table::new("The trail of the year", &["What", "#Times"], "Nothing was done.");
    let counts = audit::counts_between(conn, year.begins, year.ends)?;
    let failed = counts.iter().find(|(action, _)| action == "sign-in failed").map_or(0, |(_, count)| *count);
    chapter.say(match failed {
        0 => "No sign-in failed.".to_owned(),
        1 => "One sign-in failed.".to_owned(),
        count => format!("{} sign-ins failed.", grouped(count)),
    });
    table.rows = counts.into_iter().map(|(action, count)| vec![text(action), number(grouped(count))]).collect();
    table.cut();
    chapter.tables.push(table);
    Ok(chapter)
}
