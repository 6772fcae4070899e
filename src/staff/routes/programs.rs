//! The tokens of programs.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Faults, see_other};
use crate::clock::Clock;
use crate::db::{Db, Lock, hold};
use crate::http::{FieldError, Problem, RequestId, Shell, blocking, page};
use crate::staff::tokens::{self, Token, Tokens, add_token, revoke_token};
use crate::staff::{Actor, Role, Scope, StaffError};

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(web::resource("/desk/tokens").route(web::get().to(show)).route(web::post().to(make)))
        .service(web::resource("/desk/tokens/{id}/revoke").route(web::post().to(revoke)));
}

#[derive(Template)]
#[template(path = "staff/tokens.html")]
struct TokensPage {
    shell: Shell,
    actor: Actor,
    tokens: Vec<Token>,
    may_manage: bool,
    made: Option<String>,
    name: String,
    faults: Faults,
}

impl TokensPage {
    fn scopes(&self) -> [Scope; 5] {
        Scope::ALL
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
    actor: Actor,
    status: StatusCode,
    shown: Shown,
) -> Result<HttpResponse, Problem> {
    let tokens = blocking(move || db.read(tokens::all)).await?;
    let may_manage = actor.is_one_of(&[Role::Administrator]);
    let Shown { made, name, faults } = shown;
    page(status, &TokensPage { shell, actor, tokens, may_manage, made, name, faults })
}

async fn show(db: web::Data<Db>, shell: Shell, actor: Actor) -> Result<HttpResponse, Problem> {
    list(db, shell, actor, StatusCode::OK, Shown { made: None, name: String::new(), faults: Faults::none() }).await
}

/// The token stands on the page that answers, once.
async fn make(
    (db, clock, cache): (web::Data<Db>, web::Data<Clock>, web::Data<Tokens>),
    shell: Shell,
    actor: Actor,
    request_id: RequestId,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Problem> {
    let name = form.iter().find(|(field, _)| field == "name").map(|(_, name)| name.clone()).unwrap_or_default();
    let chosen: Vec<&str> =
        form.iter().filter(|(field, _)| field == "scopes").map(|(_, scope)| scope.as_str()).collect();
    let Ok(scopes) = tokens::scopes(&chosen.join(",")) else {
        let fault = FieldError::new("scopes", "Please choose what the program may do.");
        let shown = Shown { made: None, name, faults: Faults(vec![fault]) };
        return list(db, shell, actor, StatusCode::UNPROCESSABLE_ENTITY, shown).await;
    };
    let (books, by, called, now) = (db.clone(), actor.clone(), name.clone(), clock.now());
    let made = blocking(move || {
        let made = books.write(|conn| {
            hold(conn, Lock::Books)?;
            add_token(conn, now, &by, &called, &scopes, &request_id.0)
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
            list(db, shell, actor, StatusCode::OK, shown).await
        }
        Err(error) => {
            let shown = Shown { made: None, name, faults: Faults(vec![FieldError::new("name", error)]) };
            list(db, shell, actor, StatusCode::UNPROCESSABLE_ENTITY, shown).await
        }
    }
}

async fn revoke(
    (db, clock, cache): (web::Data<Db>, web::Data<Clock>, web::Data<Tokens>),
    actor: Actor,
    request_id: RequestId,
    id: web::Path<i64>,
) -> Result<HttpResponse, Problem> {
    let now = clock.now();
    blocking(move || db.write(|conn| revoke_token(conn, now, &actor, *id, &request_id.0))).await?;
    cache.forget();
    Ok(see_other("/desk/tokens"))
}
