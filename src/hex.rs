//! Bytes as hexadecimal digits: how the outside sees hashes and secrets.

/// Two digits a byte, in small letters.
///
/// ```
/// assert_eq!(fighting_fund::hex::hex(&[0, 159]), "009f");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes of a text that [`hex`] wrote; nothing for any other, so that bytes have one spelling.
///
/// ```
/// use fighting_fund::hex::bytes;
/// assert_eq!(bytes("009f"), Some(vec![0, 159]));
/// assert_eq!((bytes("009F"), bytes("009"), bytes("+1")), (None, None, None));
/// ```
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? * 16 + digit(low)?)).collect()
}
