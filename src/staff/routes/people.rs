//! Who is on the staff, and the trail of what they did.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::see_other;
use crate::clock::Clock;
use crate::db::{Conn, Db, Lock, hold};
use crate::http::{Problem, PublicUrl, Routes, Shell, blocking, page};
use crate::staff::audit::Step;
use crate::staff::{self, Actor, May, Member, Role, Staff, StaffError, audit};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/staff", May::Read, show)
        .post("/staff/invitations", May::Manage, invite)
        .post("/staff/{id}/role", May::Manage, change_role)
        .post("/staff/{id}/leave", May::Manage, leave)
        .post("/staff/{id}/unlock", May::Manage, unlock)
        .post("/staff/{id}/codes-off", May::Manage, codes_off)
        .get("/audit", May::Inspect, trail);
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

async fn show(staff: Staff, db: web::Data<Db>, clock: web::Data<Clock>, shell: Shell) -> Result<HttpResponse, Problem> {
    people(db, clock.now(), shell, staff.actor().clone(), None).await
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
    staff: Staff,
    (db, clock, url): (web::Data<Db>, web::Data<Clock>, web::Data<PublicUrl>),
    shell: Shell,
    form: web::Form<RoleForm>,
) -> Result<HttpResponse, Problem> {
    let (role, now) = (form.role()?, clock.now());
    let (books, by) = (db.clone(), staff.clone());
    let made = blocking(move || books.write(|conn| staff::invite(conn, now, by.actor(), role, by.request_id())));
    let link = format!("{}/desk/welcome/{}", url.0, made.await?.reveal());
    people(db, now, shell, staff.actor().clone(), Some((role, link))).await
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
    staff: Staff,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    id: web::Path<i64>,
    form: web::Form<RoleForm>,
) -> Result<HttpResponse, Problem> {
    let (role, now) = (form.role()?, clock.now());
    done(db, move |conn| staff::change_role(conn, now, staff.actor(), *id, role, staff.request_id())).await
}

async fn leave(
    staff: Staff,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    done(db, move |conn| staff::leave(conn, now, staff.actor(), *id, staff.request_id())).await
}

async fn unlock(
    staff: Staff,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    done(db, move |conn| staff::unlock(conn, now, staff.actor(), *id, staff.request_id())).await
}

async fn codes_off(
    staff: Staff,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    done(db, move |conn| staff::codes_off(conn, now, staff.actor(), *id, staff.request_id())).await
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
    staff: Staff,
    db: web::Data<Db>,
    shell: Shell,
    asked: web::Query<TrailQuery>,
) -> Result<HttpResponse, Problem> {
    let TrailQuery { before, who } = asked.into_inner();
    let wanted = who.trim().to_owned();
    let steps = blocking(move || db.read(|conn| audit::before(conn, before, &wanted, PAGE))).await?;
    let is_full = i64::try_from(steps.len()).is_ok_and(|count| count == PAGE);
    let older = steps.last().map(|step| step.id).filter(|_| is_full);
    page(
        StatusCode::OK,
        &TrailPage { shell, actor: staff.actor().clone(), steps, who, is_first: before.is_none(), older },
    )
}
