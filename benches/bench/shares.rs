//! A large society: a hundred thousand members with four holdings each, as 400,000 events.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use fighting_fund::db::{Db, Lock, hold};
use fighting_fund::ledger::Method;
use fighting_fund::money::GBP;
use fighting_fund::shares::{
    self, Allotment, Applicant, Deed, HolderKind, NewApplication, NewHolder, NewPayment, Terms, import,
};
use fighting_fund::sheet::Intent;
use fighting_fund::threads::Threads;
use futures_util::StreamExt;

use crate::program::{Program, add_staff, command, signed_in, token};
use crate::table::{Table, median};
use crate::{Effort, rivals};

/// Holdings of each member, one a class.
const CLASSES: usize = 4;
/// Applications of one meeting.
const MEETING: u32 = 1_000;

pub fn measure(name: &str, server: Option<&str>, effort: Effort, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = server.map_or_else(
        || format!("sqlite:{}", folder.path().join("shares.db").display()),
        |server| rivals::fresh_postgres(server, "bench_shares"),
    );
    let db = rivals::open(&database);
    db.keep_log_short(&Threads::default()).expect("a checkpoint thread");
    let members = effort.members;
    fill(&db, name, members, table);
    if server.is_some() {
        // As the server does by itself within minutes.
        rivals::tidy(&database);
    }

    let meet = meeting(&db);
    let start = Instant::now();
    let allotted = db.write(|conn| {
        hold(conn, Lock::Books)?;
        shares::allot_all(conn, chrono::Utc::now(), &deed(), &meet, None, "1/1")
    });
    assert_eq!(allotted.expect("shares").len(), MEETING as usize);
    let row = |table: &mut Table, what: &str, figure: String, aim: &str| {
        table.row(format!("{name}, {members} members: {what}"), figure, aim);
    };
    let seconds = |start: Instant| format!("{:.2} s", start.elapsed().as_secs_f64());
    row(table, "1,000 applications allotted at once", seconds(start), "below 2 s");

    let start = Instant::now();
    let proofs = db.snapshot(shares::verify::verify).expect("a proof");
    assert!(proofs.iter().all(|proof| proof.fault.is_none()), "{proofs:?}");
    row(table, "the register proved", seconds(start), "below 5 s");

    drop(db);
    let token = token(&database, folder.path(), "shares:read");
    add_staff(&database, folder.path(), "secretary");
    let program = Program::start(command(&database, folder.path()));
    let memory = |name: &str| program.megabytes(name);
    actix_web::rt::System::new().block_on(async {
        let client = reqwest::Client::new();
        let get = |path: &str| {
            client.get(format!("http://{}/api/v1/shares/{path}", program.address)).bearer_auth(&token).send()
        };
        for (path, what, aim) in [
            ("register?as_at=2026-01-31", "register at a date", "first byte below 1 s"),
            ("roll", "voting roll", "below 2 s"),
        ] {
            let before = memory("VmRSS");
            let (start, mut first, mut bytes) = (Instant::now(), Duration::ZERO, 0);
            let answer = get(path).await.expect("an answer");
            assert_eq!(answer.status(), 200);
            let mut body = answer.bytes_stream();
            while let Some(part) = body.next().await {
                if bytes == 0 {
                    first = start.elapsed();
                }
                bytes += part.expect("a part").len();
            }
            let peak = memory("VmHWM");
            let figure = format!(
                "{:.0} ms, {:.2} s in all, {} MB, memory {before:.0} to {peak:.0} MB",
                first.as_secs_f64() * 1000.0,
                start.elapsed().as_secs_f64(),
                bytes / 1_000_000
            );
            row(table, what, figure, aim);
        }
        let mut times = Vec::new();
        for number in 0..100 {
            let start = Instant::now();
            let path = format!("members/M{:06}", 1 + number * members / 101);
            let answer = get(&path).await.expect("an answer");
            assert_eq!(answer.status(), 200);
            assert!(answer.bytes().await.expect("a body").len() > 100);
            times.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        row(table, "a member with every event", format!("{:.1} ms", median(&times)), "below 20 ms");
        let base = format!("http://{}", program.address);
        let desk = signed_in(&base).await;
        for (path, what, aim) in [
            ("/desk/shares/members/M", "a member's page at the desk", "below 20 ms"),
            ("/desk/shares/register?q=Reader+7", "a search by name at the desk", ""),
            ("/shares", "the offer", "below 20 ms"),
        ] {
            let mut times = Vec::new();
            for number in 0..40 {
                let number =
                    if path.ends_with('M') { format!("{:06}", 1 + number * members / 41) } else { String::new() };
                let start = Instant::now();
                let answer = desk.get(format!("{base}{path}{number}")).send().await.expect("an answer");
                assert_eq!(answer.status(), 200);
                assert!(answer.bytes().await.expect("a page").len() > 1_000);
                times.push(start.elapsed().as_secs_f64() * 1000.0);
            }
            row(table, what, format!("{:.1} ms", median(&times)), aim);
        }
    });
}

fn deed() -> Deed {
    Deed { by: "bench".to_owned(), request_id: String::new() }
}

/// Takes a paper register in: every row is a holding, and so an event.
fn fill(db: &Db, name: &str, members: usize, table: &mut Table) {
    let added = db.write(|conn| {
        for class in 1..CLASSES {
            let code = format!("class-{}", ["", "b", "c", "d"][class]);
            let class = shares::add_class(conn, &code, &code, GBP, 100)?;
            let (_, terms) = shares::class_on(conn, "ordinary", "2020-01-01".parse().expect("a date"))?;
            shares::set_terms(conn, chrono::Utc::now(), &deed(), &Terms { class_id: class.id, ..terms })?;
        }
        Ok::<_, shares::ShareError>(())
    });
    added.expect("classes");
    let mut file = "member,name,address,entered_on,class,shares\n".to_owned();
    for number in 1..=members {
        for class in ["ordinary", "class-b", "class-c", "class-d"] {
            let shares = 1 + number % 50;
            writeln!(file, "{number},Reader {number},{number} Mill Lane Leeds LS1 1AA,2001-02-03,{class},{shares}")
                .expect("a line");
        }
    }
    let how = import::How { on: Some("2026-01-01".parse().expect("a date")), ..import::How::default() };
    let start = Instant::now();
    let report = import::run(db, chrono::Utc::now(), &how, file.as_bytes(), Intent::Record, &mut |_, _| {});
    assert_eq!(report.expect("a file").faults, 0);
    let taken = start.elapsed().as_secs_f64();
    let events = members * CLASSES;
    table.row(
        format!("{name}: {events} holdings taken in"),
        format!("{taken:.1} s, {:.0}/s", events as f64 / taken),
        "",
    );
}

/// Paid applications for one meeting.
fn meeting(db: &Db) -> Vec<Allotment> {
    let made = db.write(|conn| {
        hold(conn, Lock::Books)?;
        let now = chrono::Utc::now();
        (0..MEETING)
            .map(|number| {
                let holder = NewHolder {
                    kind: HolderKind::Person,
                    name: format!("Applicant {number}"),
                    names: Vec::new(),
                    representative: String::new(),
                    address: format!("{number} High Street"),
                    email: Some(format!("applicant{number}@example.org")),
                    email_purposes: "shares".to_owned(),
                    date_of_birth: None,
                };
                let new = NewApplication {
                    class: "ordinary".to_owned(),
                    shares: 10,
                    applicant: Applicant::New(holder),
                    method: String::new(),
                    gift_minor: 0,
                    applied_on: None,
                    stranger: None,
                };
                let application = shares::apply(conn, now, &deed(), &new)?;
                let payment = NewPayment {
                    application: application.id,
                    amount_minor: application.amount_minor,
                    method: Method::Cheque,
                    received_on: None,
                };
                shares::pay(conn, now, &deed(), &payment)?;
                Ok(Allotment { application: application.id, shares: None, surplus: None })
            })
            .collect::<Result<Vec<_>, shares::ShareError>>()
    });
    made.expect("applications")
}
