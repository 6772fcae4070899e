//! Gifts recorded and read by programs.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::{DonationView, faults, idempotency_key, number_of, understood};
use crate::db::Db;
use crate::donations::parse::{self, Limits, RawGift, Sending};
use crate::donations::till::Till;
use crate::donations::{self, ChangeError, Recap};
use crate::funds::{Fund, Known};
use crate::http::described::{Amount, Day, MethodName};
use crate::http::{FieldError, Problem, blocking, page_limit};
use crate::money::plain;
use crate::reference::Reference;
use crate::staff::Program;

/// What a program sends. A missing text is an empty one; an amount is a text, because a float is not money.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiftBody {
    #[schema(value_type = Amount)]
    amount: String,
    #[schema(value_type = MethodName)]
    method: String,
    /// Today where nothing is said.
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    received_on: Option<String>,
    #[serde(default)]
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Where the receipt goes.
    #[serde(default)]
    #[schema(example = "a@example.org")]
    email: Option<String>,
    /// How to thank the giver in the paper.
    #[serde(default)]
    #[schema(max_length = 200)]
    acknowledge_as: Option<String>,
    #[serde(default)]
    anonymous: Option<bool>,
    #[serde(default)]
    #[schema(max_length = 2_000)]
    note: Option<String>,
    /// Whom the gift commemorates.
    #[serde(default)]
    #[schema(max_length = 200)]
    in_memory_of: Option<String>,
    /// True when the giver agrees that the paper may print it.
    #[serde(default)]
    memory_in_print: Option<bool>,
    /// An appeal that is open, such as "2021-06"; where nothing is said the day decides.
    #[serde(default)]
    appeal: Option<String>,
    /// True for an amount above the fund's largest gift that is right all the same.
    #[serde(default)]
    confirmed: Option<bool>,
    /// "pledged" for a promise; "received" where nothing is said.
    #[serde(default)]
    #[schema(pattern = "^(pledged|received)$")]
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
            in_memory_of: self.in_memory_of.unwrap_or_default(),
            memory_in_print: self.memory_in_print.unwrap_or_default(),
            appeal: self.appeal.unwrap_or_default(),
            confirmed: self.confirmed.unwrap_or_default(),
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
    params(("slug" = String, Path, description = "The fund"), ("Idempotency-Key" = String, Header)),
    request_body = GiftBody,
    responses((status = 201, description = "Recorded", body = GiftView,
               headers(("Location" = String, description = "Where the gift is read"))),
              (status = 200, description = "Recorded before with this key", body = GiftView),
              (status = 422, description = "A field is at fault, or the key was used for another gift", body = Problem),
              (status = 503, description = "The queue is full; nothing was recorded; come back after `Retry-After`", body = Problem)))]
/// Record a gift.
pub(crate) async fn record(
    program: Program,
    till: web::Data<Till>,
    (known, db): (web::Data<Known>, web::Data<Db>),
    slug: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let key = idempotency_key(&request)?.ok_or_else(no_key)?;
    let body: GiftBody = understood(&body)?;
    let is_pledge = body.is_pledge()?;
    let fund = fund(&known, &db, &slug).await?;
    let checked = parse::check(&body.into_raw(), &fund, Limits::of(is_pledge)).map_err(faults)?;
    let actor = program.actor();
    let key = format!("{}:{key}", actor.key_space());
    let sending =
        Sending { key, by: actor.who(), request_id: program.request_id().to_owned(), is_pledge, stranger: None };
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

fn no_key() -> Problem {
    Problem::bad_request(
        "Please send the header Idempotency-Key, a new one for each gift. It lets you send a request again safely.",
    )
}

#[utoipa::path(get, path = "/api/v1/donations/{reference}", tag = "donations", security(("bearer" = ["donations:read"])),
    params(("reference" = String, Path)),
    responses((status = 200, body = DonationView), (status = 404, body = Problem)))]
/// One gift.
pub(crate) async fn show(_: Program, db: web::Data<Db>, reference: web::Path<String>) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let found = blocking(move || db.read(|conn| donations::by_number(conn, number))).await?;
    let gift = found.ok_or_else(|| Problem::from(ChangeError::Unknown))?;
    Ok(HttpResponse::Ok().json(DonationView::from(gift)))
}

#[derive(Deserialize)]
pub(crate) struct After {
    /// The reference after which to go on.
    after: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DonationsView {
    donations: Vec<DonationView>,
    /// What to send as `after` for the gifts that follow; nothing at the end.
    next: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/funds/{slug}/donations", tag = "donations", security(("bearer" = ["donations:read"])),
    params(("slug" = String, Path, description = "The fund"),
           ("after" = Option<String>, Query, description = "The reference after which to go on"),
           ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "How many; 100 where nothing is said")),
    responses((status = 200, description = "A page of gifts", body = DonationsView)))]
/// The gifts of a fund, in the order they were recorded.
pub(crate) async fn list(
    _: Program,
    known: web::Data<Known>,
    db: web::Data<Db>,
    slug: web::Path<String>,
    page: web::Query<After>,
) -> Result<HttpResponse, Problem> {
    let limit = page_limit(page.limit)?;
    let after = page.after.as_deref().filter(|after| !after.is_empty()).map(place_after).transpose()?.unwrap_or(0);
    let fund_id = fund(&known, &db, &slug).await?.id;
    let gifts = blocking(move || db.read(|conn| donations::after(conn, Some(fund_id), after, limit))).await?;
    let is_full = i64::try_from(gifts.len()).is_ok_and(|count| count == limit);
    let next = gifts.last().filter(|_| is_full).map(|gift| gift.reference().to_string());
    let donations = gifts.into_iter().map(DonationView::from).collect();
    Ok(HttpResponse::Ok().json(DonationsView { donations, next }))
}

fn place_after(reference: &str) -> Result<i64, Problem> {
    let number = reference.parse::<Reference>().map(Reference::number);
    number.map_err(|error| Problem::fields(vec![FieldError::new("after", error)]))
}
