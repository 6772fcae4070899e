//! How an address comes into being: with its method, what it asks of whoever comes, and its handler, in one line.
//!
//! Invariant: a handler for staff or for a program takes first what only the guard can make ([`Staff`], [`Program`], or
//! a kit built from one), so it cannot be registered for everybody; and nothing under `/desk` or `/api/v1` is. The
//! guard asks before anything of the request is read, on the very route that the router chose: no address is matched a
//! second time, so however it is spelled, there is nothing to get past.
//!
//! ```compile_fail,E0277
//! use actix_web::HttpResponse;
//! use fighting_fund::http::Routes;
//! use fighting_fund::staff::guard::Staff;
//!
//! async fn secrets(_: Staff) -> HttpResponse {
//!     HttpResponse::Ok().finish()
//! }
//! Routes::default().public().get("/secrets", secrets);
//! ```

use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderValue, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, Handler, HttpMessage, HttpRequest, HttpResponse, Resource, Responder, Route, web};

use super::kit::{GuardedHandler, Kit};
use super::{Problem, refusals, spelling};
use crate::staff::guard::{self, Admission, Program, Staff};
use crate::staff::permissions::{May, Need};
use crate::staff::{self, Scope};

/// The largest form, unless its route says otherwise: 2,000 characters of note and a few lines are far below it,
/// however they are encoded.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// Where staff are.
const DESK: &str = "/desk";
/// Where programs are.
const API: &str = "/api/v1";

/// The addresses of the program, gathered room by room.
#[derive(Default)]
pub struct Routes {
    entries: Vec<Entry>,
}

struct Entry {
    method: Method,
    /// "/desk", "/api/v1" or nothing.
    within: &'static str,
    /// What follows.
    path: String,
    need: Need,
    form_bytes_max: usize,
    route: Route,
}

impl Entry {
    fn pattern(&self) -> String {
        format!("{}{}", self.within, self.path)
    }
}

/// An address as it was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// "GET"
    pub method: Method,
    /// "/desk/gifts/{reference}"
    pub pattern: String,
    /// What it asks of whoever comes.
    pub need: Need,
}

impl Routes {
    /// Addresses for everybody.
    pub fn public(&mut self) -> Public<'_> {
        Public { routes: self, within: "", form_bytes_max: FORM_BYTES_MAX }
    }

    /// The few addresses of the desk that stand before the sign-in.
    pub fn door(&mut self) -> Public<'_> {
        Public { routes: self, within: DESK, form_bytes_max: FORM_BYTES_MAX }
    }

    /// Pages and deeds of staff, under `/desk`.
    pub fn desk(&mut self) -> Desk<'_> {
        Desk { routes: self, form_bytes_max: FORM_BYTES_MAX }
    }

    /// What programs with a token ask, under `/api/v1`.
    pub fn api(&mut self) -> Api<'_> {
        Api { routes: self }
    }

    /// Every address, in the order in which they are tried.
    pub fn registered(&self) -> Vec<Registered> {
        let told =
            |entry: &Entry| Registered { method: entry.method.clone(), pattern: entry.pattern(), need: entry.need };
        self.entries.iter().map(told).collect()
    }

    /// Hands the addresses to the router, each with the methods that it answers; any other is told which there are.
    pub fn mount(self, at: &mut web::ServiceConfig) {
        // A request for the desk tries only the desk's patterns, and a program's only those for programs.
        let (desk, rest): (Vec<_>, Vec<_>) = self.entries.into_iter().partition(|entry| entry.within == DESK);
        let (api, public): (Vec<_>, Vec<_>) = rest.into_iter().partition(|entry| entry.within == API);
        for (within, entries) in [(API, api), (DESK, desk)] {
            if !entries.is_empty() {
                let scope = web::scope(within).default_service(web::to(move |request: HttpRequest| {
                    note_form(within, &request);
                    refusals::nothing_here(request)
                }));
                at.service(resources(entries).into_iter().fold(scope, |scope, resource| scope.service(resource)));
            }
        }
        for resource in resources(public) {
            at.service(resource);
        }
    }

    fn add(&mut self, entry: Entry) {
        let pattern = entry.pattern();
        let is_double = self.entries.iter().any(|known| known.pattern() == pattern && known.method == entry.method);
        assert!(!is_double, "{} {pattern} is registered twice", entry.method);
        self.entries.push(entry);
    }
}

