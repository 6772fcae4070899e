//! The fund's page with the donation form, and what happens when the form is sent.
//!
//! Invariant: one form, as it was shown, makes at most one gift: its hidden key sees to that. What was typed is on the
//! page again whenever the gift was not taken. The gift's own page is left to `gift.rs`.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::clock::{Clock, date_in};
use crate::db::{Conn, Db, DbError};
use crate::donations::link::LinkKey;
use crate::donations::parse::{self, CheckedGift, Fault, RawGift, Sending};
use crate::donations::till::{Till, TillError};
use crate::donations::{GiftRefusal, Method, Outcome};
use crate::funds::words::{self, Told};
use crate::funds::{self, Fund, Known, State};
use crate::http::{Problem, RequestId, Shell, blocking, page};
use crate::money::display_short;
use crate::reference::Reference;
use crate::staff::Actor;

/// The largest form: 2,000 characters of note and three lines of 200 are far below it, however they are encoded.
const FORM_BYTES_MAX: usize = 64 * 1024;

pub(super) fn routes(at: &mut web::ServiceConfig) {
    let limit = web::FormConfig::default().limit(FORM_BYTES_MAX);
    at.service(web::resource("/funds/{slug}").route(web::get().to(show)))
        .service(web::resource("/funds/{slug}/donations").app_data(limit).route(web::post().to(give)));
}

/// A way of giving that the form offers.
struct Offer {
    method: Method,
    label: &'static str,
    hint: &'static str,
}

/// What a reader can do without a card processor, the usual way first.
const OFFERED: [Offer; 3] = [
    Offer { method: Method::BankTransfer, label: "Bank transfer", hint: "From your bank’s app or branch" },
    Offer { method: Method::Cheque, label: "Cheque", hint: "By post" },
    Offer { method: Method::Cash, label: "Cash", hint: "At our office" },
];

#[derive(Template)]
#[template(path = "funds/fund.html")]
struct FundPage {
    shell: Shell,
    fund: Arc<Fund>,
    /// None while the books cannot be reached.
    told: Option<Told>,
    door: Door,
    elsewhere: Option<Fund>,
    form: Form,
}

impl FundPage {
    fn amount_hint(&self) -> String {
        let money = |minor| display_short(minor, self.fund.currency);
        let (least, most) = (money(parse::SMALLEST_MINOR), money(self.fund.ceiling_minor));
        format!("For example 10, 25 or 50. Anything from {least} to {most}.")
    }
}

/// Whether the fund's page has a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    NotYet,
    Over,
}

impl Door {
    fn is_open(self) -> bool {
        self == Self::Open
    }

    fn title(self) -> &'static str {
        match self {
            Self::Open => "Give",
            Self::NotYet => "Not open yet",
            Self::Over => "This appeal is over",
        }
    }
}

/// The form as it is shown: what was typed, what is wrong with it, and the key that makes a second click harmless.
#[derive(Debug, Default)]
struct Form {
    raw: RawGift,
    key: String,
    faults: Vec<Fault>,
    notice: Option<String>,
}

impl Form {
    fn new() -> Self {
        Self { key: new_key(), ..Self::default() }
    }

    fn fault(&self, field: &str) -> Option<&str> {
        self.faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }

    fn has_faults(&self) -> bool {
        !self.faults.is_empty() || self.notice.is_some()
    }

    fn chose(&self, offer: &Offer) -> bool {
        self.raw.method.trim() == offer.method.name()
    }
}

fn new_key() -> String {
    Uuid::now_v7().to_string()
}

/// What the page needs to read anew each time.
type Books = (web::Data<Db>, web::Data<Clock>, web::Data<Known>);

async fn show(shell: Shell, books: Books, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let fund = fund(&books, &slug).await?;
    let raw = RawGift { method: OFFERED[0].method.name().to_owned(), ..RawGift::default() };
    let (told, door, elsewhere) = read(&books, &fund).await?;
    let form = Form { raw, ..Form::new() };
    shown(StatusCode::OK, &FundPage { shell, fund, told: Some(told), door, elsewhere, form })
}

