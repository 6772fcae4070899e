//! The address that a letter goes to, checked where it is typed.
//!
//! Invariant: what leaves here can stand in an SMTP command and a header as it is: printable ASCII, one `@`, no blank.

use crate::unseen;

/// Why an address cannot be written to. The message is shown beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address at all.
    #[error("Please check the e-mail address: it should look like name@example.org.")]
    NotAnAddress,
    /// Longer than mail allows (RFC 5321, 4.5.3.1).
    #[error("That e-mail address is too long to be delivered. Please check it.")]
    TooLong,
    /// Letters before the @ that most servers do not carry (SMTPUTF8, RFC 6531).
    #[error(
        "Please give an e-mail address with only plain letters, digits and signs before the @; most mail servers cannot deliver others."
    )]
    LocalPartNotAscii,
}

/// RFC 5321, 4.5.3.1.3: a path of 256 with its angle brackets.
const ADDRESS_BYTES_MAX: usize = 254;
/// RFC 5321, 4.5.3.1.1.
const LOCAL_BYTES_MAX: usize = 64;
/// RFC 1035, 2.3.4.
const LABEL_BYTES_MAX: usize = 63;

/// Checks an address that a reader typed: mail to it must at least be able to leave.
///
/// A domain with letters beyond ASCII is answered in its ASCII form (RFC 5890), in which every server carries it.
///
/// ```
/// use fighting_fund::outbox::{AddressError, address};
/// assert_eq!(address(" a@example.org "), Ok("a@example.org".to_owned()));
/// assert_eq!(address("jo@bücher.example"), Ok("jo@xn--bcher-kva.example".to_owned()));
/// assert_eq!(address("jörg@example.org"), Err(AddressError::LocalPartNotAscii));
/// assert!(address("a@b").is_err());
/// assert!(address("a@example.org\r\nBcc: all@example.org").is_err());
/// ```
///
/// # Errors
/// [`AddressError`], one sentence a reason.
pub fn address(text: &str) -> Result<String, AddressError> {
    let text = unseen::plain(text);
    let text = text.trim();
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(AddressError::NotAnAddress);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NotAnAddress)?;
    if text.len() > ADDRESS_BYTES_MAX || local.len() > LOCAL_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    if !local.is_ascii() {
        return Err(AddressError::LocalPartNotAscii);
    }
    let domain = domain_in_ascii(domain).ok_or(AddressError::NotAnAddress)?;
    let address = format!("{local}@{domain}");
    if address.len() > ADDRESS_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    // Its dots and quotation marks are judged by the library that will write it.
    address.parse::<lettre::Address>().map_err(|_| AddressError::NotAnAddress)?;
    Ok(address)
}

/// A domain name of at least two labels whose last is not a number, so neither "b" nor "127.0.0.1".
fn domain_in_ascii(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let labels: Vec<&str> = ascii.split('.').collect();
    let are_labels = labels.iter().all(|label| {
        let is_made_of = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=LABEL_BYTES_MAX).contains(&label.len()) && is_made_of && !label.starts_with('-') && !label.ends_with('-')
    });
    let is_name = labels.last().is_some_and(|last| last.len() > 1 && !last.bytes().all(|byte| byte.is_ascii_digit()));
    (labels.len() > 1 && are_labels && is_name).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_people_have_are_taken() {
        for good in [
            "a@example.org",
            "first.last+fund@mail.example.co.uk",
            "o'brien@example.ie",
            "x_y-z=1@example.museum",
            "\"john..doe\"@example.org",
            "UPPER@EXAMPLE.ORG",
            "jo@рф.example",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn addresses_that_cannot_be_delivered_are_refused() {
        for bad in [
            "",
            "@",
            "a",
            "a@",
            "@example.org",
            "a@b",
            "a@b.",
            "a@.org",
            "a@example..org",
            "a@-example.org",
            "a@exam_ple.org",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a@localhost",
            "a b@example.org",
            "a@example.org, b@example.org",
            "a@example.org>\r\nRCPT TO:<b@example.org",
            "A <a@example.org>",
            "a@exa\u{0}mple.org",
            ".a@example.org",
            "a..b@example.org",
        ] {
            assert_eq!(address(bad), Err(AddressError::NotAnAddress), "{bad:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_the_mail_standard() {
        let local = "a".repeat(64);
        let long_domain = format!("{}.{}.{}.example.org", "b".repeat(60), "c".repeat(60), "d".repeat(60));

        assert!(address(&format!("{local}@example.org")).is_ok());
        assert_eq!(address(&format!("{local}a@example.org")), Err(AddressError::TooLong));
        assert_eq!(address(&format!("{local}@{long_domain}")), Err(AddressError::TooLong));
        assert_eq!(address(&format!("a@{}.org", "b".repeat(64))), Err(AddressError::NotAnAddress));
        assert_eq!(address(&"a".repeat(2_000)), Err(AddressError::NotAnAddress));
    }
}
