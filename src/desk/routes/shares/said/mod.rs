//! Notes and proposals in words: what a second person reads before they decide, and what the book says was done.

mod decision;
mod note;

use super::member_deeds::Act;
use super::proposed::{Proposable, form_of};
use crate::db::Conn;
use crate::funds::words::day;
use crate::http::{Form, Problem};
use crate::money::display;
use crate::shares::interest::InterestRun;
use crate::shares::proposals::Proposal;
use crate::shares::sections;
use crate::shares::{self, Ground, counted, officers};
pub(super) use note::note;

/// What a proposal will do, in a sentence or two.
pub(super) fn proposal(conn: &mut Conn, one: &Proposal) -> Result<String, Problem> {
    let form = form_of(one)?;
    Ok(match Proposable::from_name(&one.deed) {
        Some(Proposable::Of(act)) => of_member(conn, act, &one.subject, &form)?,
        Some(what) => other(conn, what, &one.subject, &form)?,
        None => one.deed.clone(),
    })
}

/// "Ann Lee (M000001)"
fn member(conn: &mut Conn, number: &str) -> Result<String, Problem> {
    let found = match number.parse() {
        Ok(number) => shares::holder_by_member(conn, number)?,
        Err(_) => None,
    };
    Ok(found.map_or_else(|| number.to_owned(), |holder| format!("{} ({number})", holder.name)))
}

/// "4 ordinary shares"
fn some_shares(conn: &mut Conn, form: &Form) -> Result<String, Problem> {
    let class = shares::classes(conn)?.into_iter().find(|class| class.code == form.value("class"));
    let count = shares::parse::shares(form.value("shares")).unwrap_or(0);
    Ok(class.map_or_else(|| format!("{count} shares"), |class| counted(count, &class)))
}

/// " on 27 June 2021", or " today" where no day was given.
fn from(form: &Form, field: &str) -> String {
    match shares::parse::date(form.value(field)) {
        Ok(Some(date)) => format!(" on {}", day(date)),
        _ => " on the day of the approval".to_owned(),
    }
}

/// ": lost in the post (minute 5/2)."
fn because(form: &Form) -> String {
    because_of(form.value("reason"), form.value("minute"))
}

fn because_of(reason: &str, minute: &str) -> String {
    let (reason, minute) = (reason.trim().trim_end_matches('.'), minute.trim());
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let minute = if minute.is_empty() { String::new() } else { format!(" (minute {minute})") };
    format!("{why}{minute}.")
}

/// Who takes shares: a member, or somebody new.
fn taker(conn: &mut Conn, form: &Form) -> Result<String, Problem> {
    let to = form.value("to").trim();
    if !to.is_empty() {
        return member(conn, to);
    }
    let name = form.value("name").trim();
    let name = if name.is_empty() { on_one_line(form.value("names")) } else { name.to_owned() };
    Ok(format!("{name}, {}, who becomes a member", on_one_line(form.value("address"))))
}

