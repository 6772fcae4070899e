//! The bytes of a file as text, whatever the bank's computer writes.
//!
//! Invariant: every file becomes some text; whether the text makes sense is left to whoever reads it.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Reads UTF-8, UTF-16 with or without its mark, and what is neither as Windows-1252, the way of older bank programs.
///
/// ```
/// use fighting_fund::sheet::text::decode;
/// assert_eq!(decode(b"Caf\xe9 \xa35"), "Café £5");
/// assert_eq!(decode("\u{feff}Café £5".as_bytes()), "Café £5");
/// assert_eq!(decode(b"\xff\xfeC\0a\0f\0\xe9\0"), "Café");
/// assert_eq!(decode(b"D\0a\0t\0e\0,\0A\0"), "Date,A");
/// ```
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    let odd = bytes.iter().take(LOOKED_AT).skip(1).step_by(2).filter(|byte| **byte == 0).count();
    let even = bytes.iter().take(LOOKED_AT).step_by(2).filter(|byte| **byte == 0).count();
    let half = bytes.len().min(LOOKED_AT) / 2;
    let encoding = match half {
        0 => UTF_8,
        // Most letters of a bank's file are below 256, so every other byte is nothing.
        _ if odd * 2 > half && even == 0 => UTF_16LE,
        _ if even * 2 > half && odd == 0 => UTF_16BE,
        _ if std::str::from_utf8(bytes).is_ok() => UTF_8,
        _ => WINDOWS_1252,
    };
    encoding.decode_without_bom_handling(bytes).0
}

/// Bytes that show whether a text is UTF-16.
const LOOKED_AT: usize = 400;

/// Longest text of a line that is kept; the rest is cut. The longest of CAMT's remittance texts are far below it.
pub const TEXT_CHARS_MAX: usize = 1_000;

/// One line without doubled spaces and without control characters, cut at [`TEXT_CHARS_MAX`].
///
/// ```
/// use fighting_fund::sheet::text::one_line;
/// assert_eq!(one_line("  A SMITH      \t FF7K \r\n"), "A SMITH FF7K");
/// ```
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(TEXT_CHARS_MAX));
    let (mut chars, mut is_gap) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() || c == '\u{fffd}' {
            is_gap = !line.is_empty();
            continue;
        }
        if chars >= TEXT_CHARS_MAX {
            break;
        }
        if is_gap {
            line.push(' ');
            chars += 1;
            is_gap = false;
        }
        line.push(c);
        chars += 1;
    }
    line
}

/// Texts one after the other, without those that are empty or said already.
pub fn joined<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut said: Vec<String> = Vec::new();
    for text in texts {
        let text = one_line(text);
        if !text.is_empty() && !said.contains(&text) {
            said.push(text);
        }
    }
    one_line(&said.join(" "))
}
