//! A member: what they hold, every event, certificate, letter and vote, and what can be done.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::member_deeds::{self, Before};
use super::{Desk, Sent, class_named, drawn, letters, member_of, money, number_of};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Folio, Table, badge, link, number, text};
use crate::desk::written::{short_day, who};
use crate::funds::words::day;
use crate::http::{Form, Problem, PublicUrl, Routes};
use crate::shares::numbers::{CertificateNumber, MemberNumber, grouped};
use crate::shares::{self, Holder, ShareError, certificate_pdf, register, sections::Sections};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/members/{number}", May::Read, show);
    at.desk().get("/shares/certificates/{number}", May::Read, certificate);
    super::member_acts::routes(at);
}

async fn show(desk: Desk, number: web::Path<String>) -> Result<HttpResponse, Problem> {
    shown_with(desk, number_of(&number)?, None).await
}

pub(super) async fn shown_with(desk: Desk, number: MemberNumber, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| folio(conn, now, may, number, sent)).await
}

fn folio(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    member: MemberNumber,
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let holder = member_of(conn, member)?;
    let view = register::view(conn, now, None, None)?;
    let zone = shares::settings(conn)?.zone;
    let classes = shares::classes_on(conn, view.as_at)?;
    let line = register::lines_of(conn, &view, &[holder.id])?.pop();
    let line = line.ok_or_else(|| Problem::not_found(ShareError::UnknownMember(member.to_string())))?;
    let mut folio = Folio::under(&member.to_string(), "/desk/shares/register", holder.name.clone());
    folio.badge = Some(match (holder.died_on(), line.holdings.is_empty()) {
        (Some(_), false) => ("died; the shares are still here".to_owned(), "wait"),
        (_, true) => ("no longer a member".to_owned(), ""),
        (None, false) if register::is_voter(&line, &classes) => ("member, one vote".to_owned(), "good"),
        (None, false) => ("member, no vote".to_owned(), ""),
    });
    facts(&mut folio, &holder, &line);
    super::passing::tell(conn, &mut folio, &holder, &view)?;
    let sections = Sections::load(conn)?;
    folio.fact("Section", text(sections.of(&holder).map(|section| section.name.clone()).unwrap_or_default()));
    let mut held = Table::new("Holdings", &["Class", "#Shares", "#Paid"], "No shares.");
    for holding in &line.holdings {
        let class = classes.iter().find(|(class, _)| class.id == holding.class_id);
        held.row(vec![
            text(class.map(|(class, _)| class.name.clone()).unwrap_or_default()),
            number(grouped(holding.shares)),
            number(class.map(|(class, _)| money(holding.paid_minor, class)).unwrap_or_default()),
        ]);
    }
    folio.tables.push(held);
    let plain: Vec<_> = classes.iter().map(|(class, _)| class.clone()).collect();
    let nominations = shares::nominations_of(conn, holder.id)?;
    let before = Before { member, holder: &holder, line: &line, classes: &plain, today: view.as_at };
    folio.deeds = member_deeds::deeds(conn, &before, may, sent)?;
    folio.tables.push(member_deeds::nominations(member, &nominations, may));
    folio.history.push(certificates(conn, &holder, &plain)?);
    folio.history.push(events(conn, &holder, &plain)?);
    folio.history.push(requests(conn, &holder, &plain)?);
    let noted = shares::notes::of_holder(conn, holder.id)?;
    folio.history.push(super::notes::table(conn, "Notes", &noted, false)?);
    folio.history.push(meetings(conn, &holder)?);
    folio.history.push(letters::of_holder(conn, holder.id, zone)?);
    Ok(folio)
}

fn facts(folio: &mut Folio, holder: &Holder, line: &register::Line) {
    folio.fact("Joint holders", text(holder.names.join(", ")));
    folio.fact("Representative", text(&holder.representative));
    folio.fact("Address", text(super::on_one_line(&holder.address)));
    folio.fact("E-mail", text(holder.email.clone().unwrap_or_else(|| "none: letters are printed".to_owned())));
    if holder.email.is_some() {
        folio.fact("It may be used for", text(holder.email_purposes.replace(',', ", ")));
    }
    folio.fact("Entered on", text(day(line.entered_on)));
    folio.fact("Ceased on", text(line.ceased_on.map(day).unwrap_or_default()));
}

fn certificates(conn: &mut Conn, holder: &Holder, classes: &[shares::ShareClass]) -> Result<Table, Problem> {
    let mut table = Table::new(
        "Certificates",
        &["Number", "Class", "#Shares", "Issued", "State", "On paper"],
        "No certificate was issued.",
    );
    for one in shares::certificates_of(conn, holder.id)? {
        let name = CertificateNumber(one.number).to_string();
        let state = match one.cancelled_on {
            Some(on) => badge(format!("cancelled {}", short_day(on)), ""),
            None => badge("in force", "good"),
        };
        table.row(vec![
            link(&name, format!("/desk/shares/certificates/{name}")),
            text(class_named(classes, one.class_id)),
            number(grouped(one.shares)),
            text(short_day(one.issued_on)),
            state,
            text(one.old_number),
        ]);
    }
    Ok(table)
}

