//! The figure as a page for a frame, a picture, a script, an oEmbed answer, and the page that shows the editor each way.

use std::sync::{Arc, LazyLock};

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::figures::Words;
use super::{Figure, Live, json};
use crate::funds::{Standing, State};
use crate::hex::hex;
use crate::http::{Problem, PublicUrl, Shell, assets, page};
use crate::money::display_short;

fn figure(live: &Live, slug: &str) -> Result<Arc<Figure>, Problem> {
    live.figure(slug).ok_or_else(json::unknown)
}

/// Any site may frame it; it may load nothing but our own script, style and figure.
const FRAMED: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors *";

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[derive(Template)]
#[template(path = "progress/widget.html")]
struct WidgetPage {
    at: Arc<Standing>,
    words: Words,
    style: String,
    public_url: String,
}

impl WidgetPage {
    fn bar_now(&self) -> i64 {
        self.at.percent.clamp(0, 100)
    }

    fn is_open(&self) -> bool {
        self.at.state == State::Open
    }
}

pub(super) async fn widget(
    live: web::Data<Live>,
    url: web::Data<PublicUrl>,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let at = figure(&live, &slug)?.standing.clone();
    let words = Words::of(&at);
    let style = assets::address("widget.css");
    let mut answer = page(StatusCode::OK, &WidgetPage { at, words, style, public_url: url.0.clone() })?;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, FRAMED.parse().map_err(Problem::internal)?);
    headers.insert(CACHE_CONTROL, json::CACHE.parse().map_err(Problem::internal)?);
    Ok(answer)
}

#[derive(Template)]
#[template(path = "progress/progress.svg", escape = "html")]
struct Picture {
    at: Arc<Standing>,
    words: Words,
    target: String,
}

/// The bar's length in the picture.
const BAR_UNITS: i64 = 440;
/// Characters of a figure that fit at full size.
const FULL_SIZE_CHARS: usize = 11;
/// Characters of a title that fit on its line.
const TITLE_CHARS: usize = 48;

impl Picture {
    fn bar_now(&self) -> i64 {
        self.at.percent.clamp(0, 100) * BAR_UNITS / 100
    }

    /// A longer figure is set smaller, so that it never leaves the picture.
    fn size(&self) -> usize {
        let chars = self.words.raised.chars().count();
        if chars <= FULL_SIZE_CHARS { 40 } else { (40 * FULL_SIZE_CHARS / chars).max(12) }
    }

    fn last_line(&self) -> String {
        format!("{}: {}. {}", self.words.label, self.words.rest, self.words.days)
    }

    /// The last line is smaller too where it would be too long: a letter is about 53 hundredths of its size wide.
    fn last_size(&self) -> usize {
        let chars = self.last_line().chars().count();
        (BAR_UNITS as usize * 100 / 53 / chars).min(17)
    }

    /// A longer title than fits ends in an ellipsis; all of it is in the picture's name.
    fn short_title(&self) -> String {
        let mut letters = self.at.title.chars();
        let fits: String = letters.by_ref().take(TITLE_CHARS).collect();
        if letters.next().is_none() { fits } else { format!("{}…", fits.trim_end()) }
    }
}

pub(super) async fn picture(
    live: web::Data<Live>,
    slug: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let figure = figure(&live, &slug)?;
    let mut answer =
        if json::is_known(&request, &figure.etag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, figure.etag.clone()))
        .insert_header((CACHE_CONTROL, json::CACHE))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((RESOURCE_POLICY, "cross-origin"));
    if json::is_known(&request, &figure.etag) {
        return Ok(answer.finish());
    }
    let at = figure.standing.clone();
    let target = display_short(at.target_minor, at.currency);
    let svg = Picture { words: Words::of(&at), at, target }.render().map_err(Problem::internal)?;
    Ok(answer.insert_header((CONTENT_TYPE, "image/svg+xml")).body(svg))
}

/// The script without indentation, remarks and the ends of lines that may go: below 7 kB.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("../../templates/progress/widget.js").lines().map(str::trim);
    let mut script = String::new();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("//")) {
        script.push_str(line);
        if !line.ends_with(['{', ';', ',']) {
            script.push('\n');
        }
    }
    script
});
static SCRIPT_TAG: LazyLock<HeaderValue> = LazyLock::new(|| {
    let tag = format!("\"{}\"", &hex(&Sha256::digest(SCRIPT.as_bytes()))[..20]);
    HeaderValue::from_str(&tag).expect("hexadecimal digits are ASCII")
});

