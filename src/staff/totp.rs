//! The second factor: six digits of an app, RFC 6238, each good once.
//!
//! Invariant: a secret that is turned on was made here, for this session, after its owner typed their password: what the
//! browser brings back is signed.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret as Bytes, Totp};

use super::secret::random;
use super::signing::SigningKey;
use super::{Secret, StaffError};
use crate::hex::{bytes, hex};

/// What the app shows beside the code.
const ISSUER: &str = "Fighting Fund";
/// How long somebody has to set up their app.
const SET_UP: TimeDelta = TimeDelta::minutes(15);

/// What the app and we both know. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(String);

impl TotpSecret {
    pub(super) fn new() -> Result<Self, StaffError> {
        Ok(Self(hex(&random::<20>()?)))
    }

    /// One that was stored; nothing when it cannot be read.
    pub(super) fn stored(text: String) -> Option<Self> {
        bytes(&text).is_some_and(|bytes| !bytes.is_empty()).then_some(Self(text))
    }

    /// As it is stored.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// As the browser of this session carries it from one page of the set-up to the next.
    pub(super) fn carried(&self, key: &SigningKey, session: &Secret, now: DateTime<Utc>) -> String {
        let ends = (now + SET_UP).timestamp();
        format!("{}.{ends}.{}", self.0, key.sign(&signed(session, &self.0, ends)))
    }

    /// One that this session brings back in time; nothing when we did not hand it out.
    pub(super) fn brought(key: &SigningKey, session: &Secret, now: DateTime<Utc>, text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (secret, ends, signature) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let is_ours = ends > now.timestamp() && key.has_signed(&signed(session, secret, ends), signature);
        if is_ours { Self::stored(secret.to_owned()) } else { None }
    }

    fn totp(&self, email: &str) -> Option<Totp> {
        let secret = Bytes::new(bytes(&self.0)?.into_boxed_slice());
        let account = email.replace(':', "");
        Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER)).build().ok()
    }

    /// The time step of a right code, one step early or late allowed.
    pub(super) fn step(&self, email: &str, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        let seconds = u64::try_from(now.timestamp()).ok()?;
        if digits.len() != 6 {
            return None;
        }
        self.totp(email)?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
    }

    /// What somebody needs to set up their app: the picture, and the letters to type where there is no camera.
    pub(super) fn set_up(&self, email: &str) -> Option<(String, String)> {
        let totp = self.totp(email)?;
        let picture = QrCode::new(totp.to_url().ok()?.as_bytes()).ok()?;
        let svg = picture
            .render::<svg::Color<'_>>()
            .min_dimensions(200, 200)
            .dark_color(svg::Color("#000"))
            .light_color(svg::Color("#fff"))
            .build();
        Some((svg, totp.secret().to_base32()))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(not shown)")
    }
}

fn signed(session: &Secret, secret: &str, ends: i64) -> String {
    format!("codes\n{}\n{secret}\n{ends}", hex(&session.digest()))
}
