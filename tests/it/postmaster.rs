//! A mail server for tests: it speaks SMTP with or without TLS, refuses what it is told to, and keeps what it took.
//!
//! It has a thread of its own, because the program sends while the test waits.

use std::collections::{HashMap, VecDeque};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::harness::Mail;

/// How a connection is protected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    None,
    StartTls,
    Tls,
}

/// A mail that the server took.
#[derive(Clone)]
pub struct Taken {
    pub from: String,
    pub to: String,
    pub raw: Vec<u8>,
    pub was_encrypted: bool,
    /// "\0user\0password", as the client said it.
    pub signed_in: Option<String>,
}

impl Taken {
    pub fn mail(&self) -> Mail {
        Mail::read(String::new(), &self.raw)
    }
}

/// A step of the conversation at which the server can fall silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It accepts the connection and does not greet.
    Greeting,
    Hello,
    StartTls,
    /// It says "go ahead" and does not shake hands.
    Handshake,
    SignIn,
    Sender,
    Recipient,
    Data,
    /// It does not read the letter.
    Reading,
    /// It takes the letter and does not say so.
    Letter,
    Farewell,
}

impl Step {
    pub const ALL: [Self; 11] = [
        Self::Greeting,
        Self::Hello,
        Self::StartTls,
        Self::Handshake,
        Self::SignIn,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Reading,
        Self::Letter,
        Self::Farewell,
    ];
}

#[derive(Default)]
struct State {
    taken: Vec<Taken>,
    connections: usize,
    silent_at: Option<Step>,
    silences: usize,
    thoughts: usize,
    /// Answers to MAIL, to RCPT of an address, and to the whole letter, each used once; then all is well.
    to_sender: VecDeque<&'static str>,
    to_recipient: HashMap<String, VecDeque<&'static str>>,
    to_letter: VecDeque<&'static str>,
    password: Option<&'static str>,
    thinks_for: Duration,
    is_gone: bool,
}

/// An answer to a letter that never comes.
pub const HANGS_UP: &str = "";

/// The server.
pub struct Postmaster {
    pub port: u16,
    /// Its certificate in PEM, for those who should trust it.
    pub certificate: String,
    state: Arc<Mutex<State>>,
}

