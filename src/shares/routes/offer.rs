//! The offer and the application form, for readers.
//!
//! Invariant: one form, as it was shown, makes at most one application; what was typed is on the page again whenever
//! none was made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::clock::{Clock, date_in};
use crate::db::{Conn, Db, Lock, hold};
use crate::donations::link::LinkKey;
use crate::fault::Fault;
use crate::funds;
use crate::http::{Form, Place, Problem, RequestId, Routes, Shell, blocking, page};
use crate::ledger::Method;
use crate::money::{display, display_short};
use crate::outbox::{LetterBudgets, Stranger};
use crate::shares::numbers::grouped;
use crate::shares::parse::{self, RawApplication, RawHolder};
use crate::shares::{self, Deed, HolderKind, NewApplication, Settings, ShareClass, ShareError, Terms, register};
use crate::staff::Actor;

pub(super) fn routes(at: &mut Routes) {
    at.public().get("/shares", show).post("/shares/applications", apply).get("/shares/applications", back);
    at.public().get("/shares/applications/sent", sent);
}

#[derive(Template)]
#[template(path = "shares/offer.html")]
struct OfferPage {
    shell: Shell,
    offer: Offer,
    form: Form,
}

/// What is offered, and how it stands.
#[derive(Clone)]
struct Offer {
    settings: Settings,
    classes: Vec<(ShareClass, Terms)>,
    members: i64,
    capital: String,
    fund_slug: &'static str,
}

impl OfferPage {
    /// The four boxes for joint holders, with what was typed.
    fn joint_names(&self) -> Vec<(usize, String)> {
        let typed = self.form.values("names");
        (1..=4).map(|at| (at, typed.get(at - 1).cloned().unwrap_or_default())).collect()
    }
}

impl Offer {
    fn members(&self) -> String {
        grouped(self.members)
    }

    fn price(&self, class: &ShareClass) -> String {
        display(class.nominal_minor, class.currency)
    }

    fn limits(&self, class: &ShareClass, terms: &Terms) -> String {
        let money = |shares| display_short(class.price_minor(shares), class.currency);
        format!(
            "One share costs {}. From {} ({}) to {} ({}) in all.",
            self.price(class),
            grouped(terms.minimum_shares),
            money(terms.minimum_shares),
            grouped(terms.maximum_shares),
            money(terms.maximum_shares)
        )
    }

    /// "You may withdraw them after 90 days' notice, if the committee agrees. You may transfer them to another member."
    fn rights(&self, terms: &Terms) -> String {
        let withdrawal = if terms.withdrawable {
            format!("You can ask for the money back with {} days’ notice; the committee may say no.", terms.notice_days)
        } else {
            "They cannot be withdrawn: the society does not buy them back.".to_owned()
        };
        let transfer = match (terms.transferable, terms.needs_consent) {
            (true, true) => "You can pass them to another member if the committee consents.",
            (true, false) => "You can pass them to another member.",
            (false, _) => "They cannot be passed to another member.",
        };
        let vote = if terms.voting { "They give you one vote, however many you hold." } else { "They give no vote." };
        [vote, &withdrawal, transfer].join(" ")
    }

    fn prices_minor(&self, class: &ShareClass) -> i64 {
        class.nominal_minor
    }
}

/// How many own the paper and what they put in, as it was counted last: a count reads every line of the book, and this
/// page is for everybody.
#[derive(Clone, Default)]
pub struct Counted(Arc<Mutex<Option<(Instant, i64, String)>>>);

/// A new member is on the offer after this.
const FRESH: Duration = Duration::from_secs(10);

impl Counted {
    fn look(&self, conn: &mut Conn, today: NaiveDate) -> Result<(i64, String), ShareError> {
        if let Some((at, members, capital)) = self.0.lock().clone()
            && at.elapsed() < FRESH
        {
            return Ok((members, capital));
        }
        let (members, capital) = register::standing(conn, today)?;
        let capital = capital.iter().map(|(currency, minor)| display_short(*minor, *currency));
        let capital = capital.collect::<Vec<_>>().join(" and ");
        *self.0.lock() = Some((Instant::now(), members, capital.clone()));
        Ok((members, capital))
    }
}

/// From where the form is sent, and how many letters may still be written for it.
type Asker = (Place, web::Data<LetterBudgets>);

/// Where the register is, who signs links, and what was counted last.
type Books = (web::Data<Db>, web::Data<Clock>, web::Data<LinkKey>, web::Data<Counted>);