fn events(conn: &mut Conn, holder: &Holder, classes: &[shares::ShareClass]) -> Result<Table, Problem> {
    let heads = ["Event", "Day", "What", "Class", "#Shares", "Minute", "By"];
    let mut table = Table::new("Events", &heads, "Nothing has happened.");
    for (event, class, count) in shares::events_of(conn, holder.id)? {
        table.row(vec![
            link(event.number.to_string(), format!("/desk/shares/events/{}", event.number)),
            text(short_day(event.effective_on)),
            text(event.kind.name()),
            text(class_named(classes, class)),
            number(grouped(count)),
            text(event.minute),
            text(who(&event.recorded_by)),
        ]);
    }
    Ok(table)
}

/// Meetings shown of a member.
const MEETINGS_SHOWN: i64 = 20;

/// The meetings on whose roll the member stands, and whether the vote was used.
fn meetings(conn: &mut Conn, holder: &Holder) -> Result<Table, Problem> {
    let mut table = Table::new(
        "Meetings",
        &["Meeting", "Record date", "Vote", "Who came", "Where"],
        "The member was on the roll of no meeting yet.",
    );
    let votes = shares::meetings::votes_of(conn, holder.id)?;
    // The roll of every meeting is asked for this member, so only the newest; the others are on the list of meetings.
    let mut newest = shares::meetings::meetings(conn, MEETINGS_SHOWN + 1)?;
    if newest.len() as i64 > MEETINGS_SHOWN {
        newest.truncate(MEETINGS_SHOWN as usize);
        table.title = format!("The newest {MEETINGS_SHOWN} meetings");
    }
    for one in newest {
        let classes = shares::classes_on(conn, one.record_on)?;
        let line = register::lines_of(conn, &one.view(), &[holder.id])?.pop();
        if !line.is_some_and(|line| register::is_voter(&line, &classes)) {
            continue;
        }
        let vote = votes.iter().find(|vote| vote.meeting_id == one.id && vote.taken_back_at.is_none());
        let sitting = match vote {
            Some(vote) => shares::meetings::sitting(conn, vote.sitting_id)?,
            None => None,
        };
        let place = match &sitting {
            Some(held) => link(super::meeting::called(conn, held)?, super::sitting::place(held.id)),
            None => text(""),
        };
        table.row(vec![
            link(&one.name, super::meeting::place(one.id)),
            text(short_day(one.record_on)),
            match vote {
                Some(vote) if vote.has_voted => badge("used", "good"),
                Some(_) => badge("came, not used", ""),
                None => badge("not used", ""),
            },
            text(vote.map(|vote| vote.voter.clone()).unwrap_or_default()),
            place,
        ]);
    }
    Ok(table)
}

fn requests(conn: &mut Conn, holder: &Holder, classes: &[shares::ShareClass]) -> Result<Table, Problem> {
    let heads = ["Reference", "What", "Day", "Class", "#Shares", "State"];
    let mut table = Table::new("Applications and withdrawals", &heads, "None.");
    for one in shares::applications_of(conn, holder.id)? {
        let reference = one.reference().to_string();
        let (word, tone) = super::applications::standing(&one);
        table.row(vec![
            link(&reference, format!("/desk/shares/applications/{reference}")),
            text("application"),
            text(short_day(one.applied_on)),
            text(class_named(classes, one.class_id)),
            number(grouped(one.shares)),
            badge(word, tone),
        ]);
    }
    for one in shares::withdrawals_of(conn, holder.id)? {
        let reference = one.reference().to_string();
        table.row(vec![
            link(&reference, format!("/desk/shares/withdrawals/{reference}")),
            text("withdrawal"),
            text(short_day(one.notice_given_on)),
            text(class_named(classes, one.class_id)),
            number(grouped(one.shares)),
            badge(one.status.label(), ""),
        ]);
    }
    Ok(table)
}

/// The certificate as a page to print.
async fn certificate(
    desk: Desk,
    public_url: web::Data<PublicUrl>,
    number: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let number: CertificateNumber = number.parse().map_err(Problem::not_found)?;
    let base = public_url.0.clone();
    let bytes = desk
        .read(move |conn, _| {
            let unknown = || ShareError::UnknownCertificate(number.to_string());
            let one = shares::certificate(conn, number.0)?.ok_or_else(unknown)?;
            let holder = shares::holder(conn, one.holder_id)?.ok_or_else(unknown)?;
            let class = shares::class(conn, one.class_id)?;
            let society = crate::funds::society(conn)?;
            let paper = certificate_pdf::Paper::of(&one, &holder, &class, &society, &base);
            certificate_pdf::draw(&paper).map_err(Problem::internal)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("Content-Disposition", format!("inline; filename=\"certificate-{number}.pdf\"")))
        .body(bytes))
}
