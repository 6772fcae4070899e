//! A letter as bytes that mail servers understand (RFC 5322): text and HTML side by side.
//!
//! Invariant: the same delivery and letter give the same bytes, so a second attempt is recognisably the same mail.
//! No word of a letter or a name can start another header: all of them are encoded (RFC 2047).

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

use super::return_path::ReturnPaths;
use super::{Delivery, Letter, Sender};

/// Ready to be handed over.
#[derive(Debug)]
pub(super) struct Sealed {
    pub from: Address,
    pub to: Address,
    /// Whether it comes back to an address of its own.
    pub has_own_return: bool,
    pub bytes: Vec<u8>,
}

/// Names beyond this are cut in the header; the letter has them in full.
const NAME_CHARS_MAX: usize = 70;
/// A subject beyond this is cut; phones show half of it.
const SUBJECT_CHARS_MAX: usize = 150;

/// Puts a letter into its envelope.
///
/// # Errors
/// A sentence for staff when the address cannot be written to.
pub(super) fn seal(
    sender: &Sender,
    (installation, return_paths): (&str, Option<&ReturnPaths>),
    delivery: &Delivery,
    letter: &Letter,
) -> Result<Sealed, String> {
    let own_return = return_paths.and_then(|paths| paths.envelope(delivery.id, &delivery.recipient));
    let wrong = |what: &str| format!("The address \"{}\" cannot be written to: {what}.", delivery.recipient);
    let checked =
        super::address(&delivery.recipient).map_err(|error| wrong(error.to_string().trim_end_matches('.')))?;
    let to: Address = checked.parse().map_err(|_| wrong("it is not an address"))?;
    let from = &sender.0;
    let name = Some(one_line(&letter.to_name, NAME_CHARS_MAX)).filter(|name| !name.is_empty());
    let mut message = Message::builder()
        .message_id(Some(message_id(delivery, installation, from.email.domain())))
        .date(delivery.created_at.into())
        .from(from.clone())
        .to(Mailbox::new(name, to.clone()))
        .subject(one_line(&letter.subject, SUBJECT_CHARS_MAX))
        // So that no holiday reply comes back (RFC 3834).
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .envelope(
            Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(|error| wrong(&error.to_string()))?,
        );
    if let Ok(reply_to) = super::address(&letter.reply_to).map_err(drop).and_then(|to| to.parse().map_err(drop)) {
        message = message.reply_to(Mailbox::new(None, reply_to));
    }
    let parts = MultiPart::alternative()
        .boundary(format!("letter-{}-{installation}", delivery.id))
        .singlepart(SinglePart::plain(letter.text.clone()))
        .singlepart(SinglePart::html(letter.html.clone()));
    let parts = if letter.enclosed.is_empty() { parts } else { enclose(parts, delivery, installation, letter)? };
    let message = message.multipart(parts).map_err(|error| wrong(&error.to_string()))?;
    let has_own_return = own_return.is_some();
    Ok(Sealed {
        from: own_return.unwrap_or_else(|| from.email.clone()),
        to,
        has_own_return,
        bytes: message.formatted(),
    })
}

/// The letter with its enclosures behind it.
fn enclose(
    letter_itself: MultiPart,
    delivery: &Delivery,
    installation: &str,
    letter: &Letter,
) -> Result<MultiPart, String> {
    let mut whole =
        MultiPart::mixed().boundary(format!("envelope-{}-{installation}", delivery.id)).multipart(letter_itself);
    for enclosure in &letter.enclosed {
        let media_type = ContentType::parse(enclosure.media_type).map_err(|error| error.to_string())?;
        whole = whole.singlepart(Attachment::new(enclosure.name.clone()).body(enclosure.bytes.clone(), media_type));
    }
    Ok(whole)
}

/// From the delivery's number and the installation: the same at every attempt, and nobody else's.
fn message_id(delivery: &Delivery, installation: &str, domain: &str) -> String {
    format!("<{}.{}.{installation}@{domain}>", delivery.kind.name(), delivery.id)
}

/// A text fit for a header: one line, without marks that cannot be seen, not too long.
fn one_line(text: &str, chars_max: usize) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > chars_max {
        line = line.chars().take(chars_max - 1).chain(['…']).collect();
    }
    line
}
