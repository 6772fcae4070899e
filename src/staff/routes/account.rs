//! One's own account: password, codes, the places from which one is signed in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{Faults, door, see_other, turn};
use crate::clock::Clock;
use crate::db::Db;
use crate::http::{FieldError, Problem, PublicUrl, RequestId, Shell, blocking, page};
use crate::staff::guard::session_secret;
use crate::staff::store::sessions::{self, Place};
use crate::staff::{Actor, Member, Passwords, Secret, StaffError, audit, store, totp};

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(web::resource("/desk/account").route(web::get().to(show)))
        .service(web::resource("/desk/account/password").route(web::post().to(change_password)))
        .service(web::resource("/desk/account/sign-out-everywhere").route(web::post().to(sign_out_everywhere)))
        .service(web::resource("/desk/account/codes").route(web::post().to(set_up_codes)))
        .service(web::resource("/desk/account/codes/confirm").route(web::post().to(confirm_codes)))
        .service(web::resource("/desk/account/codes/off").route(web::post().to(codes_off)));
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

/// Who asks, for pages that only a member of staff reaches.
fn own_number(actor: &Actor) -> Result<i64, Problem> {
    match actor {
        Actor::Staff { id, .. } => Ok(*id),
        Actor::Public | Actor::Token { .. } | Actor::Operator => Err(Problem::forbidden("This page is for staff.")),
    }
}

struct Asked {
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    shell: Shell,
    actor: Actor,
    id: i64,
    secret: Secret,
}

impl Asked {
    fn new(
        db: web::Data<Db>,
        clock: web::Data<Clock>,
        shell: Shell,
        actor: Actor,
        request: &HttpRequest,
    ) -> Result<Self, Problem> {
        let id = own_number(&actor)?;
        let secret = session_secret(request).ok_or_else(|| Problem::unauthorized("Please sign in."))?;
        Ok(Self { db, clock, shell, actor, id, secret })
    }

    async fn member(&self) -> Result<Member, Problem> {
        let (db, id) = (self.db.clone(), self.id);
        let member = blocking(move || db.read(|conn| store::member(conn, id))).await?;
        member.ok_or_else(|| StaffError::Unknown.into())
    }

    async fn page(self, status: StatusCode, faults: Faults) -> Result<HttpResponse, Problem> {
        let member = self.member().await?;
        let (db, now, id, secret) = (self.db.clone(), self.clock.now(), self.id, self.secret.clone());
        let places = blocking(move || db.read(|conn| sessions::places(conn, now, id, &secret))).await?;
        page(status, &AccountPage { shell: self.shell, actor: self.actor, member, places, faults })
    }

    async fn refused(self, field: &str, message: impl ToString) -> Result<HttpResponse, Problem> {
        let faults = Faults(vec![FieldError::new(field, message)]);
        self.page(StatusCode::UNPROCESSABLE_ENTITY, faults).await
    }
}

async fn show(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    shell: Shell,
    actor: Actor,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Asked::new(db, clock, shell, actor, &request)?.page(StatusCode::OK, Faults::none()).await
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
    (db, clock, passwords): (web::Data<Db>, web::Data<Clock>, web::Data<Passwords>),
    shell: Shell,
    actor: Actor,
    request_id: RequestId,
    request: HttpRequest,
    form: web::Form<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::new(db, clock, shell, actor, &request)?;
    let member = asked.member().await?;
    let (db, now, actor, here) = (asked.db.clone(), asked.clock.now(), asked.actor.clone(), asked.secret.clone());
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
            sessions::end_others(conn, member.id, &here)?;
            audit::record(conn, now, &actor, "password changed", &member.email, "", &request_id.0)
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
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    url: web::Data<PublicUrl>,
    actor: Actor,
    request_id: RequestId,
) -> Result<HttpResponse, Problem> {
    let id = own_number(&actor)?;
    blocking(move || {
        db.write(|conn| {
            store::end_sessions(conn, id)?;
            audit::record(conn, clock.now(), &actor, "signed out everywhere", "", "", &request_id.0)
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

async fn set_up_codes(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    shell: Shell,
    actor: Actor,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::new(db, clock, shell, actor, &request)?;
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
    page(status, &CodesPage { shell: asked.shell, actor: asked.actor, secret, letters, picture, faults })
}

#[derive(Deserialize)]
struct ConfirmForm {
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
}

/// Turned on only by a right code, so that nobody locks themselves out with an app that did not take the secret.
async fn confirm_codes(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    shell: Shell,
    actor: Actor,
    request_id: RequestId,
    request: HttpRequest,
    form: web::Form<ConfirmForm>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::new(db, clock, shell, actor, &request)?;
    let member = asked.member().await?;
    no_codes_yet(&member)?;
    let (now, ConfirmForm { secret, code }) = (asked.clock.now(), form.into_inner());
    let Some(step) = totp::step(&secret, &member.email, &code, now) else {
        let wrong =
            FieldError::new("code", "That code is not right. Wait for the next one and check the clock of your phone.");
        return codes_page(asked, &member, secret, StatusCode::UNPROCESSABLE_ENTITY, Faults(vec![wrong]));
    };
    let (db, actor) = (asked.db.clone(), asked.actor.clone());
    blocking(move || {
        db.write(|conn| {
            store::set_totp(conn, member.id, Some(&secret))?;
            store::use_totp_step(conn, member.id, step)?;
            audit::record(conn, now, &actor, "codes turned on", &member.email, "", &request_id.0)
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
    (db, clock, passwords): (web::Data<Db>, web::Data<Clock>, web::Data<Passwords>),
    shell: Shell,
    actor: Actor,
    request_id: RequestId,
    request: HttpRequest,
    form: web::Form<OffForm>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::new(db, clock, shell, actor, &request)?;
    let member = asked.member().await?;
    let (db, now, actor) = (asked.db.clone(), asked.clock.now(), asked.actor.clone());
    let turn = turn(&passwords).await?;
    let is_off = blocking(move || {
        if !passwords.is_right(&form.current, &member.password_hash) {
            return Ok::<_, Problem>(false);
        }
        db.write(|conn| {
            store::set_totp(conn, member.id, None)?;
            audit::record(conn, now, &actor, "codes turned off", &member.email, "", &request_id.0)
        })?;
        Ok(true)
    })
    .await?;
    drop(turn);
    if is_off { Ok(see_other("/desk/account")) } else { asked.refused("off", NOT_YOURS).await }
}