pub(super) async fn script(request: HttpRequest) -> HttpResponse {
    let is_known = json::is_known(&request, &SCRIPT_TAG);
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, SCRIPT_TAG.clone()))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((RESOURCE_POLICY, "cross-origin"));
    if is_known {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8")).body(SCRIPT.as_str())
}

#[derive(Deserialize)]
pub(super) struct OembedQuery {
    #[serde(default)]
    url: String,
    format: Option<String>,
    maxwidth: Option<u32>,
    maxheight: Option<u32>,
}

/// What the frame takes where nobody asks for less.
const FRAME_WIDTH: u32 = 480;
const FRAME_HEIGHT: u32 = 200;

#[derive(Template)]
#[template(path = "progress/frame.html")]
struct Frame<'a> {
    address: &'a str,
    title: &'a str,
    width: u32,
    height: u32,
}

/// oEmbed (<https://oembed.com>): what a content system asks about a pasted address.
pub(super) async fn oembed(
    live: web::Data<Live>,
    url: web::Data<PublicUrl>,
    shell: Shell,
    asked: web::Query<OembedQuery>,
) -> Result<HttpResponse, Problem> {
    if asked.format.as_deref().is_some_and(|format| format != "json") {
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "Only format=json is spoken here."));
    }
    let foreign = || Problem::not_found("This address is not one of our funds.");
    let path =
        asked.url.strip_prefix(url.0.as_str()).and_then(|path| path.strip_prefix("/funds/")).ok_or_else(foreign)?;
    let slug = path.split(['/', '?', '#']).next().unwrap_or_default();
    let at = live.figure(slug).ok_or_else(foreign)?.standing.clone();
    // The frame is never larger than asked for, though a very small one must be scrolled.
    let width = asked.maxwidth.map_or(FRAME_WIDTH, |most| most.clamp(1, FRAME_WIDTH));
    let height = asked.maxheight.map_or(FRAME_HEIGHT, |most| most.clamp(1, FRAME_HEIGHT));
    let address = format!("{}/funds/{slug}/widget", url.0);
    let html = Frame { address: &address, title: &at.title, width, height }.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*")).json(serde_json::json!({
        "version": "1.0",
        "type": "rich",
        "title": at.title,
        "provider_name": shell.society.name,
        "provider_url": url.0,
        "cache_age": 60,
        "html": html,
        "width": width,
        "height": height,
    })))
}

#[derive(Template)]
#[template(path = "progress/embed.html")]
struct EmbedPage {
    shell: Shell,
    funds: Vec<Arc<Figure>>,
    at: Arc<Standing>,
    words: Words,
    json: String,
    base: String,
    frame: String,
    width: u32,
    height: u32,
}

impl EmbedPage {
    /// The currency's sign as a program of jq writes it between quotation marks.
    fn sign(&self) -> String {
        self.at.currency.sign().replace(['"', '\\', '\''], "")
    }
}

#[derive(Deserialize)]
pub(super) struct EmbedQuery {
    fund: Option<String>,
}

pub(super) async fn embed(
    live: web::Data<Live>,
    url: web::Data<PublicUrl>,
    shell: Shell,
    asked: web::Query<EmbedQuery>,
) -> Result<HttpResponse, Problem> {
    let funds = live.all();
    let chosen = match &asked.fund {
        Some(slug) => live.figure(slug),
        None => live.figure(crate::funds::DEFAULT_SLUG).or_else(|| funds.first().cloned()),
    };
    let chosen = chosen.ok_or_else(json::unknown)?;
    let at = chosen.standing.clone();
    let address = format!("{}/funds/{}/widget", url.0, at.slug);
    let frame = Frame { address: &address, title: &at.title, width: FRAME_WIDTH, height: FRAME_HEIGHT };
    let frame = frame.render().map_err(Problem::internal)?;
    let json = String::from_utf8_lossy(&chosen.json).replace(",\"", ",\n \"");
    let words = Words::of(&at);
    page(
        StatusCode::OK,
        &EmbedPage {
            shell,
            funds,
            at,
            words,
            json,
            base: url.0.clone(),
            frame,
            width: FRAME_WIDTH,
            height: FRAME_HEIGHT,
        },
    )
}
