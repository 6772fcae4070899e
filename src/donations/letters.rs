//! What the letters about a gift say: how to pay it, its receipt, what went back.
//!
//! Invariant: a letter tells what is in the books and nothing that staff wrote for themselves; composing it changes
//! nothing. When it leaves is left to `outbox`, its words stand in `templates/mail/`.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::link::LinkKey;
use super::overtaken::{Around, overtaken};
use super::{Donation, Event, Method, by_number, events_of, forms, reminders, statements};
use crate::clock::date_in;
use crate::db::{Conn, Db};
use crate::funds::words::{day, month};
use crate::funds::{self, Fund, Society};
use crate::money;
use crate::outbox::{self, Addressee, Compose, ComposeError, Delivery, Letter, LetterKind};
use crate::receipts::{self, Receipt};

/// Writes letters from the books.
#[derive(Clone)]
pub struct Letters {
    /// The books.
    pub db: Db,
    /// Signs the link to the giver's own page.
    pub links: LinkKey,
    /// Scheme and host that readers see, without a slash at the end.
    pub public_url: String,
}

impl Compose for Letters {
    fn compose(&self, delivery: &Delivery) -> Result<Letter, ComposeError> {
        if delivery.kind == LetterKind::GivingStatement {
            return self.db.snapshot(|conn| statements::composed(conn, delivery));
        }
        let told = self.db.snapshot(|conn| self.read(conn, delivery))?;
        let unwritable = |error: askama::Error| ComposeError::Unwritable(error.to_string());
        Ok(Letter {
            to_name: told.name().to_owned(),
            reply_to: told.society.contact_email.clone(),
            subject: told.subject(),
            text: outbox::wrapped(&AsText { told: &told }.render().map_err(unwritable)?),
            html: AsHtml { told: &told }.render().map_err(unwritable)?,
            enclosed: Vec::new(),
        })
    }
}

impl Letters {
    /// The letter as it goes into a window envelope: the body of a page to be printed.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn printed(&self, conn: &mut Conn, delivery: &Delivery) -> Result<String, ComposeError> {
        if delivery.kind == LetterKind::GivingStatement {
            return statements::printed_letter(conn, delivery);
        }
        let mut told = self.read(conn, delivery)?;
        told.note_copy(delivery);
        Printed { told: &told }.render().map_err(|error| ComposeError::Unwritable(error.to_string()))
    }

    /// Whom a letter on paper is addressed to at present.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn addressee(&self, conn: &mut Conn, delivery: &Delivery) -> Result<Addressee, ComposeError> {
        if delivery.kind == LetterKind::GivingStatement {
            return statements::addressee(conn, delivery);
        }
        let gift = by_number(conn, delivery.subject_id)?;
        let gift =
            gift.ok_or_else(|| ComposeError::Unwritable("The books have no gift for this letter.".to_owned()))?;
        Ok(Addressee { name: gift.name, address: gift.address })
    }

    /// The statement of a supporter's year as it stands now, to be printed.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn statement(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        supporter: i64,
        year: i64,
    ) -> Result<String, ComposeError> {
        statements::printed(conn, supporter, year, now)
    }

    fn read(&self, conn: &mut Conn, delivery: &Delivery) -> Result<Told, ComposeError> {
        let gone = |what: &str| ComposeError::Unwritable(format!("The books have no {what} for this letter."));
        let gift = by_number(conn, delivery.subject_id)?.ok_or_else(|| gone("gift"))?;
        let fund = funds::by_slug(conn, &gift.fund)?.ok_or_else(|| gone("fund"))?;
        let receipt = receipts::of_donation(conn, gift.id)?;
        let events = events_of(conn, gift.id)?;
        let event = events.iter().find(|event| Some(event.id) == delivery.event_id).cloned();
        match delivery.kind {
            LetterKind::Receipt | LetterKind::Duplicate if receipt.is_none() => return Err(gone("receipt")),
            LetterKind::Refund | LetterKind::Bounce | LetterKind::Correction if event.is_none() => {
                return Err(gone("refund"));
            }
            _ => {}
        }
        let letters = outbox::of_donation(conn, gift.id)?;
        if !delivery.has_left() {
            let is_not_to_be_reminded = delivery.kind == LetterKind::Reminder && reminders::is_stopped(conn, gift.id)?;
            let around = Around { letters: &letters, is_not_to_be_reminded };
            if let Some(reason) = overtaken(delivery.kind, &gift, around) {
                return Err(ComposeError::Overtaken(reason.to_owned()));
            }
        }
        // A second refund must not change what the letter about the first one says is left.
        let seen = delivery.event_id.unwrap_or(i64::MAX);
        let went_back = |event: &&Event| event.id <= seen && matches!(event.kind.as_str(), "refunded" | "bounced");
        let returned_minor = events.iter().filter(went_back).map(|event| event.amount_minor).sum();
        let zone = fund.zone;
        let first = letters.iter().find(|letter| letter.kind == LetterKind::Receipt);
        Ok(Told {
            kind: delivery.kind,
            first_sent_on: first.and_then(|letter| letter.sent_at).map(|at| date_in(at, zone)),
            monthly_on: forms::day_of(conn, gift.id)?,
            went_to: None,
            copy: String::new(),
            society: funds::society(conn)?,
            period: month(&fund, &gift.appeal).unwrap_or_default(),
            link: format!("{}/donations/{}", self.public_url, self.links.token(gift.reference())),
            fund_link: format!("{}/funds/{}", self.public_url, fund.slug),
            fund,
            receipt,
            event,
            returned_minor,
            is_for_another: delivery.kind == LetterKind::Correction
                && gift.recipient().as_deref() != Some(delivery.recipient.as_str()),
            gift,
            written_on: date_in(delivery.created_at, zone),
        })
    }
}