impl Postmaster {
    pub fn start(protection: Protection) -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").expect("a free port"), protection)
    }

    pub fn start_on(listener: TcpListener, protection: Protection) -> Self {
        let port = listener.local_addr().expect("an address").port();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate with its key");
        let (state, acceptor) = (Arc::<Mutex<State>>::default(), TlsAcceptor::from(Arc::new(config)));
        let kept = state.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                listener.set_nonblocking(true).expect("a listener");
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    if kept.lock().expect("the state").is_gone {
                        return;
                    }
                    tokio::spawn(Talk::begin(stream, protection, acceptor.clone(), kept.clone()));
                }
            });
        });
        Self { port, certificate: cert.pem(), state }
    }

    /// Asks for this password.
    pub fn ask_password(&self, password: &'static str) {
        self.state.lock().expect("the state").password = Some(password);
    }

    pub fn refuse_sender(&self, answers: &[&'static str]) {
        self.state.lock().expect("the state").to_sender.extend(answers);
    }

    pub fn refuse_recipient(&self, address: &str, answers: &[&'static str]) {
        let mut state = self.state.lock().expect("the state");
        state.to_recipient.entry(address.to_owned()).or_default().extend(answers);
    }

    pub fn refuse_letter(&self, answers: &[&'static str]) {
        self.state.lock().expect("the state").to_letter.extend(answers);
    }

    /// Takes this long over each letter.
    pub fn think_for(&self, time: Duration) {
        self.state.lock().expect("the state").thinks_for = time;
    }

    /// From now on it says nothing more to whoever comes to this step.
    pub fn fall_silent_at(&self, step: Option<Step>) {
        self.state.lock().expect("the state").silent_at = step;
    }

    /// Conversations that met its silence.
    pub fn silences(&self) -> usize {
        self.state.lock().expect("the state").silences
    }

    /// Letters that it has read, or thinks about.
    pub fn thoughts(&self) -> usize {
        self.state.lock().expect("the state").thoughts
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().expect("the state").taken.clone()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().expect("the state").connections
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        // A last connection wakes it up to see that it is over.
        if let Ok(mut state) = self.state.lock() {
            state.is_gone = true;
        }
        drop(std::net::TcpStream::connect(("127.0.0.1", self.port)));
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

struct Talk {
    stream: Box<dyn Stream>,
    state: Arc<Mutex<State>>,
    is_encrypted: bool,
    signed_in: Option<String>,
    from: String,
    to: String,
}

impl Talk {
    async fn begin(
        stream: tokio::net::TcpStream,
        protection: Protection,
        acceptor: TlsAcceptor,
        state: Arc<Mutex<State>>,
    ) -> Option<()> {
        state.lock().expect("the state").connections += 1;
        let stream: Box<dyn Stream> = match protection {
            Protection::Tls => Box::new(acceptor.accept(stream).await.ok()?),
            _ => Box::new(stream),
        };
        let is_encrypted = protection == Protection::Tls;
        let mut talk = Self { stream, state, is_encrypted, signed_in: None, from: String::new(), to: String::new() };
        talk.may_fall_silent(Step::Greeting).await;
        talk.say("220 postmaster ESMTP").await?;
        loop {
            let line = talk.line().await?;
            let upper = line.to_ascii_uppercase();
            if upper == "STARTTLS" && protection == Protection::StartTls && !talk.is_encrypted {
                talk.may_fall_silent(Step::StartTls).await;
                talk.say("220 2.0.0 go ahead").await?;
                talk.may_fall_silent(Step::Handshake).await;
                talk.stream = Box::new(acceptor.accept(talk.stream).await.ok()?);
                talk.is_encrypted = true;
            } else if upper.starts_with("EHLO ") {
                talk.may_fall_silent(Step::Hello).await;
                let offer = protection == Protection::StartTls && !talk.is_encrypted;
                talk.say(if offer {
                    "250-postmaster\r\n250 STARTTLS"
                } else {
                    "250-postmaster\r\n250 AUTH PLAIN LOGIN"
                })
                .await?;
            } else {
                talk.answer(&line, &upper).await?;
            }
        }
    }

    async fn answer(&mut self, line: &str, upper: &str) -> Option<()> {
        let address = |line: &str| line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        if let Some(said) = line.strip_prefix("AUTH PLAIN ") {
            self.may_fall_silent(Step::SignIn).await;
            let said = base64(said);
            let expected = self.state.lock().expect("the state").password;
            let is_right = expected.is_some_and(|password| said.ends_with(&format!("\0{password}")));
            self.signed_in = is_right.then_some(said);
            return self.say(if is_right { "235 2.7.0 welcome" } else { "535 5.7.8 wrong password" }).await;
        }
        if upper.starts_with("MAIL FROM:") {
            self.may_fall_silent(Step::Sender).await;
            let asks = self.state.lock().expect("the state").password.is_some() && self.signed_in.is_none();
            let refusal = self.state.lock().expect("the state").to_sender.pop_front();
            self.from = address(line);
            return self.say(if asks { "530 5.7.0 sign in first" } else { refusal.unwrap_or("250 2.1.0 ok") }).await;
        }
        if upper.starts_with("RCPT TO:") {
            self.may_fall_silent(Step::Recipient).await;
            self.to = address(line);
            let mut refusal = None;
            if let Some(answers) = self.state.lock().expect("the state").to_recipient.get_mut(&self.to) {
                refusal = answers.pop_front();
            }
            return self.say(refusal.unwrap_or("250 2.1.5 ok")).await;
        }
        match upper {
            "DATA" => self.take().await,
            "QUIT" => {
                self.may_fall_silent(Step::Farewell).await;
                self.say("221 2.0.0 bye").await.and(None)
            }
            "NOOP" | "RSET" => self.say("250 2.0.0 ok").await,
            _ => self.say("502 5.5.2 unknown").await,
        }
    }

    async fn take(&mut self) -> Option<()> {
        self.may_fall_silent(Step::Data).await;
        self.say("354 go on").await?;
        self.may_fall_silent(Step::Reading).await;
        let mut raw = Vec::new();
        loop {
            let line = self.line().await?;
            if line == "." {
                break;
            }
            raw.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
            raw.extend_from_slice(b"\r\n");
        }
        let time = {
            let mut state = self.state.lock().expect("the state");
            state.thoughts += 1;
            state.thinks_for
        };
        tokio::time::sleep(time).await;
        let refusal = self.state.lock().expect("the state").to_letter.pop_front();
        if let Some(refusal) = refusal {
            return if refusal == HANGS_UP { None } else { self.say(refusal).await };
        }
        let taken = Taken {
            from: self.from.clone(),
            to: self.to.clone(),
            raw,
            was_encrypted: self.is_encrypted,
            signed_in: self.signed_in.clone(),
        };
        self.state.lock().expect("the state").taken.push(taken);
        self.may_fall_silent(Step::Letter).await;
        self.say("250 2.0.0 taken").await
    }

    /// Keeps the connection open, and says nothing more.
    async fn may_fall_silent(&mut self, step: Step) {
        let is_silent = {
            let mut state = self.state.lock().expect("the state");
            let is_silent = state.silent_at == Some(step);
            state.silences += usize::from(is_silent);
            is_silent
        };
        if is_silent {
            std::future::pending::<()>().await;
        }
    }

    async fn say(&mut self, line: &str) -> Option<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
        self.stream.flush().await.ok()
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            match self.stream.read_u8().await.ok()? {
                b'\n' => break,
                byte => line.push(byte),
            }
        }
        assert_eq!(line.pop(), Some(b'\r'), "lines end as the standard says");
        Some(String::from_utf8(line).expect("ASCII"))
    }
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
