//! The life of a holding: transfers, withdrawals, reversals.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decisions::ReasonBody;
use super::{Asked, count, day, member, withdrawal_id, words};
use crate::db::{Conn, Db, DbError};
use crate::http::described::{Count, Day, Member, Words};
use crate::http::{Problem, blocking, understood};
use crate::money::plain;
use crate::shares::{self, Applicant, NewTransfer, NewWithdrawal, ShareError, Withdrawal};
use crate::staff::Program;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferBody {
    #[schema(value_type = Member)]
    from: String,
    #[schema(value_type = Member)]
    to: String,
    class: String,
    /// A whole number.
    #[schema(value_type = Count)]
    shares: Value,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    effective_on: Option<String>,
    /// Where the committee's consent is written down.
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    minute: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct SideView {
    member: String,
    holding: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct TransferredView {
    event: i64,
    from: SideView,
    to: SideView,
}

#[utoipa::path(post, path = "/api/v1/shares/transfers", tag = "shares", security(("bearer" = ["shares:write"])),
    params(("Idempotency-Key" = String, Header)), request_body = TransferBody,
    responses((status = 201, body = TransferredView), (status = 422, description = "A field is at fault", body = Problem)))]
/// Record a transfer between members.
pub(crate) async fn transfer(asked: Asked, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let sent: TransferBody = understood(&body)?;
    let to = member("to", &sent.to)?;
    let new = NewTransfer {
        from: member("from", &sent.from)?,
        to: Applicant::Member(to),
        class: sent.class,
        shares: count(&sent.shares)?,
        effective_on: day("effective_on", sent.effective_on.as_deref())?,
        minute: words("minute", sent.minute.as_deref())?,
    };
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let done = shares::transfer(conn, now, deed, &new)?;
            Ok(TransferredView {
                event: done.event,
                from: SideView { member: new.from.to_string(), holding: done.from_holding, certificate: None },
                to: SideView {
                    member: to.to_string(),
                    holding: done.to_holding,
                    certificate: Some(done.certificate.to_string()),
                },
            })
        })
        .await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawalBody {
    #[schema(value_type = Member)]
    member: String,
    class: String,
    /// A whole number.
    #[schema(value_type = Count)]
    shares: Value,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    notice_given_on: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct WithdrawalView {
    reference: String,
    /// notice_given, agreed, refused, paid
    status: &'static str,
    member: String,
    class: String,
    shares: i64,
    amount: String,
    notice_given_on: chrono::NaiveDate,
    due_on: chrono::NaiveDate,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holding: Option<i64>,
}

fn view(conn: &mut Conn, withdrawal: &Withdrawal) -> Result<WithdrawalView, DbError> {
    let class = shares::class(conn, withdrawal.class_id)?;
    let holder = shares::holder(conn, withdrawal.holder_id)?;
    let holder = holder.ok_or_else(|| DbError::Corrupt(format!("withdrawal {} has no holder", withdrawal.id)))?;
    Ok(WithdrawalView {
        reference: withdrawal.reference().to_string(),
        status: withdrawal.status.name(),
        member: holder.called(),
        class: class.code,
        shares: withdrawal.shares,
        amount: plain(withdrawal.amount_minor, class.currency),
        notice_given_on: withdrawal.notice_given_on,
        due_on: withdrawal.due_on,
        reason: withdrawal.reason.clone(),
        event: withdrawal.event,
        entry: withdrawal.paid_entry,
        holding: None,
    })
}

#[utoipa::path(post, path = "/api/v1/shares/withdrawals", tag = "shares", security(("bearer" = ["shares:write"])),
    params(("Idempotency-Key" = String, Header)), request_body = WithdrawalBody,
    responses((status = 201, body = WithdrawalView), (status = 422, description = "A field is at fault", body = Problem)))]
/// Record a member's notice of withdrawal.
pub(crate) async fn give_notice(asked: Asked, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let sent: WithdrawalBody = understood(&body)?;
    let new = NewWithdrawal {
        member: member("member", &sent.member)?,
        class: sent.class,
        shares: count(&sent.shares)?,
        notice_given_on: day("notice_given_on", sent.notice_given_on.as_deref())?,
    };
    asked
        .make(&body, move |conn, now, deed| {
            let withdrawal = shares::give_notice(conn, now, deed, &new)?;
            Ok(view(conn, &withdrawal)?)
        })
        .await
}

