//! What every request of a program brings: its key, and a body in JSON.

use actix_web::{HttpRequest, web};
use chrono::NaiveDate;
use serde::Deserialize;

use super::{FieldError, Problem};

/// The longest key (contract): 255 visible ASCII characters.
const KEY_CHARS_MAX: usize = 255;

/// A part of the application that the request needs.
///
/// # Errors
/// [`Problem`] when the application was put together without it.
pub fn part<T: 'static>(request: &HttpRequest) -> Result<web::Data<T>, Problem> {
    let part = request.app_data::<web::Data<T>>().cloned();
    part.ok_or_else(|| Problem::internal(format!("the application lacks {}", std::any::type_name::<T>())))
}

/// The sender's key, where one was sent.
///
/// # Errors
/// [`Problem`] when the header is no key.
pub fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(key) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=KEY_CHARS_MAX).contains(&key.len()));
    let key = key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::bad_request("The header Idempotency-Key must be 1 to 255 visible ASCII characters without spaces.")
    })
}

/// The body as JSON of this shape.
///
/// # Errors
/// [`Problem`], naming the field that is at fault.
pub fn understood<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            let mut message = error.to_string();
            if message.contains("expected a string") {
                message = format!("Amounts and texts are sent as strings, such as \"25.00\". ({message})");
            }
            let field = message.split('`').nth(1).unwrap_or("body").to_owned();
            Problem::fields(vec![FieldError::new(field, message)])
        } else {
            Problem::bad_request(format!("The body is not JSON: {error}."))
        }
    })
}

/// Rows of one answer where nothing is said.
const PAGE: i64 = 100;
/// The most rows of one answer: about a megabyte.
const PAGE_MAX: i64 = 1_000;

/// How many rows of a list are asked for.
///
/// # Errors
/// [`Problem`] outside 1 to 1000: fewer than were asked for would look like the end of the list.
pub fn page_limit(asked: Option<i64>) -> Result<i64, Problem> {
    let limit = asked.unwrap_or(PAGE);
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::fields(vec![FieldError::new("limit", format!("Please ask for 1 to {PAGE_MAX} at a time."))]))
}

/// A day that is asked about; nothing where nothing is said.
///
/// # Errors
/// [`Problem`] for anything but year-month-day.
pub fn day_asked(field: &str, text: Option<&str>) -> Result<Option<NaiveDate>, Problem> {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse().ok().filter(|_| text.len() == "2021-06-27".len());
    day.map(Some).ok_or_else(|| {
        let sentence = "Please write the day as year-month-day, for example 2021-06-27.";
        Problem::fields(vec![FieldError::new(field, sentence)])
    })
}
