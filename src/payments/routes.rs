//! How a refusal of this room is answered over HTTP. It has no addresses of its own: batches and statements do.

use super::{PaymentError, Refusal};
use crate::http::Problem;

impl From<PaymentError> for Problem {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::Db(error) => error.into(),
            PaymentError::Refused { why: Refusal::Gift(refusal), .. } => refusal.into(),
            PaymentError::Refused { why: Refusal::Change(refusal), .. } => refusal.into(),
            PaymentError::Refused { why: Refusal::Shares(refusal), .. } => refusal.into(),
            PaymentError::Refused { why, .. } => Self::conflict(why),
        }
    }
}
