//! Gifts over HTTP.

pub(crate) mod api;
mod form;
mod gift;
mod give;
mod monthly;

use actix_web::http::StatusCode;

use super::till::TillError;
use super::{BounceDayError, ChangeError, ContactError, GiftRefusal};
use crate::http::{FieldError, Problem, Routes};

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    api::routes(at);
    give::routes(at);
    monthly::routes(at);
    gift::routes(at);
}

impl From<GiftRefusal> for Problem {
    fn from(refusal: GiftRefusal) -> Self {
        match &refusal {
            GiftRefusal::KeyReused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal),
            GiftRefusal::NoAppeal(_) => Self::fields(vec![FieldError::new("received_on", refusal)]),
            GiftRefusal::UnknownAppeal(_) => Self::fields(vec![FieldError::new("appeal", refusal)]),
        }
    }
}

impl From<TillError> for Problem {
    fn from(error: TillError) -> Self {
        match error {
            TillError::Full | TillError::Unavailable => Self::unavailable(error),
            TillError::Failed(cause) => Self::internal(cause),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown => Self::not_found(error),
            ChangeError::KeyReused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, error),
            ChangeError::MoreThanLeft(_) => Self::fields(vec![FieldError::new("amount", error)]),
            ChangeError::ReasonMissing => Self::fields(vec![FieldError::new("reason", error)]),
            ChangeError::NoAppeal(_) => Self::fields(vec![FieldError::new("received_on", error)]),
            ChangeError::NoFund | ChangeError::OtherCurrency(_) => Self::fields(vec![FieldError::new("fund", error)]),
            ChangeError::NothingToCorrect => Self::fields(vec![FieldError::new("amount", error)]),
            ChangeError::NothingCame => Self::fields(vec![FieldError::new("amount", error)]),
            ChangeError::NotReceived
            | ChangeError::Closed(_)
            | ChangeError::HeldElsewhere(_)
            | ChangeError::ReturnedInPart
            | ChangeError::PaidIn
            | ChangeError::AlreadyReturned
            | ChangeError::AlreadyReceived
            | ChangeError::Cancelled
            | ChangeError::CannotBounce
            | ChangeError::NoAddress
            | ChangeError::NothingOpen(_) => Self::conflict(error),
            ChangeError::Db(error) => error.into(),
        }
    }
}

impl From<BounceDayError> for Problem {
    fn from(error: BounceDayError) -> Self {
        match error {
            BounceDayError::Db(error) => error.into(),
            refusal => Self::fields(vec![FieldError::new("bounced_on", refusal)]),
        }
    }
}

impl From<ContactError> for Problem {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Unknown => Self::not_found(error),
            ContactError::Nameless => Self::fields(vec![FieldError::new("name", error)]),
            ContactError::Db(error) => error.into(),
        }
    }
}
