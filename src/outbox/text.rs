//! Words as mail programs show them: lines that are not too long, and greetings that are no message.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use unicode_normalization::UnicodeNormalization;

use super::Delivery;

/// Where a line of plain text ends (RFC 3676 asks for 78 at most).
const LINE_CHARS_MAX: usize = 72;

const SIGNATURE_MARK: &str = "-- ";

/// Breaks long paragraphs between words. Lines that begin with a blank stand as they are, and so does a long link.
pub fn wrapped(text: &str) -> String {
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

/// A name beyond this is no greeting.
const GREETED_CHARS_MAX: usize = 100;
/// A branch has a number; a telephone and a prize have more digits.
const GREETED_DIGITS_MAX: usize = 3;

/// "evil.example", which mail programs make a link of; not "j.b.smith" and not "dr."
fn is_like_a_host(word: &str) -> bool {
    let labels: Vec<&str> = word.trim_matches(|c: char| !c.is_alphanumeric()).split('.').collect();
    matches!(labels.as_slice(), [.., before, last] if before.chars().count() > 1 && last.chars().count() > 1)
}

/// The name, unless it looks like a message: anybody may type a name, and a stranger's address with it.
///
/// ```
/// use fighting_fund::outbox::greetable;
/// assert_eq!(greetable(" Ann Lee "), "Ann Lee");
/// assert_eq!(greetable("win now www.example"), "");
/// assert_eq!(greetable("Claim 500 pounds at evil-prize.example/claim"), "");
/// assert_eq!(greetable("Dr. J. B. Smith-O’Neill, Leeds branch No. 2"), "Dr. J. B. Smith-O’Neill, Leeds branch No. 2");
/// ```
pub fn greetable(name: &str) -> &str {
    let name = name.trim();
    // Letters that only look like the signs of an address are read as them.
    let plain: String = name.nfkc().collect::<String>().to_lowercase();
    let is_message = ["://", "www.", "@", "/", "\\", "http"].iter().any(|mark| plain.contains(mark))
        || name.chars().count() > GREETED_CHARS_MAX
        || name.chars().any(char::is_control)
        || plain.chars().filter(char::is_ascii_digit).count() > GREETED_DIGITS_MAX
        || plain.split_whitespace().any(is_like_a_host);
    if is_message { "" } else { name }
}

/// "Dear Ann Lee,", or a greeting that fits everybody.
pub fn greeting(name: &str) -> String {
    match greetable(name) {
        "" => "Dear friend,".to_owned(),
        name => format!("Dear {name},"),
    }
}

/// "COPY. The first left on 27 June 2021, for Jane Doe, 1 High Street, Leeds.": what stands on every later print.
pub fn copy_of(delivery: &Delivery, zone: Tz) -> String {
    let went_to = delivery.went_to.clone().unwrap_or_default();
    let lines = std::iter::once(went_to.name.as_str()).chain(went_to.address.lines());
    let whom: Vec<&str> = lines.chain([delivery.recipient.as_str()]).filter(|part| !part.is_empty()).collect();
    let when = |at: DateTime<Utc>| at.with_timezone(&zone).format(" on %-d %B %Y").to_string();
    let whom = if whom.is_empty() { String::new() } else { format!(", for {}", whom.join(", ")) };
    format!("COPY. The first left{}{whom}.", delivery.sent_at.map(when).unwrap_or_default())
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
