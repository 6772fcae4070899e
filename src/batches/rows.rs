//! A row is entered, corrected or removed. Each is kept at once: what was typed before a crash is there after it.

use chrono::{DateTime, NaiveDate, Utc};

use super::open::still_open;
use super::{Batch, BatchError, By, Row, store};
use crate::clock::date_in;
use crate::db::{Conn, DbError};
use crate::donations::parse::{self, Limits, RawGift};
use crate::donations::{self, Status};
use crate::fault::Fault;
use crate::funds::{self, Fund};
use crate::money::{display, parse_amount, plain};
use crate::payments::rules::check_account;
use crate::reference::Reference;
use crate::shares::numbers::application_of;
use crate::shares::{self, ApplicationStatus};
use crate::supporters;

/// A row as it was typed. An empty text is a field that was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRow {
    /// One form makes one row.
    pub key: String,
    /// "25", "£25.50"
    pub amount: String,
    /// True when an amount above the fund's largest gift is right all the same.
    pub confirmed: bool,
    /// "2021-06-27"; the batch's day where nothing is said.
    pub received_on: String,
    /// "Ann Lee <ann@example.org>"
    pub from: String,
    /// How to thank the giver in the paper.
    pub acknowledge_as: String,
    /// True when the giver does not want to be named.
    pub anonymous: bool,
    /// For people.
    pub note: String,
    /// The reference of a promised gift that this is.
    pub promise: String,
    /// What of it is for shares.
    pub shares: String,
    /// The reference of the application.
    pub application: String,
    /// What of it is other income.
    pub other: String,
    /// Its account.
    pub other_account: String,
    /// Where letters on paper go.
    pub address: String,
    /// Whom the gift commemorates.
    pub in_memory_of: String,
    /// True when the giver agreed that the paper may print it.
    pub memory_in_print: bool,
    /// The number printed on the cheque.
    pub cheque_number: String,
}

/// A row that may be kept, as far as can be said before it is posted.
pub(super) struct CheckedRow {
    pub amount_minor: i64,
    pub received_on: NaiveDate,
    pub name: String,
    pub email: Option<String>,
    pub acknowledge_as: String,
    pub anonymous: bool,
    pub note: String,
    pub donation_id: Option<i64>,
    pub shares_minor: i64,
    pub application_id: Option<i64>,
    pub other_minor: i64,
    pub other_account: String,
    pub address: String,
    pub in_memory_of: String,
    pub memory_in_print: bool,
    pub cheque_number: String,
}

impl CheckedRow {
    /// Whether a row says just this.
    fn is(&self, row: &Row) -> bool {
        let texts =
            [&self.name, &self.acknowledge_as, &self.note, &self.other_account, &self.address, &self.in_memory_of]
                == [&row.name, &row.acknowledge_as, &row.note, &row.other_account, &row.address, &row.in_memory_of];
        let sums = (self.amount_minor, self.shares_minor, self.other_minor)
            == (row.amount_minor, row.shares_minor, row.other_minor);
        let rest = (self.received_on, &self.email, self.donation_id, self.application_id)
            == (row.received_on, &row.email, row.donation_id, row.application_id);
        let ticks = (self.anonymous, self.memory_in_print) == (row.anonymous, row.memory_in_print)
            && self.cheque_number == row.cheque_number;
        texts && sums && rest && ticks
    }
}

/// Keeps a row at the end of an open batch; a second sending of the same form leads to the same row.
///
/// # Errors
/// [`BatchError`]: not open, full, or every fault of what was typed.
pub fn enter(conn: &mut Conn, now: DateTime<Utc>, by: &By, batch: i64, new: &NewRow) -> Result<Row, BatchError> {
    if let Some(known) = store::row_by_key(conn, &new.key)? {
        return if known.batch_id == batch { sent_before(conn, now, known, new) } else { Err(BatchError::KeyReused) };
    }
    let batch = still_open(conn, batch)?;
    if store::sums_of(conn, batch.id)?.count >= super::rules::ROWS_MAX {
        return Err(BatchError::Full(super::rules::ROWS_MAX));
    }
    let row = checked(conn, now, &batch, None, new)?;
    let id = store::insert_row(conn, now, by, batch.id, &new.key, &row)?;
    store::set_checked(conn, batch.id, None)?;
    store::row(conn, id)?.ok_or(BatchError::UnknownRow)
}

