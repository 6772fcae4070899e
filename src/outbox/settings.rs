//! Where mail goes and who sends it, read from `FF_MAIL` and `FF_MAIL_FROM`.
//!
//! Invariant: a setting that was understood can be used as it is; nothing here ever prints a password.
//!
//! | `FF_MAIL` | mail goes |
//! |---|---|
//! | `dir:FOLDER` | into a folder, one `.eml` a letter |
//! | `smtp://user:password@host:587?tls=required` | to a server that turns encryption on with STARTTLS |
//! | `smtps://user:password@host:465` | to a server that is encrypted from the first byte |
//!
//! `tls` is `required` (the default), `opportunistic` (encrypted if the server offers it) or `none` (the default on
//! this machine's own addresses). `ca=/path.pem` trusts that authority instead of the public ones, `hello=NAME`
//! says what this machine calls itself. Signs such as `@ : / ? #` in a user or password are written `%40 %3A %2F %3F %23`.

use std::fmt;
use std::path::PathBuf;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::BounceAddress;

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum MailTarget {
    /// A folder of `.eml` files.
    Folder(PathBuf),
    /// An SMTP server.
    Smtp(Box<SmtpServer>),
}

/// Where mail goes and who sends it.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// A folder or a server.
    pub target: MailTarget,
    /// The sender.
    pub from: Sender,
    /// Where letters come back to, each to an address of its own; without one they come back to the sender.
    pub bounces_to: Option<BounceAddress>,
}

/// Why a mail setting was not understood.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadMailSetting(pub(super) String);

impl BadMailSetting {
    pub(super) fn of(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

/// A server and how to speak to it.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello: ClientId,
    pub(super) is_this_machine: bool,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} (TLS: {:?})", self.host, self.port, self.tls)
    }
}

impl MailTarget {
    /// Reads `dir:FOLDER`, `smtp://...` or `smtps://...`.
    ///
    /// ```
    /// use fighting_fund::outbox::MailTarget;
    /// assert!(MailTarget::parse("dir:data/mail").is_ok());
    /// assert!(MailTarget::parse("smtp://fund:pa%40ss@mail.example:587?tls=required").is_ok());
    /// assert!(MailTarget::parse("smtp://mail.example?tls=perhaps").is_err());
    /// ```
    ///
    /// # Errors
    /// A sentence that says what to write.
    pub fn parse(text: &str) -> Result<Self, BadMailSetting> {
        if let Some(folder) = text.strip_prefix("dir:").filter(|folder| !folder.is_empty()) {
            return Ok(Self::Folder(folder.into()));
        }
        if text.starts_with("smtp://") || text.starts_with("smtps://") {
            return Ok(Self::Smtp(Box::new(SmtpServer::parse(text)?)));
        }
        Err(bad("write dir:FOLDER, smtp://user:password@host:587?tls=required or smtps://user:password@host"))
    }
}

/// What the address says after its question mark.
#[derive(Default)]
struct Options {
    tls: Option<String>,
    ca: Option<String>,
    hello: Option<String>,
}

impl SmtpServer {
    fn parse(text: &str) -> Result<Self, BadMailSetting> {
        let url = Url::parse(text)
            .map_err(|error| bad(&format!("the address was not understood ({error}); {PERCENT_HINT}")))?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(bad(&format!("nothing may stand after the port but ?tls=...; {PERCENT_HINT}")));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("it names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let options = options(&url)?;
        let is_this_machine = is_loopback(&host);
        let (tls, usual_port) = security(url.scheme(), &host, is_this_machine, &options)?;
        Ok(Self {
            port: url.port().unwrap_or(usual_port),
            tls,
            credentials: credentials(&url)?,
            hello: options.hello.map_or_else(ClientId::default, ClientId::Domain),
            is_this_machine,
            host,
        })
    }
}

const PERCENT_HINT: &str = "signs such as @ : / ? # in a user or password are written %40 %3A %2F %3F %23";
/// Submission with STARTTLS (RFC 6409).
const SUBMISSION_PORT: u16 = 587;
/// Submission inside TLS (RFC 8314).
const SUBMISSIONS_PORT: u16 = 465;
/// Where a mail server on the same machine listens.
const LOCAL_PORT: u16 = 25;

fn options(url: &Url) -> Result<Options, BadMailSetting> {
    let mut options = Options::default();
    for (name, value) in url.query_pairs() {
        let place = match name.as_ref() {
            "tls" => &mut options.tls,
            "ca" => &mut options.ca,
            "hello" => &mut options.hello,
            other => return Err(bad(&format!("\"{other}\" is not one of tls, ca and hello"))),
        };
        *place = Some(value.into_owned());
    }
    match &options.hello {
        Some(name) if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(bad("hello is the name of this machine, such as mail.paper.example"))
        }
        _ => Ok(options),
    }
}

/// How the connection is protected, and the port that goes with it.
fn security(scheme: &str, host: &str, is_this_machine: bool, options: &Options) -> Result<(Tls, u16), BadMailSetting> {
    let tls = || tls_parameters(host, options.ca.as_deref());
    let local_or = |port: u16| if is_this_machine { LOCAL_PORT } else { port };
    let usual = if is_this_machine && options.ca.is_none() { "none" } else { "required" };
    match (scheme, options.tls.as_deref().unwrap_or(usual)) {
        ("smtps", "required") => Ok((Tls::Wrapper(tls()?), SUBMISSIONS_PORT)),
        ("smtps", "none") if options.tls.is_none() => Ok((Tls::Wrapper(tls()?), SUBMISSIONS_PORT)),
        ("smtps", _) => Err(bad("smtps:// is always encrypted; leave tls out, or write smtp://")),
        (_, "required") => Ok((Tls::Required(tls()?), SUBMISSION_PORT)),
        (_, "opportunistic") => Ok((Tls::Opportunistic(tls()?), local_or(SUBMISSION_PORT))),
        (_, "none") if options.ca.is_some() => Err(bad("ca= goes with encryption; leave out tls=none")),
        (_, "none") => Ok((Tls::None, local_or(SUBMISSION_PORT))),
        (_, other) => Err(bad(&format!("tls is required, opportunistic or none, not \"{other}\""))),
    }
}

