//! Who may act: members of staff, their roles and sessions, the tokens of programs, and the trail of what they did.
//!
//! Invariant: a secret (password, cookie, link, token) is stored only as a digest; whoever reads the database cannot
//! sign in with it, beyond the second factor, whose secret must be known to check a code. Secrets have types that do not
//! print. What a route may ask of an actor stands in [`permissions`].

mod actor;
pub mod audit;
mod carried;
mod devices;
pub mod guard;
pub mod invitations;
mod locks;
mod passwords;
pub mod permissions;
mod retype;
pub mod routes;
mod rules;
mod secret;
mod sign_in;
mod signing;
mod store;
mod throttle;
pub mod tokens;
mod totp;

use chrono::{DateTime, Utc};

use crate::db::{Conn, DbError};
pub use actor::{Actor, Role, Scope};
pub use guard::{Program, Staff};
pub use passwords::{Password, PasswordHash, Passwords};
pub use permissions::May;
pub use secret::Secret;
pub use sign_in::{Opened, Remembrance, SignIn, SignInError, open_session};
pub use store::{Member, all, by_email, is_empty, member};
pub use throttle::Attempts;
pub use tokens::{Tokens, add_token, revoke_token};

/// Why a member of staff was not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// No usable address.
    #[error(transparent)]
    Address(#[from] crate::outbox::AddressError),
    /// Somebody has it.
    #[error("There is already a member of staff with this e-mail address.")]
    EmailTaken,
    /// No name, or a very long one.
    #[error("Please give a name of at most {} characters, on one line.", rules::NAME_CHARS_MAX)]
    BadName,
    /// Too short to last.
    #[error(
        "Please choose a password of at least {} characters. Four or five words in a row are easy to remember.",
        rules::PASSWORD_CHARS_MIN
    )]
    PasswordTooShort,
    /// Longer than we hash.
    #[error("Please choose a password of at most {} characters.", rules::PASSWORD_CHARS_MAX)]
    PasswordTooLong,
    /// Among the first that a thief would try.
    #[error(
        "That password is one of the first that a thief would try. Please choose another: four or five words in a row, \
         that have nothing to do with you or with each other."
    )]
    PasswordObvious,
    /// No such role.
    #[error("Please choose one of: clerk, treasurer, secretary, auditor, administrator.")]
    BadRole,
    /// No such member.
    #[error("There is no such member of staff.")]
    Unknown,
    /// Nobody would be left to manage staff.
    #[error("This is the last administrator. Please make somebody else administrator first.")]
    LastAdministrator,
    /// Somebody's own codes are turned off with their password.
    #[error("Your own codes are turned off on the page of your account, where your password is asked for.")]
    OwnCodes,
    /// The link was used, was withdrawn, has run out, or never was.
    #[error("This link was used already or has run out. Please ask an administrator for a new one.")]
    LinkSpent,
    /// No such scope.
    #[error("\"{word}\" is not a scope. There are: {}.", Scope::ALL.map(Scope::name).join(", "))]
    BadScope {
        /// What was written.
        word: String,
    },
    /// This place tried too often.
    #[error("Too many attempts went wrong where you are, so nothing is asked for {0}. Please come back then.")]
    TooManyAttempts(String),
    /// The system gave no random numbers.
    #[error("The system gave no random numbers.")]
    NoRandomness,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Somebody who is to join the staff.
pub struct NewMember {
    /// Where they sign in with.
    pub email: String,
    /// What the trail calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The hash of their password.
    pub password_hash: PasswordHash,
}

/// Adds a member of staff, in the caller's transaction, and notes who did.
///
/// # Errors
/// [`StaffError`]: an address that is taken or cannot be, no name.
pub fn add(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &Actor,
    new: &NewMember,
    request_id: &str,
) -> Result<Member, StaffError> {
    let email = crate::outbox::address(&new.email)?.to_lowercase();
    rules::check_name(&new.name)?;
    if store::by_email(conn, &email)?.is_some() {
        return Err(StaffError::EmailTaken);
    }
    let id = store::insert(conn, now, &email, new)?;
    invitations::withdraw_first(conn, now)?;
    audit::record(conn, now, by, "staff added", &email, new.role.name(), request_id)?;
    store::member(conn, id)?.ok_or(StaffError::Unknown)
}

/// Changes what a member of staff may do; their sessions go on with the new role, and invitations that they may not make
/// any more are withdrawn.
///
/// # Errors
/// [`StaffError`]: unknown, or the last administrator.
pub fn change_role(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &Actor,
    id: i64,
    role: Role,
    request_id: &str,
) -> Result<(), StaffError> {
    let member = store::member(conn, id)?.ok_or(StaffError::Unknown)?;
    if member.role == role {
        return Ok(());
    }
    keep_an_administrator(conn, &member)?;
    store::set_role(conn, id, role)?;
    let detail = format!("{} to {}", member.role.name(), role.name());
    audit::record(conn, now, by, "role changed", &member.email, &detail, request_id)?;
    if May::Manage.roles().contains(&role) {
        return Ok(());
    }
    invitations::withdraw_all_of(conn, now, by, &member, request_id)
}

/// Ends somebody's work here: no sign-in, no sessions, none of the invitations that they left open. Their name stays in
/// the trail. Tokens that they made go on, because programs depend on them; the page that follows names them.
///
/// # Errors
/// [`StaffError`]: unknown, or the last administrator.
pub fn leave(conn: &mut Conn, now: DateTime<Utc>, by: &Actor, id: i64, request_id: &str) -> Result<(), StaffError> {
    let member = store::member(conn, id)?.ok_or(StaffError::Unknown)?;
    keep_an_administrator(conn, &member)?;
    store::set_left(conn, now, id)?;
    store::end_sessions(conn, id)?;
    audit::record(conn, now, by, "staff left", &member.email, "", request_id)?;
    invitations::withdraw_all_of(conn, now, by, &member, request_id)
}

/// Lets somebody in again who was locked out. Their second factor stays.
///
/// # Errors
/// [`StaffError::Unknown`], or the database failed.
pub fn unlock(conn: &mut Conn, now: DateTime<Utc>, by: &Actor, id: i64, request_id: &str) -> Result<(), StaffError> {
    let member = store::member(conn, id)?.ok_or(StaffError::Unknown)?;
    locks::unlock(conn, &member)?;
    Ok(audit::record(conn, now, by, "staff unlocked", &member.email, "", request_id)?)
}

/// Takes the second factor off somebody else who lost their phone, and ends their sessions: they sign in anew.
///
/// # Errors
/// [`StaffError`]: unknown, or one's own, or the database failed.
pub fn codes_off(conn: &mut Conn, now: DateTime<Utc>, by: &Actor, id: i64, request_id: &str) -> Result<(), StaffError> {
    if by.staff_id() == Some(id) {
        return Err(StaffError::OwnCodes);
    }
    let member = store::member(conn, id)?.ok_or(StaffError::Unknown)?;
    store::set_totp(conn, id, None)?;
    store::end_sessions(conn, id)?;
    Ok(audit::record(conn, now, by, "codes turned off", &member.email, "by an administrator", request_id)?)
}

fn keep_an_administrator(conn: &mut Conn, member: &Member) -> Result<(), StaffError> {
    let is_last = member.role == Role::Administrator && store::count_administrators(conn)? <= 1;
    if is_last { Err(StaffError::LastAdministrator) } else { Ok(()) }
}
