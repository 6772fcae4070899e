//! Interest on shares: worked out as a preview, declared, paid.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};

use super::proposed::{self, Proposable};
use super::{
    Desk, Done, Pairs, Sent, class_choice, class_named, day_in, drawn, interest_run, money, once, words_in, wrong,
};
use crate::db::Conn;
use crate::desk::allowed::Allowed;
use crate::desk::folio::{Deed, Field, Folio, Kind, Table, badge, field, hinted, link, number, text};
use crate::desk::routes::Asked;
use crate::desk::written::short_day;
use crate::http::{Form, Problem, Routes};
use crate::shares::interest::{self, NewInterest, Worked};
use crate::shares::numbers::grouped;
use crate::shares::{self, ShareClass};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk().get("/shares/interest", May::Read, show);
    at.desk().post("/shares/interest", May::Keep, declare);
    at.desk().post("/shares/interest/{id}/payment", May::Decide, pay);
}

/// Members shown of a preview.
const SHOWN_MAX: usize = 500;
const FIELDS: &[&str] = &["class", "from_on", "until_on", "rate", "minute", "is_added"];

/// "2.5" per cent as hundredths of a per cent.
fn rate_in(form: &Form) -> Result<i64, Problem> {
    let text = form.value("rate").trim().trim_end_matches('%').trim();
    let rate: Option<rust_decimal::Decimal> = text.parse().ok();
    let bp = rate.map(|rate| rate * rust_decimal::Decimal::from(100)).filter(|bp| bp.is_integer());
    let bp = bp.and_then(|bp| i64::try_from(bp).ok()).filter(|bp| (1..=10_000).contains(bp));
    bp.ok_or_else(|| wrong("rate", "Please give a yearly rate in per cent with at most two decimals, for example 2.5."))
}

fn wanted(form: &Form) -> Result<NewInterest, Problem> {
    let day = |name: &'static str| day_in(form, name)?.ok_or_else(|| wrong(name, "Please give the day."));
    Ok(NewInterest {
        class: form.value("class").to_owned(),
        from_on: day("from_on")?,
        until_on: day("until_on")?,
        rate_bp: rate_in(form)?,
        minute: words_in(form, "minute")?,
        is_added: form.is_ticked("is_added"),
    })
}

async fn show(desk: Desk, pairs: Asked) -> Result<HttpResponse, Problem> {
    let asked = Form::sent(pairs.into_inner());
    shown_with(desk, Some(("preview".to_owned(), asked))).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, folio).await
}

fn folio(conn: &mut Conn, now: DateTime<Utc>, may: Allowed, sent: Option<&(String, Form)>) -> Result<Folio, Problem> {
    let classes = shares::classes(conn)?;
    let mut folio = Folio::under("Rules", "/desk/shares/rules", "Interest on shares");
    if !shares::settings(conn)?.pays_interest {
        folio.lead = "The society pays no interest on shares. It can be turned on under Rules.".to_owned();
    }
    declared(conn, &mut folio, &classes, may, sent)?;
    let mut preview =
        Deed::new("preview", "Preview", "/desk/shares/interest").asking(asking(&classes)).saying("", "Work it out");
    let form = sent.map(|(_, form)| form.clone()).unwrap_or_default();
    preview.form = form.clone();
    if form.is_filled(&["from_on", "until_on", "rate"]) {
        match wanted(&form).and_then(|new| Ok(interest::work_out(conn, now, &new)?)) {
            Ok(worked) => {
                previewed(conn, &mut folio, &worked)?;
                if may.keep {
                    let deed = Deed::new("declare", "Declare it", "/desk/shares/interest")
                        .asking(asking(&classes))
                        .saying("It is posted at once, and every member is told.", "Declare the interest")
                        .open();
                    let deed = FIELDS.iter().fold(deed, |deed, name| deed.with(name, form.value(name)));
                    folio.deeds.push(deed.again(sent));
                }
            }
            Err(problem) => preview.form.take(problem, FIELDS)?,
        }
    }
    folio.lookup = Some(preview);
    Ok(folio)
}

