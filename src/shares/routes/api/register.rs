//! Reading the register: classes, a member, the register at a date, the voting roll.

use actix_web::{HttpResponse, web};
use chrono::{NaiveDate, SecondsFormat};
use serde::{Deserialize, Serialize};

use super::{day, wrong};
use crate::clock::{Clock, date_in};
use crate::db::{Conn, Db, DbError};
use crate::http::described::Day;
use crate::http::{Problem, blocking};
use crate::money::plain;
use crate::shares::numbers::{CertificateNumber, MemberNumber};
use crate::shares::register::{self, Line, View};
use crate::shares::routes::stream;
use crate::shares::sections::{self, Sections};
use crate::shares::{self, Holder, ShareClass, ShareError, Terms};
use crate::staff::Program;

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ClassView {
    class: String,
    name: String,
    nominal: String,
    currency: &'static str,
    withdrawable: bool,
    transferable: bool,
    needs_consent: bool,
    voting: bool,
    minimum: i64,
    maximum: i64,
    notice_days: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ClassesView {
    classes: Vec<ClassView>,
}

#[utoipa::path(get, path = "/api/v1/shares/classes", tag = "shares", security(("bearer" = ["shares:read"])),
    responses((status = 200, description = "As the rules have them today", body = ClassesView)))]
/// The classes of shares.
pub(crate) async fn classes(_: Program, db: web::Data<Db>, clock: web::Data<Clock>) -> Result<HttpResponse, Problem> {
    let found = blocking(move || {
        db.read(|conn| {
            let zone = shares::settings(conn)?.zone;
            shares::classes_on(conn, date_in(clock.now(), zone))
        })
    });
    let classes = found.await?.into_iter().map(ClassView::from).collect();
    Ok(HttpResponse::Ok().json(ClassesView { classes }))
}

