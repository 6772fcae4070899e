//! Clients that give, many at once, and remember what they were answered.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use fighting_fund::db::{DatabaseUrl, Db, DbError};
use fighting_fund::reference::Reference;
use parking_lot::Mutex;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::program::Place;

/// Clients at once.
pub const CLIENTS: usize = 32;
/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(90);

/// One gift that a client sends, perhaps more than once. Its name is its key and its giver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gift {
    pub name: String,
    pub pounds: i64,
}

impl Gift {
    fn body(&self) -> Value {
        json!({"amount": format!("{}.00", self.pounds), "method": "card", "name": self.name, "email": self.email()})
    }

    pub fn email(&self) -> String {
        format!("{}@example.org", self.name)
    }
}

/// What the clients saw, shared by them all.
#[derive(Default)]
pub struct Seen {
    /// Answered 201 or 200, with what was said.
    pub answered: Mutex<BTreeMap<Gift, Value>>,
    /// Turned away with a 503, or never answered: sent again later with the same key.
    pub open: Mutex<Vec<Gift>>,
    /// How many 503 there were.
    pub turned_away: Mutex<usize>,
    /// Answers that are neither.
    pub odd: Mutex<Vec<String>>,
}

impl Seen {
    /// Waits until `enough` of what was seen.
    pub async fn until(&self, what: &str, enough: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !enough(self) {
            assert!(Instant::now() < until, "in vain: {what}; {} answered", self.answered.lock().len());
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn count(&self) -> usize {
        self.answered.lock().len()
    }
}

/// Clients that give until they are stopped or the server is gone.
pub struct Load {
    tasks: Vec<actix_web::rt::task::JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Starts the clients; `round` sets their gifts apart from those of other rounds.
    pub fn start(url: &str, token: &str, round: usize, seen: &Arc<Seen>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = client();
        let tasks = (0..CLIENTS).map(|number| {
            let (client, seen, stop) = (client.clone(), seen.clone(), stop.clone());
            let (url, token) = (url.to_owned(), token.to_owned());
            actix_web::rt::spawn(async move {
                for turn in 0_i64.. {
                    let gift = Gift { name: format!("r{round}c{number}t{turn}"), pounds: 1 + turn % 50 };
                    if stop.load(Ordering::SeqCst) || !send(&client, &url, &token, gift, &seen).await {
                        return;
                    }
                }
            })
        });
        Self { tasks: tasks.collect(), stop }
    }

    /// Lets each client finish its gift and go.
    pub async fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.expect("a client ends well");
        }
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(Duration::from_secs(40)).build().expect("a client")
}

/// Sends a gift and notes the answer; false when the server is gone.
async fn send(client: &reqwest::Client, url: &str, token: &str, gift: Gift, seen: &Seen) -> bool {
    let request = client.post(format!("{url}/api/v1/funds/fighting-fund/donations")).bearer_auth(token);
    let answer = match request.header("Idempotency-Key", &gift.name).json(&gift.body()).send().await {
        Ok(answer) => (answer.status(), answer.text().await),
        Err(_) => {
            seen.open.lock().push(gift);
            return false;
        }
    };
    match answer {
        (StatusCode::CREATED | StatusCode::OK, Ok(text)) => {
            let said = serde_json::from_str(&text).expect("the answer is JSON");
            seen.answered.lock().insert(gift, said);
        }
        (StatusCode::SERVICE_UNAVAILABLE, _) => {
            *seen.turned_away.lock() += 1;
            seen.open.lock().push(gift);
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        (StatusCode::CREATED | StatusCode::OK, Err(_)) => {
            seen.open.lock().push(gift);
            return false;
        }
        (status, text) => seen.odd.lock().push(format!("{}: {status} {}", gift.name, text.unwrap_or_default())),
    }
    true
}

/// Sends again, with the same keys, what was not answered; all of it must be taken now.
pub async fn send_again(url: &str, token: &str, seen: &Seen) {
    let client = client();
    let open = std::mem::take(&mut *seen.open.lock());
    for gift in open {
        assert!(send(&client, url, token, gift, seen).await, "the server is gone");
    }
    assert_eq!(*seen.open.lock(), [], "a gift was turned away again");
}

/// Sends one gift of a pound.
pub async fn give_once(url: &str, token: &str, name: &str, seen: &Seen) {
    assert!(send(&client(), url, token, Gift { name: name.to_owned(), pounds: 1 }, seen).await, "the server is gone");
}

/// A gift as the books have it.
#[derive(QueryableByName)]
struct Booked {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = BigInt)]
    amount_minor: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    entry: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    year: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
    #[diesel(sql_type = BigInt)]
    letters: i64,
}

