//! The JSON API of gifts, for programs with a token.

pub(crate) mod changes;
pub(crate) mod gifts;

use actix_web::web;
use serde::Serialize;

use crate::donations::{Donation, parse};
use crate::http::{FieldError, Problem};
pub(crate) use crate::http::{idempotency_key, understood};
use crate::money::plain;
use crate::reference::Reference;

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(
        web::resource("/api/v1/funds/{slug}/donations")
            .route(web::post().to(gifts::record))
            .route(web::get().to(gifts::list)),
    )
    .route("/api/v1/donations/{reference}", web::get().to(gifts::show))
    .route("/api/v1/donations/{reference}/refunds", web::post().to(changes::refund))
    .route("/api/v1/donations/{reference}/bounce", web::post().to(changes::bounce));
}

fn faults(faults: Vec<parse::Fault>) -> Problem {
    Problem::fields(faults.into_iter().map(|fault| FieldError::new(fault.field, fault.message)).collect())
}

fn number_of(reference: &str) -> Result<i64, Problem> {
    reference.parse::<Reference>().map(Reference::number).map_err(Problem::not_found)
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
    in_memory_of: String,
    memory_in_print: bool,
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
            in_memory_of: gift.in_memory_of,
            memory_in_print: gift.memory_in_print,
        }
    }
}
