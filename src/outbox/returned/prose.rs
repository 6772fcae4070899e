//! Mails without a report: from servers that write sentences (Exchange, Gmail, qmail, Exim), from programs that answer,
//! from people.
//!
//! Invariant: a sentence is believed only where a server can have written it, and where it says that the letter did not
//! arrive as well as why. The rest is not known.

use mail_parser::{Message, MimeHeaders};

use super::MailKind;
use super::fields::Lines;

/// What the servers of the world call themselves.
const SERVERS: [&str; 8] = [
    "mailer-daemon",
    "postmaster",
    "mail delivery",
    "mail deliverer",
    "microsoftexchange",
    "mailerdaemon",
    "bounce-notification",
    "mail administrator",
];
/// Subjects under which they report.
const SUBJECTS: [&str; 16] = [
    "undeliver",
    "undelivered mail",
    "delivery status notification",
    "mail delivery failed",
    "mail delivery failure",
    "delivery failure",
    "failure notice",
    "returned mail",
    "delivery has failed",
    "message delayed",
    "delivery delayed",
    "mail system error",
    "unzustellbar",
    "non remis",
    "no se puede entregar",
    "warning: message",
];
/// Sentences that say that a letter did not arrive.
const NOT_ARRIVED: [&str; 17] = [
    "could not be delivered",
    "couldn't be delivered",
    "cannot be delivered",
    "can't be delivered",
    "wasn't delivered",
    "was not delivered",
    "wasn't able to deliver",
    "unable to deliver",
    "was not able to deliver",
    "could not deliver",
    "delivery has failed",
    "delivery to the following recipient",
    "undeliverable",
    "wasn't found at",
    "address not found",
    "permanent error",
    "message was undelivered",
];
/// Sentences that say that a server goes on trying.
const STILL_TRYING: [&str; 12] = [
    "will be retried",
    "will retry",
    "will keep trying",
    "keep trying",
    "still trying",
    "still being retried",
    "not yet been delivered",
    "has been delayed",
    "message delayed",
    "delivery delayed",
    "(delay)",
    "warning message only",
];
/// Words that say that a letter arrived.
const ARRIVED: [&str; 6] = [
    "successful mail delivery report",
    "notification (success)",
    "was successfully delivered",
    "successfully relayed",
    "has been delivered to",
    "delivery receipt",
];
/// Subjects under which programs answer for people.
const AUTOMATIC: [&str; 17] = [
    "automatic reply",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "auto-response",
    "out of office",
    "out of the office",
    "out-of-office",
    "on holiday",
    "on leave",
    "abwesenheit",
    "automatische antwort",
    "réponse automatique",
    "respuesta automática",
    "absence du bureau",
    "vacation",
];

/// "Ann Lee <ann@example.org>", as far as it is there.
pub(super) fn sender(mail: &Message<'_>) -> String {
    let from = mail.from().and_then(|from| from.first());
    let name = from.and_then(|from| from.name()).unwrap_or_default().trim();
    let address = from.and_then(|from| from.address()).unwrap_or_default();
    if name.is_empty() { address.to_owned() } else { format!("{name} <{address}>") }
}

/// What a mail with headers is that has no report.
pub(super) fn kind_of_mail(mail: &Message<'_>, lines: &Lines) -> MailKind {
    let head = |name: &'static str| mail.header_raw(name).map(|value| value.trim().to_lowercase()).unwrap_or_default();
    let subject = mail.subject().unwrap_or_default().to_lowercase();
    let from = sender(mail).to_lowercase();
    let is_answer = ["re:", "aw:", "sv:", "antw:"].iter().any(|mark| subject.starts_with(mark));
    let is_report = mail.is_content_type("multipart", "report");
    let is_server = SERVERS.iter().any(|name| from.contains(name)) || !head("X-Failed-Recipients").is_empty();
    let is_about_delivery = !is_answer && SUBJECTS.iter().any(|words| subject.contains(words));
    if is_report && head("Content-Type").contains("disposition-notification") {
        return MailKind::AutoReply;
    }
    if is_server || is_report || is_about_delivery {
        return of_server(lines, &format!("{subject}\n{}", lines.small()));
    }
    if is_automatic(&head) || (!is_answer && AUTOMATIC.iter().any(|words| subject.contains(words))) {
        return MailKind::AutoReply;
    }
    if head("Return-Path") == "<>" { MailKind::Unknown } else { MailKind::Person }
}

/// By the headers with which programs mark what they send (RFC 3834, and what came before it).
fn is_automatic(head: &impl Fn(&'static str) -> String) -> bool {
    let submitted = head("Auto-Submitted");
    let precedence = head("Precedence");
    let is_marked = |name: &'static str| {
        let value = head(name);
        !value.is_empty() && value != "no"
    };
    (!submitted.is_empty() && !submitted.starts_with("no"))
        || ["auto_reply", "auto-reply", "bulk", "junk", "list"].contains(&precedence.as_str())
        || ["X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Auto-Response-Suppress", "X-Mail-Autoreply"]
            .into_iter()
            .any(is_marked)
}

/// What words are that were pasted without headers.
pub(super) fn kind_of_words(lines: &Lines) -> MailKind {
    let small = lines.small();
    let first = small.lines().find(|line| !line.is_empty()).unwrap_or_default();
    if AUTOMATIC.iter().any(|words| first.contains(words)) && !said(&small, &NOT_ARRIVED) {
        return MailKind::AutoReply;
    }
    of_server(lines, &small)
}

/// What a server says in sentences. A delay names an answer of the server too, so it is looked for first.
fn of_server(lines: &Lines, small: &str) -> MailKind {
    if said(small, &ARRIVED) && !said(small, &NOT_ARRIVED) {
        return MailKind::Success;
    }
    if said(small, &STILL_TRYING) {
        return MailKind::SoftBounce;
    }
    match lines.class() {
        _ if !said(small, &NOT_ARRIVED) => MailKind::Unknown,
        Some(5) => MailKind::HardBounce,
        Some(_) => MailKind::SoftBounce,
        // qmail gives up in these words, and names no figure where it knows the address itself.
        None if small.contains("this is a permanent error") => MailKind::HardBounce,
        None => MailKind::Unknown,
    }
}

fn said(small: &str, words: &[&str]) -> bool {
    words.iter().any(|words| small.contains(words))
}