/// The row that a form made when it was sent first, if it says the same again: whoever went back and changed something
/// has to hear that it did not count.
fn sent_before(conn: &mut Conn, now: DateTime<Utc>, known: Row, new: &NewRow) -> Result<Row, BatchError> {
    let Ok(batch) = still_open(conn, known.batch_id) else { return Ok(known) };
    match checked(conn, now, &batch, Some(known.id), new) {
        Ok(typed) if typed.is(&known) => Ok(known),
        Err(BatchError::Db(error)) => Err(error.into()),
        _ => Err(BatchError::RowKept(known.line)),
    }
}

/// Corrects a row of an open batch.
///
/// # Errors
/// [`BatchError`]: not open, no such row, or every fault of what was typed.
pub fn correct(conn: &mut Conn, now: DateTime<Utc>, batch: i64, row: i64, new: &NewRow) -> Result<Row, BatchError> {
    let batch = still_open(conn, batch)?;
    let known = store::row(conn, row)?.filter(|row| row.batch_id == batch.id).ok_or(BatchError::UnknownRow)?;
    let row = checked(conn, now, &batch, Some(known.id), new)?;
    store::update_row(conn, known.id, &row)?;
    store::set_checked(conn, batch.id, None)?;
    store::row(conn, known.id)?.ok_or(BatchError::UnknownRow)
}

/// Removes a row of an open batch; one that is gone already is no fault.
///
/// # Errors
/// [`BatchError`]: not open.
pub fn remove(conn: &mut Conn, batch: i64, row: i64) -> Result<Option<Row>, BatchError> {
    let batch = still_open(conn, batch)?;
    let known = store::row(conn, row)?.filter(|row| row.batch_id == batch.id);
    if let Some(row) = &known {
        store::delete_row(conn, row)?;
        store::set_checked(conn, batch.id, None)?;
    }
    Ok(known)
}

/// Finds everything that is wrong with a row at once.
fn checked(
    conn: &mut Conn,
    now: DateTime<Utc>,
    batch: &Batch,
    own: Option<i64>,
    new: &NewRow,
) -> Result<CheckedRow, BatchError> {
    let fund = funds::fund(conn, batch.fund_id)?;
    let fund = fund.ok_or_else(|| DbError::Corrupt(format!("batch {} has no fund", batch.id)))?;
    let mut faults = Vec::new();
    let amount_minor = sum(&mut faults, "amount", &new.amount, &fund).unwrap_or(0);
    let shares_minor = part(&mut faults, "shares", &new.shares, &fund);
    let other_minor = part(&mut faults, "other", &new.other, &fund);
    let received_on = day(&mut faults, now, &fund, batch, &new.received_on);
    if shares_minor + other_minor > amount_minor && amount_minor > 0 {
        let parts = display(shares_minor + other_minor, fund.currency);
        let whole = display(amount_minor, fund.currency);
        let field = if shares_minor > 0 { "shares" } else { "other" };
        faults.push(Fault { field, message: format!("The parts come to {parts}, and the whole is {whole}.") });
    }
    let application_id = application(conn, &mut faults, shares_minor, &new.application, &fund)?;
    let other_account = account(&mut faults, batch, other_minor, &new.other_account);
    let gift_minor = amount_minor - shares_minor - other_minor;
    let donation_id = promise(conn, &mut faults, batch, own, gift_minor, &new.promise, &fund)?;
    let (name, email) = super::rules::name_and_email(&new.from);
    let in_memory_of = in_memory_of(&mut faults, new.in_memory_of.trim(), gift_minor > 0 && donation_id.is_none());
    let cheque_number = super::rules::cheque_number(batch.kind, &new.cheque_number).unwrap_or_else(|message| {
        faults.push(Fault { field: "cheque_number", message });
        String::new()
    });
    let address = address(conn, &mut faults, &new.address, donation_id, gift_minor, &new.from)?;
    let raw = RawGift {
        // A promise says itself what it may be; so does money that is no gift.
        amount: plain(if gift_minor > 0 && donation_id.is_none() { gift_minor } else { 1 }, fund.currency),
        confirmed: new.confirmed,
        method: batch.kind.method().name().to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        acknowledge_as: new.acknowledge_as.clone(),
        anonymous: new.anonymous,
        note: new.note.clone(),
        in_memory_of: in_memory_of.to_owned(),
        ..RawGift::default()
    };
    let of_gift = parse::check(&raw, &fund, Limits::Here).err().unwrap_or_default();
    let at_field = |field| if field == "name" || field == "email" { "from" } else { field };
    faults.extend(of_gift.into_iter().map(|fault| Fault { field: at_field(fault.field), ..fault }));
    if !faults.is_empty() {
        return Err(BatchError::Faults(faults));
    }
    Ok(CheckedRow {
        amount_minor,
        received_on,
        name: name.to_owned(),
        email: Some(email.to_owned()).filter(|email| !email.is_empty()),
        acknowledge_as: new.acknowledge_as.trim().to_owned(),
        anonymous: new.anonymous,
        note: new.note.trim().replace("\r\n", "\n"),
        donation_id,
        shares_minor,
        application_id,
        other_minor,
        other_account,
        address,
        in_memory_of: in_memory_of.to_owned(),
        memory_in_print: new.memory_in_print && !in_memory_of.is_empty(),
        cheque_number,
    })
}