/// All that a letter may tell; the templates ask it.
struct Told {
    kind: LetterKind,
    society: Society,
    fund: Fund,
    /// "June 2021"; empty for a fund that runs once.
    period: String,
    gift: Donation,
    receipt: Option<Receipt>,
    event: Option<Event>,
    returned_minor: i64,
    /// True when whoever gets the letter turned out not to be the giver: it names nobody.
    is_for_another: bool,
    /// The day on which the first letter with this receipt left.
    first_sent_on: Option<NaiveDate>,
    /// The day of the month, where it is promised by a standing order that the giver sets up.
    monthly_on: Option<u32>,
    /// To whom it went, where this is a copy of a letter that has left.
    went_to: Option<Addressee>,
    /// What a copy says of the first; empty on the first itself.
    copy: String,
    link: String,
    fund_link: String,
    written_on: NaiveDate,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct AsHtml<'a> {
    told: &'a Told,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct AsText<'a> {
    told: &'a Told,
}

#[derive(Template)]
#[template(path = "mail/printed/gift.html")]
struct Printed<'a> {
    told: &'a Told,
}

impl Told {
    fn subject(&self) -> String {
        match self.kind {
            LetterKind::Pledge if self.monthly_on.is_some() => {
                format!("Your standing order of {} to {}", self.amount(), self.fund.title)
            }
            LetterKind::Pledge => format!("How to pay your gift of {} to {}", self.amount(), self.fund.title),
            LetterKind::Reminder => format!("Your promise of {} to {}", self.amount(), self.fund.title),
            LetterKind::Receipt => format!("Thank you: receipt {} for {}", self.receipt_number(), self.amount()),
            LetterKind::Duplicate => format!("DUPLICATE receipt {} for {}", self.receipt_number(), self.amount()),
            LetterKind::Refund => format!("We have sent back {} of your gift", self.event_amount()),
            LetterKind::Correction if self.is_other_amount() => {
                format!("A correction: your gift is {}, not {}", self.event_amount(), self.was_amount())
            }
            LetterKind::Correction if self.is_other_fund() => {
                format!("A correction: your gift of {} is for {}", self.amount(), self.fund.title)
            }
            LetterKind::Correction => format!("A correction: please set receipt {} aside", self.receipt_number()),
            _ => format!("Your {} for {} came back unpaid", self.gift.method.label(), self.amount()),
        }
    }

    /// The giver's name, in letters that may say it.
    fn name(&self) -> &str {
        if self.kind.is_asked_for_by_strangers() || self.is_for_another {
            return "";
        }
        outbox::greetable(self.went_to.as_ref().map_or(&self.gift.name, |went_to| &went_to.name))
    }

