//! Letters that are held back because nobody can be written to, page by page.

use std::collections::HashMap;

use actix_web::HttpResponse;

use super::{Desk, asked, holder_cell, shown};
use crate::desk::folio::{Folio, Table, text};
use crate::desk::routes::Asked;
use crate::desk::written::moment;
use crate::http::{Problem, Routes};
use crate::shares::numbers::grouped;
use crate::shares::{self, held_letters};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/letters/held", May::Read, list);
}

/// Letters on one page.
const SHOWN: i64 = 200;

async fn list(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let folio = desk
        .read(move |conn, _| {
            let mut folio = Folio::under("Letters", "/desk/shares/letters", "Letters held back");
            folio.lead = "They leave as soon as somebody can be written to: when representatives are noted, or a new \
                          address, or when the death or the mark is taken back."
                .to_owned();
            let after = asked(&pairs, "after").parse().unwrap_or(0);
            let mut found = held_letters::after(conn, after, SHOWN + 1)?;
            let is_more = found.len() as i64 > SHOWN;
            found.truncate(SHOWN as usize);
            let ids: Vec<i64> = found.iter().map(|letter| letter.holder_id).collect();
            let holders: HashMap<_, _> = shares::holders_now(conn, &ids)?;
            let zone = shares::settings(conn)?.zone;
            let mut table = Table::new("", &["Letter", "To", "Why", "Since"], "No letter is held back.");
            for letter in &found {
                let holder = holders.get(&letter.holder_id);
                table.row(vec![
                    text(letter.kind.label()),
                    holder.map(holder_cell).unwrap_or_default(),
                    text(holder.map(held_letters::reason).unwrap_or_default()),
                    text(moment(letter.held_at.and_utc(), zone)),
                ]);
            }
            let count = held_letters::count(conn)?;
            if count > SHOWN {
                folio.notice = Some((format!("{} are held back in all.", grouped(count)), ""));
            }
            folio.pager.0 = (after > 0).then(|| "/desk/shares/letters/held".to_owned());
            let last = found.last().filter(|_| is_more);
            folio.pager.1 = last.map(|last| format!("/desk/shares/letters/held?after={}", last.id));
            folio.tables.push(table);
            Ok(folio)
        })
        .await?;
    shown(desk, folio)
}
