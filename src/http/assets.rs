//! The files of `templates/static`, compiled in, so that the program is one file.
//!
//! Invariant: an address with `?v=` names one content for ever; without it the file is asked for again each hour.

use super::Routes;
use std::fmt::Write;
use std::sync::LazyLock;

use actix_web::http::header::{self, CacheControl, CacheDirective, ETag, EntityTag, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};

use super::Problem;

/// The addresses of the files.
pub fn routes(at: &mut Routes) {
    at.public()
        .get("/static/{name}", named)
        .get("/robots.txt", robots)
        .get("/favicon.svg", favicon)
        .get("/favicon.ico", favicon);
}

struct Asset {
    name: &'static str,
    mime: &'static str,
    body: &'static str,
    hash: String,
}

/// Every file there is. A new one gets its line here.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    vec![
        asset("fund.css", "text/css; charset=utf-8", include_str!("../../templates/static/fund.css")),
        asset("desk.css", "text/css; charset=utf-8", include_str!("../../templates/static/desk.css")),
        asset("bank.js", "text/javascript; charset=utf-8", include_str!("../../templates/static/bank.js")),
        asset("copy.js", "text/javascript; charset=utf-8", include_str!("../../templates/static/copy.js")),
        asset("shares.js", "text/javascript; charset=utf-8", include_str!("../../templates/static/shares.js")),
        asset("post.js", "text/javascript; charset=utf-8", include_str!("../../templates/static/post.js")),
        asset("widget.css", "text/css; charset=utf-8", include_str!("../../templates/static/widget.css")),
        asset("favicon.svg", "image/svg+xml", include_str!("../../templates/static/favicon.svg")),
        asset("robots.txt", "text/plain; charset=utf-8", include_str!("../../templates/static/robots.txt")),
    ]
});

/// Hexadecimal digits of a content's hash in its address: 48 bits tell a dozen versions apart.
const HASH_CHARS: usize = 12;

fn asset(name: &'static str, mime: &'static str, body: &'static str) -> Asset {
    let digest = Sha256::digest(body.as_bytes());
    let mut hash = String::new();
    for byte in digest.iter().take(HASH_CHARS / 2) {
        write!(hash, "{byte:02x}").expect("a string takes all that is written");
    }
    Asset { name, mime, body, hash }
}

/// `/static/fund.css?v=1f0c...`, new whenever the content is.
///
/// ```
/// use fighting_fund::http::assets::address;
/// assert!(address("fund.css").starts_with("/static/fund.css?v="));
/// ```
pub fn address(name: &str) -> String {
    match find(name) {
        Some(asset) => format!("/static/{}?v={}", asset.name, asset.hash),
        None => format!("/static/{name}"),
    }
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

async fn named(
    name: web::Path<String>,
    request: HttpRequest,
    tag: web::Header<IfNoneMatch>,
) -> Result<HttpResponse, Problem> {
    let asset = find(&name).ok_or_else(|| Problem::not_found("There is no such file."))?;
    let is_versioned = request.query_string() == format!("v={}", asset.hash);
    Ok(answer(asset, &tag, if is_versioned { YEAR_SECONDS } else { HOUR_SECONDS }))
}

async fn robots(tag: web::Header<IfNoneMatch>) -> Result<HttpResponse, Problem> {
    at_the_root("robots.txt", &tag)
}

async fn favicon(tag: web::Header<IfNoneMatch>) -> Result<HttpResponse, Problem> {
    at_the_root("favicon.svg", &tag)
}

fn at_the_root(name: &str, tag: &IfNoneMatch) -> Result<HttpResponse, Problem> {
    let asset = find(name).ok_or_else(|| Problem::internal(format!("{name} is not compiled in")))?;
    Ok(answer(asset, tag, HOUR_SECONDS))
}

/// How long a file without its hash in the address is kept: a new version is everywhere after it.
const HOUR_SECONDS: u32 = 3_600;
/// How long a file with its hash in the address is kept: the longest that caches honour (RFC 9111 has no limit).
const YEAR_SECONDS: u32 = 31_536_000;

fn answer(asset: &'static Asset, known: &IfNoneMatch, max_age_seconds: u32) -> HttpResponse {
    let tag = EntityTag::new_strong(asset.hash.clone());
    let is_known = match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|known| known.weak_eq(&tag)),
    };
    let mut directives = vec![CacheDirective::Public, CacheDirective::MaxAge(max_age_seconds)];
    if max_age_seconds == YEAR_SECONDS {
        directives.push(CacheDirective::Extension("immutable".to_owned(), None));
    }
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(ETag(tag)).insert_header(CacheControl(directives));
    if is_known {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, asset.mime)).body(asset.body)
}
