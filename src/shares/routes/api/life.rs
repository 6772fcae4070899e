//! What else happens to members and their shares: conversion, forfeiture, new particulars, lost certificates.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decisions::ReasonBody;
use super::{Asked, Refusal, count, day, member, words, wrong};
use crate::http::described::{Count, Day, Member, Words};
use crate::http::{Problem, understood};
use crate::shares::numbers::{CertificateNumber, MemberNumber};
use crate::shares::parse::{self, RawAmendment};
use crate::shares::{self, Ending, NewConversion, NewForfeiture};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversionBody {
    #[schema(value_type = Member)]
    member: String,
    /// The class that is left.
    from: String,
    /// The class that is entered.
    to: String,
    /// How many of the class that is left.
    #[schema(value_type = Count)]
    shares: Value,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    effective_on: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    minute: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ChangedView {
    event: i64,
    member: String,
    holding: i64,
    entry: Option<i64>,
}

#[utoipa::path(post, path = "/api/v1/shares/conversions", tag = "shares", security(("bearer" = ["shares:write"])),
    params(("Idempotency-Key" = String, Header)), request_body = ConversionBody,
    responses((status = 201, description = "`holding` is of the new class", body = ChangedView),
              (status = 422, description = "A field is at fault", body = Problem)))]
/// Convert shares of one class to another, at par.
pub(crate) async fn convert(asked: Asked, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let sent: ConversionBody = understood(&body)?;
    let new = NewConversion {
        member: member("member", &sent.member)?,
        from: sent.from,
        to: sent.to,
        shares: count(&sent.shares)?,
        effective_on: day("effective_on", sent.effective_on.as_deref())?,
        minute: words("minute", sent.minute.as_deref())?,
    };
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let (recorded, holding) = shares::convert(conn, now, deed, &new)?;
            let member = new.member.to_string();
            Ok(ChangedView { event: recorded.event, member, holding, entry: recorded.entry })
        })
        .await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForfeitureBody {
    #[schema(value_type = Member)]
    member: String,
    class: String,
    /// A whole number.
    #[schema(value_type = Count)]
    shares: Value,
    /// "forfeiture" under the rules, "surrender" as a gift to the society; the first where nothing is said.
    #[serde(default)]
    #[schema(pattern = "^(forfeiture|surrender)$")]
    kind: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    effective_on: Option<String>,
    #[schema(value_type = Words)]
    reason: String,
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    minute: Option<String>,
}

#[utoipa::path(post, path = "/api/v1/shares/forfeitures", tag = "shares", security(("bearer" = ["shares:write"])),
    params(("Idempotency-Key" = String, Header)), request_body = ForfeitureBody,
    responses((status = 201, body = ChangedView), (status = 422, description = "A field is at fault", body = Problem)))]
/// Take shares out of the register without repaying them.
pub(crate) async fn forfeit(asked: Asked, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let sent: ForfeitureBody = understood(&body)?;
    let ending = match sent.kind.as_deref() {
        None | Some("forfeiture") => Ending::Forfeiture,
        Some("surrender") => Ending::Surrender,
        Some(_) => return Err(wrong("kind", "Please send forfeiture or surrender.")),
    };
    let new = NewForfeiture {
        member: member("member", &sent.member)?,
        class: sent.class,
        shares: count(&sent.shares)?,
        ending,
        effective_on: day("effective_on", sent.effective_on.as_deref())?,
        reason: words("reason", Some(&sent.reason))?,
        minute: words("minute", sent.minute.as_deref())?,
    };
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let (recorded, holding) = shares::forfeit(conn, now, deed, &new)?;
            let member = new.member.to_string();
            Ok(ChangedView { event: recorded.event, member, holding, entry: recorded.entry })
        })
        .await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParticularsBody {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    representative: Option<String>,
    #[serde(default)]
    address: Option<String>,
    /// An empty text takes the address off the register.
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_purposes: Option<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    valid_from: Option<String>,
    #[schema(value_type = Words)]
    reason: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ParticularsView {
    member: String,
    name: String,
    names: Vec<String>,
    representative: String,
    address: String,
    email: Option<String>,
    email_purposes: String,
}

#[utoipa::path(post, path = "/api/v1/shares/members/{number}/particulars", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("number" = String, Path, pattern = "^[Mm]?[0-9]{1,12}$", description = "Such as M000123"), ("Idempotency-Key" = String, Header)), request_body = ParticularsBody,
    responses((status = 201, body = ParticularsView), (status = 422, description = "A field is at fault", body = Problem)))]
/// Change what the register says of a member, from a day on. What is left out stays.
pub(crate) async fn amend(asked: Asked, number: web::Path<String>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let number: MemberNumber = number.parse().map_err(Problem::not_found)?;
    let sent: ParticularsBody = understood(&body)?;
    let raw = RawAmendment {
        name: sent.name,
        names: sent.names,
        representative: sent.representative,
        address: sent.address,
        email: sent.email,
        email_purposes: sent.email_purposes,
        valid_from: sent.valid_from.unwrap_or_default(),
        reason: words("reason", Some(&sent.reason))?,
    };
    asked
        .make(&body, move |conn, now, deed| {
            let amendment = parse::check_amendment(&raw)?;
            shares::proposals::check_single_handed(conn)?;
            let (holder, _) = shares::amend(conn, now, deed, number, &amendment)?;
            Ok(ParticularsView {
                member: number.to_string(),
                name: holder.name,
                names: holder.names,
                representative: holder.representative,
                address: holder.address,
                email: holder.email,
                email_purposes: holder.email_purposes,
            })
        })
        .await
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ReplacedView {
    certificate: String,
    replaces: String,
    shares: i64,
    issued_on: NaiveDate,
}

#[utoipa::path(post, path = "/api/v1/shares/certificates/{number}/replacement", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("number" = String, Path, pattern = "^[Cc]?[0-9]{1,12}$", description = "Such as C000045"), ("Idempotency-Key" = String, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 201, body = ReplacedView), (status = 409, description = "Cancelled before", body = Problem)))]
/// Cancel a lost or spoilt certificate by its number and issue another.
pub(crate) async fn replace(
    asked: Asked,
    number: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let number: CertificateNumber = number.parse().map_err(Problem::not_found)?;
    let sent: ReasonBody = if body.is_empty() { ReasonBody::default() } else { understood(&body)? };
    let reason = words("reason", sent.reason.as_deref())?;
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let (new, _) = shares::replace_certificate(conn, now, deed, number, &reason)?;
            Ok::<_, Refusal>(ReplacedView {
                certificate: CertificateNumber(new.number).to_string(),
                replaces: number.to_string(),
                shares: new.shares,
                issued_on: new.issued_on,
            })
        })
        .await
}