#[utoipa::path(get, path = "/api/v1/shares/withdrawals/{reference}", tag = "shares", security(("bearer" = ["shares:read"])),
    params(("reference" = String, Path)),
    responses((status = 200, body = WithdrawalView), (status = 404, body = Problem)))]
/// One withdrawal.
pub(crate) async fn show_withdrawal(
    _: Program,
    db: web::Data<Db>,
    reference: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = withdrawal_id(&reference)?;
    let found = blocking(move || {
        db.read(|conn| {
            let withdrawal = shares::withdrawal(conn, id)?.ok_or(ShareError::UnknownWithdrawal)?;
            Ok::<_, ShareError>(view(conn, &withdrawal)?)
        })
    });
    Ok(HttpResponse::Ok().json(found.await?))
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreementBody {
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    effective_on: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    minute: Option<String>,
}

#[utoipa::path(post, path = "/api/v1/shares/withdrawals/{reference}/agreement", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<AgreementBody>,
    responses((status = 201, body = WithdrawalView), (status = 409, description = "At another step", body = Problem)))]
/// The committee agrees to a withdrawal.
pub(crate) async fn agree(
    asked: Asked,
    reference: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let id = withdrawal_id(&reference)?;
    let sent: AgreementBody = if body.is_empty() { AgreementBody::default() } else { understood(&body)? };
    let (date, minute) = (day("effective_on", sent.effective_on.as_deref())?, words("minute", sent.minute.as_deref())?);
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let (withdrawal, recorded, holding) = shares::agree(conn, now, deed, id, date, &minute)?;
            Ok(WithdrawalView { entry: recorded.entry, holding: Some(holding), ..view(conn, &withdrawal)? })
        })
        .await
}

#[utoipa::path(post, path = "/api/v1/shares/withdrawals/{reference}/refusal", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 201, body = WithdrawalView), (status = 409, description = "At another step", body = Problem)))]
/// The committee refuses a withdrawal; the shares stay.
pub(crate) async fn refuse(
    asked: Asked,
    reference: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let id = withdrawal_id(&reference)?;
    let sent: ReasonBody = if body.is_empty() { ReasonBody::default() } else { understood(&body)? };
    let (reason, minute) = (words("reason", sent.reason.as_deref())?, words("minute", sent.minute.as_deref())?);
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let withdrawal = shares::refuse_withdrawal(conn, now, deed, id, &reason, &minute)?;
            Ok(view(conn, &withdrawal)?)
        })
        .await
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayOutBody {
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    paid_on: Option<String>,
}

#[utoipa::path(post, path = "/api/v1/shares/withdrawals/{reference}/payment", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<PayOutBody>,
    responses((status = 201, body = WithdrawalView), (status = 409, description = "At another step", body = Problem)))]
/// The money of an agreed withdrawal has left.
pub(crate) async fn pay_out(
    asked: Asked,
    reference: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let id = withdrawal_id(&reference)?;
    let sent: PayOutBody = if body.is_empty() { PayOutBody::default() } else { understood(&body)? };
    let paid_on = day("paid_on", sent.paid_on.as_deref())?;
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let (withdrawal, _) = shares::pay_out(conn, now, deed, id, paid_on)?;
            Ok(view(conn, &withdrawal)?)
        })
        .await
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ReversedView {
    event: i64,
    reverses: i64,
    entry: Option<i64>,
}

#[utoipa::path(post, path = "/api/v1/shares/events/{number}/reversal", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("number" = i64, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 201, body = ReversedView), (status = 409, description = "Reversed before", body = Problem)))]
/// Reverse an event of the register.
pub(crate) async fn reverse(asked: Asked, number: web::Path<i64>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let number = *number;
    let sent: ReasonBody = if body.is_empty() { ReasonBody::default() } else { understood(&body)? };
    let reason = words("reason", sent.reason.as_deref())?;
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let done = shares::reverse(conn, now, deed, number, &reason)?;
            Ok(ReversedView { event: done.recorded.event, reverses: done.reverses, entry: done.recorded.entry })
        })
        .await
}
