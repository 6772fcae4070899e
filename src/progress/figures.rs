//! A figure in every form in which it leaves: JSON, words, widths. No clock, no database.

use std::sync::Arc;

use actix_web::web::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::funds::{Standing, State};
use crate::hex::hex;
use crate::money::{display_short, plain};

/// A fund's figure at a moment, ready to be sent.
#[derive(Debug, Clone)]
pub struct Figure {
    /// The figure itself.
    pub standing: Arc<Standing>,
    /// The contract's JSON.
    pub json: Bytes,
    /// An event of the stream, whole.
    pub event: Bytes,
    /// Names the content without its moment: it changes when the figure does, and not with the clock.
    pub etag: String,
}

#[derive(Serialize)]
struct Json<'a> {
    fund: &'a str,
    title: &'a str,
    appeal: &'a str,
    state: &'static str,
    currency: &'static str,
    target: String,
    raised: String,
    needed: String,
    surplus: String,
    percent: i64,
    donations: i64,
    days_remaining: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    publication_days_remaining: Option<u32>,
    opens_on: String,
    deadline: String,
    as_of: String,
    ledger: Ledger,
}

#[derive(Serialize)]
struct Ledger {
    entry: i64,
    hash: String,
}

impl Figure {
    /// Puts a standing into its forms.
    pub fn new(standing: Standing) -> Self {
        let body = json(&standing);
        let text = serde_json::to_string(&body).expect("texts and numbers");
        let event = format!("event: progress\nid: {}\ndata: {text}\n\n", standing.entry);
        // The moment is left out, so that a figure that stands still is answered with 304.
        let still = serde_json::to_string(&Json { as_of: String::new(), ..body }).expect("texts and numbers");
        let etag = format!("\"{}\"", &hex(&Sha256::digest(still.as_bytes()))[..20]);
        Self { standing: Arc::new(standing), json: Bytes::from(text), event: Bytes::from(event), etag }
    }
}

fn json(at: &Standing) -> Json<'_> {
    let money = |minor| plain(minor, at.currency);
    Json {
        fund: &at.slug,
        title: &at.title,
        appeal: &at.appeal,
        state: at.state.name(),
        currency: at.currency.code(),
        target: money(at.target_minor),
        raised: money(at.raised_minor),
        needed: money(at.needed_minor),
        surplus: money(at.surplus_minor),
        percent: at.percent,
        donations: at.donations,
        days_remaining: at.days_remaining,
        publication_days_remaining: at.publication_days_remaining,
        opens_on: at.opens_on.to_string(),
        deadline: at.deadline.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        as_of: at.as_of.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        ledger: Ledger { entry: at.entry, hash: hex(&at.hash) },
    }
}

/// The figure in the paper's words, for surfaces without room for a page.
pub(super) struct Words {
    pub raised: String,
    pub needed: String,
    pub days: String,
    /// One sentence for those who listen.
    pub spoken: String,
}

impl Words {
    pub(super) fn of(at: &Standing) -> Self {
        let short = |minor| display_short(minor, at.currency);
        let raised = short(at.raised_minor);
        let needed = if at.surplus_minor > 0 {
            format!("{} past the target", short(at.surplus_minor))
        } else {
            short(at.needed_minor)
        };
        let days = days(at);
        let target = short(at.target_minor);
        let spoken = match at.state {
            State::NotYetOpen => format!("This appeal for {target} opens on {}.", at.opens_on.format("%-d %B %Y")),
            State::Open if at.needed_minor == 0 => {
                format!("{raised} raised of {target}: the target is reached. {days}.")
            }
            State::Open => format!("{raised} raised of {target}, {needed} still needed. {days}."),
            State::Closed if at.needed_minor == 0 => {
                format!("{raised} raised of {target}. The appeal is closed; the target was reached.")
            }
            State::Closed => format!("{raised} raised of {target}. The appeal is closed."),
        };
        Self { raised, needed, days, spoken }
    }
}

fn days(at: &Standing) -> String {
    match (at.state, at.days_remaining, at.publication_days_remaining) {
        (State::NotYetOpen, _, _) => format!("Opens on {}", at.opens_on.format("%-d %B")),
        (State::Closed, _, _) => "Closed".to_owned(),
        (State::Open, 0, _) => "Last day".to_owned(),
        (State::Open, 1, _) => "1 day remaining".to_owned(),
        // As such papers print it: the days, and in brackets those on which the paper appears.
        (State::Open, days, Some(papers)) => format!("{days} ({papers}) days remaining"),
        (State::Open, days, None) => format!("{days} days remaining"),
    }
}
