//! Whether a certificate is in force, for whoever was shown one.
//!
//! Invariant: the answer to a code says its number, class, shares and state, and never whose it is; without the code
//! nothing is told.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::db::Db;
use crate::funds::words::day;
use crate::http::{Form, Problem, Routes, Shell, blocking, page};
use crate::shares::numbers::CertificateNumber;
use crate::shares::{self, Certificate, ShareClass, ShareError, certificate_by_code, counted};

pub(super) fn routes(at: &mut Routes) {
    at.public().get("/certificates", ask).get("/certificates/{code}", show);
}

#[derive(Template)]
#[template(path = "shares/certificate.html")]
struct CertificatePage {
    shell: Shell,
    form: Form,
    found: Option<(Certificate, ShareClass)>,
}

impl CertificatePage {
    fn number(&self, certificate: &Certificate) -> String {
        CertificateNumber(certificate.number).to_string()
    }

    fn shares(&self, certificate: &Certificate, class: &ShareClass) -> String {
        counted(certificate.shares, class)
    }

    fn on(&self, date: &chrono::NaiveDate) -> String {
        day(*date)
    }
}

#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    code: String,
}

/// Longest thing that is looked up: a code with all its blanks.
const CODE_CHARS_MAX: usize = 40;

async fn ask(shell: Shell, asked: web::Query<Asked>) -> Result<HttpResponse, Problem> {
    let code = plain(&asked.code);
    if code.is_empty() {
        return page(StatusCode::OK, &CertificatePage { shell, form: Form::new(), found: None });
    }
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/certificates/{code}"))).finish())
}

/// A code as it is kept, however it was typed: O is nought and I and L are one (Crockford).
fn plain(typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric).take(CODE_CHARS_MAX);
    letters
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        })
        .collect()
}

async fn show(shell: Shell, db: web::Data<Db>, code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let wanted = plain(&code);
    let typed = wanted.clone();
    let found = blocking(move || {
        db.read(|conn| {
            let Some(certificate) = certificate_by_code(conn, &wanted)? else { return Ok(None) };
            let class = shares::class(conn, certificate.class_id)?;
            Ok::<_, ShareError>(Some((certificate, class)))
        })
    })
    .await?;
    let mut form = Form::new().with("code", typed);
    let status = if found.is_some() {
        StatusCode::OK
    } else {
        form.refuse("code", "We have issued no certificate with this code. Please check each character.");
        StatusCode::NOT_FOUND
    };
    let mut answer = page(status, &CertificatePage { shell, form, found })?;
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, "no-store".parse().expect("a plain text"));
    headers.insert("X-Robots-Tag".parse().expect("a header's name"), "noindex".parse().expect("a plain text"));
    Ok(answer)
}
