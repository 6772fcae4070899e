//! One visit to an IMAP mailbox: what is not seen is fetched, taken, and marked as seen.
//!
//! Invariant: the size of a mail is asked before the mail is; each step has its time and each answer its bytes. A mail is
//! marked only after it is in the books; one of another society is not marked, so that its owner finds it.

use std::time::{Duration, Instant};

use async_imap::error::Error;
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::limited::{Allowance, Limited, Stream};
use super::setting::{ImapServer, ImapTls};
use super::{Found, LOOKS_EVERY, MAIL_BYTES_MAX, MAILS_MAX, MailDeed, ReadError, Visit};

/// How long a server may take for each answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// How long a whole visit may take.
const VISIT_MAX: Duration = Duration::from_secs(300);
/// How long a farewell may take. Nothing depends on it.
const FAREWELL_MAX: Duration = Duration::from_secs(1);
/// What any answer but a mail may have: a list of a hundred thousand numbers.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// What stands around a mail in an answer.
const AROUND_BYTES: u64 = 64 * 1024;

pub(super) fn read(visit: &Visit<'_>, server: &ImapServer) -> Result<usize, ReadError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| ReadError::Away(format!("no mailbox can be spoken to: {error}")))?;
    let read = runtime.block_on(async {
        tokio::select! {
            biased;
            read = tokio::time::timeout(VISIT_MAX, visited(visit, server)) => {
                read.unwrap_or_else(|_| Err(Trouble::of("it was too slow, and the rest is read the next time")))
            }
            // What is in hand was not marked yet, and is found again.
            () = stopped(visit) => Ok(0),
        }
    });
    // Nobody waits for a name that is still being looked up.
    runtime.shutdown_background();
    read.map_err(|trouble| match trouble {
        Trouble::Db(error) => error.into(),
        Trouble::Mailbox(words) => ReadError::Away(format!("the mailbox at {}:{}: {words}", server.host, server.port)),
    })
}