/// One resource an address, in the order in which they were registered.
fn resources(entries: Vec<Entry>) -> Vec<Resource> {
    let mut addresses: Vec<(String, Vec<Entry>)> = Vec::new();
    for entry in entries {
        match addresses.iter_mut().find(|(path, _)| *path == entry.path) {
            Some((_, entries)) => entries.push(entry),
            None => addresses.push((entry.path.clone(), vec![entry])),
        }
    }
    let resource = |(path, entries): (String, Vec<Entry>)| {
        let within = entries.first().map_or("", |entry| entry.within);
        let methods = entries.iter().map(|entry| entry.method.as_str()).collect::<Vec<_>>().join(", ");
        let form_bytes_max = entries.iter().map(|entry| entry.form_bytes_max).max().unwrap_or(FORM_BYTES_MAX);
        let resource = web::resource(path)
            .guard(spelling::plain_guard())
            .app_data(web::FormConfig::default().limit(form_bytes_max))
            .default_service(web::to(move |request: HttpRequest| {
                note_form(within, &request);
                not_in_that_way(methods.clone())
            }));
        entries.into_iter().fold(resource, |resource, entry| resource.route(entry.route.method(entry.method)))
    };
    addresses.into_iter().map(resource).collect()
}

/// Programs are answered in JSON, also where nothing answers them; staff are led back to the desk.
fn note_form(within: &str, request: &HttpRequest) {
    match within {
        API => drop(request.extensions_mut().insert(refusals::InJson)),
        DESK => drop(request.extensions_mut().insert(refusals::AtDesk)),
        _ => {}
    }
}

async fn not_in_that_way(methods: String) -> HttpResponse {
    let detail = "This address cannot be used in that way. Please go back and try again.";
    let mut answer = HttpResponse::from_error(Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_str(&methods).expect("methods are plain ASCII"));
    answer
}

/// Addresses that ask nothing of whoever comes. A form must still be one of ours.
pub struct Public<'a> {
    routes: &'a mut Routes,
    within: &'static str,
    form_bytes_max: usize,
}

impl Public<'_> {
    /// The largest form of the addresses that follow.
    pub fn with_forms_up_to(mut self, bytes: usize) -> Self {
        self.form_bytes_max = bytes;
        self
    }

    /// Answers GET.
    ///
    /// # Panics
    /// When the address is staff's or a program's: the program does not start.
    pub fn get<H, Args>(&mut self, path: &str, handler: H) -> &mut Self
    where
        H: Handler<Args, Output: Responder>,
        Args: FromRequest + 'static,
    {
        self.on(Method::GET, path, handler)
    }

    /// Answers POST.
    ///
    /// # Panics
    /// When the address is staff's or a program's: the program does not start.
    pub fn post<H, Args>(&mut self, path: &str, handler: H) -> &mut Self
    where
        H: Handler<Args, Output: Responder>,
        Args: FromRequest + 'static,
    {
        self.on(Method::POST, path, handler)
    }

    /// Answers this method.
    ///
    /// # Panics
    /// When the address is staff's or a program's: the program does not start.
    pub fn on<H, Args>(&mut self, method: Method, path: &str, handler: H) -> &mut Self
    where
        H: Handler<Args, Output: Responder>,
        Args: FromRequest + 'static,
    {
        let is_kept = |room: &str| path == room || path.starts_with(&format!("{room}/"));
        assert!(!is_kept(DESK) && !is_kept(API), "{path} must say what it needs");
        let is_door = self.within == DESK;
        let route = web::to(move |request: HttpRequest, payload: web::Payload| {
            let handler = handler.clone();
            async move {
                if let Err(problem) = guard::check_origin(&request) {
                    return HttpResponse::from_error(problem);
                }
                let mut answer = match Args::from_request(&request, &mut payload.into_inner()).await {
                    Ok(args) => handler.call(args).await.respond_to(&request).map_into_boxed_body(),
                    Err(error) => HttpResponse::from_error(error),
                };
                if is_door {
                    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                }
                answer
            }
        });
        let (within, path, need, form_bytes_max) = (self.within, path.to_owned(), Need::Nothing, self.form_bytes_max);
        self.routes.add(Entry { method, within, path, need, form_bytes_max, route });
        self
    }
}

/// Addresses under `/desk`, each for those on the staff who may.
pub struct Desk<'a> {
    routes: &'a mut Routes,
    form_bytes_max: usize,
}

