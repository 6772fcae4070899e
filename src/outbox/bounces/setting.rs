//! Where mail comes back to, read from `FF_BOUNCES`.
//!
//! Invariant: a setting that was understood can be used as it is; nothing here ever prints a password.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::outbox::BadMailSetting;
use crate::outbox::settings::is_loopback;

/// Where mail comes back to.
#[derive(Debug, Clone)]
pub enum BouncesFrom {
    /// A folder of files, one a mail.
    Folder(PathBuf),
    /// A mailbox on a server.
    Imap(Box<ImapServer>),
}

/// A mailbox and how to speak to its server.
#[derive(Clone)]
pub struct ImapServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: ImapTls,
    pub(super) user: String,
    pub(super) password: String,
    /// "INBOX"
    pub(super) mailbox: String,
    pub(super) config: Arc<ClientConfig>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImapTls {
    /// From the first byte (RFC 8314).
    Wrapper,
    /// Turned on before the password is told.
    StartTls,
    /// Not at all.
    None,
}

impl fmt::Debug for ImapServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{} (TLS: {:?})", self.host, self.port, self.mailbox, self.tls)
    }
}

const IMAP_PORT: u16 = 143;
const IMAPS_PORT: u16 = 993;
const EXAMPLE: &str = "write imaps://user:password@host, imap://user:password@host/FOLDER or dir:FOLDER; signs such as \
                       @ : / ? # in a user or password are written %40 %3A %2F %3F %23";

impl BouncesFrom {
    /// Reads `dir:FOLDER`, `imap://...` or `imaps://...`.
    ///
    /// ```
    /// use fighting_fund::outbox::BouncesFrom;
    /// assert!(BouncesFrom::parse("dir:data/bounces").is_ok());
    /// assert!(BouncesFrom::parse("imaps://fund:pa%40ss@mail.example/Bounces").is_ok());
    /// assert!(BouncesFrom::parse("pop3://mail.example").is_err());
    /// ```
    ///
    /// # Errors
    /// A sentence that says what to write, without the password.
    pub fn parse(text: &str) -> Result<Self, BadMailSetting> {
        let text = text.trim();
        if let Some(folder) = text.strip_prefix("dir:") {
            return match folder.trim() {
                "" => Err(bad("dir: names no folder")),
                folder => Ok(Self::Folder(PathBuf::from(folder))),
            };
        }
        if !text.starts_with("imap://") && !text.starts_with("imaps://") {
            return Err(bad("it names no mailbox"));
        }
        let url = Url::parse(text).map_err(|error| bad(&format!("the address was not understood ({error})")))?;
        server(&url).map(|server| Self::Imap(Box::new(server)))
    }
}

fn bad(why: &str) -> BadMailSetting {
    BadMailSetting::of(&format!("{why}; {EXAMPLE}"))
}

fn server(url: &Url) -> Result<ImapServer, BadMailSetting> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("it names no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().map_err(|_| bad("it is not UTF-8"))?.into_owned();
        if text.chars().any(char::is_control) { Err(bad("it holds signs that nobody can type")) } else { Ok(text) }
    };
    let (user, password) = (decoded(url.username())?, decoded(url.password().unwrap_or_default())?);
    if user.is_empty() || password.is_empty() {
        return Err(bad("it names no user or no password"));
    }
    let (mut tls, mut ca) = (None, None);
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "tls" => tls = Some(value.into_owned()),
            "ca" => ca = Some(value.into_owned()),
            other => return Err(bad(&format!("\"{other}\" is not one of tls and ca"))),
        }
    }
    let usual = if is_loopback(&host) && ca.is_none() { "none" } else { "required" };
    let (tls, port) = match (url.scheme(), tls.as_deref()) {
        ("imaps", None | Some("required")) => (ImapTls::Wrapper, IMAPS_PORT),
        ("imaps", _) => return Err(bad("imaps:// is always encrypted; leave tls out, or write imap://")),
        (_, tls) => match tls.unwrap_or(usual) {
            "required" => (ImapTls::StartTls, IMAP_PORT),
            "none" => (ImapTls::None, IMAP_PORT),
            _ => return Err(bad("tls is required or none")),
        },
    };
    let mailbox = decoded(url.path().trim_matches('/'))?;
    Ok(ImapServer {
        port: url.port().unwrap_or(port),
        tls,
        user,
        password,
        mailbox: if mailbox.is_empty() { "INBOX".to_owned() } else { mailbox },
        config: Arc::new(config(ca.as_deref())?),
        host,
    })
}

/// The public authorities, or the one that is named.
fn config(ca: Option<&str>) -> Result<ClientConfig, BadMailSetting> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca {
        let pem = std::fs::read(path).map_err(|error| bad(&format!("the file ca={path} cannot be read: {error}")))?;
        for certificate in CertificateDer::pem_slice_iter(&pem).flatten() {
            roots.add(certificate).map_err(|error| bad(&format!("the file ca={path}: {error}")))?;
        }
        if roots.is_empty() {
            return Err(bad(&format!("the file ca={path} holds no certificate in PEM")));
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| bad(&format!("TLS cannot be set up: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encryption_is_required_unless_the_server_is_on_this_machine() {
        let tls = |text: &str| match BouncesFrom::parse(text).expect(text) {
            BouncesFrom::Imap(server) => (server.tls, server.port, server.mailbox),
            BouncesFrom::Folder(_) => panic!("{text} is a server"),
        };

        assert_eq!(tls("imaps://a:b@mail.example"), (ImapTls::Wrapper, 993, "INBOX".to_owned()));
        assert_eq!(tls("imap://a:b@mail.example/Bounces"), (ImapTls::StartTls, 143, "Bounces".to_owned()));
        assert_eq!(tls("imap://a:b@127.0.0.1:1143"), (ImapTls::None, 1143, "INBOX".to_owned()));
    }

    #[test]
    fn a_wrong_setting_gets_a_sentence_without_the_password() {
        for wrong in [
            "mailbox",
            "dir:",
            "imap://",
            "imap://mail.example",
            "imap://fund@mail.example",
            "imaps://fund:secret@mail.example?tls=none",
            "imap://fund:secret@mail.example?tls=perhaps",
            "imap://fund:secret@mail.example?ca=/nowhere.pem",
            "imap://fund:secret@mail.example?folder=x",
            "imap://fund:se%0acret@mail.example",
        ] {
            let sentence = BouncesFrom::parse(wrong).expect_err(wrong).to_string();
            assert!(!sentence.contains("cret") && sentence.len() > 15, "{wrong}: {sentence}");
        }
        let printed = format!("{:?}", BouncesFrom::parse("imaps://fund:secret@mail.example"));
        assert!(printed.contains("mail.example") && !printed.contains("secret"), "{printed}");
    }
}
