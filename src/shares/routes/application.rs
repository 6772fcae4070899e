//! The applicant's own page: how to pay, how the application stands, and once it is allotted the certificate.
//!
//! Invariant: only a link that we signed opens it, no cache keeps it, and looking at it changes nothing.

use std::borrow::Borrow;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::db::{Conn, Db, DbError};
use crate::donations::link::LinkKey;
use crate::funds::words::day;
use crate::http::{Problem, Routes, Shell, blocking, page};
use crate::money::display;
use crate::reference::Reference;
use crate::shares::numbers::{CertificateNumber, application_of};
use crate::shares::{
    self, Application, ApplicationStatus, Certificate, Holder, Payment, ShareClass, certificates_of, counted, grouped,
};

pub(super) fn routes(at: &mut Routes) {
    at.public().get("/shares/applications/{token}", show);
}

#[derive(Template)]
#[template(path = "shares/application.html")]
struct ApplicationPage {
    shell: Shell,
    found: Found,
}

struct Found {
    application: Application,
    holder: Holder,
    class: ShareClass,
    payments: Vec<Payment>,
    certificate: Option<Certificate>,
}

impl Found {
    fn money(&self, minor: impl Borrow<i64>) -> String {
        display(*minor.borrow(), self.class.currency)
    }

    fn shares(&self) -> String {
        counted(self.application.shares, &self.class)
    }

    /// "FF7K 3M9Q XP": read aloud and typed without losing one's place.
    fn reference(&self) -> String {
        grouped(&self.application.reference().to_string())
    }

    /// What is still to be paid, with the gift where one was promised.
    fn missing_minor(&self) -> i64 {
        let gift_minor = if self.application.gift_donation.is_some() { 0 } else { self.application.gift_minor };
        (self.application.amount_minor - self.application.held_minor).max(0) + gift_minor
    }

    fn is_waiting(&self) -> bool {
        self.application.status == ApplicationStatus::Waiting
    }

    fn is_paid(&self) -> bool {
        self.application.held_minor >= self.application.amount_minor
    }

    fn surplus_minor(&self) -> i64 {
        (self.application.held_minor - self.application.amount_minor).max(0)
    }

    fn member(&self) -> String {
        self.holder.member.map(|number| number.to_string()).unwrap_or_default()
    }

    fn applied_on(&self) -> String {
        day(self.application.applied_on)
    }

    /// What came and went, as sentences.
    fn history(&self) -> Vec<String> {
        let told = |payment: &Payment| {
            let amount = self.money(payment.amount_minor.abs());
            let on = day(payment.received_on);
            match (payment.amount_minor > 0, payment.is_taking_back()) {
                (true, false) => format!("On {on} {amount} for these shares arrived."),
                (false, false) => format!("On {on} {amount} left again, back to you or to the fund by your word."),
                (false, true) => format!("It turned out that {amount} had not arrived after all."),
                (true, true) => format!("It turned out that {amount} had not left after all; it is kept for you."),
            }
        };
        self.payments.iter().map(told).collect()
    }

    fn certificate_number(&self, certificate: &Certificate) -> String {
        CertificateNumber(certificate.number).to_string()
    }

    fn code(&self, certificate: &Certificate) -> String {
        grouped(&certificate.code)
    }

    fn issued_on(&self, certificate: &Certificate) -> String {
        day(certificate.issued_on)
    }
}

async fn show(
    shell: Shell,
    db: web::Data<Db>,
    links: web::Data<LinkKey>,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let reference = links.open(&token).ok_or_else(unknown)?;
    let found = blocking(move || db.read(|conn| read(conn, reference))).await?.ok_or_else(unknown)?;
    let mut answer = page(StatusCode::OK, &ApplicationPage { shell, found })?;
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, "no-store".parse().expect("a plain text"));
    headers.insert(REFERRER_POLICY, "no-referrer".parse().expect("a plain text"));
    headers.insert("X-Robots-Tag".parse().expect("a header's name"), "noindex".parse().expect("a plain text"));
    Ok(answer)
}

fn unknown() -> Problem {
    Problem::not_found(
        "This link does not open an application. Please copy it whole from the page or the e-mail we sent you.",
    )
}

fn read(conn: &mut Conn, reference: Reference) -> Result<Option<Found>, DbError> {
    let Some(id) = application_of(reference) else { return Ok(None) };
    let Some(application) = shares::application(conn, id)? else { return Ok(None) };
    let odd = || DbError::Corrupt(format!("application {id} has no holder"));
    let holder = shares::holder(conn, application.holder_id)?.ok_or_else(odd)?;
    let class = shares::class(conn, application.class_id)?;
    let payments = shares::payments_of(conn, id)?;
    let certificate = match application.event {
        Some(event) => certificates_of(conn, holder.id)?.into_iter().find(|known| known.issued_event == event),
        None => None,
    };
    Ok(Some(Found { application, holder, class, payments, certificate }))
}
