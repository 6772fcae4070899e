//! The JSON API of gifts, for programs with a token.

pub(crate) mod changes;
pub(crate) mod gifts;

use serde::Serialize;

use crate::donations::{Donation, parse};
use crate::http::{FieldError, Problem, Routes};
pub(crate) use crate::http::{idempotency_key, understood};
use crate::money::plain;
use crate::reference::Reference;
use crate::staff::Scope;

pub(super) fn routes(at: &mut Routes) {
    at.api()
        .post("/funds/{slug}/donations", Scope::DonationsWrite, gifts::record)
        .get("/funds/{slug}/donations", Scope::DonationsRead, gifts::list)
        .get("/donations/{reference}", Scope::DonationsRead, gifts::show)
        .post("/donations/{reference}/refunds", Scope::DonationsWrite, changes::refund)
        .post("/donations/{reference}/correction", Scope::DonationsWrite, changes::correct)
        .post("/donations/{reference}/bounce", Scope::DonationsWrite, changes::bounce);
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
