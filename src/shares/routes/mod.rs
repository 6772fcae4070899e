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
            ShareError::UnknownClass(_) => field("class", &error),
            ShareError::UnknownMember(_) | ShareError::NoLongerMember(_) | ShareError::UnmatchedMember => {
                field("member", &error)
            }
            ShareError::InFuture(_) | ShareError::BeforeMoney(_) => field("effective_on", &error),
            ShareError::Section(_) => field("name", &error),
            ShareError::AboveWhole(_) => field("percent", &error),
            ShareError::OfficerNotRelative => field("relation", &error),
            ShareError::BadPeriod | ShareError::InterestDeclared(_) => field("from_on", &error),
            ShareError::GiftNotTaken(_) => field("surplus", &error),
            ShareError::NotNominated(_) | ShareError::AboveGround { .. } => field("ground", &error),
            ShareError::ReasonMissing => field("reason", &error),
            ShareError::BeforeVaried(_) | ShareError::NominatedAfterDeath(_) => field("made_on", &error),
            ShareError::BeforePaid(_) => field("on", &error),
            ShareError::OfficeNotHeld => field("until_on", &error),
            ShareError::DeathOfWhom(_) => field("person", &error),
            ShareError::BeforeDeath { .. } => field("effective_on", &error),
            ShareError::ConsentMissing => field("minute", &error),
            ShareError::Overpaid { .. } => field("surplus", &error),
            ShareError::SameMember | ShareError::SameClass => field("to", &error),
            ShareError::NotAtPar { .. }
            | ShareError::Underpaid { .. }
            | ShareError::NotEnough { .. }
            | ShareError::UnderNotice { .. }
            | ShareError::BelowMinimum { .. }
            | ShareError::AboveMaximum { .. }
            | ShareError::AboveLaw { .. } => field("shares", &error),
            ShareError::NotTransferable(_) | ShareError::NotWithdrawable(_) => field("class", &error),
            ShareError::AlreadyDecided(_)
            | ShareError::CertificateCancelled(..)
            | ShareError::NotPaid { .. }
            | ShareError::WrongStep(_)
            | ShareError::AlreadyReversed(..)
            | ShareError::IsReversal(_)
            | ShareError::Suspended { .. }
            | ShareError::AboveYearlyLimit { .. }
            | ShareError::UnknownSuspension
            | ShareError::UnknownProposal
            | ShareError::NeedsTwo
            | ShareError::UnknownNomination
            | ShareError::DeathNotNoted(_)
            | ShareError::DeathNoted { .. }
            | ShareError::BodyDoesNotDie(_)
            | ShareError::Dead { .. }
            | ShareError::SurvivorLives(_)
            | ShareError::NameOfTheDead(_)
            | ShareError::NoEstate(_)
            | ShareError::GoneAlready(_)
            | ShareError::WaitsAlready(_)
            | ShareError::InterestOff
            | ShareError::InterestAdded
            | ShareError::InterestGone(_)
            | ShareError::UnknownInterest
            | ShareError::NoInterest
            | ShareError::PaidOut
            | ShareError::DeathPassedOn(_)
            | ShareError::NoteIsTakingBack(_)
            | ShareError::NoteTakenBack(..)
            | ShareError::NoteStandsOn(..)
            | ShareError::BecameGift(_)
            | ShareError::Meeting(_)
            | ShareError::PaymentTakenBack
            | ShareError::PaymentGone
            | ShareError::PaidIn
            | ShareError::GiftStays(_)
            | ShareError::SamePerson => Self::conflict(error),
        }
    }
}

fn field(name: &'static str, error: &ShareError) -> Problem {
    Problem::fields(vec![FieldError::new(name, error)])
}