/// Whom a row's gift remembers: a promised gift has its own words already.
fn in_memory_of<'a>(faults: &mut Vec<Fault>, whom: &'a str, is_new_gift: bool) -> &'a str {
    if !whom.is_empty() && !is_new_gift {
        let message =
            "Only a new gift can be in memory of somebody; a promised one has its own words already.".to_owned();
        faults.push(Fault { field: "in_memory_of", message });
    }
    whom
}

fn sum(faults: &mut Vec<Fault>, field: &'static str, typed: &str, fund: &Fund) -> Option<i64> {
    let message = match parse_amount(typed, fund.currency) {
        Ok(minor) if minor > 0 => return Some(minor),
        Ok(_) => "Please give an amount above nothing.".to_owned(),
        Err(error) => error.to_string(),
    };
    faults.push(Fault { field, message });
    None
}

fn part(faults: &mut Vec<Fault>, field: &'static str, typed: &str, fund: &Fund) -> i64 {
    if typed.trim().is_empty() { 0 } else { sum(faults, field, typed, fund).unwrap_or(0) }
}

fn day(faults: &mut Vec<Fault>, now: DateTime<Utc>, fund: &Fund, batch: &Batch, typed: &str) -> NaiveDate {
    let typed = typed.trim();
    if typed.is_empty() {
        return batch.received_on;
    }
    let Some(day) = typed.parse().ok().filter(|_| typed.len() == 10) else {
        let message = "Please write the date as year-month-day, for example 2021-06-27.".to_owned();
        faults.push(Fault { field: "received_on", message });
        return batch.received_on;
    };
    if let Err(refusal) = funds::rules::check_date(day, date_in(now, fund.zone)) {
        faults.push(Fault { field: "received_on", message: refusal.to_string() });
    }
    day
}

