//! The queue of withdrawals, in the order of their notices, and days on which they rest.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};

use super::proposed::{self, Proposable};
use super::{
    Desk, Done, Pairs, Sent, asked, class_choice, class_named, day_in, drawn, holder_cell, money, once, words_in,
};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Folio, Kind, Table, badge, field, hinted, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::short_day;
use crate::http::{Form, Problem, Routes};
use crate::reference::Reference;
use crate::shares::notes::NoteKind;
use crate::shares::numbers::{grouped, withdrawal_of};
use crate::shares::{self, NewSuspension, ShareClass, ShareError, Withdrawal, WithdrawalStatus};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/withdrawals", May::Read, show);
    at.desk().post("/shares/suspensions", May::Keep, suspend);
    at.desk().post("/shares/suspensions/{id}/end", May::Keep, resume);
}

/// Withdrawals of each state on one page.
const SHOWN_MAX: i64 = 500;

pub(super) fn state(one: &Withdrawal) -> (&'static str, &'static str) {
    let tone = match one.status {
        WithdrawalStatus::NoticeGiven => "wait",
        WithdrawalStatus::Agreed => "wait",
        WithdrawalStatus::Refused => "bad",
        WithdrawalStatus::Paid => "good",
        WithdrawalStatus::TakenBack => "",
    };
    (one.status.label(), tone)
}

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    shown_with(desk, pairs.into_inner(), None).await
}

async fn shown_with(desk: Desk, pairs: Vec<(String, String)>, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| folio(conn, now, may, &pairs, sent)).await
}

fn folio(
    conn: &mut Conn,
    now: DateTime<Utc>,
    may: Allowed,
    pairs: &[(String, String)],
    sent: Option<&(String, Form)>,
) -> Result<Folio, Problem> {
    let settings = shares::settings(conn)?;
    let today = crate::clock::date_in(now, settings.zone);
    let classes = shares::classes(conn)?;
    let mut folio = Folio::new("Withdrawals");
    folio.lead = "Notices are met in their order. Repayment is at the committee’s discretion.".to_owned();
    let titles = [
        (WithdrawalStatus::NoticeGiven, "For the committee", "No notice waits."),
        (WithdrawalStatus::Agreed, "Agreed, to be paid", "Nothing is owed."),
        (WithdrawalStatus::Paid, "Paid", "None was paid yet."),
        (WithdrawalStatus::Refused, "Refused", "None was refused."),
        (WithdrawalStatus::TakenBack, "Taken back", "None was taken back."),
    ];
    let state_asked = WithdrawalStatus::from_name(asked(pairs, "state"));
    let behind = asked(pairs, "behind").parse::<Reference>().ok().and_then(withdrawal_of);
    let behind = behind.map(|id| shares::withdrawal(conn, id)).transpose()?.flatten();
    let behind = behind.filter(|last| Some(last.status) == state_asked);
    for (status, title, empty) in titles.into_iter().filter(|(status, ..)| state_asked.is_none_or(|one| one == *status))
    {
        let mut found = shares::withdrawals_in_state(conn, status, behind.as_ref(), SHOWN_MAX + 1)?;
        let is_more = found.len() as i64 > SHOWN_MAX;
        found.truncate(SHOWN_MAX as usize);
        if let Some(last) = found.last().filter(|_| is_more) {
            let place = format!("/desk/shares/withdrawals?state={}&behind={}", status.name(), last.reference());
            match state_asked {
                Some(_) => folio.pager.1 = Some(place),
                None => folio.link(&format!("More: {}", title.to_lowercase()), place),
            }
        }
        if status == WithdrawalStatus::NoticeGiven || !found.is_empty() {
            folio.tables.push(listed(conn, (title, empty), &found, (&classes, today))?);
        }
    }
    folio.pager.0 = state_asked.map(|_| "/desk/shares/withdrawals".to_owned());
    rests(conn, &mut folio, &classes, today, may, sent)?;
    Ok(folio)
}

/// Withdrawals as a list.
fn listed(
    conn: &mut Conn,
    (title, empty): (&str, &str),
    found: &[Withdrawal],
    (classes, today): (&[ShareClass], NaiveDate),
) -> Result<Table, Problem> {
    let heads = ["Reference", "Member", "Notice", "Until", "Class", "#Shares", "#Amount", "State"];
    let mut table = Table::new(title, &heads, empty);
    for one in found {
        let holder = shares::holder(conn, one.holder_id)?.ok_or(ShareError::UnknownWithdrawal)?;
        let class = classes.iter().find(|class| class.id == one.class_id);
        let (word, tone) = state(one);
        let reference = one.reference().to_string();
        let has_run_out = one.status == WithdrawalStatus::NoticeGiven && one.due_on <= today;
        table.row(vec![
            link(&reference, format!("/desk/shares/withdrawals/{reference}")),
            holder_cell(&holder),
            text(short_day(one.notice_given_on)),
            text(short_day(one.due_on)),
            text(class_named(classes, one.class_id)),
            number(grouped(one.shares)),
            number(class.map(|class| money(one.amount_minor, class)).unwrap_or_default()),
            if has_run_out { badge("notice has run out", "good") } else { badge(word, tone) },
        ]);
    }
    Ok(table)
}