fn shown(status: StatusCode, fund_page: &FundPage) -> Result<HttpResponse, Problem> {
    let mut answer = page(status, fund_page)?;
    // A cache that gave one key to two readers would take their two gifts for one.
    answer.headers_mut().insert(CACHE_CONTROL, "private, no-cache".parse().expect("a plain text"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(RETRY_AFTER, "2".parse().expect("a plain number"));
    }
    Ok(answer)
}

/// The fund; while the books cannot be reached, as it was known last.
async fn fund((db, _, known): &Books, slug: &str) -> Result<Arc<Fund>, Problem> {
    if let Some(fund) = known.get(slug) {
        return Ok(fund);
    }
    let (reading, db, wanted) = (known.clone(), db.clone(), slug.to_owned());
    match blocking(move || reading.look_up(&db, &wanted)).await {
        Ok(found) => {
            found.ok_or_else(|| Problem::not_found("There is no fund with this name. Please check the address."))
        }
        Err(problem) => known.last(slug).ok_or(problem),
    }
}

type Stand = (Told, Door, Option<Fund>);

async fn read((db, clock, _): &Books, fund: &Arc<Fund>) -> Result<Stand, Problem> {
    let (db, now, fund) = (db.clone(), clock.now(), fund.clone());
    blocking(move || db.read(|conn| stand(conn, now, &fund))).await
}

fn stand(conn: &mut Conn, now: DateTime<Utc>, fund: &Fund) -> Result<Stand, DbError> {
    let appeal = funds::current_appeal(conn, fund.id, date_in(now, fund.zone))?;
    let appeal = appeal.ok_or_else(|| DbError::Corrupt(format!("the fund {} has no appeal", fund.slug)))?;
    let standing = funds::standing(conn, now, fund, &appeal)?;
    let told = words::tell(fund, &appeal, &standing, &funds::changes_of(conn, appeal.id)?);
    let door = if funds::rules::takes_gifts(now, fund, &appeal) {
        Door::Open
    } else if standing.state == State::NotYetOpen {
        Door::NotYet
    } else {
        Door::Over
    };
    let elsewhere = if door == Door::Over { open_fund(conn, now, fund.id)? } else { None };
    Ok((told, door, elsewhere))
}

/// Another fund that takes gifts now.
fn open_fund(conn: &mut Conn, now: DateTime<Utc>, but_not: i64) -> Result<Option<Fund>, DbError> {
    for fund in funds::all(conn)?.into_iter().filter(|fund| fund.id != but_not) {
        let appeal = funds::current_appeal(conn, fund.id, date_in(now, fund.zone))?;
        if appeal.is_some_and(|appeal| funds::rules::takes_gifts(now, &fund, &appeal)) {
            return Ok(Some(fund));
        }
    }
    Ok(None)
}

/// A form as it was sent, not yet understood.
struct Sent {
    raw: RawGift,
    key: Option<String>,
    /// What a robot wrote where nobody else writes.
    trap: String,
}

/// The longest key taken: ours are 36 characters.
const KEY_CHARS_MAX: usize = 64;

impl Sent {
    /// Takes the fields it knows, each the first time it comes; the day and the appeal are not the reader's to choose.
    fn from_pairs(pairs: &[(String, String)]) -> Self {
        let field = |name: &str| pairs.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str());
        let key = field("key").trim();
        let is_key = (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        Self {
            raw: RawGift {
                amount: field("amount").to_owned(),
                method: field("method").to_owned(),
                name: field("name").to_owned(),
                email: field("email").to_owned(),
                acknowledge_as: field("acknowledge_as").to_owned(),
                anonymous: !matches!(field("anonymous").trim(), "" | "false" | "0" | "no" | "off"),
                note: field("note").to_owned(),
                received_on: String::new(),
                appeal: String::new(),
            },
            key: is_key.then(|| key.to_owned()),
            trap: field("website").to_owned(),
        }
    }

    /// The form to be shown again: with the same key, so that it still makes one gift; without one, with a new key.
    fn again(&self, key: Option<&String>, faults: Vec<Fault>, notice: Option<String>) -> Form {
        Form { raw: self.raw.clone(), key: key.cloned().unwrap_or_else(new_key), faults, notice }
    }
}

async fn give(
    shell: Shell,
    books: Books,
    (till, links): (web::Data<Till>, web::Data<LinkKey>),
    slug: web::Path<String>,
    (actor, request_id): (Actor, RequestId),
    pairs: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let fund = fund(&books, &slug).await?;
    let sent = Sent::from_pairs(&pairs);
    let stand = match read(&books, &fund).await {
        Ok(stand) => stand,
        Err(problem) if problem.status == StatusCode::SERVICE_UNAVAILABLE => {
            let form = sent.again(sent.key.as_ref(), Vec::new(), Some(problem.detail));
            return again(problem.status, shell, fund, None, form);
        }
        Err(problem) => return Err(problem),
    };
    let checked = match understood(&sent, &fund) {
        // The till would take it: staff may enter a gift that came before the first day.
        Ok(_) if stand.1 == Door::NotYet => return again(UNPROCESSABLE, shell, fund, Some(stand), Form::new()),
        Ok(checked) => checked,
        Err(form) => return again(UNPROCESSABLE, shell, fund, Some(stand), form),
    };
    let key = format!("form:{}", sent.key.as_deref().unwrap_or_default());
    let sending = Sending { key, by: actor.who(), request_id: request_id.0, is_pledge: true };
    match refusal(till.record(checked.into_gift(&fund, sending)).await, &sent, &shell) {
        Ok(reference) => {
            let place = format!("/donations/{}", links.token(reference));
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, place)).finish())
        }
        Err((status, form)) => again(status, shell, fund, Some(stand), form),
    }
}

