//! How a refusal is answered: a page where a browser asked, `application/problem+json` (RFC 9457) for everyone else.
//!
//! Invariant: whoever refuses, this program or the library below it, the answer has a sentence that says what to do,
//! and the same one in both forms. The JSON API answers in JSON whoever asks.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;

use super::body::{self, Arrival};
use super::{FieldError, Imprint, Problem, Shell, spelling};

/// Answers each refusal in the form that was asked for. Stands outside everything that may refuse.
///
/// # Errors
/// The refusals of those inside, already in their form.
pub async fn answered<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, String>>, Error> {
    let (asked, arrival) = (Asked::of(&mut request), Arrival::of(&request));
    if !body::is_text(request.query_string()) {
        return Ok(refused(request.into_parts().0, &body::not_text(), &asked));
    }
    let answer = next.call(request).await;
    if let (Ok(response), Some(problem)) = (&answer, arrival.refusal()) {
        // What the handler made of a body that was cut off does not matter.
        let is_in_json = response.request().extensions().contains::<InJson>();
        let asked = asked.at(way_back(response.request()));
        return Ok(refused(response.request().clone(), &problem, if is_in_json { &Asked::JSON } else { &asked }));
    }
    match answer {
        Ok(response) if !is_refusal(response.status()) => Ok(response.map_into_left_body()),
        Ok(response) if response.request().extensions().contains::<InJson>() => Ok(in_form(response, &Asked::JSON)),
        Ok(response) => {
            let asked = asked.at(way_back(response.request()));
            Ok(in_form(response, &asked))
        }
        Err(error) => Err(match problem_of(Some(&error), error.as_response_error().status_code()) {
            Some(problem) => {
                let mut response = error.error_response();
                response.headers_mut().insert(CONTENT_TYPE, asked.content_type());
                let response = response.set_body(asked.text(&problem));
                actix_web::error::InternalError::from_response(problem, response.map_into_boxed_body()).into()
            }
            None => error,
        }),
    }
}

fn refused<B>(request: HttpRequest, problem: &Problem, asked: &Asked) -> ServiceResponse<EitherBody<B, String>> {
    let mut response = problem.error_response();
    response.headers_mut().insert(CONTENT_TYPE, asked.content_type());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ServiceResponse::new(request, response.map_body(|_, _| EitherBody::right(asked.text(problem))))
}

fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Marks a request whose refusal is told in JSON, whatever the asker would like to read.
pub(super) struct InJson;

/// Marks a request of the desk: whoever is refused there is led back to it, not out to the fund.
pub(super) struct AtDesk;

/// Where the button of a refusal leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WayBack {
    Fund,
    Desk,
}

fn way_back(request: &HttpRequest) -> WayBack {
    if request.extensions().contains::<AtDesk>() { WayBack::Desk } else { WayBack::Fund }
}

/// What must be known of a request when it has been refused.
struct Asked {
    /// The frame of the page, where a page is wanted.
    shell: Option<Shell>,
    way_back: WayBack,
}

impl Asked {
    const JSON: Self = Self { shell: None, way_back: WayBack::Fund };

    fn at(self, way_back: WayBack) -> Self {
        Self { way_back, ..self }
    }

    fn of(request: &mut ServiceRequest) -> Self {
        // Every GET answers HEAD as well (RFC 9110, 9.3.2); the connection leaves the body out. A stream has no end to
        // wait for.
        if request.method() == Method::HEAD && !request.path().ends_with("/stream") {
            request.head_mut().method = Method::GET;
        }
        let wants_page = accepts_html(request);
        let imprint = if wants_page { request.app_data::<web::Data<Imprint>>() } else { None };
        Self { shell: imprint.map(|imprint| imprint.shell()), way_back: WayBack::Fund }
    }

    fn content_type(&self) -> HeaderValue {
        let text = if self.shell.is_some() { "text/html; charset=utf-8" } else { "application/problem+json" };
        HeaderValue::from_static(text)
    }

    fn text(&self, problem: &Problem) -> String {
        let page = self.shell.clone().map(|shell| ProblemPage { shell, problem, way_back: self.way_back }.render());
        match page {
            Some(Ok(html)) => html,
            _ => serde_json::to_string(problem).expect("a problem is plain text and numbers"),
        }
    }
}

fn accepts_html(request: &ServiceRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.contains("text/html") || accept.contains("application/xhtml+xml")
}

/// A refusal that a page or a program was already told of in its own words stays as it is: a form shown again.
fn in_form<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    asked: &Asked,
) -> ServiceResponse<EitherBody<B, String>> {
    let is_told = response.response().error().is_none() && response.headers().contains_key(CONTENT_TYPE);
    let problem = if is_told { None } else { problem_of(response.response().error(), response.status()) };
    let Some(problem) = problem else { return response.map_into_left_body() };
    let text = asked.text(&problem);
    response.map_body(|head, _| {
        head.headers_mut().insert(CONTENT_TYPE, asked.content_type());
        head.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        EitherBody::right(text)
    })
}

/// The problem itself, or the words for what the library below us refused.
fn problem_of(error: Option<&Error>, status: StatusCode) -> Option<Problem> {
    if let Some(problem) = error.and_then(|error| error.as_error::<Problem>()) {
        return Some(problem.clone());
    }
    is_refusal(status).then(|| Problem::new(status, words(status)))
}

fn words(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is no page at this address. Please check it letter by letter.",
        StatusCode::METHOD_NOT_ALLOWED => "This address cannot be used in that way. Please go back and try again.",
        StatusCode::PAYLOAD_TOO_LARGE => "That is more than this page can take. Please shorten it and send it again.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "This was sent in a form that we cannot read. Please use the page’s own form."
        }
        status if status.is_server_error() => {
            "Something went wrong on our side. Please try again in a moment, and tell us if it happens twice."
        }
        _ => "We could not understand what was sent. Please go back, check it and send it again.",
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    shell: Shell,
    problem: &'a Problem,
    way_back: WayBack,
}

impl ProblemPage<'_> {
    fn heading(&self) -> &'static str {
        match self.problem.status {
            StatusCode::NOT_FOUND => "This page is not here",
            StatusCode::UNAUTHORIZED => "Please sign in",
            StatusCode::FORBIDDEN => "This is not open to you",
            StatusCode::METHOD_NOT_ALLOWED => "Not in that way",
            StatusCode::REQUEST_TIMEOUT => "That took too long",
            StatusCode::PAYLOAD_TOO_LARGE => "That is too much at once",
            StatusCode::TOO_MANY_REQUESTS => "One moment, please",
            StatusCode::SERVICE_UNAVAILABLE => "Back in a moment",
            StatusCode::CONFLICT => "It is not as it was",
            status if status.is_server_error() => "Something went wrong",
            _ => "Please look again",
        }
    }

    /// The faults, unless the one sentence has said it already.
    fn faults(&self) -> &[FieldError] {
        match self.problem.errors.as_slice() {
            [only] if only.message == self.problem.detail => &[],
            faults => faults,
        }
    }
}

/// For every address that nothing answers.
///
/// # Errors
/// Always: 404, or 400 where it is spelled as no route is.
pub async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if spelling::is_plain(request.uri().path()) {
        Err(Problem::not_found(words(StatusCode::NOT_FOUND)))
    } else {
        Err(Problem::bad_request("This address is spelled in a way that we do not read. Please type it plainly."))
    }
}
