//! Letters that failed, tried once more.

use actix_web::{HttpResponse, web};

use super::{Desk, see_other};
use crate::http::{Problem, Routes};
use crate::outbox::{self, TryAgainError};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().post("/letters/try-again", May::Enter, try_all_again);
    at.desk().post("/letters/{id}/try-again", May::Enter, try_again);
}

/// A second click finds nothing that failed, and is answered like the first.
async fn try_again(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse, Problem> {
    let hand = desk.hand();
    desk.write(move |conn, now| match outbox::try_again(conn, now, *id) {
        Ok(()) => Ok(hand.note(conn, now, "letter tried again", &format!("letter {id}"), "")?),
        Err(TryAgainError::NotFailed) => Ok(()),
        Err(TryAgainError::Db(error)) => Err(error.into()),
    })
    .await?;
    Ok(see_other("/desk#letters"))
}

async fn try_all_again(desk: Desk) -> Result<HttpResponse, Problem> {
    let hand = desk.hand();
    desk.write(move |conn, now| {
        let count = outbox::try_all_again(conn, now)?;
        if count > 0 {
            hand.note(conn, now, "letters tried again", &format!("{count} letters"), "")?;
        }
        Ok(())
    })
    .await?;
    Ok(see_other("/desk#letters"))
}
