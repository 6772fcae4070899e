//! The JSON API of gifts, for programs with a token.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::donations::parse::{self, RawGift, Sending};
use crate::donations::till::Till;
use crate::donations::{self, Change, ChangeError, Donation, Recap};
use crate::funds::{Fund, Known};
use crate::http::{FieldError, Problem, RequestId, blocking};
use crate::money::{parse_amount, plain};
use crate::reference::Reference;
use crate::staff::Actor;

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(
        web::resource("/api/v1/funds/{slug}/donations").route(web::post().to(record)).route(web::get().to(list)),
    )
    .route("/api/v1/donations/{reference}", web::get().to(show))
    .route("/api/v1/donations/{reference}/refunds", web::post().to(refund))
    .route("/api/v1/donations/{reference}/bounce", web::post().to(bounce));
}

/// The longest key (contract): 255 visible ASCII characters.
const KEY_CHARS_MAX: usize = 255;

/// What a program sends. A missing text is an empty one; an amount is a text, because a float is not money.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiftBody {
    amount: String,
    method: String,
    #[serde(default)]
    received_on: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    acknowledge_as: Option<String>,
    #[serde(default)]
    anonymous: Option<bool>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    appeal: Option<String>,
    /// "pledged" for a promise; "received" where nothing is said.
    #[serde(default)]
    status: Option<String>,
}

impl GiftBody {
    fn is_pledge(&self) -> Result<bool, Problem> {
        match self.status.as_deref() {
            None | Some("received") => Ok(false),
            Some("pledged") => Ok(true),
            Some(_) => Err(Problem::fields(vec![FieldError::new("status", "Please send pledged or received.")])),
        }
    }

    fn into_raw(self) -> RawGift {
        RawGift {
            amount: self.amount,
            method: self.method,
            received_on: self.received_on.unwrap_or_default(),
            name: self.name.unwrap_or_default(),
            email: self.email.unwrap_or_default(),
            acknowledge_as: self.acknowledge_as.unwrap_or_default(),
            anonymous: self.anonymous.unwrap_or_default(),
            note: self.note.unwrap_or_default(),
            appeal: self.appeal.unwrap_or_default(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct GiftView {
    reference: String,
    status: &'static str,
    amount: String,
    currency: &'static str,
    appeal: String,
    receipt: Option<String>,
    entry: Option<i64>,
}

impl From<Recap> for GiftView {
    fn from(recap: Recap) -> Self {
        Self {
            reference: Reference::of(recap.id).to_string(),
            status: recap.status.name(),
            amount: plain(recap.amount_minor, recap.currency),
            currency: recap.currency.code(),
            appeal: recap.appeal,
            receipt: recap.receipt.map(|number| number.to_string()),
            entry: recap.entry,
        }
    }
}

#[utoipa::path(post, path = "/api/v1/funds/{slug}/donations", tag = "donations", security(("bearer" = ["donations:write"])),
    params(("slug" = String, Path, description = "The fund"),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, a new one for each gift")),
    request_body = GiftBody,
    responses((status = 201, description = "Recorded", body = GiftView),
              (status = 200, description = "Recorded before with this key; `Idempotent-Replayed: true`", body = GiftView),
              (status = 422, description = "A field is at fault, or the key was used for another gift", body = Problem),
              (status = 503, description = "The queue is full; nothing was recorded; come back after `Retry-After`", body = Problem)))]
/// Record a gift.
pub(crate) async fn record(
    till: web::Data<Till>,
    known: web::Data<Known>,
    db: web::Data<Db>,
    slug: web::Path<String>,
    actor: Actor,
    request_id: RequestId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&request)?.ok_or_else(no_key)?;
    let body: GiftBody = understood(&body)?;
    let is_pledge = body.is_pledge()?;
    let fund = fund(&known, &db, &slug).await?;
    let checked = parse::check(&body.into_raw(), &fund).map_err(faults)?;
    let key = format!("{}:{key}", actor.key_space());
    let sending = Sending { key, by: actor.who(), request_id: request_id.0, is_pledge };
    let recorded = till.record(checked.into_gift(&fund, sending)).await??;
    let view = GiftView::from(recorded.donation);
    if recorded.is_replay {
        Ok(HttpResponse::Ok().insert_header(("Idempotent-Replayed", "true")).json(view))
    } else {
        let place = format!("/api/v1/donations/{}", view.reference);
        Ok(HttpResponse::Created().insert_header(("Location", place)).json(view))
    }
}

/// A fund from memory; one that is new is looked up.
async fn fund(known: &web::Data<Known>, db: &web::Data<Db>, slug: &str) -> Result<Arc<Fund>, Problem> {
    if let Some(fund) = known.get(slug) {
        return Ok(fund);
    }
    let (known, db, wanted) = (known.clone(), db.clone(), slug.to_owned());
    let found = blocking(move || known.look_up(&db, &wanted)).await?;
    found.ok_or_else(|| Problem::not_found("There is no fund with this name. Please check the address."))
}

fn faults(faults: Vec<parse::Fault>) -> Problem {
    Problem::fields(faults.into_iter().map(|fault| FieldError::new(fault.field, fault.message)).collect())
}

fn understood<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            let mut message = error.to_string();
            if message.contains("expected a string") {
                message = format!("Amounts and texts are sent as strings, such as \"25.00\". ({message})");
            }
            let field = message.split('`').nth(1).unwrap_or("body").to_owned();
            Problem::fields(vec![FieldError::new(field, message)])
        } else {
            Problem::bad_request(format!("The body is not JSON: {error}."))
        }
    })
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(key) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()));
    let key = key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::bad_request("The header Idempotency-Key must be 1 to 255 visible ASCII characters without spaces.")
    })
}