impl From<(ShareClass, Terms)> for ClassView {
    fn from((class, terms): (ShareClass, Terms)) -> Self {
        Self {
            nominal: plain(class.nominal_minor, class.currency),
            currency: class.currency.code(),
            class: class.code,
            name: class.name,
            withdrawable: terms.withdrawable,
            transferable: terms.transferable,
            needs_consent: terms.needs_consent,
            voting: terms.voting,
            minimum: terms.minimum_shares,
            maximum: terms.maximum_shares,
            notice_days: terms.notice_days,
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct HoldingView {
    class: String,
    shares: i64,
    paid: String,
}

/// A line of the register.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct LineView {
    member: String,
    kind: &'static str,
    name: String,
    address: String,
    email: Option<String>,
    email_purposes: Vec<String>,
    entered_on: NaiveDate,
    ceased_on: Option<NaiveDate>,
    /// From this day on nobody votes; of joint holders, the day on which the last of them died.
    died_on: Option<NaiveDate>,
    /// Letters to the postal address come back since this day.
    gone_away_since: Option<NaiveDate>,
    holdings: Vec<HoldingView>,
}

fn line_view(line: Line, classes: &[(ShareClass, Terms)]) -> LineView {
    let Line { member, holder, holdings, entered_on, ceased_on } = line;
    LineView {
        died_on: holder.died_on(),
        gone_away_since: holder.gone_away_since,
        member: member.to_string(),
        kind: holder.kind.name(),
        name: holder.name,
        address: holder.address,
        email_purposes: purposes(holder.email.is_some(), &holder.email_purposes),
        email: holder.email,
        entered_on,
        ceased_on,
        holdings: holdings
            .iter()
            .filter_map(|holding| {
                let (class, _) = classes.iter().find(|(class, _)| class.id == holding.class_id)?;
                let paid = plain(holding.paid_minor, class.currency);
                Some(HoldingView { class: class.code.clone(), shares: holding.shares, paid })
            })
            .collect(),
    }
}

fn purposes(has_address: bool, text: &str) -> Vec<String> {
    text.split(',').filter(|purpose| has_address && !purpose.is_empty()).map(str::to_owned).collect()
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CertificateView {
    certificate: String,
    class: String,
    shares: i64,
    issued_on: NaiveDate,
    cancelled_on: Option<NaiveDate>,
    replaces: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct EventView {
    event: i64,
    kind: String,
    effective_on: NaiveDate,
    recorded_at: String,
    class: String,
    /// Signed: what came or went.
    shares: i64,
    subject: String,
    minute: String,
    reverses: Option<i64>,
    entry: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct MemberView {
    #[serde(flatten)]
    line: LineView,
    names: Vec<String>,
    representative: String,
    votes: i64,
    certificates: Vec<CertificateView>,
    events: Vec<EventView>,
}

#[utoipa::path(get, path = "/api/v1/shares/members/{number}", tag = "shares", security(("bearer" = ["shares:read"])),
    params(("number" = String, Path, pattern = "^[Mm]?[0-9]{1,12}$", description = "Such as M000123")),
    responses((status = 200, body = MemberView), (status = 404, body = Problem)))]
/// A member, with every certificate and event.
pub(crate) async fn member(
    _: Program,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    number: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let number: MemberNumber = number.parse().map_err(Problem::not_found)?;
    let found = blocking(move || db.read(|conn| member_view(conn, &clock, number)));
    let view = found.await?.ok_or_else(|| Problem::not_found(ShareError::UnknownMember(number.to_string())))?;
    Ok(HttpResponse::Ok().json(view))
}

fn member_view(conn: &mut Conn, clock: &Clock, number: MemberNumber) -> Result<Option<MemberView>, ShareError> {
    let Some(holder) = shares::holder_by_member(conn, number)? else { return Ok(None) };
    let view = register::view(conn, clock.now(), None, None)?;
    let classes = shares::classes_on(conn, view.as_at)?;
    let Some(line) = register::lines_of(conn, &view, &[holder.id])?.pop() else { return Ok(None) };
    let code = |id: i64| {
        let known = classes.iter().find(|(class, _)| class.id == id);
        known.map(|(class, _)| class.code.clone()).unwrap_or_default()
    };
    let certificates = shares::certificates_of(conn, holder.id)?.into_iter().map(|one| CertificateView {
        certificate: CertificateNumber(one.number).to_string(),
        class: code(one.class_id),
        shares: one.shares,
        issued_on: one.issued_on,
        cancelled_on: one.cancelled_on,
        replaces: one.replaces.map(|number| CertificateNumber(number).to_string()),
    });
    let certificates = certificates.collect();
    let events = shares::events_of(conn, holder.id)?.into_iter().map(|(event, class, shares)| EventView {
        event: event.number,
        kind: event.kind.name().to_owned(),
        effective_on: event.effective_on,
        recorded_at: event.recorded_at.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true),
        class: code(class),
        shares,
        subject: event.subject,
        minute: event.minute,
        reverses: event.reverses,
        entry: event.entry,
    });
    let votes = i64::from(register::is_voter(&line, &classes));
    Ok(Some(MemberView {
        names: holder.names.clone(),
        representative: holder.representative.clone(),
        votes,
        certificates,
        events: events.collect(),
        line: line_view(line, &classes),
    }))
}

#[derive(Deserialize)]
pub(crate) struct AsAt {
    as_at: Option<String>,
    as_known: Option<String>,
    section: Option<String>,
}

/// The view that was asked for, with the classes of its day.
pub(super) async fn asked_view(
    db: &web::Data<Db>,
    clock: &web::Data<Clock>,
    as_at: Option<&str>,
    as_known: Option<&str>,
) -> Result<(View, Vec<(ShareClass, Terms)>), Problem> {
    let (as_at, as_known) = (day("as_at", as_at)?, day("as_known", as_known)?);
    let (db, clock) = (db.clone(), clock.clone());
    blocking(move || {
        db.read(|conn| {
            let view = register::view(conn, clock.now(), as_at, as_known)?;
            let classes = shares::classes_on(conn, view.as_at)?;
            Ok::<_, ShareError>((view, classes))
        })
    })
    .await
}

/// The register as an answer. It is written page by page; this is its shape for the description.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "an answer that is streamed is never whole")]
pub(crate) struct RegisterView {
    as_at: NaiveDate,
    /// The last event that counts.
    event: i64,
    /// Events that count on the day but were recorded later.
    corrections: Vec<i64>,
    /// In the order of their numbers.
    members: Vec<LineView>,
}

#[utoipa::path(get, path = "/api/v1/shares/register", tag = "shares", security(("bearer" = ["shares:read"])),
    params(("as_at" = Option<Day>, Query, description = "A day; today where nothing is said"),
           ("as_known" = Option<Day>, Query, description = "Nothing that was recorded after this day")),
    responses((status = 200, description = "The register", body = RegisterView)))]
