//! The society's particulars, which stand on every page and every receipt.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Desk, Pairs, see_other, status_of};
use crate::desk::allowed::Allowed;
use crate::desk::particulars;
use crate::funds::{self, Society};
use crate::http::Form;
use crate::http::{Imprint, Problem, Routes, Shell, blocking, page};
use crate::staff::{Actor, May};

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/settings", May::Read, show).post("/settings", May::Manage, keep);
}

#[derive(Template)]
#[template(path = "desk/settings.html")]
struct SettingsPage {
    shell: Shell,
    actor: Actor,
    may: Allowed,
    form: Form,
    /// As it would stand on a receipt.
    preview: Society,
    is_preview: bool,
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    let society = desk.read(|conn, _| Ok(funds::society(conn)?)).await?;
    let form = particulars::form(&society);
    answer(StatusCode::OK, desk, form, society, false)
}

fn answer(
    status: StatusCode,
    desk: Desk,
    form: Form,
    preview: Society,
    is_preview: bool,
) -> Result<HttpResponse, Problem> {
    let may = desk.may();
    page(status, &SettingsPage { shell: desk.shell, actor: desk.actor, may, form, preview, is_preview })
}

async fn keep(desk: Desk, imprint: web::Data<Imprint>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let mut form = Form::sent(pairs.into_inner());
    let society = particulars::society(&mut form);
    if form.is_refused() || form.has("do", "preview") {
        return answer(status_of(&form), desk, form, society, true);
    }
    let hand = desk.hand();
    desk.write(move |conn, now| {
        let before = funds::society(conn)?;
        if before != society {
            funds::update_society(conn, &society)?;
            hand.note(conn, now, "particulars changed", "society", &particulars::differences(&before, &society))?;
        }
        Ok(())
    })
    .await?;
    let db = desk.db;
    blocking(move || imprint.renew(&db)).await?;
    Ok(see_other("/desk/settings"))
}
