//! The society's rules for shares: the offer, the settings, the classes and what is said of them from a day on.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;

use super::{
    Desk, Done, Pairs, Sent, asked, class_choice, day_in, drawn, form_limit, needed_in, once, words_in, wrong,
};
use crate::db::Conn;
use crate::desk::folio::{Deed, Folio, Kind, Table, field, hinted, number, text};
use crate::desk::written::short_day;
use crate::http::{Form, Problem};
use crate::money::{GBP, display_short, parse_amount, plain};
use crate::shares::numbers::grouped;
use crate::shares::{self, Settings, ShareClass, Terms, parse};

pub(super) fn routes(at: &mut web::ServiceConfig) {
    at.service(
        web::resource("/desk/shares/rules")
            .app_data(form_limit())
            .route(web::get().to(show))
            .route(web::post().to(keep)),
    )
    .service(web::resource("/desk/shares/terms").app_data(form_limit()).route(web::post().to(set_terms)))
    .service(web::resource("/desk/shares/classes").app_data(form_limit()).route(web::post().to(add_class)));
}

async fn show(desk: Desk) -> Result<HttpResponse, Problem> {
    shown_with(desk, None).await
}

async fn shown_with(desk: Desk, sent: Sent) -> Result<HttpResponse, Problem> {
    drawn(desk, sent, move |conn, now, may, sent| {
        let settings = shares::settings(conn)?;
        let today = crate::clock::date_in(now, settings.zone);
        let mut folio = Folio::new("Rules for shares");
        folio.link("Interest", "/desk/shares/interest");
        folio.link("Sections", "/desk/shares/sections");
        folio.fact("Applications on the web", text(if settings.is_open { "open" } else { "closed" }));
        folio.fact("Version of the rules", text(&settings.rules_version));
        folio.fact("Lowest age", number(settings.age_min));
        folio.fact("Most in withdrawable shares", number(display_short(settings.law_maximum_minor, GBP)));
        let joint = if settings.joint_counts_in_full { "in full for each holder" } else { "in equal parts" };
        folio.fact("A joint holding counts", text(joint));
        let decides =
            if settings.needs_second_person { "somebody else than who entered it" } else { "anybody who may" };
        folio.fact("Requests are decided by", text(decides));
        folio.fact("Interest on shares", text(if settings.pays_interest { "may be declared" } else { "none is paid" }));
        folio.history.push(classes_table(conn, today)?);
        if may.keep {
            folio.deeds = deeds(conn, &settings, today, sent)?;
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
    settings: &Settings,
    today: NaiveDate,
    sent: Option<&(String, Form)>,
) -> Result<Vec<Deed>, Problem> {
    let yes = |is: bool| if is { "true" } else { "" };
    let mut deeds = vec![
        Deed::new("settings", "The offer and the settings", "/desk/shares/rules")
            .asking(vec![
                field("is_open", "The web takes applications", Kind::Tick),
                hinted("offer", "What a share is and is not", "Stands on the offer; a paragraph a line.", Kind::Area),
                hinted("rules_version", "Version of the rules", "Kept with each application.", Kind::Line),
                field("age_min", "Lowest age", Kind::Figure),
                hinted(
                    "law_maximum",
                    "Most in withdrawable shares",
                    "100000.00 by the Act of 2014, section 24, or less.",
                    Kind::Figure,
                ),
                field("joint_counts_in_full", "A joint holding counts in full for each holder", Kind::Tick),
                field("needs_second_person", "Who entered a request may not decide it", Kind::Tick),
                field("pays_interest", "The society may pay interest on shares", Kind::Tick),
            ])
            .saying("", "Keep the settings")
            .with("is_open", yes(settings.is_open))
            .with("offer", &settings.offer)
            .with("rules_version", &settings.rules_version)
            .with("age_min", settings.age_min.to_string())
            .with("law_maximum", plain(settings.law_maximum_minor, GBP))
            .with("joint_counts_in_full", yes(settings.joint_counts_in_full))
            .with("needs_second_person", yes(settings.needs_second_person))
            .with("pays_interest", yes(settings.pays_interest))
            .again(sent),
    ];
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

/// Longest word on the offer: two pages.
const OFFER_CHARS_MAX: usize = 6_000;

async fn keep(desk: Desk, pairs: Pairs) -> Result<HttpResponse, Problem> {
    let fields = &["offer", "rules_version", "age_min", "law_maximum"];
    let done = once(&desk, "settings", fields, pairs.into_inner(), |conn, _, _, form| {
        let known = shares::settings(conn)?;
        let offer = form.value("offer").trim().replace("\r\n", "\n");
        let is_odd = offer.chars().any(|c| c.is_control() && c != '\n');
        if offer.is_empty() || is_odd || offer.chars().count() > OFFER_CHARS_MAX {
            return Err(wrong("offer", "Please say what a share is and is not, in at most 6,000 characters."));
        }
        let age = form.value("age_min").trim().parse::<u32>().ok().filter(|age| *age <= 100);
        let maximum = parse_amount(form.value("law_maximum"), GBP).map_err(|error| wrong("law_maximum", error))?;
        let settings = Settings {
            is_open: form.is_ticked("is_open"),
            offer,
            rules_version: needed_in(form, "rules_version", "the version of the rules")?,
            age_min: age.ok_or_else(|| wrong("age_min", "Please give an age in years; 0 for none."))?,
            law_maximum_minor: maximum,
            joint_counts_in_full: form.is_ticked("joint_counts_in_full"),
            needs_second_person: form.is_ticked("needs_second_person"),
            pays_interest: form.is_ticked("pays_interest"),
            zone: known.zone,
        };
        shares::update_settings(conn, &settings)?;
        Ok(Done::new("/desk/shares/rules", "settings for shares changed", "shares"))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
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
        let code = form.value("class").to_owned();
        let class = shares::classes(conn)?.into_iter().find(|class| class.code == code);
        let class = class.ok_or_else(|| wrong("class", "Please choose a class."))?;
        let from = parse::date(form.value("valid_from")).map_err(|message| wrong("valid_from", message))?;
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
        shares::set_terms(conn, now, deed, &terms)?;
        let detail = format!("from {}", terms.valid_from);
        Ok(Done::new("/desk/shares/rules", "terms of a class changed", class.code).saying(detail))
    });
    match done.await? {
        Ok(answer) => Ok(answer),
        Err(sent) => shown_with(desk, Some(sent)).await,
    }
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
