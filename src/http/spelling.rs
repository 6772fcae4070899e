//! Each address has one spelling; in any other it matches no route.
//!
//! Browsers and careful programs normalise addresses (RFC 3986, 6.2.2) before they ask; who writes `%64` for `d`, `//`,
//! `/../` or `;x` hopes that two parts of a program read it differently.

use actix_web::guard::{Guard, fn_guard};
use percent_encoding::percent_decode_str;

/// True for a path in its one spelling: plain characters plain, others percent-encoded UTF-8, no empty segment but the
/// last, no dot segments, nothing that could part segments for somebody else.
///
/// ```
/// use fighting_fund::http::spelling::is_plain;
/// assert!(is_plain("/desk/gifts/new"));
/// assert!(is_plain("/funds/f%C3%BCr-alle"));
/// assert!(!is_plain("/%64esk/gifts"), "a plain letter, encoded");
/// assert!(!is_plain("/desk/../desk") && !is_plain("//desk") && !is_plain("/desk;x") && !is_plain("/desk%2Fgifts"));
/// ```
pub fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_odd = segment == "." || segment == ".." || (segment.is_empty() && segments.peek().is_some());
        if is_odd || !is_plain_segment(segment) {
            return false;
        }
    }
    true
}

fn is_plain_segment(segment: &str) -> bool {
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let is_good = match byte {
            b'%' => {
                let digits = (bytes.next().and_then(hex_digit), bytes.next().and_then(hex_digit));
                matches!(digits, (Some(high), Some(low)) if must_be_encoded(high * 16 + low))
            }
            byte => is_written_plainly(byte),
        };
        if !is_good {
            return false;
        }
    }
    !segment.contains('%') || percent_decode_str(segment).decode_utf8().is_ok()
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The characters of a segment (RFC 3986, 3.3) but for `;`, which some servers cut a path at.
fn is_written_plainly(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

/// What has no plain spelling and parts nothing: spaces, quotes, letters beyond ASCII.
fn must_be_encoded(byte: u8) -> bool {
    !is_written_plainly(byte) && !byte.is_ascii_control() && !b"/\\;%".contains(&byte)
}

/// Lets a route match only addresses in their one spelling.
pub fn plain_guard() -> impl Guard {
    fn_guard(|context| is_plain(context.head().uri.path()))
}