impl Desk<'_> {
    /// The largest form of the addresses that follow.
    pub fn with_forms_up_to(mut self, bytes: usize) -> Self {
        self.form_bytes_max = bytes;
        self
    }

    /// A page, `path` being what follows `/desk`.
    pub fn get<H, K, Args>(&mut self, path: &str, may: May, handler: H) -> &mut Self
    where
        H: GuardedHandler<K, Args>,
        K: Kit<Staff>,
        Args: FromRequest + 'static,
    {
        self.on(Method::GET, path, may, handler)
    }

    /// A deed.
    pub fn post<H, K, Args>(&mut self, path: &str, may: May, handler: H) -> &mut Self
    where
        H: GuardedHandler<K, Args>,
        K: Kit<Staff>,
        Args: FromRequest + 'static,
    {
        self.on(Method::POST, path, may, handler)
    }

    fn on<H, K, Args>(&mut self, method: Method, path: &str, may: May, handler: H) -> &mut Self
    where
        H: GuardedHandler<K, Args>,
        K: Kit<Staff>,
        Args: FromRequest + 'static,
    {
        let route = web::to(move |request: HttpRequest, payload: web::Payload| {
            let handler = handler.clone();
            async move {
                request.extensions_mut().insert(refusals::AtDesk);
                let mut answer = match guard::admit_staff(may, &request).await {
                    Ok(Admission::In(staff)) => answered(&handler, staff, &request, payload).await,
                    Ok(Admission::SignIn(place)) => {
                        HttpResponse::SeeOther().insert_header(("Location", place)).finish()
                    }
                    Ok(Admission::Over) => staff::routes::session_over(&request, payload).await,
                    Err(problem) => HttpResponse::from_error(problem),
                };
                answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                answer
            }
        });
        let (path, need, form_bytes_max) = (path.to_owned(), Need::Staff(may), self.form_bytes_max);
        self.routes.add(Entry { method, within: DESK, path, need, form_bytes_max, route });
        self
    }
}

/// Addresses under `/api/v1`, each for tokens with a scope. They answer in JSON whoever asks.
pub struct Api<'a> {
    routes: &'a mut Routes,
}

impl Api<'_> {
    /// Something that is read, `path` being what follows `/api/v1`.
    pub fn get<H, K, Args>(&mut self, path: &str, scope: Scope, handler: H) -> &mut Self
    where
        H: GuardedHandler<K, Args>,
        K: Kit<Program>,
        Args: FromRequest + 'static,
    {
        self.on(Method::GET, path, scope, handler)
    }

    /// Something that is changed.
    pub fn post<H, K, Args>(&mut self, path: &str, scope: Scope, handler: H) -> &mut Self
    where
        H: GuardedHandler<K, Args>,
        K: Kit<Program>,
        Args: FromRequest + 'static,
    {
        self.on(Method::POST, path, scope, handler)
    }

    fn on<H, K, Args>(&mut self, method: Method, path: &str, scope: Scope, handler: H) -> &mut Self
    where
        H: GuardedHandler<K, Args>,
        K: Kit<Program>,
        Args: FromRequest + 'static,
    {
        let route = web::to(move |request: HttpRequest, payload: web::Payload| {
            let handler = handler.clone();
            async move {
                request.extensions_mut().insert(refusals::InJson);
                let mut answer = match guard::admit_program(scope, &request).await {
                    Ok(program) => answered(&handler, program, &request, payload).await,
                    Err(problem) => HttpResponse::from_error(problem),
                };
                let is_unknown = answer.status() == StatusCode::UNAUTHORIZED;
                let headers = answer.headers_mut();
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                if is_unknown {
                    // RFC 6750, section 3
                    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"books\""));
                }
                answer
            }
        });
        let (path, need) = (path.to_owned(), Need::Program(scope));
        self.routes.add(Entry { method, within: API, path, need, form_bytes_max: FORM_BYTES_MAX, route });
        self
    }
}

async fn answered<Who, H, K, Args>(handler: &H, who: Who, request: &HttpRequest, payload: web::Payload) -> HttpResponse
where
    H: GuardedHandler<K, Args>,
    K: Kit<Who>,
    Args: FromRequest,
{
    let kit = match K::of(who, request).await {
        Ok(kit) => kit,
        Err(problem) => return HttpResponse::from_error(problem),
    };
    match Args::from_request(request, &mut payload.into_inner()).await {
        Ok(args) => handler.call(kit, args).await.respond_to(request).map_into_boxed_body(),
        Err(error) => HttpResponse::from_error(error),
    }
}
