//! Every page of the desk over a million gifts: it follows each link from the first page on, as staff would.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Instant;

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::RunQueryDsl;
use fighting_fund::batches::slips::{self, Cheque, PayingIn};
use fighting_fund::batches::{self, By, Kind, NewBatch, NewControl, NewRow};
use fighting_fund::db::{Db, DbError, Lock, hold};
use fighting_fund::donations::{self, Method, NewGift};
use fighting_fund::money::GBP;
use fighting_fund::reference::Reference;
use fighting_fund::standing_orders;
use fighting_fund::threads::Threads;

use crate::program::{Program, add_staff, command, signed_in};
use crate::table::{Table, median};
use crate::{Effort, rivals};

/// Gifts recorded at a time.
const BATCH: u64 = 500;
/// Ten years, over which the gifts are spread: a paper with 270 gifts a day.
const DAYS: u64 = 3_650;
/// Of a hundred gifts, those that a standing order brought.
const STANDING_OF_HUNDRED: u64 = 7;
/// Pages of one kind that are looked at, such as gifts.
const ALIKE_MAX: usize = 4;
/// How often each is asked for.
const TIMES: usize = 9;
/// Cheques on a paying-in slip.
const SLIP: usize = 500;
/// What the desk asks of a page.
const AIM_MS: f64 = 50.0;
/// The slowest that the table names.
const SLOWEST: usize = 12;

pub fn measure(name: &str, server: Option<&str>, effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = server.map_or_else(
        || format!("sqlite:{}", folder.path().join("desk.db").display()),
        |server| rivals::fresh_postgres(server, "bench_desk"),
    );
    let db = rivals::open(&database);
    db.keep_log_short(&Threads::default()).expect("a checkpoint thread");
    let (today, count) = (Utc::now().date_naive(), effort.million as u64);
    give(&db, today, count);
    let start = Instant::now();
    let mut is_behind = true;
    while is_behind {
        let step = db.write(|conn| {
            hold(conn, Lock::Books)?;
            standing_orders::catch_up(conn, Utc::now())
        });
        is_behind = step.expect("a step");
    }
    let seconds = start.elapsed().as_secs_f64();
    table.row(format!("{name}, {count} gifts: read for standing orders"), format!("{seconds:.1} s"), "");
    while donations::prove_receipts(&db, Utc::now()).expect("a step") {}
    let mail_left = "UPDATE deliveries SET state = 'sent', sent_at = created_at";
    db.write(|conn| diesel::sql_query(mail_left).execute(conn).map_err(DbError::from)).expect("the post of ten years");
    post(&db, today, count);
    if server.is_some() {
        // As the server does by itself within minutes; ten years were filled in less.
        rivals::tidy(&database);
    }
    drop(db);
    std::fs::write(folder.path().join("bank.csv"), statement(today, count)).expect("a file");
    let mut import = command(&database, folder.path());
    let done = import.args(["import", "bank", "bank.csv"]).stdout(Stdio::null()).status().expect("it starts");
    assert!(done.success(), "import bank");

    add_staff(&database, folder.path(), "administrator");
    let program = Program::start(command(&database, folder.path()));
    let pages = actix_web::rt::System::new().block_on(walk(&format!("http://{}", program.address)));
    let below = pages.iter().filter(|(_, time)| *time < AIM_MS).count();
    table.row(
        format!("{name}, {count} gifts: pages of the desk below {AIM_MS} ms"),
        format!("{below} of {}", pages.len()),
        "all",
    );
    for (page, time) in pages.iter().take(SLOWEST) {
        table.row(format!("{name}, {count} gifts: {page}"), format!("{time:.1} ms"), "below 50 ms");
    }
}

/// Follows every link and gives each page with the median of its times, the slowest first.
async fn walk(base: &str) -> Vec<(String, f64)> {
    let desk = signed_in(base).await;
    let mut todo: VecDeque<String> =
        ["/desk", "/desk/gifts?q=Reader+77", "/desk/gifts?q=25.00", "/desk/supporters?q=Reader+4"]
            .map(str::to_owned)
            .into();
    let mut known: BTreeSet<String> = todo.iter().cloned().collect();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut pages = Vec::new();
    while let Some(page) = todo.pop_front() {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let start = Instant::now();
            let answer = desk.get(format!("{base}{page}")).send().await.expect("an answer");
            let (status, is_page) = (answer.status(), is_html(&answer));
            assert_eq!(status, 200, "{page}");
            if !is_page {
                break;
            }
            let text = answer.text().await.expect("a page");
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            if times.len() == 1 {
                for link in links(&text) {
                    let alike = kinds.entry(kind(&link)).or_default();
                    if *alike < ALIKE_MAX && known.insert(link.clone()) {
                        *alike += 1;
                        todo.push_back(link);
                    }
                }
            }
        }
        if !times.is_empty() {
            pages.push((page, median(&times)));
        }
    }
    pages.sort_by(|one, other| other.1.total_cmp(&one.1));
    pages
}

