//! A figure in every form in which it leaves: JSON, words, widths. No clock, no database.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
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
    /// Names the content without its moment: it changes when the figure does, and not with the clock. Weak (RFC 9110,
    /// 8.8.1), because two answers with the same name may differ in `as_of`.
    pub etag: HeaderValue,
    /// When it was last read to be so, for those who are answered without the content.
    pub as_of: HeaderValue,
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
    adjustments: String,
    ledger: Ledger,
}

#[derive(Serialize)]
struct Ledger {
    entry: i64,
    hash: String,
    sum: String,
}

impl Figure {
    /// Puts a standing into its forms.
    pub fn new(standing: Standing) -> Self {
        let body = json(&standing);
        let text = serde_json::to_string(&body).expect("texts and numbers");
        let event = format!("event: progress\nid: {}\ndata: {text}\n\n", standing.entry);
        // The moment is left out, so that a figure that stands still is answered with 304.
        let still = serde_json::to_string(&Json { as_of: String::new(), ..body }).expect("texts and numbers");
        let etag = header(&format!("W/\"{}\"", &hex(&Sha256::digest(still.as_bytes()))[..20]));
        let as_of = header(&moment(standing.as_of));
        Self { standing: Arc::new(standing), json: Bytes::from(text), event: Bytes::from(event), etag, as_of }
    }
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("hexadecimal digits and dates are ASCII")
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
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
        deadline: at.deadline.to_rfc3339_opts(SecondsFormat::Secs, true),
        as_of: moment(at.as_of),
        adjustments: money(at.adjusted_minor),
        ledger: Ledger { entry: at.entry, hash: hex(&at.hash), sum: money(at.books_minor) },
    }
}

/// The figure in the paper's words, for surfaces without room for a page. `widget.js` says the same.
pub(super) struct Words {
    /// "£13,288"
    pub raised: String,
    /// "We need", or what the amount after it is instead.
    pub label: &'static str,
    /// "£4,712"
    pub rest: String,
    /// "3 days remaining", with the publication days in brackets as such papers print them: "14 (10) days remaining".
    pub days: String,
    /// All of it for those who listen.
    pub spoken: String,
}

impl Words {
    pub(super) fn of(at: &Standing) -> Self {
        let short = |minor| display_short(minor, at.currency);
        let (label, rest_minor) = match at.state {
            _ if at.surplus_minor > 0 => ("More than the target", at.surplus_minor),
            State::Closed => ("Short of the target", at.needed_minor),
            State::Open | State::NotYetOpen => ("We need", at.needed_minor),
        };
        let (raised, rest) = (short(at.raised_minor), short(rest_minor));
        let (days, said) = days(at);
        let spoken = format!("You’ve raised: {raised} of {}. {label}: {rest}. {said}.", short(at.target_minor));
        Self { raised, label, rest, days, spoken }
    }
}

/// As it is written, and as it is said.
fn days(at: &Standing) -> (String, String) {
    let alone = |text: String| (text.clone(), text);
    let days = if at.days_remaining == 1 { "day" } else { "days" };
    match (at.state, at.days_remaining, at.publication_days_remaining) {
        (State::NotYetOpen, ..) => alone(format!("Opens on {}", at.opens_on.format("%-d %B %Y"))),
        (State::Closed, ..) => alone("Closed".to_owned()),
        (State::Open, 0, _) => alone("Last day".to_owned()),
        (State::Open, left, None) => alone(format!("{left} {days} remaining")),
        (State::Open, left, Some(papers)) => (
            format!("{left} ({papers}) {days} remaining"),
            format!("{left} {days} remaining, {papers} of them with a paper"),
        ),
    }
}
