//! What the committee decides, in words: allotments, agreements, and the rules.

use super::{because, from, on_one_line};
use crate::db::Conn;
use crate::desk::routes::shares::{
    application, applications, settings as settings_page, terms as terms_page, withdrawal,
};
use crate::funds::words::day;
use crate::http::{Form, Problem};
use crate::money::{GBP, display, display_short};
use crate::shares::numbers::grouped;
use crate::shares::{self, Holder, Settings, ShareError, Terms, counted, parse};

/// "Allotment of 10 ordinary shares to Ann Lee, 1 High Street, (FFABCDEFGH) on 27 June 2021 (minute 5/1)."
pub(super) fn allotment(conn: &mut Conn, reference: &str, form: &Form) -> Result<String, Problem> {
    let id = application::id_of(reference)?;
    let one = shares::application(conn, id)?.ok_or(ShareError::UnknownApplication)?;
    let (class, holder) = (shares::class(conn, one.class_id)?, shares::holder(conn, one.holder_id)?);
    let who = holder.ok_or(ShareError::UnknownApplication)?;
    let count = parse::shares(form.value("shares")).unwrap_or(one.shares);
    let asked = if count == one.shares { String::new() } else { format!(", who applied for {}", grouped(one.shares)) };
    let rest = match form.value("surplus") {
        "return" => " Money beyond the price goes back.",
        "gift" => " Money beyond the price goes to the fund, by the applicant’s word.",
        _ => "",
    };
    let (shares, name, on, why) = (counted(count, &class), in_full(&who), from(form, "effective_on"), because(form));
    Ok(format!("Allotment of {shares} to {name}{asked},{on} ({reference}){why}{rest}"))
}

/// "Ann Lee (M000001)", or who is not a member yet with the address.
fn in_full(holder: &Holder) -> String {
    match holder.member {
        Some(number) => format!("{} ({number})", holder.name),
        None => format!("{}, {}", holder.name, on_one_line(&holder.address)),
    }
}

/// "Allotment on 27 June 2021 of 3 applications, 35 shares for £35.00 in all (minute 5/1)."
pub(super) fn allotments(conn: &mut Conn, form: &Form) -> Result<String, Problem> {
    let all = applications::chosen_in(form);
    let (count, found) = (applications::counted_chosen(all.len()), shares::applications_numbered(conn, &all)?);
    let (shares, price_minor) =
        found.values().fold((0, 0), |(shares, price), one| (shares + one.shares, price + one.amount_minor));
    let on = from(form, "effective_on");
    let (shares, price) = (grouped(shares), display(price_minor, GBP));
    Ok(format!("Allotment{on} of {count}, {shares} shares for {price} in all, as they are listed{}", because(form)))
}

/// "The withdrawal FF… of 4 ordinary shares (£4.00) by Ann Lee is agreed on 27 June 2021 (minute 5/2)."
pub(super) fn agreement(conn: &mut Conn, reference: &str, form: &Form) -> Result<String, Problem> {
    let id = withdrawal::id_of(reference)?;
    let one = shares::withdrawal(conn, id)?.ok_or(ShareError::UnknownWithdrawal)?;
    let (class, holder) = (shares::class(conn, one.class_id)?, shares::holder(conn, one.holder_id)?);
    let who = in_full(&holder.ok_or(ShareError::UnknownWithdrawal)?);
    let (shares, price) = (counted(one.shares, &class), display(one.amount_minor, class.currency));
    let (on, why) = (from(form, "effective_on"), because(form));
    Ok(format!("The withdrawal {reference} of {shares} ({price}) by {who} is agreed{on}{why}"))
}

/// What the rules will say of a class, and what they say now.
pub(super) fn terms(conn: &mut Conn, form: &Form) -> Result<String, Problem> {
    let (class, new) = terms_page::typed(conn, form)?;
    let name = class.name.to_lowercase();
    let now = match shares::class_on(conn, &class.code, new.valid_from) {
        Ok((_, now)) if now != new => format!(" What is kept for that day: {}.", of_terms(&now)),
        _ => String::new(),
    };
    Ok(format!("Terms of {name} from {}: {}.{now}", day(new.valid_from), of_terms(&new)))
}

fn of_terms(terms: &Terms) -> String {
    let mut words = Vec::new();
    words.push(match (terms.withdrawable, terms.yearly_limit_percent) {
        (false, _) => "not withdrawable".to_owned(),
        (true, None) => format!("withdrawable with {} days of notice", terms.notice_days),
        (true, Some(percent)) => {
            format!("withdrawable with {} days of notice, up to {percent} % of the capital a year", terms.notice_days)
        }
    });
    words.push(match (terms.transferable, terms.needs_consent) {
        (false, _) => "not transferable".to_owned(),
        (true, false) => "transferable".to_owned(),
        (true, true) => "transferable with consent".to_owned(),
    });
    words.push(if terms.voting { "with a vote".to_owned() } else { "without a vote".to_owned() });
    words.push(format!("{} to {} shares", grouped(terms.minimum_shares), grouped(terms.maximum_shares)));
    let rule = if terms.rule_ref.is_empty() { String::new() } else { format!(" ({})", terms.rule_ref) };
    format!("{}{rule}", words.join("; "))
}

/// What will be kept of the settings, and what is kept now.
pub(super) fn settings(conn: &mut Conn, form: &Form) -> Result<String, Problem> {
    let known = shares::settings(conn)?;
    let new = settings_page::decided(&known, &settings_page::typed(&known, form)?);
    let now = if new == known { String::new() } else { format!(" Now: {}.", of_settings(&known)) };
    Ok(format!("Settings: {}.{now}", of_settings(&new)))
}

fn of_settings(settings: &Settings) -> String {
    let joint = if settings.joint_counts_in_full { "in full for each holder" } else { "in equal parts" };
    let decides = if settings.needs_second_person { "two people decide" } else { "one person decides" };
    let interest = if settings.pays_interest { "interest may be declared" } else { "no interest is paid" };
    let most = display_short(settings.law_maximum_minor, GBP);
    format!(
        "lowest age {}; at most {most} in withdrawable shares; a joint holding counts {joint}; {decides}; {interest}",
        settings.age_min
    )
}
