//! A connection by hand: from an address of one's choice, with or without TLS, as slow as one likes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A busy machine answers within this.
pub const PATIENCE: Duration = Duration::from_secs(30);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An open connection.
pub struct Line(BufReader<Box<dyn Stream>>);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// All of it before the body.
    pub head: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let named = |line: &'a str| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name));
    head.lines().find_map(named).map(|(_, value)| value)
}

impl Line {
    /// Connects from `127.0.<net>.<host>`, which are different clients.
    pub async fn open(to: SocketAddr, net: u8, host: u8) -> std::io::Result<Self> {
        Ok(Self(BufReader::new(Box::new(connect(to, net, host).await?))))
    }

    /// The same with TLS, trusting this certificate.
    pub async fn open_tls(to: SocketAddr, host: u8, certificate: &str) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
        roots.add(certificate).expect("a root");
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.expect("TLS").with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = connect(to, 0, host).await?;
        Ok(Self(BufReader::new(Box::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))))
    }

    pub async fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.0.get_mut().write_all(text.as_bytes()).await?;
        self.0.get_mut().flush().await
    }

    /// Sends a request and reads the answer; nothing when the other end hangs up instead.
    pub async fn ask(&mut self, request: &str) -> Option<Answer> {
        self.write(request).await.ok()?;
        self.answer().await
    }

    /// The head of an answer whose body goes on.
    pub async fn head(&mut self) -> Option<(u16, String)> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if tokio::time::timeout(PATIENCE, self.0.read_line(&mut head)).await.expect("an answer in time").ok()? == 0
            {
                return None;
            }
        }
        Some((head.get(9..12)?.parse().ok()?, head))
    }

    pub async fn answer(&mut self) -> Option<Answer> {
        let (status, head) = self.head().await?;
        match header(&head, "content-length") {
            Some(length) => drop(self.exactly(length.parse().ok()?).await?),
            None if head.contains("chunked") => {
                let mut chunk = String::new();
                while chunk != "\r\n" {
                    let length = self.line().await?;
                    chunk = self.exactly(usize::from_str_radix(length.trim(), 16).ok()? + 2).await?;
                }
            }
            None => {}
        }
        Some(Answer { status, head })
    }

    /// The next line of a body.
    pub async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("a line in time");
        (read.ok()? > 0).then_some(line)
    }

    async fn exactly(&mut self, length: usize) -> Option<String> {
        let mut bytes = vec![0; length];
        tokio::time::timeout(PATIENCE, self.0.read_exact(&mut bytes)).await.expect("a body in time").ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads until the other end hangs up; false when it does not in time.
    pub async fn ends_within(&mut self, longest: Duration) -> bool {
        let mut rest = Vec::new();
        tokio::time::timeout(longest, self.0.read_to_end(&mut rest)).await.is_ok()
    }
}

async fn connect(to: SocketAddr, net: u8, host: u8) -> std::io::Result<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, net, host], 0)))?;
    socket.connect(to).await
}

/// A request without a body.
pub fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
}

/// A form that is sent whole.
pub fn form(path: &str, fields: &[(&str, &str)]) -> String {
    let encoded =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let body: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let (body, kind) = (body.join("&"), "application/x-www-form-urlencoded");
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Where "http://127.0.0.1:4711" answers.
pub fn place_of(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().expect("an address")
}
