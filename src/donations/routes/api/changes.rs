//! What programs may do to a gift afterwards: give it back, or take it back when the bank did not pay.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{DonationView, idempotency_key, number_of, understood};
use crate::clock::Clock;
use crate::db::{Conn, Db, DbError, Lock, hold};
use crate::donations::{self, Change, ChangeError, Correction, Donation, parse};
use crate::funds;
use crate::http::described::Amount;
use crate::http::{FieldError, Problem, blocking};
use crate::money::parse_amount;
use crate::staff::Program;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundBody {
    #[schema(value_type = Amount)]
    amount: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: String,
}

#[utoipa::path(post, path = "/api/v1/donations/{reference}/refunds", tag = "donations", security(("bearer" = ["donations:write"])),
    params(("reference" = String, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    request_body = RefundBody,
    responses((status = 201, description = "The gift as it now stands", body = DonationView),
              (status = 409, description = "Not received, or already gone back", body = Problem),
              (status = 422, description = "More than is left", body = Problem)))]
/// Give a gift back, in part or whole.
pub(crate) async fn refund(
    program: Program,
    (db, clock): (web::Data<Db>, web::Data<Clock>),
    reference: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let RefundBody { amount, reason } = understood(&body)?;
    let reason = parse::reason(&reason).map_err(|message| Problem::fields(vec![FieldError::new("reason", message)]))?;
    let change = change(&program, &request, &["refund", &reference, &amount, &reason], reason.clone())?;
    changed(db, clock, change, move |conn, now, change| {
        let gift = donations::by_number(conn, number)?.ok_or(ChangeError::Unknown)?;
        let amount_minor = parse_amount(&amount, gift.currency).map_err(Refusal::amount)?;
        Ok(donations::refund(conn, now, number, amount_minor, change)?)
    })
    .await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionBody {
    /// What the gift should have been; "0.00" when there never was such a gift.
    #[schema(value_type = Amount)]
    amount: String,
    #[schema(max_length = 200)]
    reason: String,
    /// True for an amount above the fund's largest gift that is right all the same.
    #[serde(default)]
    confirmed: Option<bool>,
}

#[utoipa::path(post, path = "/api/v1/donations/{reference}/correction", tag = "donations", security(("bearer" = ["donations:write"])),
    params(("reference" = String, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    request_body = CorrectionBody,
    responses((status = 201, description = "The gift as it now stands", body = DonationView),
              (status = 409, description = "Not received, gone back in part, closed books, or counted in a batch or a bank statement", body = Problem),
              (status = 422, description = "A field is at fault", body = Problem)))]
/// Put right a gift that was entered by mistake, on the day of its first entry.
pub(crate) async fn correct(
    program: Program,
    (db, clock): (web::Data<Db>, web::Data<Clock>),
    reference: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let CorrectionBody { amount, reason, confirmed } = understood(&body)?;
    let reason = parse::reason(&reason).map_err(|message| Problem::fields(vec![FieldError::new("reason", message)]))?;
    let change = change(&program, &request, &["correct", &reference, &amount, &reason], reason.clone())?;
    changed(db, clock, change, move |conn, now, change| {
        let gift = donations::by_number(conn, number)?.ok_or(ChangeError::Unknown)?;
        let fund = funds::by_slug(conn, &gift.fund)?.ok_or(ChangeError::NoFund)?;
        let amount_minor = parse::corrected(&amount, &fund, confirmed.unwrap_or_default())
            .map_err(|fault| Refusal::Words(Problem::fields(vec![FieldError::new(fault.field, fault.message)])))?;
        let correction = Correction { amount_minor: Some(amount_minor), ..Correction::default() };
        Ok(donations::correct(conn, now, number, &correction, change)?)
    })
    .await
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BounceBody {
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: String,
}

#[utoipa::path(post, path = "/api/v1/donations/{reference}/bounce", tag = "donations", security(("bearer" = ["donations:write"])),
    params(("reference" = String, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<BounceBody>,
    responses((status = 201, description = "The gift as it now stands", body = DonationView),
              (status = 409, description = "This cannot bounce, or has already gone back", body = Problem)))]
/// Take back a gift that the bank did not pay.
pub(crate) async fn bounce(
    program: Program,
    (db, clock): (web::Data<Db>, web::Data<Clock>),
    reference: web::Path<String>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let number = number_of(&reference)?;
    let BounceBody { reason } = if body.is_empty() { BounceBody::default() } else { understood(&body)? };
    let reason = parse::reason(&reason).map_err(|message| Problem::fields(vec![FieldError::new("reason", message)]))?;
    let change = change(&program, &request, &["bounce", &reference, &reason], reason.clone())?;
    changed(db, clock, change, move |conn, now, change| Ok(donations::bounce(conn, now, number, change)?)).await
}

/// The key of a change; a client that sends none gets a new one, and so no protection against its own repeats.
fn change(program: &Program, request: &HttpRequest, says: &[&str], reason: String) -> Result<Change, Problem> {
    let key = idempotency_key(request)?.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let mut digest = Sha256::new();
    for text in says {
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    Ok(Change {
        key: format!("{}:{key}", program.actor().key_space()),
        fingerprint: digest.finalize().into(),
        reason,
        by: program.actor().who(),
        request_id: program.request_id().to_owned(),
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