fn no_key() -> Problem {
    Problem::bad_request(
        "Please send the header Idempotency-Key, a new one for each gift. It lets you send a request again safely.",
    )
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DonationView {
    reference: String,
    status: &'static str,
    amount: String,
    refunded: String,
    currency: &'static str,
    fund: String,
    appeal: String,
    method: &'static str,
    received_on: Option<chrono::NaiveDate>,
    receipt: Option<String>,
    entry: Option<i64>,
    name: String,
    email: Option<String>,
    acknowledge_as: String,
    anonymous: bool,
    note: String,
    recorded_at: String,
}

impl From<Donation> for DonationView {
    fn from(gift: Donation) -> Self {
        Self {
            reference: gift.reference().to_string(),
            status: gift.status.name(),
            amount: plain(gift.amount_minor, gift.currency),
            refunded: plain(gift.returned_minor, gift.currency),
            currency: gift.currency.code(),
            method: gift.method.name(),
            received_on: gift.received_on,
            receipt: gift.receipt.map(|number| number.to_string()),
            entry: gift.entry,
            recorded_at: gift.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            fund: gift.fund,
            appeal: gift.appeal,
            name: gift.name,
            email: gift.email,
            acknowledge_as: gift.acknowledge_as,
            anonymous: gift.anonymous,
            note: gift.note,
        }
    }
}

fn number_of(reference: &str) -> Result<i64, Problem> {
    reference.parse::<Reference>().map(Reference::number).map_err(Problem::not_found)
}

#[utoipa::path(get, path = "/api/v1/donations/{reference}", tag = "donations", security(("bearer" = ["donations:read"])),
    params(("reference" = String, Path, description = "Such as FF7K3M9QXP")),
    responses((status = 200, body = DonationView), (status = 404, body = Problem)))]
/// One gift.
pub(crate) async fn show(db: web::Data<Db>, reference: web::Path<String>) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let found = blocking(move || db.read(|conn| donations::by_number(conn, number))).await?;
    let gift = found.ok_or_else(|| Problem::from(ChangeError::Unknown))?;
    Ok(HttpResponse::Ok().json(DonationView::from(gift)))
}

/// Gifts in one answer, unless fewer are asked for.
const PAGE: i64 = 100;
/// The most that may be asked for: about half a megabyte.
const PAGE_MAX: i64 = 1_000;

#[derive(Deserialize)]
pub(crate) struct After {
    /// The reference after which to go on.
    after: Option<String>,
    limit: Option<i64>,
}

#[utoipa::path(get, path = "/api/v1/funds/{slug}/donations", tag = "donations", security(("bearer" = ["donations:read"])),
    params(("slug" = String, Path, description = "The fund"),
           ("after" = Option<String>, Query, description = "The reference after which to go on"),
           ("limit" = Option<i64>, Query, description = "1 to 1000, 100 where nothing is said")),
    responses((status = 200, description = "`donations`, and `next` where there are more")))]
