//! The settings, read once at the start: file, environment and flags, in rising order of weight.
//!
//! Invariant: a program that runs has settings that were understood; a bad one stops the start with its name.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::db::DatabaseUrl;
use crate::http::Proxies;
use crate::http::limits::{HOUSEHOLD_CONNECTIONS_MAX, HOUSEHOLD_STREAMS_MAX};
use crate::http::ops::MetricsToken;
use crate::outbox::{BounceAddress, BouncesFrom, MailTarget, Sender};

/// The settings as they came, still texts. In the file they are called as in the environment, in capitals or small
/// letters, with or without `ff_`.
#[derive(Clone, Default, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct RawSettings {
    /// Where the books are kept: sqlite:PATH or postgres://...
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true)]
    #[serde(alias = "DATABASE_URL")]
    pub database_url: Option<String>,
    /// A replica to read from (PostgreSQL)
    #[arg(long, env = "DATABASE_READ_URL", global = true, hide_env_values = true)]
    #[serde(alias = "DATABASE_READ_URL")]
    pub database_read_url: Option<String>,
    /// The address to listen on
    #[arg(long = "listen", env = "FF_LISTEN", global = true)]
    #[serde(alias = "FF_LISTEN", alias = "listen")]
    pub ff_listen: Option<String>,
    /// The address that readers see, for links in pages and mail
    #[arg(long = "public-url", env = "FF_PUBLIC_URL", global = true)]
    #[serde(alias = "FF_PUBLIC_URL", alias = "public_url")]
    pub ff_public_url: Option<String>,
    /// Where mail goes: dir:FOLDER, smtp://..., smtps://...
    #[arg(long = "mail", env = "FF_MAIL", global = true, hide_env_values = true)]
    #[serde(alias = "FF_MAIL", alias = "mail")]
    pub ff_mail: Option<String>,
    /// The sender of the mail, "Fighting Fund <fund@paper.example>"
    #[arg(long = "mail-from", env = "FF_MAIL_FROM", global = true)]
    #[serde(alias = "FF_MAIL_FROM", alias = "mail_from")]
    pub ff_mail_from: Option<String>,
    /// The proxies whose X-Forwarded-For counts: addresses or networks, parted by commas
    #[arg(long = "trusted-proxy", env = "FF_TRUSTED_PROXY", global = true)]
    #[serde(alias = "FF_TRUSTED_PROXY", alias = "trusted_proxy")]
    pub ff_trusted_proxy: Option<String>,
    /// The address that letters come back to, each with a mark of its own: bounces@paper.example
    #[arg(long = "bounce-address", env = "FF_BOUNCE_ADDRESS", global = true)]
    #[serde(alias = "FF_BOUNCE_ADDRESS", alias = "bounce_address")]
    pub ff_bounce_address: Option<String>,
    /// Where mail comes back to and is read by itself: imap://..., imaps://..., dir:FOLDER
    #[arg(long = "bounces", env = "FF_BOUNCES", global = true, hide_env_values = true)]
    #[serde(alias = "FF_BOUNCES", alias = "bounces")]
    pub ff_bounces: Option<String>,
    /// Days after which a promise that a reader made is asked about, once; 0 for never
    #[arg(long = "remind-days", env = "FF_REMIND_DAYS", global = true)]
    #[serde(alias = "FF_REMIND_DAYS", alias = "remind_days")]
    pub ff_remind_days: Option<String>,
    /// Days after which a promise or an application lapses that nobody paid for
    #[arg(long = "lapse-days", env = "FF_LAPSE_DAYS", global = true)]
    #[serde(alias = "FF_LAPSE_DAYS", alias = "lapse_days")]
    pub ff_lapse_days: Option<String>,
    /// The token by which other machines read /metrics; without one only this machine does
    #[arg(long = "metrics-token", env = "FF_METRICS_TOKEN", global = true, hide_env_values = true)]
    #[serde(alias = "FF_METRICS_TOKEN", alias = "metrics_token")]
    pub ff_metrics_token: Option<String>,
    /// Connections that one address may hold
    #[arg(long = "household-connections", env = "FF_HOUSEHOLD_CONNECTIONS", global = true)]
    #[serde(alias = "FF_HOUSEHOLD_CONNECTIONS", alias = "household_connections")]
    pub ff_household_connections: Option<String>,
    /// Streams of the figure that one address may hold
    #[arg(long = "household-streams", env = "FF_HOUSEHOLD_STREAMS", global = true)]
    #[serde(alias = "FF_HOUSEHOLD_STREAMS", alias = "household_streams")]
    pub ff_household_streams: Option<String>,
}

