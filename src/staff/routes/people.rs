//! Who is on the staff, and the trail of what they did.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::see_other;
use crate::clock::Clock;
use crate::db::{Conn, Db, Lock, hold};
use crate::http::{Problem, PublicUrl, RequestId, Shell, blocking, page};
use crate::staff::audit::Step;
use crate::staff::{self, Actor, Member, Role, StaffError, audit};

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(web::resource("/desk/staff").route(web::get().to(show)))
        .service(web::resource("/desk/staff/invitations").route(web::post().to(invite)))
        .service(web::resource("/desk/staff/{id}/role").route(web::post().to(change_role)))
        .service(web::resource("/desk/staff/{id}/leave").route(web::post().to(leave)))
        .service(web::resource("/desk/staff/{id}/unlock").route(web::post().to(unlock)))
        .service(web::resource("/desk/staff/{id}/codes-off").route(web::post().to(codes_off)))
        .service(web::resource("/desk/audit").route(web::get().to(trail)));
}

#[derive(Template)]
#[template(path = "staff/people.html")]
struct PeoplePage {
    shell: Shell,
    actor: Actor,
    here: Vec<Member>,
    gone: Vec<Member>,
    now: DateTime<Utc>,
    may_manage: bool,
    link: Option<(Role, String)>,
}

impl PeoplePage {
    fn is_locked(&self, member: &Member) -> bool {
        member.locked_until.is_some_and(|until| until > self.now)
    }

    fn is_self(&self, member: &Member) -> bool {
        matches!(self.actor, Actor::Staff { id, .. } if id == member.id)
    }
}

async fn people(
    db: web::Data<Db>,
    now: DateTime<Utc>,
    shell: Shell,
    actor: Actor,
    link: Option<(Role, String)>,
) -> Result<HttpResponse, Problem> {
    let all = blocking(move || db.read(staff::all)).await?;
    let (gone, here) = all.into_iter().partition(|member| member.left_at.is_some());
    let may_manage = actor.is_one_of(&[Role::Administrator]);
    page(StatusCode::OK, &PeoplePage { shell, actor, here, gone, now, may_manage, link })
}

async fn show(db: web::Data<Db>, clock: web::Data<Clock>, shell: Shell, actor: Actor) -> Result<HttpResponse, Problem> {
    people(db, clock.now(), shell, actor, None).await
}

#[derive(Deserialize)]
struct RoleForm {
    #[serde(default)]
    role: String,
}

impl RoleForm {
    fn role(&self) -> Result<Role, Problem> {
        Role::from_name(&self.role).ok_or_else(|| StaffError::BadRole.into())
    }
}

/// The link stands on the page that answers, once; it is in no address and no log.
async fn invite(
    (db, clock, url): (web::Data<Db>, web::Data<Clock>, web::Data<PublicUrl>),
    shell: Shell,
    actor: Actor,
    request_id: RequestId,
    form: web::Form<RoleForm>,
) -> Result<HttpResponse, Problem> {
    let (role, now) = (form.role()?, clock.now());
    let (books, by) = (db.clone(), actor.clone());
    let made = blocking(move || books.write(|conn| staff::invite(conn, now, &by, role, &request_id.0)));
    let link = format!("{}/desk/welcome/{}", url.0, made.await?.reveal());
    people(db, now, shell, actor, Some((role, link))).await
}

/// Does something to a member of staff and goes back to the list.
async fn done(
    db: web::Data<Db>,
    change: impl FnOnce(&mut Conn) -> Result<(), StaffError> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    blocking(move || {
        db.write(|conn| {
            // Two administrators who take each other's role must not leave none.
            hold(conn, Lock::Books)?;
            change(conn)
        })
    })
    .await?;
    Ok(see_other("/desk/staff"))
}

async fn change_role(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    actor: Actor,
    request_id: RequestId,
    id: web::Path<i64>,
    form: web::Form<RoleForm>,
) -> Result<HttpResponse, Problem> {
    let (role, now) = (form.role()?, clock.now());
    done(db, move |conn| staff::change_role(conn, now, &actor, *id, role, &request_id.0)).await
}

async fn leave(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    actor: Actor,
    request_id: RequestId,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    done(db, move |conn| staff::leave(conn, now, &actor, *id, &request_id.0)).await
}

async fn unlock(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    actor: Actor,
    request_id: RequestId,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    done(db, move |conn| staff::unlock(conn, now, &actor, *id, &request_id.0)).await
}

async fn codes_off(
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    actor: Actor,
    request_id: RequestId,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    done(db, move |conn| staff::codes_off(conn, now, &actor, *id, &request_id.0)).await
}

/// Steps on one page.
const PAGE: i64 = 100;

#[derive(Deserialize)]
struct TrailQuery {
    before: Option<i64>,
    #[serde(default)]
    who: String,
}

#[derive(Template)]
#[template(path = "staff/trail.html")]
struct TrailPage {
    shell: Shell,
    actor: Actor,
    steps: Vec<Step>,
    who: String,
    is_first: bool,
    older: Option<i64>,
}

async fn trail(
    db: web::Data<Db>,
    shell: Shell,
    actor: Actor,
    asked: web::Query<TrailQuery>,
) -> Result<HttpResponse, Problem> {
    let TrailQuery { before, who } = asked.into_inner();
    let wanted = who.trim().to_owned();
    let steps = blocking(move || db.read(|conn| audit::before(conn, before, &wanted, PAGE))).await?;
    let is_full = i64::try_from(steps.len()).is_ok_and(|count| count == PAGE);
    let older = steps.last().map(|step| step.id).filter(|_| is_full);
    page(StatusCode::OK, &TrailPage { shell, actor, steps, who, is_first: before.is_none(), older })
}
