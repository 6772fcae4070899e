//! What a member's page says of a death and of an address that is none any more: who died, who writes for the estate,
//! which letters are held back, and what was done in the name of the dead before the death was known.

use super::sitting;
use crate::db::Conn;
use crate::desk::folio::{Folio, Table, link, text};
use crate::desk::written::{moment, short_day};
use crate::funds::words::day;
use crate::http::Problem;
use crate::shares::numbers::application_reference;
use crate::shares::register::View;
use crate::shares::{self, AfterDeath, Holder, HolderKind, held_letters, officers};
use crate::supporters::rules::folded;

/// Adds what there is to say, with what has to be looked at.
pub(super) fn tell(conn: &mut Conn, folio: &mut Folio, holder: &Holder, view: &View) -> Result<(), Problem> {
    for death in shares::deaths_of(conn, holder.id)? {
        let who = if death.person.is_empty() { String::new() } else { format!("{}, ", death.person) };
        folio.fact("Died on", link(format!("{who}{} ({})", day(death.died_on), death.proof), "/desk/shares/deaths"));
    }
    if holder.kind == HolderKind::Joint && holder.died_on().is_none() && !holder.deaths.is_empty() {
        folio.fact("Votes now", text(holder.voter()));
    }
    let is_unnamed = holder.kind == HolderKind::Joint && holder.deaths.iter().any(|died| died.person.is_empty());
    if is_unnamed {
        let words = "It is not written down which of the joint holders died, so nobody votes. Please take the note of \
                     the death back and note it once more, with the name.";
        folio.notice = Some((words.to_owned(), "wait"));
    }
    if holder.died_on().is_some() {
        let estate = shares::estate_of(conn, holder.id, None)?;
        let words = estate.map(|one| {
            let email = one.email.map(|email| format!(", {email}")).unwrap_or_default();
            format!("{}, {}{email}", one.name, super::on_one_line(&one.address))
        });
        folio.fact(
            "Writes for the estate",
            text(words.unwrap_or_else(|| "nobody is noted: letters are held back".to_owned())),
        );
    }
    if let Some(since) = holder.gone_away_since {
        folio.fact("Gone away", text(format!("since {}: letters to this address come back", day(since))));
    }
    offices(conn, folio, holder, view)?;
    if let Some(table) = held(conn, holder)? {
        folio.tables.push(table);
    }
    if let Some(table) = after(conn, holder)? {
        folio.tables.push(table);
    }
    Ok(())
}

/// Offices that somebody of the dead still holds, by the name in the register of officers.
fn offices(conn: &mut Conn, folio: &mut Folio, holder: &Holder, view: &View) -> Result<(), Problem> {
    let dead: Vec<String> = match holder.kind {
        HolderKind::Joint => holder.deaths.iter().map(|died| folded(&died.person)).collect(),
        _ if holder.deaths.is_empty() => Vec::new(),
        _ => vec![folded(&holder.name)],
    };
    if dead.is_empty() {
        return Ok(());
    }
    for officer in officers::on(conn, view)? {
        if officer.until_on.is_none() && dead.contains(&folded(&officer.name)) {
            let words = format!("{} is still entered as {}: please note the last day", officer.name, officer.office);
            folio.fact("Officer", link(words, "/desk/shares/officers"));
        }
    }
    Ok(())
}

/// The letters to a member that are held back.
fn held(conn: &mut Conn, holder: &Holder) -> Result<Option<Table>, Problem> {
    let found = held_letters::of(conn, holder.id)?;
    if found.is_empty() {
        return Ok(None);
    }
    let zone = shares::settings(conn)?.zone;
    let mut table = Table::new("Letters held back", &["Letter", "Why", "Since"], "");
    for letter in found {
        table.row(vec![
            text(letter.kind.label()),
            text(held_letters::reason(holder)),
            text(moment(letter.held_at.and_utc(), zone)),
        ]);
    }
    Ok(Some(table))
}

/// What stands in the register with a day on or after the death.
fn after(conn: &mut Conn, holder: &Holder) -> Result<Option<Table>, Problem> {
    let found = shares::after_death(conn, holder)?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut table = Table::new("Since the death: please look at each", &["Day", "What", "What can be done"], "");
    for (on, what) in found {
        let (what, way) = match what {
            AfterDeath::Event(number) => (
                link(format!("event {number}"), super::event::place(number)),
                "Reverse it, where the member no longer lived.",
            ),
            AfterDeath::Application(id) => {
                let reference = application_reference(id).to_string();
                let place = format!("/desk/shares/applications/{reference}");
                (link(format!("application {reference}"), place), "Refuse it; what was paid goes back.")
            }
            AfterDeath::Vote { sitting: id, voter } => {
                let words = format!("{voter} was noted at a meeting");
                (link(words, sitting::place(id)), "Take it back, where it was another member.")
            }
        };
        table.row(vec![text(short_day(on)), what, text(way)]);
    }
    Ok(Some(table))
}