fn asking(classes: &[ShareClass]) -> Vec<Field> {
    vec![
        field("class", "Class", class_choice(classes)),
        field("from_on", "First day", Kind::Day),
        field("until_on", "Last day", Kind::Day),
        hinted("rate", "Rate", "Per cent a year, for example 2.5.", Kind::Figure),
        field("minute", "Minute", Kind::Line),
        field("is_added", "Add it to the holdings: whole shares, and the rest is paid", Kind::Tick),
    ]
}

/// What was declared, and the payments that are due.
fn declared(
    conn: &mut Conn,
    folio: &mut Folio,
    classes: &[ShareClass],
    may: Allowed,
    sent: Option<&(String, Form)>,
) -> Result<(), Problem> {
    let heads = ["Class", "From", "Until", "#Rate", "#Amount", "Entry", "Paid"];
    let mut table = Table::new("Declared", &heads, "No interest was ever declared.");
    for run in interest::runs(conn)? {
        let class = classes.iter().find(|class| class.id == run.class_id);
        if run.paid_on.is_none() && run.taken_back_at.is_none() && may.decide {
            folio.deeds.push(interest_run::payment(&run).again(sent));
        }
        table.row(vec![
            link(class_named(classes, run.class_id), interest_run::place(run.id)),
            text(short_day(run.from_on)),
            text(short_day(run.until_on)),
            number(format!("{}.{:02} %", run.rate_bp / 100, run.rate_bp % 100)),
            number(class.map(|class| money(run.total_minor, class)).unwrap_or_default()),
            link(run.entry.to_string(), format!("/desk/ledger/entries/{}", run.entry)),
            match (run.taken_back_at, run.paid_on) {
                (Some(_), _) => badge("taken back", ""),
                (None, on) => text(on.map(short_day).unwrap_or_default()),
            },
        ]);
    }
    folio.history.push(table);
    Ok(())
}

fn previewed(conn: &mut Conn, folio: &mut Folio, worked: &Worked) -> Result<(), Problem> {
    let words = format!(
        "{} to {} members; rounding leaves {} pence over. Nothing is kept yet.",
        money(worked.total_minor, &worked.class),
        grouped(worked.lines.len() as i64),
        worked.residue
    );
    folio.notice = Some((words, "wait"));
    let mut table = Table::new("Preview", &["Member", "#Days × shares", "#Interest"], "Nobody gets a penny.");
    for line in worked.lines.iter().take(SHOWN_MAX) {
        let holder = shares::holder(conn, line.holder_id)?;
        table.row(vec![
            holder.as_ref().map(super::holder_cell).unwrap_or_default(),
            number(grouped(line.share_days)),
            number(money(line.amount_minor, &worked.class)),
        ]);
    }
    folio.tables.push(table);
    Ok(())
}

async fn declare(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "declare", FIELDS, pairs.into_inner(), |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::Interest, form.value("class"), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

async fn pay(desk: Desk, id: web::Path<i64>, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let id = *id;
    let done = once(&desk, format!("payment-{id}"), &["paid_on"], pairs.into_inner(), move |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::InterestPayment, &id.to_string(), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

/// Declares interest, or notes that it was paid, as the form says.
pub(super) fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    (what, subject): (Proposable, &str),
    form: &Form,
) -> Result<Done, Problem> {
    let place = "/desk/shares/interest";
    let (done, id) = if what == Proposable::Interest {
        let new = wanted(form)?;
        let run = interest::declare(conn, now, deed, &new)?;
        (Done::new(place, "interest declared", new.class).saying(format!("entry {}", run.entry)), run.id)
    } else {
        let id = subject.parse().map_err(|_| shares::ShareError::UnknownInterest)?;
        let run = interest::pay(conn, now, deed, id, day_in(form, "paid_on")?)?;
        (Done::new(place, "interest paid", format!("run {}", run.id)), run.id)
    };
    Ok(Done { kept: Some(interest_run::place(id)), ..done })
}