/// Texts that were not understood yet may hold passwords anywhere, so none is printed.
impl std::fmt::Debug for RawSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawSettings(not shown)")
    }
}

/// Settings that were understood.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the books are kept.
    pub database: DatabaseUrl,
    /// A replica to read from.
    pub database_read: Option<DatabaseUrl>,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Scheme and host that readers see, without a slash at the end.
    pub public_url: String,
    /// Where mail goes.
    pub mail: MailTarget,
    /// The sender of the mail.
    pub mail_from: Sender,
    /// The proxies whose word on a client's address counts.
    pub proxies: Proxies,
    /// The address that letters come back to, each with a mark of its own.
    pub bounce_address: Option<BounceAddress>,
    /// Where mail comes back to.
    pub bounces: Option<BouncesFrom>,
    /// Days after which a promise is asked about; 0 for never.
    pub remind_days: u16,
    /// Days after which a promise lapses that nobody paid for.
    pub lapse_days: u16,
    /// The token by which other machines read the metrics.
    pub metrics_token: MetricsToken,
    /// Connections that one household may hold.
    pub household_connections: usize,
    /// Streams that one household may hold.
    pub household_streams: usize,
    /// Whether somebody said what readers call us.
    pub is_public_url_given: bool,
}

/// A setting that was not understood, by its name.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct BadSetting {
    name: &'static str,
    reason: String,
}

/// Read where it stands, if it is there.
const FILE: &str = "fighting-fund.toml";