const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// The page once more with what was typed; without figures while the books cannot be reached.
fn again(
    status: StatusCode,
    shell: Shell,
    fund: Arc<Fund>,
    stand: Option<Stand>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let (told, door, elsewhere) = match stand {
        Some((told, door, elsewhere)) => (Some(told), door, elsewhere),
        None => (None, Door::Open, None),
    };
    shown(status, &FundPage { shell, fund, told, door, elsewhere, form })
}

/// The gift, or the form to be shown again with everything that is wrong with it.
fn understood(sent: &Sent, fund: &Fund) -> Result<CheckedGift, Form> {
    let (checked, mut faults) = match parse::check(&sent.raw, fund) {
        Ok(checked) => (Some(checked), Vec::new()),
        Err(faults) => (None, faults),
    };
    note_what_the_form_wants(&sent.raw, &mut faults);
    match checked {
        Some(checked) if faults.is_empty() => {
            if !sent.trap.is_empty() {
                return Err(sent.again(sent.key.as_ref(), faults, Some(TRAPPED.to_owned())));
            }
            if sent.key.is_none() { Err(sent.again(None, faults, Some(NO_KEY.to_owned()))) } else { Ok(checked) }
        }
        _ => Err(sent.again(sent.key.as_ref(), faults, None)),
    }
}

const TRAPPED: &str = "A field that readers cannot see was filled in, as robots do. If you are a reader, please press \
                       the button once more; nothing was recorded yet.";
const NO_KEY: &str = "We could not tell whether this form was sent before, so nothing was recorded yet. Please check it \
                      and press the button once more.";

/// What the form asks beyond what every gift needs: a way to pay that is on offer, and somewhere to send the receipt.
fn note_what_the_form_wants(raw: &RawGift, faults: &mut Vec<Fault>) {
    let name = raw.method.trim();
    if !OFFERED.iter().any(|offer| offer.method.name() == name) {
        let message = match Method::from_name(name) {
            Some(Method::Card | Method::Paypal) => {
                "Cards and PayPal are not taken here yet; please choose bank transfer or cheque."
            }
            Some(Method::StandingOrder | Method::DirectDebit) => {
                "Regular gifts cannot be set up here yet; please choose bank transfer for this one and write to us about the next."
            }
            _ => "Please choose how you will send the money.",
        };
        faults.retain(|fault| fault.field != "method");
        faults.push(Fault { field: "method", message: message.to_owned() });
    }
    if raw.email.trim().is_empty() {
        let message = "Please give an e-mail address: your receipt goes there.".to_owned();
        faults.push(Fault { field: "email", message });
    }
    faults.sort_by_key(|fault| FIELDS.iter().position(|field| *field == fault.field));
}

/// The fields from top to bottom.
const FIELDS: [&str; 6] = ["amount", "method", "name", "email", "acknowledge_as", "note"];

/// The gift's reference, or why it was not taken and the form to show again.
fn refusal(answer: Result<Outcome, TillError>, sent: &Sent, shell: &Shell) -> Result<Reference, (StatusCode, Form)> {
    let again = |status, key, notice| Err((status, sent.again(key, Vec::new(), Some(notice))));
    let same = sent.key.as_ref();
    match answer {
        Ok(Ok(recorded)) => Ok(Reference::of(recorded.donation.id)),
        Ok(Err(GiftRefusal::KeyReused)) => again(UNPROCESSABLE, None, reused(shell)),
        Ok(Err(refusal)) => again(UNPROCESSABLE, same, refusal.to_string()),
        Err(TillError::Failed(cause)) => {
            let problem = Problem::internal(cause);
            again(problem.status, same, problem.detail)
        }
        Err(error) => again(StatusCode::SERVICE_UNAVAILABLE, same, error.to_string()),
    }
}

fn reused(shell: &Shell) -> String {
    let contact = &shell.society.contact_email;
    let write = if contact.is_empty() { "please write to us".to_owned() } else { format!("please write to {contact}") };
    format!(
        "You sent this form before with other details, and that gift is recorded. If this is a second gift, press the \
         button once more. If you meant to change the first one, {write}."
    )
}
