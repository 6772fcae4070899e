//! What the letters about a gift say: how to pay it, its receipt, what went back.
//!
//! Invariant: a letter tells what is in the books and nothing that staff wrote for themselves; composing it changes
//! nothing. When it leaves is left to `outbox`, its words stand in `templates/mail/`.

use askama::Template;

use super::link::LinkKey;
use super::{Donation, Event, Method, by_number, events_of};
use crate::clock::date_in;
use crate::db::{Conn, Db};
use crate::funds::words::{day, month};
use crate::funds::{self, Fund, Society};
use crate::money;
use crate::outbox::{Compose, ComposeError, Delivery, Letter, LetterKind};
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
        let told = self.db.snapshot(|conn| self.read(conn, delivery))?;
        let unwritable = |error: askama::Error| ComposeError::Unwritable(error.to_string());
        Ok(Letter {
            to_name: told.name().to_owned(),
            reply_to: told.society.contact_email.clone(),
            subject: told.subject(),
            text: wrapped(&AsText { told: &told }.render().map_err(unwritable)?),
            html: AsHtml { told: &told }.render().map_err(unwritable)?,
        })
    }
}

impl Letters {
    fn read(&self, conn: &mut Conn, delivery: &Delivery) -> Result<Told, ComposeError> {
        let gone = |what: &str| ComposeError::Unwritable(format!("The books have no {what} for this letter."));
        let gift = by_number(conn, delivery.donation_id)?.ok_or_else(|| gone("gift"))?;
        let fund = funds::by_slug(conn, &gift.fund)?.ok_or_else(|| gone("fund"))?;
        let receipt = receipts::of_donation(conn, gift.id)?;
        let events = events_of(conn, gift.id)?;
        let event = events.iter().find(|event| Some(event.id) == delivery.event_id).cloned();
        match delivery.kind {
            LetterKind::Receipt | LetterKind::Duplicate if receipt.is_none() => return Err(gone("receipt")),
            LetterKind::Refund | LetterKind::Bounce if event.is_none() => return Err(gone("refund")),
            _ => {}
        }
        // A second refund must not change what the letter about the first one says is left.
        let seen = delivery.event_id.unwrap_or(i64::MAX);
        let went_back = |event: &&Event| event.id <= seen && matches!(event.kind.as_str(), "refunded" | "bounced");
        let returned_minor = events.iter().filter(went_back).map(|event| event.amount_minor).sum();
        Ok(Told {
            kind: delivery.kind,
            society: funds::society(conn)?,
            period: month(&fund, &gift.appeal).unwrap_or_default(),
            link: format!("{}/donations/{}", self.public_url, self.links.token(gift.reference())),
            fund_link: format!("{}/funds/{}", self.public_url, fund.slug),
            fund,
            gift,
            receipt,
            event,
            returned_minor,
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
    link: String,
    fund_link: String,
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

impl Told {
    fn subject(&self) -> String {
        match self.kind {
            LetterKind::Pledge => format!("How to pay your gift of {} to {}", self.amount(), self.fund.title),
            LetterKind::Receipt => format!("Thank you: receipt {} for {}", self.receipt_number(), self.amount()),
            LetterKind::Duplicate => format!("DUPLICATE receipt {} for {}", self.receipt_number(), self.amount()),
            LetterKind::Refund => format!("We have sent back {} of your gift", self.event_amount()),
            LetterKind::Bounce => format!("Your {} for {} came back unpaid", self.gift.method.label(), self.amount()),
        }
    }

    /// The giver's name, unless it looks like a message: anybody may type a name, and a stranger's address with it.
    fn name(&self) -> &str {
        let name = self.gift.name.trim();
        let is_message = ["://", "www.", "@"].iter().any(|mark| name.contains(mark))
            || name.chars().count() > GREETED_CHARS_MAX
            || name.chars().any(char::is_control);
        if is_message { "" } else { name }
    }

    fn greeting(&self) -> String {
        match self.name() {
            "" => "Dear friend,".to_owned(),
            name => format!("Dear {name},"),
        }
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

    /// To whom a cheque is made out.
    fn payee(&self) -> &str {
        if self.society.cheques_payable_to.is_empty() { &self.society.name } else { &self.society.cheques_payable_to }
    }

    fn has_bank_details(&self) -> bool {
        !self.society.bank_account_number.is_empty()
    }

    /// The registered office, line by line.
    fn address_lines(&self) -> impl Iterator<Item = &str> {
        self.society.address.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// What stands at the foot of every letter: who we are (Act of 2014, section 11) and what we are not.
    fn imprint(&self) -> Vec<&str> {
        let society = &self.society;
        let particulars = [society.name.as_str(), society.registration.as_str()].into_iter();
        let contact = std::iter::once(society.contact_email.as_str()).filter(|contact| !contact.is_empty());
        particulars.chain(self.address_lines()).chain(contact).collect()
    }
}

/// A name beyond this is no greeting.
const GREETED_CHARS_MAX: usize = 100;

/// Where a line of plain text ends (RFC 3676 asks for 78 at most).
const LINE_CHARS_MAX: usize = 72;

const SIGNATURE_MARK: &str = "-- ";

/// Breaks long paragraphs between words. Lines that begin with a blank stand as they are, and so does a long link.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    // The line that mail programs take for the end of what was written to the reader (RFC 3676, 4.3).
    let tidy = |line| if line == SIGNATURE_MARK { line } else { str::trim_end(line) };
    for paragraph in text.trim().lines().map(tidy) {
        let is_set = paragraph.starts_with(' ') || paragraph.chars().count() <= LINE_CHARS_MAX;
        let is_second_blank = paragraph.is_empty() && lines.last().is_some_and(String::is_empty);
        if is_second_blank {
            continue;
        }
        if is_set {
            lines.push(paragraph.to_owned());
            continue;
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > LINE_CHARS_MAX {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_broken_between_words_and_links_are_left_whole() {
        let link = format!("https://fund.example/{}", "x".repeat(80));
        let text = format!("{} end\n\n\n\n  {}\n{link}\n", "word ".repeat(20).trim_end(), "set ".repeat(30).trim_end());

        let broken = wrapped(&text);

        let lines: Vec<&str> = broken.lines().collect();
        assert!(lines[0].chars().count() <= 72 && lines[1].ends_with("end"), "{broken}");
        assert_eq!(lines[2], "");
        assert!(lines[3].starts_with("  set") && lines[3].ends_with("set"), "{broken}");
        assert_eq!(lines[4], link);
    }
}
