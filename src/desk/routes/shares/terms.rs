//! The society's rules for shares: the page of them, the classes, and what is said of a class from a day on.

use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, Utc};

use super::proposed::{self, Proposable};
use super::{Desk, Done, Pairs, Sent, asked, class_choice, day_in, drawn, needed_in, once, settings, words_in, wrong};
use crate::db::Conn;
use crate::desk::folio::{Deed, Folio, Kind, Table, field, hinted, number, text};
use crate::desk::written::short_day;
use crate::http::{Form, Problem, Routes};
use crate::money::{GBP, display_short, parse_amount};
use crate::shares::numbers::grouped;
use crate::shares::{self, Settings, ShareClass, Terms};
use crate::staff::May;

pub(super) fn routes(at: &mut Routes) {
    at.desk()
        .get("/shares/rules", May::Read, show)
        .post("/shares/rules", May::Keep, settings::keep)
        .post("/shares/terms", May::Keep, set_terms)
        .post("/shares/classes", May::Keep, add_class);
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

pub(super) async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| {
        let kept = shares::settings(conn)?;
        let today = crate::clock::date_in(now, kept.zone);
        let mut folio = Folio::new("Rules for shares");
        folio.link("Interest", "/desk/shares/interest");
        folio.link("Sections", "/desk/shares/sections");
        folio.fact("Applications on the web", text(if kept.is_open { "open" } else { "closed" }));
        folio.fact("Version of the rules", text(&kept.rules_version));
        folio.fact("Lowest age", number(kept.age_min));
        folio.fact("Most in withdrawable shares", number(display_short(kept.law_maximum_minor, GBP)));
        let joint = if kept.joint_counts_in_full { "in full for each holder" } else { "in equal parts" };
        folio.fact("A joint holding counts", text(joint));
        let decides =
            if kept.needs_second_person { "two people: one proposes, another approves" } else { "one person" };
        folio.fact("Decided by", text(decides));
        folio.fact("Interest on shares", text(if kept.pays_interest { "may be declared" } else { "none is paid" }));
        folio.history.push(classes_table(conn, today)?);
        if may.keep {
            folio.deeds = deeds(conn, &kept, today, sent)?;
        }
        Ok(folio)
    })
    .await
}

fn classes_table(conn: &mut Conn, today: NaiveDate) -> Result<Table, Problem> {
    let heads =
        ["Class", "#Nominal", "Since", "Withdrawable", "Transferable", "Vote", "#Least", "#Most", "#Notice", "Rule"];
    let mut table = Table::new("Classes, as they are today", &heads, "There is no class.");
    for (class, terms) in shares::classes_on(conn, today)? {
        let yes = |is: bool| text(if is { "yes" } else { "no" });
        let withdrawable = match (terms.withdrawable, terms.yearly_limit_percent) {
            (true, Some(percent)) => text(format!("yes, up to {percent} % of the capital a year")),
            (is, _) => yes(is),
        };
        table.row(vec![
            text(format!("{} ({})", class.name, class.code)),
            number(display_short(class.nominal_minor, class.currency)),
            text(short_day(terms.valid_from)),
            withdrawable,
            if terms.transferable && terms.needs_consent { text("with consent") } else { yes(terms.transferable) },
            yes(terms.voting),
            number(grouped(terms.minimum_shares)),
            number(grouped(terms.maximum_shares)),
            number(format!("{} days", terms.notice_days)),
            text(terms.rule_ref),
        ]);
    }
    Ok(table)
}

fn deeds(
    conn: &mut Conn,
    kept: &Settings,
    today: NaiveDate,
    sent: Option<&(String, Form)>,
) -> Result<Vec<Deed>, Problem> {
    let mut deeds = vec![settings::deed(kept).again(sent)];
    for (class, terms) in shares::classes_on(conn, today)? {
        deeds.push(terms_deed(&class, &terms, today).again(sent));
    }
    deeds.push(
        Deed::new("class", "Make a class", "/desk/shares/classes")
            .asking(vec![
                hinted("code", "Code", "Small letters, such as loan or founder; it names the account.", Kind::Line),
                field("name", "Name", Kind::Line),
                hinted("nominal", "What one share costs", "For ever.", Kind::Figure),
            ])
            .saying("It begins with the terms of the first class; change them next.", "Make the class")
            .again(sent),
    );
    Ok(deeds)
}

/// The form of a class's terms among those of the page.
fn terms_of(code: &str) -> String {
    format!("terms-{code}")
}

