//! What a request brings besides its head: it must arrive in time, and be text.
//!
//! Invariant: a body that is not there when its time is over is refused with 408, and text with U+0000 in it, which no
//! database keeps alike, with 422, whichever handler reads it. What a handler leaves unread ends with its connection, so
//! that nobody holds one by a body that never ends. Files are left to those who read them.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Problem;

/// Time for any body, however small: a phone that changes its cell in the middle is back before it.
const TIME_FOR_ANY: Duration = Duration::from_secs(10);
/// Bytes that must arrive in each second besides: a line of the slowest kind that still opens a page.
const BYTES_A_SECOND_MIN: u64 = 8 * 1024;

/// Watches over the body of each request that has one. Stands outside everything that reads.
///
/// # Errors
/// Those of the handlers inside.
pub async fn watched<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, WithRest>>, Error> {
    if !has_body(&request) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let arrival = Arrival::default();
    let rest = Rest(Rc::new(RefCell::new(request.take_payload())));
    let body = Watched {
        payload: rest.clone(),
        arrival: arrival.clone(),
        language: Language::of(&request),
        since: Instant::now(),
        bytes: 0,
        bell: None,
    };
    request.set_payload(Payload::Stream { payload: Box::pin(body) });
    request.extensions_mut().insert(arrival);
    let answer = next.call(request).await?;
    Ok(answer.map_body(|_, body| EitherBody::right(WithRest { body: body.boxed(), _rest: rest })))
}

fn has_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0")
}

/// What was wrong with a body while it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Late,
    NotText,
}

/// How the body of a request arrives.
#[derive(Debug, Clone, Default)]
pub struct Arrival(Rc<Cell<Option<Fault>>>);

impl Arrival {
    /// The arrival of this request's body, where it has one.
    pub fn of(request: &ServiceRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// Why the request is refused whatever its handler made of it.
    pub fn refusal(&self) -> Option<Problem> {
        self.0.get().map(|fault| match fault {
            Fault::Late => Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "This did not arrive whole in time. Please try again, perhaps where the connection is better.",
            ),
            Fault::NotText => not_text(),
        })
    }
}

/// U+0000 stands in a text that was sent.
pub fn not_text() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "There is a character in this that is no text (U+0000). Please type it again instead of copying it.",
    )
}

/// Whether a query has U+0000 in it, which has one spelling there.
pub fn is_text(query: &str) -> bool {
    !query.contains("%00")
}

/// The part of a body that nobody has read yet.
#[derive(Clone)]
struct Rest(Rc<RefCell<Payload>>);

/// An answer that holds what was left unread of its request until it is sent. Whoever sends without end would otherwise
/// keep the connection: the library below reads and drops such a body for as long as it comes.
pub struct WithRest {
    body: BoxBody,
    _rest: Rest,
}

impl MessageBody for WithRest {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

/// A body as its handler reads it.
struct Watched {
    payload: Rest,
    arrival: Arrival,
    language: Language,
    since: Instant,
    bytes: u64,
    bell: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    /// When this much must have arrived.
    fn deadline(&self) -> Instant {
        self.since + TIME_FOR_ANY + Duration::from_secs(self.bytes / BYTES_A_SECOND_MIN)
    }

    fn refuse(&self, fault: Fault) -> Poll<Option<Result<Bytes, PayloadError>>> {
        self.arrival.0.set(Some(fault));
        Poll::Ready(Some(Err(PayloadError::Incomplete(None))))
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.arrival.0.get().is_some() {
            return Poll::Ready(None);
        }
        let arrived = Pin::new(&mut *this.payload.0.borrow_mut()).poll_next(context);
        match arrived {
            Poll::Ready(Some(Ok(bytes))) => {
                this.bytes += bytes.len() as u64;
                this.bell = None;
                if this.language.has_nul(&bytes) { this.refuse(Fault::NotText) } else { Poll::Ready(Some(Ok(bytes))) }
            }
            Poll::Ready(other) => Poll::Ready(other),
            Poll::Pending => {
                let deadline = this.deadline();
                let bell = this.bell.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
                ready!(bell.as_mut().poll(context));
                this.refuse(Fault::Late)
            }
        }
    }
}

/// How U+0000 is written in a body, and how much of it the last bytes were.
#[derive(Debug)]
enum Language {
    /// `%00`
    Form { seen: usize },
    /// `\u0000`, unless the backslash is itself what another one escapes.
    Json { seen: usize },
    /// Parts, each a language of its own: whoever reads them looks.
    Parts,
}

const IN_FORM: &[u8] = b"%00";
const IN_JSON: &[u8] = b"\\u0000";

impl Language {
    fn of(request: &ServiceRequest) -> Self {
        let named = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let named = named.trim_start().to_ascii_lowercase();
        if named.starts_with("multipart/") {
            Self::Parts
        } else if named.starts_with("application/x-www-form-urlencoded") {
            Self::Form { seen: 0 }
        } else {
            // The API reads JSON, however it is labelled.
            Self::Json { seen: 0 }
        }
    }

    /// Reads on; true once U+0000 is there.
    fn has_nul(&mut self, bytes: &[u8]) -> bool {
        !matches!(self, Self::Parts) && bytes.iter().any(|byte| *byte == 0 || self.is_whole_with(*byte))
    }

    fn is_whole_with(&mut self, byte: u8) -> bool {
        match self {
            Self::Parts => false,
            Self::Form { seen } => {
                *seen = if byte == IN_FORM[*seen] { *seen + 1 } else { usize::from(byte == IN_FORM[0]) };
                *seen == IN_FORM.len()
            }
            Self::Json { seen } => {
                let goes_on = byte == IN_JSON[*seen];
                // The one after a backslash belongs to it, also when it is a backslash.
                let begins = byte == IN_JSON[0] && *seen != 1;
                *seen = if goes_on { *seen + 1 } else { usize::from(begins) };
                *seen == IN_JSON.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it is found, the text coming whole and byte by byte.
    fn found(language: fn() -> Language, text: &str) -> bool {
        let (mut whole, mut by_bytes) = (language(), language());
        let at_once = whole.has_nul(text.as_bytes());
        let bit_by_bit = text.as_bytes().iter().any(|byte| by_bytes.has_nul(&[*byte]));
        assert_eq!(at_once, bit_by_bit, "{text}");
        at_once
    }

    #[test]
    fn nul_is_found_in_every_spelling_and_nothing_else_is() {
        let form: fn() -> Language = || Language::Form { seen: 0 };
        let json: fn() -> Language = || Language::Json { seen: 0 };

        for text in ["name=a%00b", "%00", "a=%%00", "a=%0%00", "a=b\0c"] {
            assert!(found(form, text), "{text}");
        }
        for text in ["name=%2500", "name=00%", "a=%0a%0", "a=1%200"] {
            assert!(!found(form, text), "{text}");
        }
        for text in [r#"{"a":"\u0000"}"#, r#"{"a":"\\\u0000"}"#, r#"{"a":"\n\u0000"}"#, r#"{"a":"\u00\u0000"}"#] {
            assert!(found(json, text), "{text}");
        }
        for text in [r#"{"a":"\\u0000"}"#, r#"{"a":"u0000"}"#, r#"{"a":"\u000a"}"#, r#"{"a":"%00"}"#] {
            assert!(!found(json, text), "{text}");
        }
        assert!(!found(|| Language::Parts, "a\0b"));
    }
}
