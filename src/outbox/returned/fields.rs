//! The fields of a report (RFC 3464), read line by line: servers fold, quote and misplace them.

use super::MailKind;
use crate::outbox::address;

/// A mail line by line, folded lines joined.
pub(super) struct Lines(Vec<String>);

impl Lines {
    /// Lines with their continuations, and without the marks of a quotation.
    pub(super) fn of(text: &str) -> Self {
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
        Self(lines)
    }

    fn field<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |line| value_of(line, name))
    }

    /// All of it in small letters, for whoever looks for words.
    pub(super) fn small(&self) -> String {
        self.0.join("\n").to_lowercase().replace('’', "'")
    }

    /// Addresses in the fields that servers use, else in our own letter's `To`, else anywhere.
    pub(super) fn named_recipients(&self) -> Vec<String> {
        let failed: Vec<String> = self.field("X-Failed-Recipients").flat_map(addresses).collect();
        if !failed.is_empty() {
            return failed;
        }
        self.field("To").chain(self.0.iter().map(String::as_str)).flat_map(addresses).collect()
    }

    /// "550 5.1.1 no such user": the line in which a server refuses.
    pub(super) fn reason(&self) -> Option<String> {
        self.0.iter().find_map(|line| reply(line))
    }

    /// The first figure of the server's answer: 5 for good, 4 for now.
    pub(super) fn class(&self) -> Option<u8> {
        let first = |text: &str| text.bytes().next().filter(|byte| matches!(byte, b'4' | b'5'));
        let enhanced = || self.0.iter().find_map(|line| enhanced(line));
        let answer = enhanced().or_else(|| self.reason().as_deref().and_then(first));
        answer.map(|byte| byte - b'0')
    }
}

/// What a report says of each address.
pub(super) struct Report {
    groups: Vec<OfRecipient>,
    /// Whether it stood where a server writes it, and not somewhere in a text.
    pub(super) is_in_its_place: bool,
}

#[derive(Default)]
struct OfRecipient {
    addresses: Vec<String>,
    action: String,
    status: String,
    diagnostic: String,
}

impl Report {
    /// The groups of fields, one an address; a group ends where the next address or an empty line begins.
    pub(super) fn of(lines: &Lines) -> Self {
        let mut groups: Vec<OfRecipient> = vec![OfRecipient::default()];
        for line in &lines.0 {
            if line.is_empty() {
                groups.push(OfRecipient::default());
            }
            let Some(group) = groups.last_mut() else { continue };
            let last = |value: &str| value.rsplit(';').next().unwrap_or_default().trim().to_owned();
            for name in ["Final-Recipient", "Original-Recipient"] {
                group.addresses.extend(value_of(line, name).into_iter().flat_map(|value| addresses(&last(value))));
            }
            if let Some(action) = value_of(line, "Action") {
                group.action = first_word(action);
            }
            if let Some(status) = value_of(line, "Status") {
                group.status = first_word(status);
            }
            if let Some(words) = value_of(line, "Diagnostic-Code") {
                let bare = words.split_once(';').map_or(words, |(_, words)| words);
                group.diagnostic = bare.trim().to_owned();
            }
        }
        groups.retain(|group| !group.addresses.is_empty() || !group.action.is_empty());
        Self { groups, is_in_its_place: false }
    }

    /// Whether anything was reported.
    pub(super) fn is_said(&self) -> bool {
        self.groups.iter().any(|group| group.kind() != MailKind::Unknown)
    }

    /// The worst that it says of any address.
    pub(super) fn kind(&self) -> MailKind {
        let worst = [MailKind::HardBounce, MailKind::SoftBounce, MailKind::Success];
        worst.into_iter().find(|kind| self.groups.iter().any(|group| group.kind() == *kind)).unwrap_or_default()
    }

    fn worst(&self) -> impl Iterator<Item = &OfRecipient> {
        let kind = self.kind();
        self.groups.iter().filter(move |group| group.kind() == kind)
    }

    /// The addresses of whom the worst is said.
    pub(super) fn recipients(&self) -> Vec<String> {
        self.worst().flat_map(|group| group.addresses.iter().cloned()).collect()
    }

    /// Why, in the server's words.
    pub(super) fn reason(&self) -> Option<String> {
        let words = self.worst().map(|group| group.diagnostic.clone()).find(|words| !words.is_empty());
        let status = || self.worst().map(|group| &group.status).find(|status| !status.is_empty()).cloned();
        words.or_else(|| status().map(|status| format!("status {status}")))
    }
}

impl OfRecipient {
    /// By the action (RFC 3464, 2.3.3); of what failed the status says whether for good (RFC 3463).
    fn kind(&self) -> MailKind {
        let class = self.status.bytes().chain(self.diagnostic.bytes()).find(u8::is_ascii_digit);
        match (self.action.as_str(), class) {
            ("failed", Some(b'4')) | ("delayed", _) => MailKind::SoftBounce,
            ("failed", _) => MailKind::HardBounce,
            ("delivered" | "relayed" | "expanded", _) => MailKind::Success,
            ("", Some(b'5')) if !self.status.is_empty() => MailKind::HardBounce,
            ("", Some(b'4')) if !self.status.is_empty() => MailKind::SoftBounce,
            ("", Some(b'2')) if !self.status.is_empty() => MailKind::Success,
            _ => MailKind::Unknown,
        }
    }
}

fn first_word(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c == '(' || c == ';').next().unwrap_or_default().to_lowercase()
}

fn value_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (known, value) = line.split_once(':')?;
    known.trim().eq_ignore_ascii_case(name).then(|| value.trim())
}

/// What looks like an address in a line, in lower case.
pub(super) fn addresses(line: &str) -> Vec<String> {
    let words = line.split(|c: char| c.is_whitespace() || "<>()[],;:\"'".contains(c));
    let known = words.filter(|word| word.contains('@')).map(|word| word.trim_end_matches('.'));
    known.filter_map(|word| address(word).ok()).map(|word| word.to_lowercase()).collect()
}

/// Keeps the first of each, and so many in all.
pub(super) fn first_few(texts: &mut Vec<String>, most: usize) {
    let mut seen = Vec::new();
    texts.retain(|text| {
        let is_new = !seen.contains(text) && seen.len() < most;
        if is_new {
            seen.push(text.clone());
        }
        is_new
    });
}

/// "550 5.1.1 no such user": a line in which a server refuses, for good or for now.
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

/// The class of "5.1.1" as a word of its own (RFC 3463): a figure, a point, one up to seven, a point, up to three
/// figures. Versions of programs look like it.
fn enhanced(line: &str) -> Option<u8> {
    let words = line.split(|c: char| !c.is_ascii_digit() && c != '.');
    let is_code = |word: &&str| {
        let parts: Vec<&str> = word.trim_end_matches('.').split('.').collect();
        parts.len() == 3
            && matches!(parts[0], "4" | "5")
            && matches!(parts[1].as_bytes(), [b'0'..=b'7'])
            && (1..=3).contains(&parts[2].len())
    };
    words.into_iter().find(is_code).and_then(|word| word.bytes().next())
}
