//! A mailbox for tests: it speaks as much IMAP as is needed to read, and keeps the flags of its mails.
//!
//! It has a thread of its own, because the program reads while the test waits.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A mail in the mailbox.
#[derive(Clone, Default)]
pub struct Stored {
    pub raw: Vec<u8>,
    pub flags: String,
    /// What the server says of its size, where it lies.
    pub said_size: Option<usize>,
    /// How often it was fetched whole.
    pub fetched: usize,
}

#[derive(Default)]
struct State {
    mails: Vec<Stored>,
    is_silent: bool,
}

/// A running server.
pub struct ImapServer {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl ImapServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || drop(converse(&stream, &state)));
            }
        });
        Self { port, state }
    }

    pub fn url(&self) -> String {
        format!("imap://fund:secret@127.0.0.1:{}", self.port)
    }

    pub fn put(&self, raw: &str) {
        self.put_stored(Stored {
            raw: raw.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes(),
            ..Stored::default()
        });
    }

    pub fn put_stored(&self, mail: Stored) {
        self.state.lock().expect("the state").mails.push(mail);
    }

    pub fn mails(&self) -> Vec<Stored> {
        self.state.lock().expect("the state").mails.clone()
    }

    /// From now on it refuses everybody.
    pub fn refuse(&self, refuses: bool) {
        self.state.lock().expect("the state").is_silent = refuses;
    }
}

fn converse(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    if state.lock().expect("the state").is_silent {
        return out.write_all(b"* BYE not today\r\n");
    }
    out.write_all(b"* OK ready\r\n")?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        let upper = command.to_uppercase();
        let answer = answered(&upper, &mut state.lock().expect("the state"));
        out.write_all(&answer)?;
        let is_known_user = !upper.starts_with("LOGIN") || command.contains("\"fund\" \"secret\"");
        let word = if is_known_user { "OK" } else { "NO" };
        out.write_all(format!("{tag} {word} done\r\n").as_bytes())?;
        if upper.starts_with("LOGOUT") {
            break;
        }
    }
    Ok(())
}

fn answered(command: &str, state: &mut State) -> Vec<u8> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let uid = || words.get(2).and_then(|uid| uid.parse::<usize>().ok()).unwrap_or(0);
    if command.starts_with("SELECT") {
        return format!("* {} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n", state.mails.len()).into_bytes();
    }
    if command.starts_with("UID SEARCH") {
        let unseen = state.mails.iter().enumerate().filter(|(_, mail)| !mail.flags.contains("\\SEEN"));
        let uids: Vec<String> = unseen.map(|(at, _)| (at + 1).to_string()).collect();
        return format!("* SEARCH {}\r\n", uids.join(" ")).replace("SEARCH \r", "SEARCH\r").into_bytes();
    }
    let at = uid();
    let Some(mail) = at.checked_sub(1).and_then(|at| state.mails.get_mut(at)) else { return Vec::new() };
    if command.starts_with("UID FETCH") && command.contains("RFC822.SIZE") {
        let size = mail.said_size.unwrap_or(mail.raw.len());
        return format!("* {at} FETCH (UID {at} RFC822.SIZE {size})\r\n").into_bytes();
    }
    if command.starts_with("UID FETCH") {
        mail.fetched += 1;
        let head = format!("* {at} FETCH (UID {at} BODY[] {{{}}}\r\n", mail.raw.len());
        return [head.as_bytes(), &mail.raw, b")\r\n"].concat();
    }
    if command.starts_with("UID STORE") {
        mail.flags.push_str(command);
    }
    Vec::new()
}
