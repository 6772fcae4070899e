//! The staff's own pages: the door, one's account, who else is here, tokens, the trail.

mod account;
mod carried;
mod cookies;
mod door;
mod people;
mod programs;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;

use super::passwords::Turn;
use super::{Passwords, StaffError};
use crate::http::{FieldError, Problem, Routes};

pub use carried::session_over;

/// The addresses of this room.
pub fn routes(at: &mut Routes) {
    door::routes(at);
    account::routes(at);
    people::routes(at);
    programs::routes(at);
}

impl From<StaffError> for Problem {
    fn from(error: StaffError) -> Self {
        let field = |name, error: StaffError| Self::fields(vec![FieldError::new(name, error)]);
        match error {
            StaffError::Address(_) | StaffError::EmailTaken => field("email", error),
            StaffError::BadName => field("name", error),
            StaffError::PasswordTooShort | StaffError::PasswordTooLong | StaffError::PasswordObvious => {
                field("password", error)
            }
            StaffError::BadRole => field("role", error),
            StaffError::BadScope { .. } => field("scopes", error),
            StaffError::Unknown | StaffError::LinkSpent => Self::not_found(error),
            StaffError::LastAdministrator | StaffError::OwnCodes => Self::conflict(error),
            StaffError::TooManyAttempts(_) => Self::new(StatusCode::TOO_MANY_REQUESTS, error),
            // Coming back in a moment would not help: something is wrong with the machine.
            StaffError::NoRandomness => Self::internal(error),
            StaffError::Db(error) => error.into(),
        }
    }
}

/// Waits for a turn to hash.
async fn turn(passwords: &Passwords) -> Result<Turn, Problem> {
    let busy = || {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Many people are at the door just now. Please try again in a moment.",
        )
    };
    passwords.turn().await.ok_or_else(busy)
}

/// On to another page, by GET.
fn see_other(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, place)).finish()
}

/// A problem's sentence for one field of a form that is shown again.
struct Faults(Vec<FieldError>);

impl Faults {
    fn none() -> Self {
        Self(Vec::new())
    }

    fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }
}
