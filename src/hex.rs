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
