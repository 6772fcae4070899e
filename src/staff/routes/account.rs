//! One's own account: password, codes, the places from which one is signed in.
//!
//! Invariant: whatever changes how somebody signs in asks for their present password first.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{Faults, cookies, see_other, turn};
use crate::clock::Clock;
use crate::db::{Db, Lock, hold};
use crate::http::kit::Kit;
use crate::http::{FieldError, Problem, PublicUrl, Routes, Shell, blocking, page, part};
use crate::staff::devices::Device;
use crate::staff::retype::{self, RetypeError, Retyped};
use crate::staff::signing::SigningKey;
use crate::staff::store::sessions::{self, Place};
use crate::staff::totp::TotpSecret;
use crate::staff::{
    Actor, Attempts, May, Member, Password, Passwords, Remembrance, Staff, StaffError, audit, sign_in, store,
};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/account", May::Read, show)
        .post("/account/password", May::Read, change_password)
        .post("/account/sign-out-everywhere", May::Read, sign_out_everywhere)
        .post("/account/codes", May::Read, set_up_codes)
        .post("/account/codes/confirm", May::Read, confirm_codes)
        .post("/account/codes/off", May::Read, codes_off);
}

#[derive(Template)]
#[template(path = "staff/account.html")]
struct AccountPage {
    shell: Shell,
    actor: Actor,
    member: Member,
    places: Vec<Place>,
    faults: Faults,
}

/// What a page of one's own account needs.
struct Asked {
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    passwords: web::Data<Passwords>,
    attempts: web::Data<Attempts>,
    url: web::Data<PublicUrl>,
    shell: Shell,
    staff: Staff,
    place: IpAddr,
}

impl Kit<Staff> for Asked {
    async fn of(staff: Staff, request: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self {
            db: part(request)?,
            clock: part(request)?,
            passwords: part(request)?,
            attempts: part(request)?,
            url: part(request)?,
            shell: Shell::extract(request).await?,
            staff,
            place: crate::http::Place::of(request).0,
        })
    }
}

impl Asked {
    async fn member(&self) -> Result<Member, Problem> {
        let (db, id) = (self.db.clone(), self.staff.id());
        let member = blocking(move || db.read(|conn| store::member(conn, id))).await?;
        member.ok_or_else(|| StaffError::Unknown.into())
    }

    /// The member whose present password `current` is, once there is a turn to hash; nothing is done before.
    async fn retyped(&self, current: &Password) -> Result<Result<Member, RetypeError>, Problem> {
        let (db, now, staff) = (self.db.clone(), self.clock.now(), self.staff.clone());
        let (passwords, attempts) = (self.passwords.clone(), self.attempts.clone());
        let typed = Retyped { password: current.clone(), place: self.place };
        let turn = turn(&self.passwords).await?;
        let checked =
            blocking(move || Ok::<_, Problem>(retype::check(&db, now, &passwords, &attempts, &staff, &typed))).await?;
        drop(turn);
        Ok(checked)
    }

    async fn page(self, status: StatusCode, faults: Faults) -> Result<HttpResponse, Problem> {
        let member = self.member().await?;
        let (db, now, staff) = (self.db.clone(), self.clock.now(), self.staff.clone());
        let places = blocking(move || db.read(|conn| sessions::places(conn, now, staff.id(), staff.session()))).await?;
        page(status, &AccountPage { shell: self.shell, actor: self.staff.actor().clone(), member, places, faults })
    }

    async fn refused(self, field: &str, message: impl ToString) -> Result<HttpResponse, Problem> {
        let faults = Faults(vec![FieldError::new(field, message)]);
        self.page(StatusCode::UNPROCESSABLE_ENTITY, faults).await
    }

    /// The page again, with what is wrong beside the field in which the present password was asked for.
    async fn not_retyped(self, field: &str, error: RetypeError) -> Result<HttpResponse, Problem> {
        let status = match error {
            RetypeError::Staff(error) => return Err(error.into()),
            RetypeError::Locked(_) => StatusCode::TOO_MANY_REQUESTS,
            RetypeError::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
        };
        self.page(status, Faults(vec![FieldError::new(field, error)])).await
    }
}

async fn show(asked: Asked) -> Result<HttpResponse, Problem> {
    asked.page(StatusCode::OK, Faults::none()).await
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    current: Password,
    #[serde(default)]
    password: Password,
}

/// The other sessions end, and so does every browser that was remembered; this one is remembered anew.
async fn change_password(asked: Asked, form: web::Form<PasswordForm>) -> Result<HttpResponse, Problem> {
    let PasswordForm { current, password } = form.into_inner();
    let member = match asked.retyped(&current).await? {
        Ok(member) => member,
        Err(error) => return asked.not_retyped("current", error).await,
    };
    let (db, now, staff) = (asked.db.clone(), asked.clock.now(), asked.staff.clone());
    let passwords = asked.passwords.clone();
    let turn = turn(&asked.passwords).await?;
    let done = blocking(move || {
        let hash = match passwords.hash(&password, &[&member.email, &member.name]) {
            Ok(hash) => hash,
            Err(error @ (StaffError::NoRandomness | StaffError::Db(_))) => return Err(error),
            Err(error) => return Ok(Err(error)),
        };
        db.write(|conn| {
            hold(conn, Lock::Door)?;
            store::set_password(conn, member.id, &hash)?;
            sessions::end_others(conn, member.id, staff.session())?;
            audit::record(conn, now, staff.actor(), "password changed", &member.email, "", staff.request_id())?;
            let member = Member { password_hash: hash, ..member };
            Ok(Ok::<Remembrance, StaffError>(sign_in::remember(conn, now, &member, &Device::new(&member)?)?))
        })
    })
    .await?;
    drop(turn);
    match done {
        Ok(device) => {
            let mut answer = see_other("/desk/account");
            cookies::remember(&mut answer, &device, &asked.url)?;
            Ok(answer)
        }
        Err(error) => asked.refused("password", error).await,
    }
}