/// The register at a date, as it was known at another.
pub(crate) async fn register(
    _: Program,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    asked: web::Query<AsAt>,
) -> Result<HttpResponse, Problem> {
    let (view, classes) = asked_view(&db, &clock, asked.as_at.as_deref(), asked.as_known.as_deref()).await?;
    let (of_view, to_correct) = (view.clone(), db.clone());
    let corrections = blocking(move || to_correct.read(|conn| register::corrections(conn, &of_view))).await?;
    let head = format!(
        "{{\"as_at\":\"{}\",\"event\":{},\"corrections\":{},\"members\":[",
        view.as_at,
        view.event,
        serde_json::json!(corrections)
    );
    Ok(streamed(db, view, head, move |line| Some(serde_json::to_string(&line_view(line, &classes)))))
}

/// A line of the roll: one vote.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct VoteView {
    member: String,
    name: String,
    kind: &'static str,
    /// Who casts the vote: the member, the joint holder named first, the representative.
    voter: String,
    address: String,
    section: String,
    votes: i64,
}

/// The roll as an answer. It is written page by page; this is its shape for the description.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "an answer that is streamed is never whole")]
pub(crate) struct RollView {
    as_at: NaiveDate,
    /// The last event that counts.
    event: i64,
    members: Vec<VoteView>,
}

#[utoipa::path(get, path = "/api/v1/shares/roll", tag = "shares", security(("bearer" = ["shares:read"])),
    params(("as_at" = Option<Day>, Query, description = "The record date; today where nothing is said"),
           ("section" = Option<String>, Query, description = "The name of a section; all where nothing is said")),
    responses((status = 200, description = "One line, one vote", body = RollView)))]
/// The voting roll at a record date.
pub(crate) async fn roll(
    _: Program,
    db: web::Data<Db>,
    clock: web::Data<Clock>,
    asked: web::Query<AsAt>,
) -> Result<HttpResponse, Problem> {
    let (view, classes) = asked_view(&db, &clock, asked.as_at.as_deref(), asked.as_known.as_deref()).await?;
    let (reading, wanted) = (db.clone(), asked.section.clone().unwrap_or_default());
    let (sections, section) = blocking(move || reading.read(|conn| section_named(conn, &wanted))).await??;
    let head = format!("{{\"as_at\":\"{}\",\"event\":{},\"members\":[", view.as_at, view.event);
    Ok(streamed(db, view, head, move |line| {
        let own = sections.of(&line.holder);
        let is_here = section.is_none() || own.map(|own| own.id) == section;
        let name = own.map(|own| own.name.clone()).unwrap_or_default();
        let is_voter = is_here && register::is_voter(&line, &classes);
        is_voter.then(|| serde_json::to_string(&vote(line.member, &line.holder, name)))
    }))
}

/// The sections, and the one that is asked for by its name.
fn section_named(conn: &mut Conn, name: &str) -> Result<Result<(Sections, Option<i64>), Problem>, DbError> {
    let known = sections::all(conn)?;
    let wanted = known.iter().find(|section| section.name.eq_ignore_ascii_case(name.trim())).map(|section| section.id);
    if !name.trim().is_empty() && wanted.is_none() {
        let names = known.into_iter().map(|section| section.name).collect::<Vec<_>>().join(", ");
        return Ok(Err(wrong("section", format!("There is no such section. There are: {names}."))));
    }
    Ok(Ok((Sections::load(conn)?, wanted)))
}

fn vote(member: MemberNumber, holder: &Holder, section: String) -> VoteView {
    VoteView {
        member: member.to_string(),
        name: holder.name.clone(),
        kind: holder.kind.name(),
        voter: holder.voter().to_owned(),
        address: holder.address.clone(),
        section,
        votes: 1,
    }
}

/// The lines of the register as a list in JSON, page by page.
fn streamed(
    db: web::Data<Db>,
    view: View,
    head: String,
    write: impl Fn(Line) -> Option<serde_json::Result<String>> + Send + 'static,
) -> HttpResponse {
    let mut is_first = true;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json");
    stream::pages(answer, (db, view), (head.into_bytes(), "]}"), move |_, _, lines| {
        let mut text = String::new();
        for line in lines {
            let Some(written) = write(line) else { continue };
            let written = written.map_err(|error| DbError::Corrupt(error.to_string()))?;
            text.push_str(if is_first { "\n" } else { ",\n" });
            text.push_str(&written);
            is_first = false;
        }
        Ok(text.into_bytes())
    })
}