    fn greeting(&self) -> String {
        outbox::greeting(self.name())
    }

    fn promised_day(&self) -> String {
        day(date_in(self.gift.recorded_at, self.fund.zone))
    }

    /// Whether it comes by post or by hand, and not through a bank.
    fn is_by_hand(&self) -> bool {
        matches!(self.gift.method, Method::Cheque | Method::Cash)
    }

    /// What stands in the window: the name and the address.
    fn to_lines(&self) -> Vec<&str> {
        if let Some(went_to) = &self.went_to {
            return std::iter::once(went_to.name.as_str()).chain(went_to.address.lines()).collect();
        }
        std::iter::once(self.gift.name.as_str()).chain(self.gift.address.lines()).collect()
    }

    fn written_day(&self) -> String {
        day(self.written_on)
    }

    fn amount(&self) -> String {
        money::display(self.gift.amount_minor, self.gift.currency)
    }

    fn returned(&self) -> String {
        money::display(self.returned_minor, self.gift.currency)
    }

    fn remaining_minor(&self) -> i64 {
        self.gift.amount_minor - self.returned_minor
    }

    fn remaining(&self) -> String {
        money::display(self.remaining_minor(), self.gift.currency)
    }

    /// What this refund or bounce took back.
    fn event_amount(&self) -> String {
        let amount_minor = self.event.as_ref().map_or(self.gift.amount_minor, |event| event.amount_minor);
        money::display(amount_minor, self.gift.currency)
    }

    /// What stood in the books before the correction, and in the receipt that has left.
    fn was_amount(&self) -> String {
        let was = self.event.as_ref().and_then(|event| event.was_minor).unwrap_or(self.gift.amount_minor);
        money::display(was, self.gift.currency)
    }

    /// True when the giver gave another amount than the receipt said.
    fn is_other_amount(&self) -> bool {
        let is_other = |event: &Event| event.was_minor.is_some_and(|was| was != event.amount_minor);
        !self.is_for_another && self.event.as_ref().is_some_and(is_other)
    }

    /// True when the gift was only entered for another fund.
    fn is_other_fund(&self) -> bool {
        !self.is_for_another && self.event.as_ref().is_some_and(|event| event.was_minor == Some(event.amount_minor))
    }

    fn event_day(&self) -> String {
        self.event.as_ref().map(|event| day(date_in(event.recorded_at, self.fund.zone))).unwrap_or_default()
    }

    fn receipt_number(&self) -> String {
        self.receipt.map(|receipt| receipt.number.to_string()).unwrap_or_default()
    }

    fn issued_day(&self) -> String {
        self.receipt.map(|receipt| day(date_in(receipt.issued_at, self.fund.zone))).unwrap_or_default()
    }

    fn received_day(&self) -> String {
        self.gift.received_on.map(day).unwrap_or_default()
    }

    /// "Fighting Fund, June 2021"
    fn purpose(&self) -> String {
        if self.period.is_empty() { self.fund.title.clone() } else { format!("{}, {}", self.fund.title, self.period) }
    }

    /// Marks a print of a letter that has left: it shows whom that went to, and when.
    fn note_copy(&mut self, delivery: &Delivery) {
        if delivery.has_left() {
            self.copy = outbox::copy_of(delivery, self.fund.zone);
            self.went_to = delivery.went_to.clone();
        }
    }

    /// ". It first left on 27 June 2021", where that was not the day of issue.
    fn first_left(&self) -> String {
        let issued_on = self.receipt.map(|receipt| date_in(receipt.issued_at, self.fund.zone));
        let other = self.first_sent_on.filter(|on| Some(*on) != issued_on);
        other.map(|on| format!(" It first left on {}.", day(on))).unwrap_or_default()
    }

    /// "5th of each month", "last day of each month"
    fn monthly(&self) -> String {
        self.monthly_on.map(forms::each_month).unwrap_or_default()
    }

    fn is_duplicate(&self) -> bool {
        self.kind == LetterKind::Duplicate
    }

    /// "by bank transfer", "in cash"
    fn way(&self) -> String {
        match self.gift.method {
            Method::Cash => "in cash".to_owned(),
            method => format!("by {}", method.label()),
        }
    }
}