async fn show(shell: Shell, books: Books, asked: web::Query<Vec<(String, String)>>) -> Result<HttpResponse, Problem> {
    let offer = read(&books).await?;
    let field = |name: &str| asked.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut form =
        Form::new().with("kind", "person").with("method", "bank_transfer").with("email_purposes", "meetings");
    for name in ["shares", "gift"] {
        if let Some(value) = field(name).filter(|value| value.len() <= 12) {
            form = form.with(name, value);
        }
    }
    shown(StatusCode::OK, OfferPage { shell, offer, form })
}

fn shown(status: StatusCode, offer_page: OfferPage) -> Result<HttpResponse, Problem> {
    let mut answer = page(status, &offer_page)?;
    // A cache that gave one key to two readers would take their two applications for one.
    answer.headers_mut().insert(CACHE_CONTROL, "private, no-cache".parse().expect("a plain text"));
    Ok(answer)
}

/// A form with faults stands at this address; a tab that is opened again asks for it anew.
async fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/shares")).finish()
}

async fn read((db, clock, _, counted): &Books) -> Result<Offer, Problem> {
    let (db, now, counted) = (db.clone(), clock.now(), counted.clone());
    blocking(move || db.read(|conn| stand(conn, now, &counted))).await
}

fn stand(conn: &mut Conn, now: DateTime<Utc>, counted: &Counted) -> Result<Offer, ShareError> {
    let settings = shares::settings(conn)?;
    let today = date_in(now, settings.zone);
    let (members, capital) = counted.look(conn, today)?;
    let classes = shares::classes_on(conn, today)?;
    Ok(Offer { settings, classes, members, capital, fund_slug: funds::DEFAULT_SLUG })
}

async fn apply(
    shell: Shell,
    books: Books,
    (request_id, asker): (RequestId, Asker),
    pairs: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let offer = read(&books).await?;
    let mut form = Form::sent(pairs.into_inner());
    if !offer.settings.is_open {
        form.object("The offer is closed at present, so nothing was recorded. Please come back later.");
        return shown(StatusCode::UNPROCESSABLE_ENTITY, OfferPage { shell, offer, form });
    }
    if !form.value("website").is_empty() {
        form.object(
            "A field that readers cannot see was filled in, as robots do. If you are a reader, please press the button \
             once more; nothing was recorded yet.",
        );
        return shown(StatusCode::UNPROCESSABLE_ENTITY, OfferPage { shell, offer, form });
    }
    let today = date_in(books.1.now(), offer.settings.zone);
    let Some(new) = understood(&mut form, &offer, today) else {
        return shown(StatusCode::UNPROCESSABLE_ENTITY, OfferPage { shell, offer, form });
    };
    let deed = Deed { by: Actor::Public.who(), request_id: request_id.0 };
    let is_member = matches!(new.applicant, shares::Applicant::Member(_));
    let (place, budgets) = asker;
    let stranger = budgets.stranger(books.1.now(), place.household(), place.block());
    match enter(&books, deed, &form, new, stranger).await {
        // Whether the number, the address and the shares go together is nobody's business but the member's.
        Err(error) if is_member && !matches!(error, ShareError::Db(_) | ShareError::KeyReused) => {
            drop(error);
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, SENT)).finish())
        }
        Ok(place) => Ok(HttpResponse::SeeOther().insert_header((LOCATION, place)).finish()),
        Err(ShareError::Db(error)) => Err(error.into()),
        Err(error @ ShareError::KeyReused) => {
            drop(error);
            form.renew_key();
            form.object(
                "You sent this form before with other details, and that application is recorded. If this is a second \
                 application, press the button once more. If you meant to change the first one, please write to us.",
            );
            shown(StatusCode::UNPROCESSABLE_ENTITY, OfferPage { shell, offer, form })
        }
        Err(error) => {
            form.take(error.into(), &FIELDS)?;
            shown(StatusCode::UNPROCESSABLE_ENTITY, OfferPage { shell, offer, form })
        }
    }
}

