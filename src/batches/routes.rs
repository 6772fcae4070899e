//! How a refusal of this room is answered over HTTP. Its pages are at the desk.

use super::BatchError;
use crate::http::{FieldError, Problem};

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Db(error) => error.into(),
            BatchError::Change(error) => error.into(),
            BatchError::Shares(error) => error.into(),
            BatchError::Payment(error) => (*error).into(),
            BatchError::Unknown | BatchError::UnknownRow | BatchError::UnknownSlip => Self::not_found(error),
            BatchError::Faults(faults) => {
                Self::fields(faults.into_iter().map(|fault| FieldError::new(fault.field, fault.message)).collect())
            }
            BatchError::ReasonMissing => Self::fields(vec![FieldError::new("reason", error)]),
            BatchError::TooMuchCash(_) => Self::fields(vec![FieldError::new("cash", error)]),
            BatchError::BeforeItCame(_) => Self::fields(vec![FieldError::new("paid_in_on", error)]),
            other => Self::conflict(other),
        }
    }
}