const BOOKED: &str = "SELECT d.id, COALESCE(s.email, '') AS email, d.amount_minor, d.entry, r.year, r.number, \
    (SELECT COUNT(*) FROM deliveries l WHERE l.subject_id = d.id AND l.recipient = s.email) AS letters \
    FROM donations d LEFT JOIN supporters s ON s.id = d.supporter_id LEFT JOIN receipts r ON r.donation_id = d.id";

/// The database of a place, opened beside the program.
pub fn books_of(place: &Place) -> Db {
    let url = DatabaseUrl::parse(place.setting("DATABASE_URL")).expect("a database");
    let url = match url {
        DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(place.folder.path().join(path)),
        DatabaseUrl::Postgres(url) => DatabaseUrl::Postgres(url),
    };
    Db::open(&url, None).expect("the books open")
}

/// Everything that was answered stands in the books exactly once, as it was answered, with entry, receipt and letter;
/// nothing else stands there; and `verify` proves the whole.
pub fn assert_booked(place: &Place, seen: &Seen) {
    assert_eq!(*seen.odd.lock(), Vec::<String>::new(), "odd answers");
    let booked: Vec<Booked> =
        books_of(place).read(|conn| Ok::<_, DbError>(sql_query(BOOKED).load(conn)?)).expect("rows");
    let mut by_email: BTreeMap<String, Vec<Booked>> = BTreeMap::new();
    for row in booked {
        by_email.entry(row.email.clone()).or_default().push(row);
    }
    for (gift, said) in seen.answered.lock().iter() {
        let rows = by_email.remove(&gift.email()).unwrap_or_default();
        let [row] = rows.as_slice() else { panic!("{} stands {} times in the books", gift.name, rows.len()) };
        let receipt = row.year.zip(row.number).map(|(year, number)| format!("{year}-{number:06}"));
        assert_eq!(row.amount_minor, gift.pounds * 100, "{}", gift.name);
        assert_eq!(said["reference"], json!(Reference::of(row.id).to_string()), "{}", gift.name);
        assert_eq!((&said["entry"], &said["receipt"]), (&json!(row.entry), &json!(receipt)), "{}", gift.name);
        assert!(row.entry.is_some() && row.number.is_some(), "{} has no entry or no receipt", gift.name);
        assert_eq!(row.letters, 1, "letters to {}", gift.name);
    }
    let left: Vec<String> = by_email.into_keys().filter(|email| !is_open(seen, email)).collect();
    assert_eq!(left, Vec::<String>::new(), "in the books, and nobody was answered");
    place.run_well(&["verify"]);
}

fn is_open(seen: &Seen, email: &str) -> bool {
    seen.open.lock().iter().any(|gift| gift.email() == email)
}

/// Letters that wait for their turn.
pub fn waiting(place: &Place) -> usize {
    letters(place, "queued")
}

/// Letters that somebody has in hand, until the lease runs out.
pub fn in_hand(place: &Place) -> usize {
    letters(place, "sending")
}

fn letters(place: &Place, state: &str) -> usize {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let question = format!("SELECT COUNT(*) AS count FROM deliveries WHERE state = '{state}'");
    let count = books_of(place).read(|conn| Ok::<_, DbError>(sql_query(question).get_result::<Count>(conn)?.count));
    usize::try_from(count.expect("a count")).expect("not negative")
}

/// How many letters the mail folder holds for each address.
pub fn mail_in(folder: &Path) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap_or_default();
        let recipient = text.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_default();
        let address = recipient.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
        // A name that does not end in .eml is a letter that a killed program had begun.
        if file.path().extension().is_some_and(|it| it == "eml") {
            *found.entry(address.to_owned()).or_default() += 1;
        }
    }
    found
}
