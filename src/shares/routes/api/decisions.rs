//! What the committee decides about applications, and the applicant's own change of mind.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Asked, Refusal, application_id, count, day, words, wrong};
use crate::db::Conn;
use crate::http::described::{Count, Day, Words};
use crate::http::{Problem, understood};
use crate::money::plain;
use crate::shares::numbers::application_reference;
use crate::shares::{self, Allotment, Allotted, Refused, ShareError, Surplus};

/// Applications that one request may decide: what a committee sees in a year.
const DECIDED_AT_ONCE_MAX: usize = 2_000;

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllotmentBody {
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    effective_on: Option<String>,
    /// Where it is not what was applied for.
    #[serde(default)]
    #[schema(value_type = Option<Count>)]
    shares: Option<Value>,
    /// "return" sends money beyond the price back, "gift" gives it to the fund.
    #[serde(default)]
    #[schema(pattern = "^(return|gift)?$")]
    surplus: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    minute: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AllottedView {
    reference: String,
    member: String,
    holding: i64,
    certificate: String,
    event: i64,
    entry: Option<i64>,
}

impl From<Allotted> for AllottedView {
    fn from(allotted: Allotted) -> Self {
        Self {
            reference: application_reference(allotted.application).to_string(),
            member: allotted.member.to_string(),
            holding: allotted.holding,
            certificate: allotted.certificate.to_string(),
            event: allotted.event,
            entry: allotted.entry,
        }
    }
}

#[utoipa::path(post, path = "/api/v1/shares/applications/{reference}/allotment", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<AllotmentBody>,
    responses((status = 201, body = AllottedView), (status = 409, description = "Already decided", body = Problem),
              (status = 422, description = "Too little or too much money: the choices are named", body = Problem)))]
/// Allot the shares of an application.
pub(crate) async fn allot(
    asked: Asked,
    reference: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let application = application_id(&reference)?;
    let sent: AllotmentBody = if body.is_empty() { AllotmentBody::default() } else { understood(&body)? };
    let shares = sent.shares.as_ref().map(count).transpose()?;
    let surplus = surplus(sent.surplus.as_deref())?;
    let (date, minute) = (day("effective_on", sent.effective_on.as_deref())?, words("minute", sent.minute.as_deref())?);
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let one = Allotment { application, shares, surplus };
            let mut allotted = shares::allot_all(conn, now, deed, &[one], date, &minute)?;
            let allotted = allotted.pop().ok_or(ShareError::UnknownApplication)?;
            Ok(AllottedView::from(allotted))
        })
        .await
}

fn surplus(text: Option<&str>) -> Result<Option<Surplus>, Problem> {
    match text {
        None | Some("") => Ok(None),
        Some("return") => Ok(Some(Surplus::Return)),
        Some("gift") => Ok(Some(Surplus::Gift)),
        Some(_) => Err(wrong("surplus", "Please send \"return\" or \"gift\", or leave it out.")),
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllotmentsBody {
    #[schema(min_items = 1, max_items = 2_000)]
    applications: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Option<Day>)]
    effective_on: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    minute: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AllotmentsView {
    allotments: Vec<AllottedView>,
}

#[utoipa::path(post, path = "/api/v1/shares/applications/allotments", tag = "shares",
    security(("bearer" = ["shares:write"])), params(("Idempotency-Key" = String, Header)),
    request_body = AllotmentsBody,
    responses((status = 201, body = AllotmentsView), (status = 422, description = "None was allotted", body = Problem)))]
/// Allot many applications by one decision: all of them, or none.
pub(crate) async fn allot_many(asked: Asked, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let sent: AllotmentsBody = understood(&body)?;
    if !(1..=DECIDED_AT_ONCE_MAX).contains(&sent.applications.len()) {
        let sentence = format!("Please name 1 to {DECIDED_AT_ONCE_MAX} applications.");
        return Err(wrong("applications", sentence));
    }
    let ids: Vec<i64> = sent.applications.iter().map(|one| application_id(one)).collect::<Result<_, _>>()?;
    let (date, minute) = (day("effective_on", sent.effective_on.as_deref())?, words("minute", sent.minute.as_deref())?);
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let all: Vec<Allotment> =
                ids.iter().map(|id| Allotment { application: *id, shares: None, surplus: None }).collect();
            let allotted = shares::allot_all(conn, now, deed, &all, date, &minute)?;
            Ok(AllotmentsView { allotments: allotted.into_iter().map(AllottedView::from).collect() })
        })
        .await
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonBody {
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Words>)]
    pub(super) minute: Option<String>,
    /// What becomes of the money: return (otherwise), or gift by the applicant's word.
    #[serde(default)]
    #[schema(pattern = "^(return|gift)?$")]
    pub(super) money: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RefusedView {
    reference: String,
    status: &'static str,
    returned: String,
    entry: Option<i64>,
}

fn refused(conn: &mut Conn, refused: &Refused) -> Result<RefusedView, Refusal> {
    let class = shares::class(conn, refused.application.class_id)?;
    Ok(RefusedView {
        reference: refused.application.reference().to_string(),
        status: refused.application.standing(),
        returned: plain(refused.returned_minor, class.currency),
        entry: refused.entry,
    })
}

#[utoipa::path(post, path = "/api/v1/shares/applications/{reference}/refusal", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 201, body = RefusedView), (status = 409, description = "Already decided", body = Problem)))]
/// Refuse an application; what was paid goes back.
pub(crate) async fn refuse(
    asked: Asked,
    reference: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let application = application_id(&reference)?;
    let sent: ReasonBody = if body.is_empty() { ReasonBody::default() } else { understood(&body)? };
    let (reason, minute) = (words("reason", sent.reason.as_deref())?, words("minute", sent.minute.as_deref())?);
    let money = surplus(sent.money.as_deref())?.unwrap_or(Surplus::Return);
    asked
        .make(&body, move |conn, now, deed| {
            shares::proposals::check_single_handed(conn)?;
            let done = shares::refuse(conn, now, deed, application, (&reason, &minute), money)?;
            refused(conn, &done)
        })
        .await
}

#[utoipa::path(post, path = "/api/v1/shares/applications/{reference}/withdrawal", tag = "shares",
    security(("bearer" = ["shares:write"])),
    params(("reference" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 201, body = RefusedView), (status = 409, description = "Already decided", body = Problem)))]
/// The applicant takes an application back; what was paid goes back.
pub(crate) async fn withdraw(
    asked: Asked,
    reference: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let application = application_id(&reference)?;
    let sent: ReasonBody = if body.is_empty() { ReasonBody::default() } else { understood(&body)? };
    let reason = words("reason", sent.reason.as_deref())?;
    asked
        .make(&body, move |conn, now, deed| {
            let done = shares::withdraw_application(conn, now, deed, application, &reason)?;
            refused(conn, &done)
        })
        .await
}