async fn sign_out_everywhere(
    staff: Staff,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    url: web::Data<PublicUrl>,
) -> Result<HttpResponse, Problem> {
    blocking(move || {
        db.write(|conn| {
            store::end_sessions(conn, staff.id())?;
            audit::record(conn, clock.now(), staff.actor(), "signed out everywhere", "", "", staff.request_id())
        })
    })
    .await?;
    let mut answer = see_other("/desk/sign-in");
    cookies::forget(&mut answer, &url)?;
    Ok(answer)
}

#[derive(Template)]
#[template(path = "staff/codes.html")]
struct CodesPage {
    shell: Shell,
    actor: Actor,
    /// The secret, signed, as this page carries it to the next.
    carried: String,
    letters: String,
    picture: String,
    faults: Faults,
}

#[derive(Deserialize)]
struct CurrentForm {
    #[serde(default)]
    current: Password,
}

async fn set_up_codes(asked: Asked, form: web::Form<CurrentForm>) -> Result<HttpResponse, Problem> {
    no_codes_yet(&asked.member().await?)?;
    let member = match asked.retyped(&form.current).await? {
        Ok(member) => member,
        Err(error) => return asked.not_retyped("codes", error).await,
    };
    let secret = TotpSecret::new()?;
    let (db, now, staff, kept) = (asked.db.clone(), asked.clock.now(), asked.staff.clone(), secret.clone());
    let carried = blocking(move || {
        db.write(|conn| {
            hold(conn, Lock::Door)?;
            let key = SigningKey::load_or_make(conn)?;
            Ok::<_, StaffError>(kept.carried(&key, staff.session(), now))
        })
    })
    .await?;
    codes_page(asked, &member, &secret, carried, StatusCode::OK, Faults::none())
}

/// A session that somebody else got hold of must not replace the second factor.
fn no_codes_yet(member: &Member) -> Result<(), Problem> {
    if member.has_totp() {
        return Err(Problem::conflict("Codes are set up already. To use another app, turn them off first."));
    }
    Ok(())
}

fn codes_page(
    asked: Asked,
    member: &Member,
    secret: &TotpSecret,
    carried: String,
    status: StatusCode,
    faults: Faults,
) -> Result<HttpResponse, Problem> {
    let (picture, letters) = secret.set_up(&member.email).ok_or_else(begin_anew)?;
    let actor = asked.staff.actor().clone();
    page(status, &CodesPage { shell: asked.shell, actor, carried, letters, picture, faults })
}

fn begin_anew() -> Problem {
    Problem::bad_request("Please go back to your account and start the set-up of codes anew.")
}

#[derive(Deserialize)]
struct ConfirmForm {
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
}

/// Turned on only by a right code, so that nobody locks themselves out with an app that did not take the secret.
async fn confirm_codes(asked: Asked, form: web::Form<ConfirmForm>) -> Result<HttpResponse, Problem> {
    let member = asked.member().await?;
    no_codes_yet(&member)?;
    let (now, ConfirmForm { secret: carried, code }) = (asked.clock.now(), form.into_inner());
    let (db, staff, brought) = (asked.db.clone(), asked.staff.clone(), carried.clone());
    let secret = blocking(move || {
        db.read(|conn| {
            let key = SigningKey::load(conn)?;
            Ok::<_, StaffError>(key.and_then(|key| TotpSecret::brought(&key, staff.session(), now, &brought)))
        })
    })
    .await?
    .ok_or_else(begin_anew)?;
    let Some(step) = secret.step(&member.email, &code, now) else {
        let wrong =
            FieldError::new("code", "That code is not right. Wait for the next one and check the clock of your phone.");
        let faults = Faults(vec![wrong]);
        return codes_page(asked, &member, &secret, carried, StatusCode::UNPROCESSABLE_ENTITY, faults);
    };
    let (db, staff) = (asked.db.clone(), asked.staff.clone());
    blocking(move || {
        db.write(|conn| {
            store::set_totp(conn, member.id, Some(&secret))?;
            store::use_totp_step(conn, member.id, step)?;
            audit::record(conn, now, staff.actor(), "codes turned on", &member.email, "", staff.request_id())
        })
    })
    .await?;
    Ok(see_other("/desk/account"))
}

async fn codes_off(asked: Asked, form: web::Form<CurrentForm>) -> Result<HttpResponse, Problem> {
    let member = match asked.retyped(&form.current).await? {
        Ok(member) => member,
        Err(error) => return asked.not_retyped("off", error).await,
    };
    let (db, now, staff) = (asked.db.clone(), asked.clock.now(), asked.staff.clone());
    blocking(move || {
        db.write(|conn| {
            store::set_totp(conn, member.id, None)?;
            audit::record(conn, now, staff.actor(), "codes turned off", &member.email, "", staff.request_id())
        })
    })
    .await?;
    Ok(see_other("/desk/account"))
}
