//! Reads a mail that came back (RFC 3464) as staff paste it: which letter of ours it was, to whom, and why.
//!
//! Invariant: nothing of it is kept but the reason, in one sentence; what is not understood is left out, never guessed.

use super::{LetterKind, store};
use crate::db::{Conn, DbError};

/// What a mail that came back says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returned {
    /// The letter that its Message-ID names, when it is one of ours.
    pub letter: Option<(LetterKind, i64)>,
    /// The addresses that were not reached, in lower case.
    pub recipients: Vec<String>,
    /// Why, in the words of the server; may be empty.
    pub reason: String,
}

/// Addresses taken from one mail; one that came back names one or two.
const RECIPIENTS_MAX: usize = 5;

/// Reads a mail that came back, as it was pasted.
///
/// # Errors
/// Only when the database fails.
pub fn read_returned(conn: &mut Conn, text: &str) -> Result<Returned, DbError> {
    let installation = store::known_installation(conn)?.map(|name| crate::hex::hex(&name));
    Ok(read(text, installation.as_deref().unwrap_or_default()))
}

fn read(text: &str, installation: &str) -> Returned {
    let lines = unfolded(text);
    let field = |name: &'static str| lines.iter().filter_map(move |line| value_of(line, name));
    let mut recipients: Vec<String> = ["Final-Recipient", "Original-Recipient", "X-Failed-Recipients"]
        .into_iter()
        .flat_map(|name| field(name).collect::<Vec<_>>())
        .flat_map(|value| addresses(value.rsplit(';').next().unwrap_or_default()))
        .collect();
    if recipients.is_empty() {
        // A server that writes a letter instead of fields names the address in it, and our own letter's To.
        recipients = field("To").chain(lines.iter().map(String::as_str)).flat_map(addresses).collect();
    }
    let mut seen = Vec::new();
    recipients.retain(|address| {
        let is_new = !seen.contains(address) && seen.len() < RECIPIENTS_MAX;
        if is_new {
            seen.push(address.clone());
        }
        is_new
    });
    let diagnostic = field("Diagnostic-Code").next().map(|value| value.trim_start_matches("smtp;").trim().to_owned());
    let status = field("Status").next().map(|value| format!("status {value}"));
    let reason = diagnostic.or_else(|| lines.iter().find_map(|line| reply(line))).or(status).unwrap_or_default();
    Returned { letter: letter(text, installation), recipients, reason }
}

/// Lines with their continuations, and without the marks of a quotation.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start_matches(['>', '|']).trim_end();
        let is_continuation = line.starts_with([' ', '\t']) && lines.last().is_some_and(|last| !last.is_empty());
        match lines.last_mut() {
            Some(last) if is_continuation => {
                last.push(' ');
                last.push_str(bare.trim());
            }
            _ => lines.push(bare.trim().to_owned()),
        }
    }
    lines
}

fn value_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (known, value) = line.split_once(':')?;
    known.trim().eq_ignore_ascii_case(name).then(|| value.trim())
}

/// What looks like an address in a line, in lower case.
fn addresses(line: &str) -> Vec<String> {
    let words = line.split(|c: char| c.is_whitespace() || "<>()[],;:\"'".contains(c));
    let known = words.filter(|word| word.contains('@')).map(|word| word.trim_end_matches('.'));
    known.filter_map(|word| super::address(word).ok()).map(|word| word.to_lowercase()).collect()
}

/// "550 5.1.1 no such user": a line in which a server refuses for good.
fn reply(line: &str) -> Option<String> {
    let at = line.match_indices(['5', '4']).map(|(at, _)| at).find(|at| is_reply(line, *at))?;
    Some(line[at..].to_owned())
}

fn is_reply(line: &str, at: usize) -> bool {
    let starts_word = !line[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    let bytes = &line.as_bytes()[at..];
    starts_word
        && bytes.len() > 4
        && bytes[1..3].iter().all(u8::is_ascii_digit)
        && matches!(bytes[3], b' ' | b'-')
        && bytes[4].is_ascii_alphanumeric()
}

/// The letter in a Message-ID as we write it: kind, number, installation.
fn letter(text: &str, installation: &str) -> Option<(LetterKind, i64)> {
    if installation.is_empty() {
        return None;
    }
    let mark = format!(".{installation}@");
    text.match_indices(&mark).find_map(|(at, _)| {
        let name = text[..at].rsplit(|c: char| c.is_whitespace() || c == '<').next()?;
        let (kind, number) = name.split_once('.')?;
        Some((LetterKind::from_name(kind)?, number.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered Mail Returned to Sender\n\n\
        I'm sorry to have to inform you that your message could not be delivered.\n\n\
        Final-Recipient: rfc822; Ann@Example.org\nAction: failed\nStatus: 5.1.1\n\
        Diagnostic-Code: smtp; 550 5.1.1 <ann@example.org>: Recipient address\n    rejected: User unknown\n\n\
        Message-ID: <receipt.17.0a1b2c@paper.example>\nTo: Ann Lee <ann@example.org>\n";

    #[test]
    fn a_report_names_the_letter_the_address_and_the_reason() {
        let read = read(REPORT, "0a1b2c");

        assert_eq!(read.letter, Some((LetterKind::Receipt, 17)));
        assert_eq!(read.recipients, ["ann@example.org"]);
        assert_eq!(read.reason, "550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown");
    }

    #[test]
    fn a_letter_of_another_installation_is_not_ours() {
        assert_eq!(read(REPORT, "ffffff").letter, None);
        assert_eq!(read(REPORT, "").letter, None);
    }

    #[test]
    fn a_report_in_prose_still_names_the_address_and_the_reply() {
        let text = "Your message to joe@example.net couldn't be delivered.\n\
                    The response was: 552 5.2.2 The recipient's inbox is full\n";

        let read = read(text, "0a1b2c");

        assert_eq!(read.recipients, ["joe@example.net"]);
        assert_eq!(read.reason, "552 5.2.2 The recipient's inbox is full");
    }

    #[test]
    fn what_is_no_mail_says_nothing() {
        assert_eq!(read("the cat sat on the mat, 12 times", "0a1b2c"), Returned::default());
    }
}
