//! `fund add`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use clap::{Args, Subcommand};

use super::Failure;
use super::output::print;
use crate::clock::Clock;
use crate::db::{Db, Lock, hold};
use crate::funds::{self, Carry, NewFund};
use crate::money::{Currency, parse_amount};

#[derive(Subcommand)]
pub(super) enum FundCommand {
    /// Make a fund and its first appeal
    Add(AddFund),
}

#[derive(Args)]
pub(super) struct AddFund {
    /// Its name in addresses: lower-case letters, digits and dashes
    slug: String,
    /// Its name for people
    #[arg(long)]
    title: String,
    /// What it counts in
    #[arg(long, default_value = "GBP", value_parser = currency)]
    currency: Currency,
    /// Whose midnight ends its days
    #[arg(long, default_value = "Europe/London", value_parser = zone)]
    zone: Tz,
    /// What each appeal is to raise, such as 18000.00
    #[arg(long)]
    target: String,
    /// A new appeal each month, by itself (the default)
    #[arg(long, conflicts_with = "deadline")]
    monthly: bool,
    /// One appeal, until the end of this day or the given time: 2021-06-30 or 2021-06-30T18:00
    #[arg(long, value_parser = deadline)]
    deadline: Option<(NaiveDate, Option<NaiveTime>)>,
    /// What the next appeal takes over
    #[arg(long, default_value = "none", value_parser = carry)]
    carry: Carry,
}

pub(super) fn run(db: &Db, FundCommand::Add(wanted): FundCommand) -> Result<(), Failure> {
    let target_minor = parse_amount(&wanted.target, wanted.currency).map_err(|error| format!("--target: {error}"))?;
    let new = NewFund {
        slug: wanted.slug,
        title: wanted.title,
        currency: wanted.currency,
        zone: wanted.zone,
        target_minor,
        deadline: wanted.deadline,
        carry: wanted.carry,
    };
    let fund = db.write(|conn| {
        hold(conn, Lock::Books)?;
        funds::add(conn, Clock::System.now(), "operator", &new)
    })?;
    print(format_args!("The fund {} is open at /funds/{}", fund.title, fund.slug))
}

fn currency(code: &str) -> Result<Currency, String> {
    Currency::from_code(code).ok_or_else(|| "use a code of ISO 4217, such as GBP".to_owned())
}

fn zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|_| "use a time zone's name, such as Europe/London".to_owned())
}

fn carry(name: &str) -> Result<Carry, String> {
    Carry::from_name(name).ok_or_else(|| "use none, shortfall or both".to_owned())
}

fn deadline(text: &str) -> Result<(NaiveDate, Option<NaiveTime>), String> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok((date, None));
    }
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"];
    let moment = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let moment = moment.ok_or("use a day, such as 2021-06-30, or a day and a time, such as 2021-06-30T18:00")?;
    Ok((moment.date(), Some(moment.time())))
}
