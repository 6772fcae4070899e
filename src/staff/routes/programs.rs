//! The tokens of programs.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Faults, see_other};
use crate::clock::Clock;
use crate::db::{Db, DbError, Lock, hold};
use crate::http::{FieldError, Problem, Routes, Shell, blocking, page};
use crate::staff::tokens::{self, Token, Tokens, add_token, revoke_token};
use crate::staff::{Actor, May, Member, Scope, Staff, StaffError, all};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/tokens", May::SeeTokens, show);
    at.desk().post("/tokens", May::Manage, make);
    at.desk().post("/tokens/{id}/revoke", May::Manage, revoke);
}

#[derive(Template)]
#[template(path = "staff/tokens.html")]
struct TokensPage {
    shell: Shell,
    actor: Actor,
    tokens: Vec<Token>,
    members: Vec<Member>,
    may_manage: bool,
    made: Option<String>,
    name: String,
    faults: Faults,
}

impl TokensPage {
    fn scopes(&self) -> [Scope; 5] {
        Scope::ALL
    }

    /// Who made it, and whether they could still.
    fn maker(&self, token: &Token) -> String {
        let Some(maker) = self.members.iter().find(|member| Some(member.id) == token.creator_id) else {
            return token.created_by.clone();
        };
        match maker.role {
            _ if maker.left_at.is_some() => format!("{}, who has left", maker.name),
            role if !May::Manage.roles().contains(&role) => format!("{}, who is {} now", maker.name, role.name()),
            _ => maker.name.clone(),
        }
    }

    fn names(&self, token: &Token) -> String {
        token.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ")
    }
}

struct Shown {
    made: Option<String>,
    name: String,
    faults: Faults,
}

async fn list(
    db: web::Data<Db>,
    shell: Shell,
    staff: &Staff,
    status: StatusCode,
    shown: Shown,
) -> Result<HttpResponse, Problem> {
    let listed = blocking(move || db.read(|conn| Ok::<_, DbError>((tokens::all(conn)?, all(conn)?))));
    let (tokens, members) = listed.await?;
    let actor = staff.actor().clone();
    let may_manage = actor.is_one_of(May::Manage.roles());
    let Shown { made, name, faults } = shown;
    page(status, &TokensPage { shell, actor, tokens, members, may_manage, made, name, faults })
}

async fn show(staff: Staff, db: web::Data<Db>, shell: Shell) -> Result<HttpResponse, Problem> {
    list(db, shell, &staff, StatusCode::OK, Shown { made: None, name: String::new(), faults: Faults::none() }).await
}

/// The token stands on the page that answers, once.
async fn make(
    staff: Staff,
    (db, clock, cache): (web::Data<Db>, web::Data<Clock>, web::Data<Tokens>),
    shell: Shell,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let name = form.iter().find(|(field, _)| field == "name").map(|(_, name)| name.clone()).unwrap_or_default();
    let chosen: Vec<&str> =
        form.iter().filter(|(field, _)| field == "scopes").map(|(_, scope)| scope.as_str()).collect();
    let Ok(scopes) = tokens::scopes(&chosen.join(",")) else {
        let fault = FieldError::new("scopes", "Please choose what the program may do.");
        let shown = Shown { made: None, name, faults: Faults(vec![fault]) };
        return list(db, shell, &staff, StatusCode::UNPROCESSABLE_ENTITY, shown).await;
    };
    let (books, by, called, now) = (db.clone(), staff.clone(), name.clone(), clock.now());
    let made = blocking(move || {
        let made = books.write(|conn| {
            hold(conn, Lock::Books)?;
            add_token(conn, now, by.actor(), &called, &scopes, by.request_id())
        });
        match made {
            Err(error @ StaffError::BadName) => Ok(Err(error)),
            made => Ok::<_, StaffError>(Ok(made?)),
        }
    })
    .await?;
    cache.forget();
    match made {
        Ok(secret) => {
            let shown = Shown { made: Some(secret.reveal().to_owned()), name: String::new(), faults: Faults::none() };
            list(db, shell, &staff, StatusCode::OK, shown).await
        }
        Err(error) => {
            let shown = Shown { made: None, name, faults: Faults(vec![FieldError::new("name", error)]) };
            list(db, shell, &staff, StatusCode::UNPROCESSABLE_ENTITY, shown).await
        }
    }
}

async fn revoke(
    staff: Staff,
    (db, clock, cache): (web::Data<Db>, web::Data<Clock>, web::Data<Tokens>),
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    blocking(move || db.write(|conn| revoke_token(conn, now, staff.actor(), *id, staff.request_id()))).await?;
    cache.forget();
    Ok(see_other("/desk/tokens"))
}