fn is_html(answer: &reqwest::Response) -> bool {
    answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Addresses of the desk that a page leads to; no files, and not the audit pack that reads every entry of a year again.
fn links(page: &str) -> impl Iterator<Item = String> {
    page.split("href=\"").skip(1).filter_map(|rest| {
        let link = rest.split('"').next()?.replace("&amp;", "&").replace("&#38;", "&");
        let link = link.split('#').next()?.to_owned();
        let is_page = !link.starts_with("/desk/exports/") && !link.contains("check=chain");
        (link.starts_with("/desk") && is_page).then_some(link)
    })
}

/// "/desk/gifts/*" for each gift: parts with digits are left out, and so is what is asked.
fn kind(link: &str) -> String {
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let path: Vec<&str> =
        path.split('/').map(|part| if part.contains(|c: char| c.is_ascii_digit()) { "*" } else { part }).collect();
    let query: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{}?{}", path.join("/"), query.join("&"))
}

/// Gifts of ten years by forty thousand readers; one in fifty is a promise that waits, one in fourteen comes by standing order each month.
fn give(db: &Db, today: NaiveDate, count: u64) {
    for from in (0..count).step_by(BATCH as usize) {
        let gifts: Vec<NewGift> = (from..(from + BATCH).min(count)).map(|number| gift(today, number, count)).collect();
        let outcomes = db.write(|conn| {
            hold(conn, Lock::Books)?;
            donations::record_all(conn, evening_of(day_of(today, from, count)), &gifts)
        });
        assert!(outcomes.expect("a batch").iter().all(Result::is_ok), "every gift is recorded");
    }
}

fn day_of(today: NaiveDate, number: u64, count: u64) -> NaiveDate {
    today - Days::new(DAYS - 1 - number * DAYS / count)
}

/// When what came on a day was entered, so that entries are in the order of time.
fn evening_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(20, 0, 0).expect("a time").and_utc().min(Utc::now())
}

fn gift(today: NaiveDate, number: u64, count: u64) -> NewGift {
    // Each of a batch is of the day of its first or before.
    let day = day_of(today, number / BATCH * BATCH, count);
    let is_standing = number % 100 < STANDING_OF_HUNDRED;
    // As many standing orders as come in a month, so that each giver comes about once in one.
    let each_month = (count * 30 / DAYS * STANDING_OF_HUNDRED / 100).max(1);
    let who = if is_standing {
        (number / 100 * STANDING_OF_HUNDRED + number % 100) % each_month
    } else {
        1_000_000 + number.wrapping_mul(2_654_435_761) % (count / 25)
    };
    let method = match number % 20 {
        _ if is_standing => Method::StandingOrder,
        7 => Method::BankTransfer,
        8 | 9 => Method::Cheque,
        10 => Method::Cash,
        _ => Method::Card,
    };
    let is_pledge = number % 50 == 7 && !is_standing;
    NewGift {
        key: format!("desk:{number}"),
        fingerprint: [7; 32],
        fund_id: 1,
        appeal: None,
        amount_minor: if is_standing { 1_000 } else { 500 + (number % 50) as i64 * 100 },
        method,
        is_pledge,
        received_on: (!is_pledge).then_some(day),
        name: format!("Reader {who}"),
        email: (is_standing || !number.is_multiple_of(10)).then(|| format!("reader{who}@example.org")),
        acknowledge_as: format!("R{who}, Leeds"),
        anonymous: false,
        note: String::new(),
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "token:1 bench".to_owned(),
        request_id: "0198-bench".to_owned(),
        stranger: None,
    }
}

/// The post of the last hundred days, posted; a batch that lies open; slips, until few cheques are in hand.
fn post(db: &Db, today: NaiveDate, count: u64) {
    let by = By { who: "bench".to_owned(), request_id: String::new() };
    let days = (count / 10_000).max(2);
    for ago in (0..days).rev() {
        let done = db.write(|conn| {
            hold(conn, Lock::Books)?;
            let received_on = today - Days::new(ago);
            let control = NewControl { received_on, sum_minor: 50_000, count: 50, note: format!("Post {ago}") };
            let new = NewBatch { key: format!("post:{ago}"), kind: Kind::Cheques, fund_id: 1, control };
            let batch = batches::open(conn, Utc::now(), &by, &new)?;
            for row in 0..50 {
                let (key, from) = (format!("{ago}:{row}"), format!("Reader {row} <reader{row}@example.org>"));
                let row = NewRow { key, amount: "10".to_owned(), from, ..NewRow::default() };
                batches::enter(conn, Utc::now(), &by, batch, &row)?;
            }
            if ago > 0 {
                batches::post(conn, Utc::now(), &by, batch)?;
            }
            Ok::<_, batches::BatchError>(())
        });
        done.expect("a batch");
    }
    for number in 1.. {
        let is_more = db.write(|conn| {
            hold(conn, Lock::Books)?;
            let cheques: Vec<Cheque> =
                slips::in_hand(conn, None, SLIP as i64)?.cheques.iter().map(|cheque| cheque.cheque).collect();
            let is_full = cheques.len() == SLIP;
            if is_full {
                let (key, number) = (format!("slip:{number}"), format!("{}", 500_000 + number));
                let paid_in_on = Some(today);
                let paying = PayingIn { key, number, paid_in_on, cheques, cash_minor: 0, currency: GBP };
                slips::pay_in(conn, Utc::now(), &by, &paying)?;
            }
            Ok::<_, batches::BatchError>(is_full)
        });
        if !is_more.expect("a slip") {
            return;
        }
    }
}

/// Lines that wait, one in fifty gifts; a tenth with the reference of a promise.
fn statement(today: NaiveDate, count: u64) -> String {
    let mut file = "Date,Description,Paid out,Paid in\n".to_owned();
    let mut promise = 8;
    for line in 0..count / 50 {
        let day = (today - Days::new((count / 50 - line) * 60 / (count / 50))).format("%d/%m/%Y");
        let words = if line % 10 == 0 {
            promise += 50;
            format!("READER {line} {}", Reference::of(promise))
        } else {
            format!("READER {} FIGHTING FUND", line * 37 % 5_000)
        };
        writeln!(file, "{day},{words},,{}.00", 5 + line % 40).expect("text");
    }
    file
}