fn on_one_line(typed: &str) -> String {
    typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

fn of_member(conn: &mut Conn, act: Act, subject: &str, form: &Form) -> Result<String, Problem> {
    let whose = member(conn, subject)?;
    let why = because(form);
    Ok(match act {
        Act::Transfer => {
            let (count, to) = (some_shares(conn, form)?, taker(conn, form)?);
            format!("Transfer of {count} from {whose} to {to},{}{why}", from(form, "effective_on"))
        }
        Act::Notice => format!("{whose} gives notice of withdrawal of {}.", some_shares(conn, form)?),
        Act::Convert => {
            let into = shares::classes(conn)?.into_iter().find(|class| class.code == form.value("to"));
            let into = into.map_or_else(|| form.value("to").to_owned(), |class| class.name.to_lowercase());
            format!(
                "Conversion of {} of {whose} into {into}, at par,{}{why}",
                some_shares(conn, form)?,
                from(form, "effective_on")
            )
        }
        Act::Forfeit => {
            let how =
                if form.value("ending") == "forfeiture" { "Forfeiture under the rules" } else { "Gift to the society" };
            format!("{how} of {} of {whose}{}{why}", some_shares(conn, form)?, from(form, "effective_on"))
        }
        Act::Transmit => {
            let ground = Ground::from_name(form.value("ground")).map_or("", Ground::label);
            let (count, to) = (some_shares(conn, form)?, taker(conn, form)?);
            format!(
                "Transmission of {count} from {whose} to {to},{}. Ground: {ground}{why}",
                from(form, "effective_on")
            )
        }
        Act::Amend => particulars(conn, subject, &whose, form)?,
        Act::Section => {
            let id = form.value("section").parse::<i64>().ok();
            let name = section(conn, id.unwrap_or(0))?;
            format!("{whose} meets and votes with {name}.")
        }
        Act::Nominate => format!("{whose} {}", nominates(form)),
        Act::Revoke => {
            let numbers = form.values("chosen").join(", ");
            format!("{whose} revokes nomination {numbers}{why}")
        }
        Act::Death => {
            let person = form.value("person").trim();
            let who = if person.is_empty() { whose } else { format!("{person}, of {whose},") };
            format!("{who} died{}{why}", from(form, "died_on"))
        }
        Act::Estate => {
            let (name, address) = (form.value("name").trim(), on_one_line(form.value("address")));
            format!("{name}, {address}, writes for the estate of {whose}{why}")
        }
        Act::GoneAway => format!("{whose} is gone away from the address{why}"),
        Act::Replace => {
            format!("Certificate {} of {whose} is cancelled, and another issued{why}", form.value("certificate").trim())
        }
    })
}

fn nominates(form: &Form) -> String {
    let officer = if form.is_ticked("is_officer") { " (an officer or employee)" } else { "" };
    format!(
        "nominates {}, {}{officer}, for {} per cent, by a statement signed{}. The member is their {}.",
        form.value("nominee").trim(),
        on_one_line(form.value("address")),
        form.value("percent").trim().trim_end_matches('%').trim(),
        from(form, "made_on"),
        form.value("relation"),
    )
}

/// What changes of a member's particulars, field by field.
fn particulars(conn: &mut Conn, subject: &str, whose: &str, form: &Form) -> Result<String, Problem> {
    let holder = match subject.parse() {
        Ok(number) => shares::holder_by_member(conn, number)?,
        Err(_) => None,
    };
    let Some(holder) = holder else { return Ok(format!("The particulars of {whose} change{}", because(form))) };
    let (names, email) = (holder.names.join(", "), holder.email.clone().unwrap_or_default());
    let address = on_one_line(&holder.address);
    let known = [
        ("name", "the name", &holder.name),
        ("names", "the joint holders", &names),
        ("representative", "the representative", &holder.representative),
        ("address", "the postal address", &address),
        ("email", "the e-mail address", &email),
    ];
    let mut changes = Vec::new();
    for (field, label, before) in known {
        let after = on_one_line(form.value(field));
        if form.has_field(field) && after != *before {
            let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { format!("“{text}”") };
            changes.push(format!("{label} from {} to {}", or_none(before), or_none(&after)));
        }
    }
    let purposes = ["meetings", "news"].into_iter().filter(|name| form.is_ticked(&format!("for_{name}")));
    let purposes: Vec<&str> = purposes.collect();
    let are = |list: &str| ["meetings", "news"].into_iter().filter(|one| list.contains(one)).collect::<Vec<_>>();
    if purposes != are(&holder.email_purposes) {
        let what = if purposes.is_empty() { "shares only".to_owned() } else { purposes.join(" and ") };
        changes.push(format!("what the e-mail address is for to {what}"));
    }
    let what = if changes.is_empty() { "nothing that can be seen".to_owned() } else { changes.join("; ") };
    Ok(format!("{whose}: {what}, from{}{}", from(form, "valid_from").replace(" on", ""), because(form)))
}

fn other(conn: &mut Conn, what: Proposable, subject: &str, form: &Form) -> Result<String, Problem> {
    let why = because(form);
    let class = |conn: &mut Conn| -> Result<String, Problem> {
        let found = shares::classes(conn)?.into_iter().find(|class| class.code == form.value("class"));
        Ok(found.map_or_else(|| form.value("class").to_owned(), |class| class.name.to_lowercase()))
    };
    Ok(match what {
        Proposable::Of(_) => String::new(),
        Proposable::Reversal => {
            let number = subject.parse().unwrap_or(0);
            let event = shares::event_whole(conn, number)?.map(|whole| whole.event);
            let told = event.map(|event| {
                format!(", the {} of {} on {}", event.kind.name(), event.subject, day(event.effective_on))
            });
            format!("Event {subject}{} is reversed{why}", told.unwrap_or_default())
        }
        Proposable::TakingBack => {
            let number = subject.parse().unwrap_or(0);
            match shares::notes::note(conn, number)? {
                Some(known) => format!("Note {subject} is taken back{why} It said: {}", note(conn, &known)?),
                None => format!("Note {subject} is taken back{why}"),
            }
        }
        Proposable::Allotment => decision::allotment(conn, subject, form)?,
        Proposable::Allotments => decision::allotments(conn, form)?,
        Proposable::Terms => decision::terms(conn, form)?,
        Proposable::Settings => decision::settings(conn, form)?,
        Proposable::WithdrawalAgreement => decision::agreement(conn, subject, form)?,
        Proposable::ApplicationRefusal => {
            let money = if form.value("money") == "gift" { "goes to the fund" } else { "goes back" };
            format!("The application {subject} is refused; what was paid {money}{why}")
        }
        Proposable::WithdrawalRefusal => format!("The withdrawal {subject} is refused; the shares stay{why}"),
        Proposable::WithdrawalPayment => {
            format!("The withdrawal {subject} was paid from the bank{}.", from(form, "paid_on"))
        }
        Proposable::Suspension => {
            format!("Withdrawals of {} rest from{}{why}", class(conn)?, from(form, "from_on").replace(" on", ""))
        }
        Proposable::Resumption => {
            format!("Withdrawals go on from{}{why}", from(form, "lifted_on").replace(" on", ""))
        }
        Proposable::Office => {
            let (name, office) = (form.value("name").trim(), form.value("office").trim());
            let address = on_one_line(form.value("address"));
            format!("{name}, {address}, is {office} from{}.", from(form, "from_on").replace(" on", ""))
        }
        Proposable::Departure => {
            let mut names = Vec::new();
            for id in form.values("chosen").iter().filter_map(|id| id.parse().ok()) {
                names.extend(
                    officers::numbered(conn, id)?.map(|officer| format!("{} ({})", officer.name, officer.office)),
                );
            }
            format!("Last day in office{}: {}.", from(form, "until_on"), names.join(", "))
        }
        Proposable::Variation => format!("Nomination {subject} is varied: the member {}", nominates(form)),
        Proposable::Interest => format!(
            "Interest of {} per cent a year is declared on {}, from{} to{}{why}",
            form.value("rate").trim(),
            class(conn)?,
            from(form, "from_on").replace(" on", ""),
            from(form, "until_on").replace(" on", "")
        ),
        Proposable::InterestTakingBack => interest_back(conn, subject, &why)?,
        Proposable::InterestPayment => {
            format!("The interest of declaration {subject} was paid from the bank{}.", from(form, "paid_on"))
        }
    })
}
fn section(conn: &mut Conn, id: i64) -> Result<String, Problem> {
    let found = sections::all(conn)?.into_iter().find(|section| section.id == id);
    Ok(found.map_or_else(|| "the section of their postcode".to_owned(), |section| section.name))
}

fn interest_back(conn: &mut Conn, subject: &str, why: &str) -> Result<String, Problem> {
    let run = subject.parse().ok().map(|id| shares::interest::run(conn, id)).transpose()?.flatten();
    let told = run.map(|run| interest(conn, &run)).transpose()?.unwrap_or_default();
    Ok(format!("{told} is taken back whole: the declaration, what was paid, and the shares that were added{why}"))
}

/// "Interest of 2.50 per cent a year on ordinary shares from 1 July 2021 to 30 June 2022, £33.32 in all"
fn interest(conn: &mut Conn, run: &InterestRun) -> Result<String, Problem> {
    let class = shares::class(conn, run.class_id)?;
    Ok(format!(
        "Interest of {}.{:02} per cent a year on {} from {} to {}, {} in all,",
        run.rate_bp / 100,
        run.rate_bp % 100,
        class.name.to_lowercase(),
        day(run.from_on),
        day(run.until_on),
        display(run.total_minor, class.currency)
    ))
}
