//! Applications and the money for them.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Asked, Refusal, application_id, day, shares_of, wrong};
use crate::clock::date_in;
use crate::db::{Conn, Db};
use crate::http::described::{Amount, Count, Day, MethodName};
use crate::http::{Problem, blocking, understood};
use crate::ledger::Method;
use crate::money::{parse_amount, plain};
use crate::shares::parse::{self, RawApplication, RawHolder};
use crate::shares::{self, Application, NewPayment, ShareError};
use crate::staff::Program;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationBody {
    class: String,
    /// A whole number.
    #[schema(value_type = Count)]
    shares: Value,
    /// A member who wants more; then without `holder`.
    #[serde(default)]
    member: Option<String>,
    #[serde(default)]
    holder: Option<HolderBody>,
    #[serde(default)]
    accepts_rules: bool,
    #[serde(default)]
    method: Option<String>,
    /// A gift to the fund that comes with the money.
    #[serde(default)]
    gift: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    applied_on: Option<String>,
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HolderBody {
    /// person, joint, organisation, society
    #[schema(pattern = r"^\s*(person|joint|organisation|society)\s*$")]
    kind: String,
    #[serde(default)]
    name: Option<String>,
    /// Two to four joint holders; the first named votes.
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    representative: Option<String>,
    #[serde(default)]
    email: Option<String>,
    /// shares, meetings, news
    #[serde(default)]
    email_purposes: Option<Vec<String>>,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    date_of_birth: Option<String>,
}

impl ApplicationBody {
    fn into_raw(self) -> RawApplication {
        let holder = self.holder.unwrap_or_default();
        RawApplication {
            class: self.class,
            shares: shares_of(&self.shares),
            member: self.member.unwrap_or_default(),
            holder: RawHolder {
                kind: holder.kind,
                name: holder.name.unwrap_or_default(),
                names: holder.names.unwrap_or_default(),
                representative: holder.representative.unwrap_or_default(),
                email: holder.email.unwrap_or_default(),
                email_purposes: holder.email_purposes.unwrap_or_default(),
                address: holder.address.unwrap_or_default(),
                date_of_birth: holder.date_of_birth.unwrap_or_default(),
            },
            accepts_rules: self.accepts_rules,
            method: self.method.unwrap_or_default(),
            gift: self.gift.unwrap_or_default(),
            applied_on: self.applied_on.unwrap_or_default(),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ApplicationView {
    reference: String,
    /// awaiting_payment, part_paid, paid, overpaid, allotted, refused, withdrawn
    status: &'static str,
    class: String,
    shares: i64,
    amount: String,
    paid: String,
    currency: &'static str,
    name: String,
    member: Option<String>,
    applied_on: chrono::NaiveDate,
    rules_version: String,
    reason: String,
    event: Option<i64>,
}

fn view(conn: &mut Conn, application: &Application) -> Result<ApplicationView, ShareError> {
    let class = shares::class(conn, application.class_id)?;
    let holder = shares::holder(conn, application.holder_id)?.ok_or(ShareError::UnknownApplication)?;
    Ok(ApplicationView {
        reference: application.reference().to_string(),
        status: application.standing(),
        class: class.code,
        shares: application.shares,
        amount: plain(application.amount_minor, class.currency),
        paid: plain(application.held_minor, class.currency),
        currency: class.currency.code(),
        name: holder.name,
        member: holder.member.map(|number| number.to_string()),
        applied_on: application.applied_on,
        rules_version: application.rules_version.clone(),
        reason: application.reason.clone(),
        event: application.event,
    })
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AppliedView {
    reference: String,
    status: &'static str,
    amount: String,
}

#[utoipa::path(post, path = "/api/v1/shares/applications", tag = "shares", security(("bearer" = ["shares:write"])),
    params(("Idempotency-Key" = String, Header)),
    request_body = ApplicationBody,
    responses((status = 201, body = AppliedView), (status = 422, description = "A field is at fault", body = Problem)))]
/// Apply for shares.
pub(crate) async fn apply(asked: Asked, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let raw = understood::<ApplicationBody>(&body)?.into_raw();
    asked
        .make(&body, move |conn, now, deed| {
            let settings = shares::settings(conn)?;
            let new = parse::check(&raw, &settings, date_in(now, settings.zone))?;
            let application = shares::apply(conn, now, deed, &new)?;
            let class = shares::class(conn, application.class_id)?;
            Ok(AppliedView {
                reference: application.reference().to_string(),
                status: application.standing(),
                amount: plain(application.amount_minor, class.currency),
            })
        })
        .await
}

#[utoipa::path(get, path = "/api/v1/shares/applications/{reference}", tag = "shares", security(("bearer" = ["shares:read"])),
    params(("reference" = String, Path)),
    responses((status = 200, body = ApplicationView), (status = 404, body = Problem)))]
/// One application.
pub(crate) async fn show(_: Program, db: web::Data<Db>, reference: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = application_id(&reference)?;
    let found = blocking(move || {
        db.read(|conn| {
            let application = shares::application(conn, id)?.ok_or(ShareError::UnknownApplication)?;
            view(conn, &application)
        })
    });
    Ok(HttpResponse::Ok().json(found.await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentBody {
    #[schema(value_type = Amount)]
    amount: String,
    #[schema(value_type = MethodName)]
    method: String,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    received_on: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct PaidView {
    reference: String,
    status: &'static str,
    amount: String,
    paid: String,
    entry: i64,
}

#[utoipa::path(post, path = "/api/v1/shares/applications/{reference}/payment", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = PaymentBody,
    responses((status = 201, body = PaidView), (status = 409, description = "Already decided", body = Problem)))]
/// Record money that came for an application.
pub(crate) async fn pay(asked: Asked, reference: web::Path<String>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let application = application_id(&reference)?;
    let sent: PaymentBody = understood(&body)?;
    let method = Method::from_name(&sent.method).ok_or_else(|| {
        wrong("method", format!("Please choose one of: {}.", Method::ALL.map(Method::name).join(", ")))
    })?;
    let received_on = day("received_on", sent.received_on.as_deref())?;
    asked
        .make(&body, move |conn, now, deed| {
            let found = shares::application(conn, application)?.ok_or(ShareError::UnknownApplication)?;
            let class = shares::class(conn, found.class_id)?;
            let amount = parse_amount(&sent.amount, class.currency);
            let amount_minor = amount.map_err(|error| Refusal::Words(wrong("amount", error)))?;
            let payment = NewPayment { application, amount_minor, method, received_on };
            let (after, entry) = shares::pay(conn, now, deed, &payment).map_err(|error| match error {
                ShareError::InFuture(_) => Refusal::Words(wrong("received_on", error)),
                other => other.into(),
            })?;
            Ok(PaidView {
                reference: after.reference().to_string(),
                status: after.standing(),
                amount: plain(after.amount_minor, class.currency),
                paid: plain(after.held_minor, class.currency),
                entry,
            })
        })
        .await
}