fn tls_parameters(host: &str, ca: Option<&str>) -> Result<TlsParameters, BadMailSetting> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca {
        let pem = std::fs::read(path).map_err(|error| bad(&format!("the file ca={path} cannot be read: {error}")))?;
        let holds_none = !pem.windows(CERTIFICATE_MARK.len()).any(|window| window == CERTIFICATE_MARK);
        let certificate = Certificate::from_pem(&pem).ok().filter(|_| !holds_none);
        let certificate = certificate.ok_or_else(|| bad(&format!("the file ca={path} holds no certificate in PEM")))?;
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    parameters.build().map_err(|error| bad(&format!("TLS cannot be set up: {error}")))
}

const CERTIFICATE_MARK: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn credentials(url: &Url) -> Result<Option<Credentials>, BadMailSetting> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
        text.map_err(|_| bad(&format!("the user or password is not UTF-8; {PERCENT_HINT}")))
    };
    match url.password() {
        Some(password) if !url.username().is_empty() => {
            Ok(Some(Credentials::new(decoded(url.username())?, decoded(password)?)))
        }
        _ => Err(bad(&format!("a user needs a password and a password a user; {PERCENT_HINT}"))),
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    match Host::parse(host).or_else(|_| Host::parse(&format!("[{host}]"))) {
        Ok(Host::Ipv4(ip)) => ip.is_loopback(),
        Ok(Host::Ipv6(ip)) => ip.is_loopback(),
        Ok(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Err(_) => false,
    }
}

fn bad(sentence: &str) -> BadMailSetting {
    BadMailSetting(sentence.to_owned())
}

/// The sender of all mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(pub(super) lettre::message::Mailbox);

impl Sender {
    /// Reads "Fighting Fund <fund@paper.example>".
    ///
    /// # Errors
    /// A sentence that says what to write.
    pub fn parse(text: &str) -> Result<Self, BadMailSetting> {
        let mailbox: Option<lettre::message::Mailbox> = text.parse().ok();
        let is_plain = |mailbox: &lettre::message::Mailbox| {
            let address: &str = mailbox.email.as_ref();
            address.is_ascii() && !text.chars().any(char::is_control)
        };
        mailbox.filter(is_plain).map(Self).ok_or_else(|| {
            BadMailSetting(format!("\"{}\" is not a sender, such as Fighting Fund <fund@paper.example>", text.trim()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SmtpServer {
        match MailTarget::parse(text).expect("a good setting") {
            MailTarget::Smtp(server) => *server,
            MailTarget::Folder(_) => panic!("{text} is a server"),
        }
    }

    #[test]
    fn encryption_is_required_unless_the_server_is_on_this_machine() {
        let far = server("smtp://mail.example");
        let near = server("smtp://127.0.0.1");
        let near_six = server("smtp://[::1]:2525");

        assert!(matches!((far.tls, far.port), (Tls::Required(_), 587)));
        assert!(matches!((near.tls, near.port), (Tls::None, 25)));
        assert!(matches!((near_six.tls, near_six.port), (Tls::None, 2525)));
        assert!(matches!(server("smtp://localhost?tls=required").tls, Tls::Required(_)));
        assert!(matches!(server("smtp://mail.example?tls=none").tls, Tls::None));
        assert!(matches!(server("smtp://mail.example?tls=opportunistic").tls, Tls::Opportunistic(_)));
        let wrapped = server("smtps://localhost");
        assert!(matches!((wrapped.tls, wrapped.port), (Tls::Wrapper(_), 465)));
    }

    #[test]
    fn users_and_passwords_are_percent_decoded() {
        let server = server("smtps://fund%40paper.example:p%3Aw%2F%3F%23%25%20%C3%A9@mail.example");

        let expected = Credentials::new("fund@paper.example".to_owned(), "p:w/?#% é".to_owned());
        assert_eq!(server.credentials, Some(expected));
        assert_eq!(server.host, "mail.example");
    }

    #[test]
    fn a_wrong_setting_gets_a_sentence_without_the_password() {
        for wrong in [
            "sendmail",
            "dir:",
            "smtp://",
            "smtp://fund:secret@",
            "smtp://fund:secret@mail.example:99999",
            "smtp://fund:se/cret@mail.example",
            "smtp://fund:secret@mail.example/path",
            "smtp://fund:se#cret@mail.example",
            "smtp://fund@mail.example",
            "smtp://fund:secret@mail.example?tls=perhaps",
            "smtps://fund:secret@mail.example?tls=none",
            "smtp://fund:secret@mail.example?starttls=yes",
            "smtp://fund:secret@mail.example?ca=/nowhere.pem",
            "smtp://fund:secret@mail.example?hello=a%20b",
        ] {
            let sentence = MailTarget::parse(wrong).expect_err(wrong).to_string();

            assert!(!sentence.contains("cret"), "{wrong}: {sentence}");
            assert!(sentence.len() > 15 && !sentence.contains('\n'), "{wrong}: {sentence}");
        }
    }

    #[test]
    fn a_password_is_never_printed() {
        let printed = format!("{:?}", MailTarget::parse("smtp://fund:secret@mail.example"));

        assert!(printed.contains("mail.example") && !printed.contains("secret"), "{printed}");
    }
}