/// The gifts of a fund, in the order they were recorded.
pub(crate) async fn list(
    known: web::Data<Known>,
    db: web::Data<Db>,
    slug: web::Path<String>,
    page: web::Query<After>,
) -> Result<HttpResponse, Problem> {
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let after = page.after.as_deref().filter(|after| !after.is_empty()).map(number_of).transpose()?.unwrap_or(0);
    let fund_id = fund(&known, &db, &slug).await?.id;
    let gifts = blocking(move || db.read(|conn| donations::after(conn, Some(fund_id), after, limit))).await?;
    let is_full = i64::try_from(gifts.len()).is_ok_and(|count| count == limit);
    let next = gifts.last().filter(|_| is_full).map(|gift| gift.reference().to_string());
    let gifts: Vec<DonationView> = gifts.into_iter().map(DonationView::from).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "donations": gifts, "next": next })))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundBody {
    amount: String,
    #[serde(default)]
    reason: String,
}

#[utoipa::path(post, path = "/api/v1/donations/{reference}/refunds", tag = "donations", security(("bearer" = ["donations:write"])),
    params(("reference" = String, Path, description = "Such as FF7K3M9QXP"),
           ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = RefundBody,
    responses((status = 201, description = "The gift as it now stands", body = DonationView),
              (status = 409, description = "Not received, or already gone back", body = Problem),
              (status = 422, description = "More than is left", body = Problem)))]
/// Give a gift back, in part or whole.
pub(crate) async fn refund(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    reference: web::Path<String>,
    actor: Actor,
    request_id: RequestId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let RefundBody { amount, reason } = understood(&body)?;
    let reason = parse::reason(&reason).map_err(|message| Problem::fields(vec![FieldError::new("reason", message)]))?;
    let change = change(&actor, &request_id, &request, &["refund", &reference, &amount, &reason], reason.clone())?;
    changed(db, clock, change, move |conn, now, change| {
        let gift = donations::by_number(conn, number)?.ok_or(ChangeError::Unknown)?;
        let amount_minor = parse_amount(&amount, gift.currency).map_err(Refusal::amount)?;
        Ok(donations::refund(conn, now, number, amount_minor, change)?)
    })
    .await
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BounceBody {
    #[serde(default)]
    reason: String,
}

#[utoipa::path(post, path = "/api/v1/donations/{reference}/bounce", tag = "donations", security(("bearer" = ["donations:write"])),
    params(("reference" = String, Path, description = "Such as FF7K3M9QXP"),
           ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = Option<BounceBody>,
    responses((status = 201, description = "The gift as it now stands", body = DonationView),
              (status = 409, description = "This cannot bounce, or has already gone back", body = Problem)))]
/// Take back a gift that the bank did not pay.
pub(crate) async fn bounce(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    reference: web::Path<String>,
    actor: Actor,
    request_id: RequestId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let BounceBody { reason } = if body.is_empty() { BounceBody::default() } else { understood(&body)? };
    let reason = parse::reason(&reason).map_err(|message| Problem::fields(vec![FieldError::new("reason", message)]))?;
    let change = change(&actor, &request_id, &request, &["bounce", &reference, &reason], reason.clone())?;
    changed(db, clock, change, move |conn, now, change| Ok(donations::bounce(conn, now, number, change)?)).await
}

/// The key of a change; a client that sends none gets a new one, and so no protection against its own repeats.
fn change(
    actor: &Actor,
    request_id: &RequestId,
    request: &HttpRequest,
    says: &[&str],
    reason: String,
) -> Result<Change, Problem> {
    let key = idempotency_key(request)?.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let mut digest = Sha256::new();
    for text in says {
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    Ok(Change {
        key: format!("{}:{key}", actor.key_space()),
        fingerprint: digest.finalize().into(),
        reason,
        by: actor.who(),
        request_id: request_id.0.clone(),
    })
}

/// A change that was refused, by the books or by its own words.
enum Refusal {
    Change(ChangeError),
    Words(Problem),
}

impl Refusal {
    fn amount(error: crate::money::AmountError) -> Self {
        Self::Words(Problem::fields(vec![FieldError::new("amount", error)]))
    }
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Change(error.into())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Change(error) => error.into(),
            Refusal::Words(problem) => problem,
        }
    }
}

async fn changed(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    change: Change,
    make: impl FnOnce(&mut Conn, chrono::DateTime<chrono::Utc>, &Change) -> Result<Donation, Refusal> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let gift = blocking(move || {
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            make(conn, clock.now(), &change)
        })
    });
    Ok(HttpResponse::build(StatusCode::CREATED).json(DonationView::from(gift.await?)))
}
