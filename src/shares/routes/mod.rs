//! The register over HTTP.

pub(crate) mod api;
mod application;
mod certificate;
mod offer;
pub(crate) mod stream;

use actix_web::http::StatusCode;

use super::ShareError;
use crate::http::{FieldError, Problem, Routes};
pub use offer::Counted;

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    api::routes(at);
    offer::routes(at);
    application::routes(at);
    certificate::routes(at);
}

impl From<ShareError> for Problem {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Db(error) => error.into(),
            ShareError::KeyReused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, error),
            ShareError::UnknownApplication
            | ShareError::UnknownMeeting
            | ShareError::UnknownWithdrawal
            | ShareError::UnknownCertificate(_)
            | ShareError::UnknownNote(_)
            | ShareError::UnknownPayment
            | ShareError::UnknownEvent(_) => Self::not_found(error),
            other => match field_at_fault(&other) {
                Some(name) => field(name, &other),
                None => Self::conflict(other),
            },
        }
    }
}

/// The field that a refusal is about; none where the whole request does not fit how things stand.
fn field_at_fault(error: &ShareError) -> Option<&'static str> {
    Some(match error {
        ShareError::UnknownClass(_) | ShareError::NotTransferable(_) | ShareError::NotWithdrawable(_) => "class",
        ShareError::UnknownMember(_) | ShareError::NoLongerMember(_) | ShareError::UnmatchedMember => "member",
        ShareError::InFuture(_) | ShareError::BeforeMoney(_) | ShareError::BeforeDeath { .. } => "effective_on",
        ShareError::Section(_) => "name",
        ShareError::AboveWhole(_) => "percent",
        ShareError::OfficerNotRelative => "relation",
        ShareError::BadPeriod | ShareError::InterestDeclared(_) => "from_on",
        ShareError::GiftNotTaken(_) | ShareError::Overpaid { .. } => "surplus",
        ShareError::NotNominated(_) | ShareError::AboveGround { .. } => "ground",
        ShareError::ReasonMissing => "reason",
        ShareError::BeforeVaried(_) | ShareError::NominatedAfterDeath(_) => "made_on",
        ShareError::BeforePaid(_) => "on",
        ShareError::OfficeNotHeld => "until_on",
        ShareError::DeathOfWhom(_) => "person",
        ShareError::ConsentMissing => "minute",
        ShareError::SameMember | ShareError::SameClass => "to",
        ShareError::NotAtPar { .. }
        | ShareError::Underpaid { .. }
        | ShareError::NotEnough { .. }
        | ShareError::UnderNotice { .. }
        | ShareError::BelowMinimum { .. }
        | ShareError::AboveMaximum { .. }
        | ShareError::AboveLaw { .. } => "shares",
        _ => return None,
    })
}

fn field(name: &'static str, error: &ShareError) -> Problem {
    Problem::fields(vec![FieldError::new(name, error)])
}