/// The application that part of the money is for: one that is there and waits.
fn application(
    conn: &mut Conn,
    faults: &mut Vec<Fault>,
    shares_minor: i64,
    typed: &str,
    fund: &Fund,
) -> Result<Option<i64>, DbError> {
    let typed = typed.trim();
    let mut refuse = |message: String| faults.push(Fault { field: "application", message });
    if typed.is_empty() {
        if shares_minor > 0 {
            refuse("Please give the reference of the application that this is for.".to_owned());
        }
        return Ok(None);
    }
    let id = match typed.parse::<Reference>().map(application_of) {
        Ok(Some(id)) => id,
        Ok(None) => {
            refuse("This is the reference of a gift. Please give the one of the application.".to_owned());
            return Ok(None);
        }
        Err(error) => {
            refuse(error.to_string());
            return Ok(None);
        }
    };
    let Some(application) = shares::application(conn, id)? else {
        refuse("There is no application with this reference. Please check each character.".to_owned());
        return Ok(None);
    };
    if application.status != ApplicationStatus::Waiting {
        refuse(format!("This application was already {}, so no money can go to it.", application.status.name()));
    } else if shares::class(conn, application.class_id)?.currency != fund.currency {
        refuse("These shares count in another currency than this batch.".to_owned());
    } else if shares_minor == 0 {
        refuse("Please say how much of the money is for this application.".to_owned());
    }
    Ok(Some(id))
}

fn account(faults: &mut Vec<Fault>, batch: &Batch, other_minor: i64, typed: &str) -> String {
    let typed = typed.trim();
    if other_minor == 0 {
        return String::new();
    }
    if typed.is_empty() {
        let message = "Please say what it is: choose an account, such as income:subscriptions.".to_owned();
        faults.push(Fault { field: "other_account", message });
    } else if let Err(refusal) = check_account(typed, batch.kind.method().account()) {
        faults.push(Fault { field: "other_account", message: refusal.to_string() });
    }
    typed.to_owned()
}

/// The postal address of whoever gave, where there is a gift and a giver to write to.
fn address(
    conn: &mut Conn,
    faults: &mut Vec<Fault>,
    typed: &str,
    promised: Option<i64>,
    gift_minor: i64,
    from: &str,
) -> Result<String, DbError> {
    let mut refuse = |field: &'static str, message: &str| faults.push(Fault { field, message: message.to_owned() });
    let address = supporters::rules::address(typed).unwrap_or_else(|message| {
        refuse("address", &message);
        String::new()
    });
    if address.is_empty() {
        return Ok(address);
    }
    let giver = match promised {
        Some(donation) => donations::by_number(conn, donation)?.and_then(|gift| gift.supporter).is_some(),
        None => !from.trim().is_empty(),
    };
    if gift_minor <= 0 {
        refuse("address", "Nothing of this row is a gift, so no receipt goes to this address. Please leave it empty.");
    } else if !giver && promised.is_some() {
        refuse("address", "The promised gift has no giver’s name yet. Please give the name on the gift’s page first.");
    } else if !giver {
        refuse("from", "Please give the name that stands above the postal address.");
    }
    Ok(address)
}

/// The promised gift that the money is: one that is there, waits, and stands in no other row.
fn promise(
    conn: &mut Conn,
    faults: &mut Vec<Fault>,
    batch: &Batch,
    own: Option<i64>,
    gift_minor: i64,
    typed: &str,
    fund: &Fund,
) -> Result<Option<i64>, DbError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let mut refuse = |message: String| faults.push(Fault { field: "promise", message });
    let id = match typed.parse::<Reference>() {
        Ok(reference) => reference.number(),
        Err(error) => {
            refuse(error.to_string());
            return Ok(None);
        }
    };
    let Some(gift) = donations::by_number(conn, id)? else {
        refuse("There is no gift with this reference. Please check each character.".to_owned());
        return Ok(None);
    };
    if gift.status != Status::Pledged {
        refuse(
            "This gift is not waiting for its money any more. Leave the reference out to enter a new gift.".to_owned(),
        );
    } else if gift.currency != fund.currency {
        refuse("This gift counts in another currency than this batch.".to_owned());
    } else if gift_minor <= 0 {
        refuse("Nothing of this row is left for the promised gift.".to_owned());
    } else if let Some(line) = store::line_with_promise(conn, batch.id, id)?.filter(|(row, _)| Some(*row) != own) {
        refuse(format!("Row {} of this batch is this gift already.", line.1));
    }
    Ok(Some(id))
}