impl Settings {
    /// Reads `fighting-fund.toml` in this folder, under the environment and the flags.
    ///
    /// # Errors
    /// A sentence that names the setting that was not understood.
    pub fn load(given: RawSettings) -> Result<Self, BadSetting> {
        let file = match std::fs::read_to_string(FILE) {
            Ok(text) => toml::from_str(&text).map_err(|error| bad(FILE, error.message()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => RawSettings::default(),
            Err(error) => return Err(bad(FILE, &format!("it cannot be read: {error}"))),
        };
        Self::understand(given.over(file))
    }

    /// Understands settings that were already read.
    ///
    /// # Errors
    /// A sentence that names the setting that was not understood.
    pub fn understand(raw: RawSettings) -> Result<Self, BadSetting> {
        let database = raw.database_url.unwrap_or_else(|| "sqlite:data/fighting-fund.db".to_owned());
        let listen = raw.ff_listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let listen: SocketAddr = listen.parse().map_err(|_| {
            bad("FF_LISTEN", &format!("\"{listen}\" is not an address and a port, such as 127.0.0.1:8080"))
        })?;
        let is_public_url_given = raw.ff_public_url.is_some();
        let public_url = raw.ff_public_url.unwrap_or_else(|| format!("http://{listen}"));
        let mail = raw.ff_mail.unwrap_or_else(|| "dir:data/mail".to_owned());
        let mail_from = raw.ff_mail_from.unwrap_or_else(|| "Fighting Fund <fund@localhost>".to_owned());
        Ok(Self {
            database: database_url("DATABASE_URL", &database)?,
            database_read: raw.database_read_url.map(|url| database_url("DATABASE_READ_URL", &url)).transpose()?,
            listen,
            public_url: web_address(&public_url)?,
            mail: MailTarget::parse(&mail).map_err(|error| bad("FF_MAIL", &error.to_string()))?,
            proxies: proxies(&raw.ff_trusted_proxy.unwrap_or_default())?,
            bounce_address: raw
                .ff_bounce_address
                .map(|text| BounceAddress::parse(&text))
                .transpose()
                .map_err(|error| bad("FF_BOUNCE_ADDRESS", &error.to_string()))?,
            bounces: raw
                .ff_bounces
                .map(|text| BouncesFrom::parse(&text))
                .transpose()
                .map_err(|error| bad("FF_BOUNCES", &error.to_string()))?,
            remind_days: remind_days(raw.ff_remind_days.as_deref())?,
            lapse_days: lapse_days(raw.ff_lapse_days.as_deref())?,
            mail_from: Sender::parse(&mail_from).map_err(|error| bad("FF_MAIL_FROM", &error.to_string()))?,
            metrics_token: MetricsToken(raw.ff_metrics_token.map(metrics_token).transpose()?),
            household_connections: count(
                "FF_HOUSEHOLD_CONNECTIONS",
                raw.ff_household_connections.as_deref(),
                HOUSEHOLD_CONNECTIONS_MAX,
            )?,
            household_streams: count(
                "FF_HOUSEHOLD_STREAMS",
                raw.ff_household_streams.as_deref(),
                HOUSEHOLD_STREAMS_MAX,
            )?,
            is_public_url_given,
        })
    }

    /// True when other machines reach this one, and nobody said under which address.
    pub fn is_address_missing(&self) -> bool {
        !self.is_public_url_given && !self.listen.ip().is_loopback()
    }
}

impl RawSettings {
    /// These settings, and where they are silent, those of `file`.
    fn over(self, file: Self) -> Self {
        Self {
            database_url: self.database_url.or(file.database_url),
            database_read_url: self.database_read_url.or(file.database_read_url),
            ff_listen: self.ff_listen.or(file.ff_listen),
            ff_public_url: self.ff_public_url.or(file.ff_public_url),
            ff_mail: self.ff_mail.or(file.ff_mail),
            ff_mail_from: self.ff_mail_from.or(file.ff_mail_from),
            ff_trusted_proxy: self.ff_trusted_proxy.or(file.ff_trusted_proxy),
            ff_bounce_address: self.ff_bounce_address.or(file.ff_bounce_address),
            ff_bounces: self.ff_bounces.or(file.ff_bounces),
            ff_remind_days: self.ff_remind_days.or(file.ff_remind_days),
            ff_lapse_days: self.ff_lapse_days.or(file.ff_lapse_days),
            ff_metrics_token: self.ff_metrics_token.or(file.ff_metrics_token),
            ff_household_connections: self.ff_household_connections.or(file.ff_household_connections),
            ff_household_streams: self.ff_household_streams.or(file.ff_household_streams),
        }
    }
}

fn proxies(text: &str) -> Result<Proxies, BadSetting> {
    let example = "write addresses or networks, such as 127.0.0.1, 10.0.0.0/8";
    Proxies::parse(text).ok_or_else(|| bad("FF_TRUSTED_PROXY", example))
}

/// A promise made on a Monday is paid within weeks, not quarters; and some months are left to those who are slow.
const LAPSE_DAYS: u16 = 90;

fn lapse_days(text: Option<&str>) -> Result<u16, BadSetting> {
    let Some(text) = text else { return Ok(LAPSE_DAYS) };
    let days = text.trim().parse().ok().filter(|days| (1..=3_650).contains(days));
    days.ok_or_else(|| bad("FF_LAPSE_DAYS", "write a number of days from 1 to 3650"))
}

/// Three weeks: a cheque has been posted, a transfer has been slow, and nobody has forgotten what it was about.
const REMIND_DAYS: u16 = 21;

fn remind_days(text: Option<&str>) -> Result<u16, BadSetting> {
    let Some(text) = text else { return Ok(REMIND_DAYS) };
    let days = text.trim().parse().ok().filter(|days| *days <= 3_650);
    days.ok_or_else(|| bad("FF_REMIND_DAYS", "write a number of days from 1 to 3650, or 0 for never"))
}

fn bad(name: &'static str, reason: &str) -> BadSetting {
    BadSetting { name, reason: reason.trim().to_owned() }
}

/// Shorter ones are guessed: 16 characters of base64 are 96 bits.
const METRICS_TOKEN_CHARS_MIN: usize = 16;

fn metrics_token(token: String) -> Result<String, BadSetting> {
    let is_good = token.len() >= METRICS_TOKEN_CHARS_MIN && token.bytes().all(|byte| byte.is_ascii_graphic());
    let words = format!("use at least {METRICS_TOKEN_CHARS_MIN} visible ASCII characters without spaces");
    if is_good { Ok(token) } else { Err(bad("FF_METRICS_TOKEN", &words)) }
}

fn count(name: &'static str, text: Option<&str>, usual: usize) -> Result<usize, BadSetting> {
    let Some(text) = text else { return Ok(usual) };
    let count = text.trim().parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| bad(name, &format!("\"{text}\" is not a number of at least 1, such as {usual}")))
}

/// Says only the scheme of a wrong address: the rest may hold a password.
fn database_url(name: &'static str, text: &str) -> Result<DatabaseUrl, BadSetting> {
    DatabaseUrl::parse(text).ok_or_else(|| bad(name, "write sqlite:PATH or postgres://user:password@host/name"))
}

fn web_address(text: &str) -> Result<String, BadSetting> {
    let host =
        text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).map(|rest| rest.trim_end_matches('/'));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', ' ', '"', '<']) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(bad("FF_PUBLIC_URL", &format!("\"{text}\" is not a web address, such as https://fund.paper.example"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_weighs_more_than_the_file() {
        let file: RawSettings =
            toml::from_str("FF_LISTEN = '127.0.0.1:1'\nmail = 'dir:post'\npublic_url = 'https://a.example'")
                .expect("a file");
        let flags = RawSettings { ff_listen: Some("127.0.0.1:2".to_owned()), ..RawSettings::default() };

        let settings = Settings::understand(flags.over(file)).expect("settings");

        assert_eq!(settings.listen.port(), 2);
        assert!(matches!(settings.mail, MailTarget::Folder(folder) if folder.ends_with("post")));
        assert_eq!(settings.public_url, "https://a.example");
    }

