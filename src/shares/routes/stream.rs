//! The register as an answer that is written while it is read, page by page, so that a hundred thousand members take
//! the memory of five hundred.

use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream;

use crate::db::{Conn, Db, DbError};
use crate::shares::numbers::MemberNumber;
use crate::shares::register::{self, Line, View};

/// Answers with `head`, what `write` makes of each page of the register, and `foot`.
pub(crate) fn pages<W>(
    mut answer: HttpResponseBuilder,
    (db, view): (web::Data<Db>, View),
    (head, foot): (Vec<u8>, &'static str),
    write: W,
) -> HttpResponse
where
    W: FnMut(&mut Conn, &View, Vec<Line>) -> Result<Vec<u8>, DbError> + Send + 'static,
{
    struct Reading<W> {
        after: Option<MemberNumber>,
        text: Vec<u8>,
        write: W,
    }
    let start = Reading { after: Some(MemberNumber(0)), text: head, write };
    let pages = stream::try_unfold(Some(start), move |reading| {
        let (db, view) = (db.clone(), view.clone());
        async move {
            let Some(mut reading) = reading else { return Ok::<_, DbError>(None) };
            let Some(after) = reading.after else { return Ok(Some((Bytes::from_static(foot.as_bytes()), None))) };
            let read = web::block(move || {
                let (text, next) = db.read(|conn| {
                    let (lines, next) = register::page(conn, &view, after)?;
                    Ok::<_, DbError>(((reading.write)(conn, &view, lines)?, next))
                })?;
                reading.text.extend(text);
                reading.after = next;
                Ok::<_, DbError>(reading)
            });
            let mut reading = read.await.map_err(|error| DbError::Open(error.to_string()))??;
            let text = std::mem::take(&mut reading.text);
            Ok(Some((Bytes::from(text), Some(reading))))
        }
    });
    answer.streaming(Box::pin(pages))
}