/// Days on which withdrawals rest, and what can be done about them.
fn rests(
    conn: &mut Conn,
    folio: &mut Folio,
    classes: &[ShareClass],
    today: NaiveDate,
    may: Allowed,
    sent: Option<&(String, Form)>,
) -> Result<(), Problem> {
    let mut table = Table::new(
        "Suspensions",
        &["Note", "Class", "Since", "Why", "Minute", "Until"],
        "Withdrawals were never suspended.",
    );
    for one in shares::suspensions(conn)? {
        let until = one.lifted_on.map(|on| format!("{}: {}", short_day(on), one.lifted_reason)).unwrap_or_default();
        let note = shares::notes::story_of(conn, NoteKind::Suspension, one.id)?.first().map(|note| note.number);
        if one.lifted_on.is_none() && one.taken_back_at.is_none() {
            let name = class_named(classes, one.class_id);
            folio.notice =
                Some((format!("Withdrawals of {name} rest since {}: {}", short_day(one.from_on), one.reason), "wait"));
            if may.keep {
                folio.deeds.push(
                    Deed::new(
                        format!("resume-{}", one.id),
                        &format!("Resume withdrawals of {name}"),
                        format!("/desk/shares/suspensions/{}/end", one.id),
                    )
                    .asking(vec![field("lifted_on", "From", Kind::Day), field("reason", "Why", Kind::Line)])
                    .with("lifted_on", today.to_string())
                    .again(sent),
                );
            }
        }
        table.row(vec![
            note.map_or_else(|| text(""), |note| link(note.to_string(), super::notes::place(note))),
            text(class_named(classes, one.class_id)),
            text(short_day(one.from_on)),
            text(one.reason),
            text(one.minute),
            text(if one.taken_back_at.is_some() { "taken back".to_owned() } else { until }),
        ]);
    }
    folio.history.push(table);
    if may.keep {
        folio.deeds.push(
            Deed::new("suspend", "Suspend withdrawals", "/desk/shares/suspensions")
                .asking(vec![
                    field("class", "Class", class_choice(classes)),
                    field("from_on", "From", Kind::Day),
                    hinted("reason", "Why", "Staff read this whenever somebody wants to withdraw.", Kind::Line),
                    field("minute", "Minute", Kind::Line),
                ])
                .saying("Notices are still taken and keep their place.", "Suspend")
                .with("from_on", today.to_string())
                .again(sent),
        );
    }
    Ok(())
}

async fn suspend(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let fields = &["class", "from_on", "reason", "minute"];
    let done = once(&desk, "suspend", fields, pairs.into_inner(), |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::Suspension, form.value("class"), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Vec::new(), Some(sent)).await,
    }
}

async fn resume(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(
        &desk,
        format!("resume-{id}"),
        &["lifted_on", "reason"],
        pairs.into_inner(),
        move |conn, now, deed, form| proposed::enter(conn, now, deed, Proposable::Resumption, &id.to_string(), form),
    );
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Vec::new(), Some(sent)).await,
    }
}

/// Suspends the withdrawals of a class, or resumes those of a suspension, as the form says.
pub(super) fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    (what, subject): (Proposable, &str),
    form: &Form,
) -> Result<Done, Problem> {
    let place = "/desk/shares/withdrawals";
    let reason = words_in(form, "reason")?;
    if what == Proposable::Suspension {
        let new = NewSuspension {
            class: subject.to_owned(),
            from_on: day_in(form, "from_on")?,
            reason,
            minute: words_in(form, "minute")?,
        };
        let note = shares::suspend(conn, now, deed, &new)?.1;
        return Ok(Done::new(place, "withdrawals suspended", new.class).saying(new.reason).noted(note));
    }
    let id: i64 = subject.parse().map_err(|_| ShareError::UnknownSuspension)?;
    let note = shares::resume(conn, now, deed, id, day_in(form, "lifted_on")?, &reason)?;
    Ok(Done::new(place, "withdrawals resumed", format!("suspension {id}")).saying(reason).noted(note))
}
