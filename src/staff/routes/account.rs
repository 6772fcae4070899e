//! One's own account: password, codes, the places from which one is signed in.

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{Faults, door, see_other, turn};
use crate::clock::Clock;
use crate::db::Db;
use crate::http::kit::Kit;
use crate::http::{FieldError, Problem, PublicUrl, Routes, Shell, blocking, page, part};
use crate::staff::store::sessions::{self, Place};
use crate::staff::{Actor, May, Member, Passwords, Staff, StaffError, audit, store, totp};

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
    shell: Shell,
    staff: Staff,
}

impl Kit<Staff> for Asked {
    async fn of(staff: Staff, request: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self { db: part(request)?, clock: part(request)?, shell: Shell::extract(request).await?, staff })
    }
}

impl Asked {
    async fn member(&self) -> Result<Member, Problem> {
        let (db, id) = (self.db.clone(), self.staff.id());
        let member = blocking(move || db.read(|conn| store::member(conn, id))).await?;
        member.ok_or_else(|| StaffError::Unknown.into())
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
}

async fn show(asked: Asked) -> Result<HttpResponse, Problem> {
    asked.page(StatusCode::OK, Faults::none()).await
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
}

const NOT_YOURS: &str = "That is not your present password.";

async fn change_password(
    asked: Asked,
    passwords: web::Data<Passwords>,
    form: web::Form<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    let member = asked.member().await?;
    let (db, now, staff) = (asked.db.clone(), asked.clock.now(), asked.staff.clone());
    let turn = turn(&passwords).await?;
    let done = blocking(move || {
        if !passwords.is_right(&form.current, &member.password_hash) {
            return Ok::<_, Problem>(Err(("current", NOT_YOURS.to_owned())));
        }
        let hash = match passwords.hash(&form.password) {
            Ok(hash) => hash,
            Err(error) => return Ok(Err(("password", error.to_string()))),
        };
        db.write(|conn| {
            store::set_password(conn, member.id, &hash)?;
            sessions::end_others(conn, member.id, staff.session())?;
            audit::record(conn, now, staff.actor(), "password changed", &member.email, "", staff.request_id())
        })?;
        Ok(Ok(()))
    })
    .await?;
    drop(turn);
    match done {
        Ok(()) => Ok(see_other("/desk/account")),
        Err((field, message)) => asked.refused(field, message).await,
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
    door::forget(&mut answer, &url)?;
    Ok(answer)
}

#[derive(Template)]
#[template(path = "staff/codes.html")]
struct CodesPage {
    shell: Shell,
    actor: Actor,
    secret: String,
    letters: String,
    picture: String,
    faults: Faults,
}

async fn set_up_codes(asked: Asked) -> Result<HttpResponse, Problem> {
    let member = asked.member().await?;
    no_codes_yet(&member)?;
    codes_page(asked, &member, totp::new_secret()?, StatusCode::OK, Faults::none())
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
    secret: String,
    status: StatusCode,
    faults: Faults,
) -> Result<HttpResponse, Problem> {
    let set_up = totp::set_up(&secret, &member.email);
    let (picture, letters) = set_up.ok_or_else(|| Problem::bad_request("Please start the set-up of codes anew."))?;
    page(
        status,
        &CodesPage { shell: asked.shell, actor: asked.staff.actor().clone(), secret, letters, picture, faults },
    )
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
    let (now, ConfirmForm { secret, code }) = (asked.clock.now(), form.into_inner());
    let Some(step) = totp::step(&secret, &member.email, &code, now) else {
        let wrong =
            FieldError::new("code", "That code is not right. Wait for the next one and check the clock of your phone.");
        return codes_page(asked, &member, secret, StatusCode::UNPROCESSABLE_ENTITY, Faults(vec![wrong]));
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

#[derive(Deserialize)]
struct OffForm {
    #[serde(default)]
    current: String,
}

async fn codes_off(
    asked: Asked,
    passwords: web::Data<Passwords>,
    form: web::Form<OffForm>,
) -> Result<HttpResponse, Problem> {
    let member = asked.member().await?;
    let (db, now, staff) = (asked.db.clone(), asked.clock.now(), asked.staff.clone());
    let turn = turn(&passwords).await?;
    let is_off = blocking(move || {
        if !passwords.is_right(&form.current, &member.password_hash) {
            return Ok::<_, Problem>(false);
        }
        db.write(|conn| {
            store::set_totp(conn, member.id, None)?;
            audit::record(conn, now, staff.actor(), "codes turned off", &member.email, "", staff.request_id())
        })?;
        Ok(true)
    })
    .await?;
    drop(turn);
    if is_off { Ok(see_other("/desk/account")) } else { asked.refused("off", NOT_YOURS).await }
}