/// Records the application once for its form; the answer is where its page is.
async fn enter(
    (db, clock, links, _): &Books,
    deed: Deed,
    form: &Form,
    mut new: NewApplication,
    stranger: Stranger,
) -> Result<String, ShareError> {
    let (db, clock, links) = (db.clone(), clock.clone(), links.clone());
    let key = format!("form:{}", form.key());
    let fingerprint: [u8; 32] = Sha256::digest(format!("{new:?}").as_bytes()).into();
    new.stranger = Some(stranger);
    let email = form.value("email").trim().to_lowercase();
    let done = web::block(move || {
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            let now = clock.now();
            shares::once(conn, now, &key, &fingerprint, |conn| {
                check_member(conn, &new, &email)?;
                let application = shares::apply(conn, now, &deed, &new)?;
                Ok::<_, ShareError>(match new.applicant {
                    shares::Applicant::Member(_) => SENT.to_owned(),
                    shares::Applicant::New(_) => {
                        format!("/shares/applications/{}", links.token(application.reference()))
                    }
                })
            })
        })
    });
    let done = done.await.map_err(|_| crate::db::DbError::Corrupt("a background thread was cancelled".to_owned()))?;
    Ok(done?.text)
}

/// Where whoever asks in a member's name is led, whatever came of it: the answer goes to the member's address alone.
const SENT: &str = "/shares/applications/sent";

#[derive(Template)]
#[template(path = "shares/sent.html")]
struct SentPage {
    shell: Shell,
}

async fn sent(shell: Shell) -> Result<HttpResponse, Problem> {
    page(StatusCode::OK, &SentPage { shell })
}

/// Whoever asks for more in a member's name must know the member's address: the answer goes there.
fn check_member(conn: &mut Conn, new: &NewApplication, email: &str) -> Result<(), ShareError> {
    let shares::Applicant::Member(number) = &new.applicant else { return Ok(()) };
    let known = shares::holder_by_member(conn, *number)?.and_then(|holder| holder.email);
    if known.is_some_and(|known| known.to_lowercase() == email) { Ok(()) } else { Err(ShareError::UnmatchedMember) }
}

/// The fields, from top to bottom.
const FIELDS: [&str; 15] = [
    "class",
    "shares",
    "gift",
    "kind",
    "member",
    "name",
    "names",
    "representative",
    "email",
    "email_purposes",
    "address",
    "date_of_birth",
    "accepts_rules",
    "method",
    "website",
];

/// What was typed as an application, or nothing and what is wrong with it in the form.
fn understood(form: &mut Form, offer: &Offer, today: NaiveDate) -> Option<NewApplication> {
    let settings = &offer.settings;
    let only_class = match offer.classes.as_slice() {
        [(class, _)] => class.code.as_str(),
        _ => "",
    };
    let field = |name: &str| form.value(name).to_owned();
    // A form of one's own making may leave out what has one usual answer.
    let usual = |name: &str, usual: &str| if form.has_field(name) { field(name) } else { usual.to_owned() };
    let is_member = form.has("kind", "member");
    let raw = RawApplication {
        class: usual("class", only_class),
        shares: field("shares"),
        member: if is_member { field("member") } else { String::new() },
        holder: RawHolder {
            kind: usual("kind", HolderKind::Person.name()),
            name: field("name"),
            names: form.values("names").iter().flat_map(|names| names.lines()).map(str::to_owned).collect(),
            representative: field("representative"),
            email: field("email"),
            email_purposes: form.values("email_purposes"),
            address: field("address"),
            date_of_birth: field("date_of_birth"),
        },
        accepts_rules: form.is_ticked("accepts_rules"),
        method: usual("method", Method::BankTransfer.name()),
        gift: field("gift"),
        applied_on: String::new(),
    };
    let checked = parse::check(&raw, settings, today);
    let mut faults: Vec<Fault> = checked.as_ref().err().cloned().unwrap_or_default();
    if is_member && raw.member.trim().is_empty() {
        faults.retain(|fault| !fault.field.starts_with("holder."));
        faults.push(Fault {
            field: "member",
            message: "Please give your member number, for example M000123.".to_owned(),
        });
    }
    if raw.holder.email.trim().is_empty() {
        let message = "Please give an e-mail address: we answer there at once.".to_owned();
        faults.push(Fault { field: "email", message });
    }
    if !matches!(raw.method.trim(), "bank_transfer" | "cheque") {
        faults.retain(|fault| fault.field != "method");
        let message = "Please choose how you will send the money; cards are not taken here yet.".to_owned();
        faults.push(Fault { field: "method", message });
    }
    for fault in faults {
        form.refuse(fault.field.trim_start_matches("holder."), fault.message);
    }
    form.sort_faults(&FIELDS);
    checked.ok().filter(|_| !form.is_refused())
}