async fn stopped(visit: &Visit<'_>) {
    while !visit.is_over() {
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

async fn visited(visit: &Visit<'_>, server: &ImapServer) -> Result<usize, Trouble> {
    let allowance = Allowance::default();
    let mut session = signed_in(server, &allowance).await?;
    let mailbox = within(&allowance, session.select(&server.mailbox)).await?;
    // Numbers of mails hold only together with this one (RFC 9051, 2.3.1.1).
    let era = format!("{}@{}/{}:{}", server.user, server.host, server.mailbox, mailbox.uid_validity.unwrap_or(0));
    let mut unseen: Vec<u32> = within(&allowance, session.uid_search("UNSEEN")).await?.into_iter().collect();
    unseen.sort_unstable();
    unseen.retain(|uid| !visit.is_left(&place(&era, *uid)));
    let begun = Instant::now();
    let mut taken = 0;
    for uid in unseen.into_iter().take(MAILS_MAX) {
        if begun.elapsed() > VISIT_MAX / 2 {
            break;
        }
        let Some(found) = fetched(&mut session, &allowance, (&era, uid)).await? else { continue };
        let deed = visit.take(&found).map_err(Trouble::Db)?;
        match deed {
            MailDeed::Left => visit.leave(place(&era, uid)),
            MailDeed::Staff | MailDeed::TooLarge => flag(&mut session, &allowance, uid, "(\\Seen \\Flagged)").await?,
            MailDeed::Marked | MailDeed::Noted => flag(&mut session, &allowance, uid, "(\\Seen)").await?,
        }
        taken += 1;
    }
    if tokio::time::timeout(FAREWELL_MAX, session.logout()).await.is_err() {
        tracing::debug!("a mailbox did not answer our farewell");
    }
    Ok(taken)
}

/// Where a mail lies.
fn place(era: &str, uid: u32) -> String {
    format!("imap:{era}:{uid}")
}

async fn signed_in(server: &ImapServer, allowance: &Allowance) -> Result<Session<Limited>, Trouble> {
    let reached = timed(TcpStream::connect((server.host.as_str(), server.port))).await?;
    let reached = reached.map_err(|error| Trouble::of(&error.to_string()))?;
    let mut stream: Box<dyn Stream> = Box::new(reached);
    if server.tls == ImapTls::Wrapper {
        stream = encrypted(server, stream).await?;
    }
    let mut client = Client::new(Limited::new(stream, allowance.clone()));
    allowance.give(ANSWER_BYTES_MAX);
    let greeting = timed(client.read_response()).await?.map_err(|error| Trouble::of(&error.to_string()))?;
    greeting.ok_or_else(|| Trouble::of("it hung up before it greeted us"))?;
    if server.tls == ImapTls::StartTls {
        within(allowance, client.run_command_and_check_ok("STARTTLS", None)).await?;
        let stream = encrypted(server, client.into_inner().into_inner()).await?;
        client = Client::new(Limited::new(stream, allowance.clone()));
    }
    allowance.give(ANSWER_BYTES_MAX);
    let signed_in = timed(client.login(&server.user, &server.password)).await?;
    signed_in.map_err(|(error, _)| Trouble::from(error))
}

async fn encrypted(server: &ImapServer, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Trouble> {
    let name = ServerName::try_from(server.host.clone()).map_err(|error| Trouble::of(&error.to_string()))?;
    let shaken = timed(TlsConnector::from(server.config.clone()).connect(name, stream)).await?;
    Ok(Box::new(shaken.map_err(|error| Trouble::of(&error.to_string()))?))
}

/// A mail, or only where it lies when it is too large; nothing when it is gone.
async fn fetched(
    session: &mut Session<Limited>,
    allowance: &Allowance,
    (era, uid): (&str, u32),
) -> Result<Option<Found>, Trouble> {
    let asked = async {
        let answers: Vec<_> = session.uid_fetch(uid.to_string(), "(UID RFC822.SIZE)").await?.try_collect().await?;
        Ok(answers.iter().filter(|one| one.uid == Some(uid)).find_map(|one| one.size))
    };
    let Some(bytes) = within(allowance, asked).await?.map(u64::from) else { return Ok(None) };
    if bytes > MAIL_BYTES_MAX {
        return Ok(Some(Found::TooLarge { place: place(era, uid), bytes }));
    }
    allowance.give(MAIL_BYTES_MAX + AROUND_BYTES);
    // Not marked by being read: it is marked when it is in the books.
    let asked = async {
        let answers: Vec<_> = session.uid_fetch(uid.to_string(), "(UID BODY.PEEK[])").await?.try_collect().await?;
        let whole = answers.iter().filter(|one| one.uid == Some(uid)).find_map(|one| one.body());
        Ok::<_, Error>(whole.map(<[u8]>::to_vec))
    };
    let mail = timed(asked).await??;
    Ok(mail.map(Found::Mail))
}

async fn flag(session: &mut Session<Limited>, allowance: &Allowance, uid: u32, flags: &str) -> Result<(), Trouble> {
    let stored = async {
        let answers = session.uid_store(uid.to_string(), format!("+FLAGS.SILENT {flags}")).await?;
        answers.try_collect::<Vec<_>>().await.map(drop)
    };
    within(allowance, stored).await
}

/// Why a visit ended.
enum Trouble {
    Mailbox(String),
    Db(crate::db::DbError),
}

impl Trouble {
    fn of(words: &str) -> Self {
        Self::Mailbox(words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::of(&error.to_string())
    }
}

async fn timed<T>(step: impl Future<Output = T>) -> Result<T, Trouble> {
    let slow = |_| Trouble::of(&format!("there was no answer within {} seconds", ANSWER_MAX.as_secs()));
    tokio::time::timeout(ANSWER_MAX, step).await.map_err(slow)
}

/// One command and its answer, with its time and its bytes.
async fn within<T>(allowance: &Allowance, step: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    allowance.give(ANSWER_BYTES_MAX);
    Ok(timed(step).await??)
}