fn terms_deed(class: &ShareClass, terms: &Terms, today: NaiveDate) -> Deed {
    let yes = |is: bool| if is { "true" } else { "" };
    Deed::new(terms_of(&class.code), &format!("Change the terms of {}", class.name), "/desk/shares/terms")
        .asking(vec![
            field("class", "Class", class_choice(std::slice::from_ref(class))),
            hinted(
                "valid_from",
                "From",
                "The day the change of the rules takes effect. What was held before stays.",
                Kind::Day,
            ),
            field("withdrawable", "Withdrawable", Kind::Tick),
            hinted(
                "yearly_limit_percent",
                "Withdrawn in a year at most",
                "Per cent of the capital; empty for no limit.",
                Kind::Figure,
            ),
            field("notice_days", "Days of notice", Kind::Figure),
            field("transferable", "Transferable", Kind::Tick),
            field("needs_consent", "A transfer needs the committee’s consent", Kind::Tick),
            field("voting", "They give a vote", Kind::Tick),
            field("minimum_shares", "Least to hold", Kind::Figure),
            field("maximum_shares", "Most to hold", Kind::Figure),
            hinted("rule_ref", "Rule", "Where the rules say so.", Kind::Line),
        ])
        .saying("", "Keep the terms")
        .with("class", &class.code)
        .with("valid_from", today.to_string())
        .with("withdrawable", yes(terms.withdrawable))
        .with("yearly_limit_percent", terms.yearly_limit_percent.map(|percent| percent.to_string()).unwrap_or_default())
        .with("notice_days", terms.notice_days.to_string())
        .with("transferable", yes(terms.transferable))
        .with("needs_consent", yes(terms.needs_consent))
        .with("voting", yes(terms.voting))
        .with("minimum_shares", terms.minimum_shares.to_string())
        .with("maximum_shares", terms.maximum_shares.to_string())
        .with("rule_ref", &terms.rule_ref)
}

fn count_in(form: &Form, name: &'static str, least: i64) -> Result<i64, Problem> {
    let text = form.value(name).trim().replace(',', "");
    let count = text.parse::<i64>().ok().filter(|count| (least..=1_000_000_000).contains(count));
    count.ok_or_else(|| wrong(name, format!("Please give a whole number from {least} on.")))
}

async fn set_terms(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let fields =
        &["class", "valid_from", "yearly_limit_percent", "notice_days", "minimum_shares", "maximum_shares", "rule_ref"];
    let pairs = pairs.into_inner();
    let slug = terms_of(asked(&pairs, "class"));
    let done = once(&desk, slug, fields, pairs, |conn, now, deed, form| {
        proposed::enter(conn, now, deed, Proposable::Terms, form.value("class"), form)
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}

/// The class and the terms that the form says.
pub(super) fn typed(conn: &mut Conn, form: &Form) -> Result<(ShareClass, Terms), Problem> {
    let code = form.value("class");
    let class = shares::classes(conn)?.into_iter().find(|class| class.code == code);
    let class = class.ok_or_else(|| wrong("class", "Please choose a class."))?;
    let from = day_in(form, "valid_from")?;
    let (minimum, maximum) = (count_in(form, "minimum_shares", 1)?, count_in(form, "maximum_shares", 1)?);
    if maximum < minimum {
        return Err(wrong("maximum_shares", "The most lies below the least. Please check both."));
    }
    let limit = match form.value("yearly_limit_percent").trim().trim_end_matches('%').trim() {
        "" => None,
        text => Some(text.parse::<i64>().ok().filter(|percent| (0..=100).contains(percent)).ok_or_else(|| {
            wrong("yearly_limit_percent", "Please give a whole percentage from 0 to 100, or nothing.")
        })?),
    };
    let terms = Terms {
        class_id: class.id,
        valid_from: from.ok_or_else(|| wrong("valid_from", "Please give the day."))?,
        withdrawable: form.is_ticked("withdrawable"),
        transferable: form.is_ticked("transferable"),
        needs_consent: form.is_ticked("needs_consent"),
        voting: form.is_ticked("voting"),
        minimum_shares: minimum,
        maximum_shares: maximum,
        notice_days: count_in(form, "notice_days", 0)?,
        yearly_limit_percent: limit,
        rule_ref: words_in(form, "rule_ref")?,
    };
    Ok((class, terms))
}

/// Keeps the terms that the form says.
pub(super) fn perform(conn: &mut Conn, now: DateTime<Utc>, deed: &shares::Deed, form: &Form) -> Result<Done, Problem> {
    let (class, terms) = typed(conn, form)?;
    shares::set_terms(conn, now, deed, &terms)?;
    let (place, detail) = ("/desk/shares/rules", format!("from {}", terms.valid_from));
    let done = Done::new(place, "terms of a class changed", class.code).saying(detail);
    Ok(Done { kept: Some(place.to_owned()), ..done })
}

async fn add_class(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let done = once(&desk, "class", &["code", "name", "nominal"], pairs.into_inner(), |conn, now, deed, form| {
        let code = form.value("code").trim().to_owned();
        let is_code = (1..=30).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !is_code {
            return Err(wrong("code", "Please use up to 30 small letters and dashes."));
        }
        let known = shares::classes(conn)?;
        if known.iter().any(|class| class.code == code) {
            return Err(wrong("code", "There is a class with this code already."));
        }
        let name = needed_in(form, "name", "the name")?;
        let nominal = parse_amount(form.value("nominal"), GBP).map_err(|error| wrong("nominal", error))?;
        let today = day_in(form, "valid_from")?.unwrap_or(crate::clock::date_in(now, shares::settings(conn)?.zone));
        let class = shares::add_class(conn, &code, &name, GBP, nominal)?;
        let like = shares::classes_on(conn, today)?.into_iter().next().map(|(_, terms)| terms);
        if let Some(like) = like {
            shares::set_terms(conn, now, deed, &Terms { class_id: class.id, valid_from: today, ..like })?;
        }
        Ok(Done::new("/desk/shares/rules", "share class made", code))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
}