    #[test]
    fn settings_print_no_password() {
        let raw = RawSettings {
            database_url: Some("postgres://fund:geheim@db.example/fund?password=geheim&sslmode=require".to_owned()),
            database_read_url: Some("postgresql://fund:ge@heim@db.example/fund".to_owned()),
            ff_mail: Some("smtps://fund:geheim@mail.example".to_owned()),
            ..RawSettings::default()
        };

        let printed = format!("{raw:?}");
        let printed = format!("{printed} {:?}", Settings::understand(raw).expect("settings"));

        assert!(!printed.contains("geheim") && !printed.contains("heim@"), "{printed}");
        assert!(printed.contains("db.example") && printed.contains("mail.example"), "{printed}");
    }

    #[test]
    fn a_bad_setting_is_named() {
        let bad = |raw: RawSettings| Settings::understand(raw).expect_err("a refusal").to_string();
        let text = || Some("nonsense".to_owned());

        assert!(bad(RawSettings { database_url: text(), ..RawSettings::default() }).starts_with("DATABASE_URL: "));
        assert!(bad(RawSettings { ff_listen: text(), ..RawSettings::default() }).starts_with("FF_LISTEN: "));
        assert!(bad(RawSettings { ff_public_url: text(), ..RawSettings::default() }).starts_with("FF_PUBLIC_URL: "));
        assert!(bad(RawSettings { ff_mail: text(), ..RawSettings::default() }).starts_with("FF_MAIL: "));
        assert!(
            bad(RawSettings { ff_trusted_proxy: text(), ..RawSettings::default() }).starts_with("FF_TRUSTED_PROXY: ")
        );
        assert!(bad(RawSettings { ff_lapse_days: text(), ..RawSettings::default() }).starts_with("FF_LAPSE_DAYS: "));
        let remind = RawSettings { ff_remind_days: text(), ..RawSettings::default() };
        assert!(bad(remind).starts_with("FF_REMIND_DAYS: "));
        assert!(bad(RawSettings { ff_bounces: text(), ..RawSettings::default() }).starts_with("FF_BOUNCES: "));
        let address = RawSettings { ff_bounce_address: text(), ..RawSettings::default() };
        assert!(bad(address).starts_with("FF_BOUNCE_ADDRESS: "));
        assert!(bad(RawSettings { ff_mail_from: text(), ..RawSettings::default() }).starts_with("FF_MAIL_FROM: "));
        let token = bad(RawSettings { ff_metrics_token: text(), ..RawSettings::default() });
        assert!(token.starts_with("FF_METRICS_TOKEN: ") && !token.contains("nonsense"), "{token}");
        let streams = RawSettings { ff_household_streams: text(), ..RawSettings::default() };
        assert!(bad(streams).starts_with("FF_HOUSEHOLD_STREAMS: "));
        let connections = RawSettings { ff_household_connections: Some("0".to_owned()), ..RawSettings::default() };
        assert!(bad(connections).starts_with("FF_HOUSEHOLD_CONNECTIONS: "));
    }
}
