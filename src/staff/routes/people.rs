//! Who is on the staff, and the trail of what they did.

use std::collections::HashSet;

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
use crate::staff::invitations::{self, Invitation};
use crate::staff::tokens::{self, Token};
use crate::staff::{self, Actor, May, Member, Role, Staff, StaffError, audit, locks};

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/staff", May::Read, show)
        .post("/staff/invitations", May::Manage, invite)
        .post("/staff/invitations/{id}/withdrawal", May::Manage, withdraw)
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
    roll: Roll,
    may_manage: bool,
    may_see_tokens: bool,
    link: Option<(Role, String)>,
}

/// Who is here and what stands open.
struct Roll {
    here: Vec<Member>,
    gone: Vec<Member>,
    /// The numbers of those whose address is locked.
    locked: HashSet<i64>,
    invitations: Vec<Invitation>,
    /// In force, and made by somebody who has left.
    left_behind: Vec<(Token, String)>,
}

impl Roll {
    fn read(conn: &mut Conn, now: DateTime<Utc>) -> Result<Self, StaffError> {
        let all = staff::all(conn)?;
        let locked = locks::locked_of(conn, now, &all)?;
        let (gone, here): (Vec<Member>, Vec<Member>) = all.into_iter().partition(|member| member.left_at.is_some());
        let in_force = tokens::all(conn)?.into_iter().filter(|token| token.revoked_at.is_none());
        let made_by = |token: &Token| gone.iter().find(|member| Some(member.id) == token.creator_id);
        let left_behind = in_force
            .filter_map(|token| made_by(&token).map(|member| member.name.clone()).map(|name| (token, name)))
            .collect();
        Ok(Self { here, gone, locked, invitations: invitations::open(conn, now)?, left_behind })
    }
}

impl PeoplePage {
    fn is_locked(&self, member: &Member) -> bool {
        self.roll.locked.contains(&member.id)
    }

    fn is_self(&self, member: &Member) -> bool {
        self.actor.staff_id() == Some(member.id)
    }

    /// Who made an invitation.
    fn inviter<'a>(&'a self, invitation: &'a Invitation) -> &'a str {
        let member = self.roll.here.iter().find(|member| Some(member.id) == invitation.inviter_id);
        member.map_or(invitation.invited_by.as_str(), |member| member.name.as_str())
    }
}

async fn people(
    db: web::Data<Db>,
    now: DateTime<Utc>,
    shell: Shell,
    actor: Actor,
    link: Option<(Role, String)>,
) -> Result<HttpResponse, Problem> {
    let roll = blocking(move || db.read(|conn| Roll::read(conn, now))).await?;
    let may_manage = actor.is_one_of(May::Manage.roles());
    let may_see_tokens = actor.is_one_of(May::SeeTokens.roles());
    page(StatusCode::OK, &PeoplePage { shell, actor, roll, may_manage, may_see_tokens, link })
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
    let made = blocking(move || books.write(|conn| invitations::invite(conn, now, by.actor(), role, by.request_id())));
    let link = format!("{}/desk/welcome/{}", url.0, made.await?.reveal());
    people(db, now, shell, staff.actor().clone(), Some((role, link))).await
}

async fn withdraw(
    staff: Staff,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    done(db, move |conn| invitations::withdraw(conn, now, staff.actor(), *id, staff.request_id())).await
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

impl TrailPage {
    /// How often the same happened that day, and when last; empty for what happened once.
    fn again(&self, step: &Step) -> String {
        match step.times {
            ..=1 => String::new(),
            times => format!("{times} times, last at {}", step.last_at.format("%H:%M:%S")),
        }
    }
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
