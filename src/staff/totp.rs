//! The second factor: six digits of an app, RFC 6238, each good once.

use chrono::{DateTime, Utc};
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

use super::StaffError;
use crate::hex::hex;

/// What the app shows beside the code.
const ISSUER: &str = "Fighting Fund";

/// A new secret, as it is stored.
pub(super) fn new_secret() -> Result<String, StaffError> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|_| StaffError::NoRandomness)?;
    Ok(hex(&bytes))
}

fn totp(stored: &str, email: &str) -> Option<Totp> {
    let bytes: Option<Vec<u8>> =
        (0..stored.len()).step_by(2).map(|at| u8::from_str_radix(stored.get(at..at + 2)?, 16).ok()).collect();
    let secret = Secret::new(bytes?.into_boxed_slice());
    let account = email.replace(':', "");
    Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER)).build().ok()
}

/// The time step of a right code, one step early or late allowed.
pub(super) fn step(stored: &str, email: &str, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let seconds = u64::try_from(now.timestamp()).ok()?;
    if digits.len() != 6 {
        return None;
    }
    totp(stored, email)?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
}

/// What somebody needs to set up their app: the picture, and the letters to type where there is no camera.
pub(super) fn set_up(stored: &str, email: &str) -> Option<(String, String)> {
    let totp = totp(stored, email)?;
    let picture = QrCode::new(totp.to_url().ok()?.as_bytes()).ok()?;
    let svg = picture
        .render::<svg::Color<'_>>()
        .min_dimensions(200, 200)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    Some((svg, totp.secret().to_base32()))
}
