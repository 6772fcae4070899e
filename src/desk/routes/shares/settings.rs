//! The settings for shares: the offer on the web, which one person keeps, and what decides over shares.
//!
//! Invariant: where two people decide, one alone changes the offer and nothing else; above all not that two decide.

use actix_web::HttpResponse;

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, needed_in, once, terms, wrong};
use crate::db::Conn;
use crate::desk::folio::{Deed, Kind, field, hinted};
use crate::http::{Form, Problem};
use crate::money::{GBP, parse_amount, plain};
use crate::shares::{self, Settings};

/// Longest word on the offer: two pages.
const OFFER_CHARS_MAX: usize = 6_000;

/// Where they are shown.
const PLACE: &str = "/desk/shares/rules";

/// The form, with what is kept.
pub(super) fn deed(settings: &Settings) -> Deed {
    let yes = |is: bool| if is { "true" } else { "" };
    let hint = if settings.needs_second_person {
        "The first three are kept at once; the others wait for a second person."
    } else {
        ""
    };
    Deed::new("settings", "The offer and the settings", PLACE)
        .asking(vec![
            field("is_open", "The web takes applications", Kind::Tick),
            hinted("offer", "What a share is and is not", "Stands on the offer; a paragraph a line.", Kind::Area),
            hinted("rules_version", "Version of the rules", "Kept with each application.", Kind::Line),
            field("age_min", "Lowest age", Kind::Figure),
            hinted(
                "law_maximum",
                "Most in withdrawable shares",
                "100000.00 by the Act of 2014, section 24, or less.",
                Kind::Figure,
            ),
            field("joint_counts_in_full", "A joint holding counts in full for each holder", Kind::Tick),
            field("needs_second_person", "Two people decide: one proposes, another approves", Kind::Tick),
            field("pays_interest", "The society may pay interest on shares", Kind::Tick),
        ])
        .saying(hint, "Keep the settings")
        .with("is_open", yes(settings.is_open))
        .with("offer", &settings.offer)
        .with("rules_version", &settings.rules_version)
        .with("age_min", settings.age_min.to_string())
        .with("law_maximum", plain(settings.law_maximum_minor, GBP))
        .with("joint_counts_in_full", yes(settings.joint_counts_in_full))
        .with("needs_second_person", yes(settings.needs_second_person))
        .with("pays_interest", yes(settings.pays_interest))
}

pub(super) async fn keep(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let fields = &["offer", "rules_version", "age_min", "law_maximum"];
    let done = once(&desk, "settings", fields, pairs.into_inner(), |conn, now, deed, form| {
        let known = shares::settings(conn)?;
        let new = typed(&known, form)?;
        let offered = decided(&new, &known);
        shares::update_settings(conn, &offered)?;
        if new == offered {
            return Ok(Done::new(PLACE, "settings for shares changed", "shares"));
        }
        let done = proposed::enter(conn, now, deed, Proposable::Settings, "shares", form)?;
        if offered == known {
            return Ok(done);
        }
        let detail = format!("{}; the offer was changed", done.detail);
        Ok(done.saying(detail.trim_start_matches("; ")))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => terms::shown_with(desk, Some(sent)).await,
    }
}

/// The settings that the form says.
pub(super) fn typed(known: &Settings, form: &Form) -> Result<Settings, Problem> {
    let offer = form.value("offer").trim().replace("\r\n", "\n");
    let is_odd = offer.chars().any(|c| c.is_control() && c != '\n');
    if offer.is_empty() || is_odd || offer.chars().count() > OFFER_CHARS_MAX {
        return Err(wrong("offer", "Please say what a share is and is not, in at most 6,000 characters."));
    }
    let age = form.value("age_min").trim().parse::<u32>().ok().filter(|age| *age <= 100);
    let maximum = parse_amount(form.value("law_maximum"), GBP).map_err(|error| wrong("law_maximum", error))?;
    Ok(Settings {
        is_open: form.is_ticked("is_open"),
        offer,
        rules_version: needed_in(form, "rules_version", "the version of the rules")?,
        age_min: age.ok_or_else(|| wrong("age_min", "Please give an age in years; 0 for none."))?,
        law_maximum_minor: maximum,
        joint_counts_in_full: form.is_ticked("joint_counts_in_full"),
        needs_second_person: form.is_ticked("needs_second_person"),
        pays_interest: form.is_ticked("pays_interest"),
        zone: known.zone,
    })
}

/// What the web offers as it is in one, and what decides over shares as it is in the other.
pub(super) fn decided(offered: &Settings, deciding: &Settings) -> Settings {
    Settings {
        is_open: offered.is_open,
        offer: offered.offer.clone(),
        rules_version: offered.rules_version.clone(),
        ..deciding.clone()
    }
}

/// Keeps what the form says of what decides over shares; the offer may have changed since and stays.
pub(super) fn perform(conn: &mut Conn, form: &Form) -> Result<Done, Problem> {
    let known = shares::settings(conn)?;
    shares::update_settings(conn, &decided(&known, &typed(&known, form)?))?;
    let done = Done::new(PLACE, "settings for shares changed", "shares");
    Ok(Done { kept: Some(PLACE.to_owned()), ..done })
}
