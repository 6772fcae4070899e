//! Lists from elsewhere: what spreadsheets and other programs write of gifts comes in as it is, with no letter and no
//! guess.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use fighting_fund::donations::import::{How, ImportError, Taken, take};
use fighting_fund::donations::{self, Donation, Letters};
use fighting_fund::sheet::{Intent, Mapping};

use crate::harness::TestApp;
use crate::program::Place;

fn today() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 30, 12, 0, 0).unwrap()
}

fn how(columns: &[&str]) -> How {
    let columns: Vec<String> = columns.iter().map(|text| (*text).to_owned()).collect();
    How { mapping: Mapping::said(&columns).expect("a mapping"), file_name: "list.csv".to_owned(), ..How::default() }
}

fn try_to_take(app: &TestApp, file: &[u8], how: &How, intent: Intent) -> Result<Taken, ImportError> {
    take(&app.app.db, today(), "fighting-fund", how, file, intent, &mut |_, _| {})
}

fn taken(app: &TestApp, file: &[u8], how: &How) -> Taken {
    let taken = try_to_take(app, file, how, Intent::Record).expect("a readable list");
    assert!(taken.is_right(), "{:#?}", taken.report);
    taken
}

fn gifts(app: &TestApp) -> Vec<Donation> {
    app.app.db.read(|conn| donations::after(conn, None, 0, 1_000)).expect("gifts")
}

/// Day, amount, method and giver of each gift.
fn told(app: &TestApp) -> Vec<(String, i64, &'static str, String)> {
    let of = |gift: Donation| {
        (gift.received_on.expect("a day").to_string(), gift.amount_minor, gift.method.name(), gift.name)
    };
    gifts(app).into_iter().map(of).collect()
}

fn row(day: &str, amount: i64, method: &'static str, name: &str) -> (String, i64, &'static str, String) {
    (day.to_owned(), amount, method, name.to_owned())
}

fn case(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/files").join(name);
    std::fs::read(path).expect("a case")
}

async fn start() -> TestApp {
    let app = TestApp::start_at(Utc.with_ymd_and_hms(2026, 1, 5, 12, 0, 0).unwrap()).await;
    app.set_time(today());
    app
}

#[actix_web::test]
async fn our_own_columns_in_another_dress_are_our_own_columns() {
    let app = start().await;

    taken(&app, &case("gifts-capitals.csv"), &how(&[]));

    let expected =
        [row("2026-03-10", 2_500, "cheque", "Ada Brook"), row("2026-03-10", 3_000, "bank_transfer", "Ben Cole")];
    assert_eq!(told(&app), expected);
}

#[actix_web::test]
async fn a_spreadsheet_is_read_in_any_encoding_and_with_any_separator() {
    let utf16: Vec<u8> = "\u{feff}Amount\tMethod\tDate\tName\n25.00\tcash\t1.3.2026\tZoë\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let files: [&[u8]; 4] = [
        b"sep=;\r\nAMOUNT;METHOD;RECEIVED ON;NAME;;\r\n25,00;Cash;01/03/2026;Zo\xeb;;\r\n;;;;;\r\n",
        "\u{feff}amount (£),how paid,date received,donor\n£25.00,CASH,1 March 2026,Zoë\n".as_bytes(),
        "Amount|Method|Day|Name\n25|cash|2026-03-01|Zoë\n".as_bytes(),
        &utf16,
    ];
    for file in files {
        let app = start().await;

        taken(&app, file, &how(&[]));

        assert_eq!(told(&app), [row("2026-03-01", 2_500, "cash", "Zoë")], "{}", String::from_utf8_lossy(file));
    }
}

#[actix_web::test]
async fn days_are_settled_by_other_rows_or_refused_and_british_where_nothing_settles_them() {
    let list = |days: [&str; 2]| format!("amount,method,date\n5,cash,{}\n6,cash,{}\n", days[0], days[1]);
    let app = start().await;
    taken(&app, list(["03/11/2026", "04/11/2026"]).as_bytes(), &how(&[]));
    taken(&app, list(["03/04/2026", "03/25/2026"]).as_bytes(), &how(&[]));
    let said = How { days: Some(fighting_fund::sheet::day::DayOrder::MonthFirst), ..how(&[]) };
    taken(&app, list(["05/04/2026", "05/05/2026"]).as_bytes(), &said);

    let days: Vec<String> = told(&app).into_iter().map(|(day, ..)| day).collect();
    assert_eq!(days, ["2026-11-03", "2026-11-04", "2026-03-04", "2026-03-25", "2026-05-04", "2026-05-05"]);
    let both = try_to_take(&app, list(["25/03/2026", "03/26/2026"]).as_bytes(), &how(&[]), Intent::Record);
    let both = both.expect("a list").report;
    assert!(both.faults == 1 && both.rows[0].contains("in this file the day stands first"), "{both:?}");
    let ahead = try_to_take(&app, list(["12/11/2026", "11/12/2026"]).as_bytes(), &how(&[]), Intent::Record);
    assert_eq!(ahead.expect("a list").report.faults, 1, "11 December has not come");
}

#[actix_web::test]
async fn what_no_column_is_named_for_is_left_out_and_told_and_a_day_is_never_left_out_in_silence() {
    let app = start().await;
    let done = taken(&app, b"Amount,Method,Date,Shoe size,Name\n5,cash,03/11/2026,9,Ann\n", &how(&[]));
    assert!(done.report.rows.contains(&"left out: the column \"Shoe size\"".to_owned()), "{:?}", done.report);

    let refused = |file: &str, columns: &[&str]| {
        try_to_take(&app, file.as_bytes(), &how(columns), Intent::Record).expect_err("a refusal").to_string()
    };
    let dayless = refused("amount,method,Gift day\n5,cash,03/11/2026\n", &[]);
    assert!(dayless.contains("No column is named for the day") && dayless.contains("Gift day"), "{dayless}");
    let missing = refused("Total,method,date\n5,cash,03/11/2026\n", &[]);
    assert!(missing.contains("\"amount=HEADING\"") && missing.contains("\"Total\""), "{missing}");
    let misspelt = refused("amount,method,date\n5,cash,03/11/2026\n", &["name=Donor"]);
    assert!(misspelt.contains("No column is called \"Donor\""), "{misspelt}");
    assert_eq!(gifts(&app).len(), 1);
}

#[actix_web::test]
async fn states_currencies_and_money_that_went_back_are_never_guessed() {
    let app = start().await;
    let list = |rows: &str| format!("amount,method,date,status,currency,fee,refunded\n{rows}");
    let done = taken(
        &app,
        list("10,card,01/11/2026,Complete,gbp,0.35,\n11,card,01/11/2026,FAILED,GBP,,\n12,card,01/11/2026,pending,,,\n13,card,01/11/2026,paid,GBP,,13.00\n").as_bytes(),
        &how(&[]),
    );
    assert_eq!((done.fresh, done.sum_minor, done.fees_minor), (1, 1_000, 35), "the gross is the gift");
    let left: Vec<(&str, usize)> = done.left_out.iter().map(|(why, count)| (why.as_str(), *count)).collect();
    assert_eq!(left, [("that went back in full", 1), ("with status “FAILED”", 1), ("with status “pending”", 1)]);

    for (row, words) in [
        ("10,card,01/11/2026,blue,GBP,,", "status: \"blue\" is neither"),
        ("10,card,01/11/2026,partially refunded,GBP,,", "does not say how much"),
        ("10,card,01/11/2026,,GBP,,", "status: \"\" is neither"),
        ("10,card,01/11/2026,paid,USD,,", "currency: it is in USD"),
        ("10,card,01/11/2026,paid,GBP,,4.00", "a part of it went back"),
        ("-10,card,01/11/2026,paid,GBP,,", "-10 went out"),
        ("1.000,card,01/11/2026,paid,GBP,,", "a thousand or one"),
        ("10,card,,paid,GBP,,", "received_on: Please give the day"),
        ("10,gold,01/11/2026,paid,GBP,,", "method: \"gold\" is not one of"),
        ("10,card,01/11/2026,paid,GBP,,,x", "it has 8 cells"),
    ] {
        let report = try_to_take(&app, list(&format!("{row}\n")).as_bytes(), &how(&[]), Intent::Record);
        let report = report.expect("a list").report;
        assert!(
            report.faults == 1 && report.rows[0].starts_with("row 2: ") && report.rows[0].contains(words),
            "{report:?}"
        );
    }
    assert_eq!(gifts(&app).len(), 1);
}

#[actix_web::test]
async fn a_quotation_mark_that_never_closes_stops_the_file_with_its_row() {
    let app = start().await;
    let file = b"amount,method,date,note\n5,cash,01/11/2026,\"Keep going\n6,cash,01/11/2026,\"well done\"\n7,cash,01/11/2026,\n";

    let refused = try_to_take(&app, file, &how(&[]), Intent::Record).expect_err("a refusal").to_string();

    assert!(refused.starts_with("In row 2 a quotation mark"), "{refused}");
}

/// A gift as it must come out: its day, amount, method and giver.
type Came = (&'static str, i64, &'static str, &'static str);
/// A program, its file, the columns that are named, and what comes of it.
type Program = (&'static str, &'static str, &'static [&'static str], &'static [Came]);

/// Each program's list in its shape, the words of mapping that the page of docs has, and the gifts that come of it.
const PROGRAMS: [Program; 8] = [
    (
        "GiveWP",
        "\"Donation ID\",\"Donation Total\",\"Currency Code\",\"Donation Status\",\"Donation Date\",\"Payment Gateway\",\"First Name\",\"Last Name\",\"Email Address\",\"Donor Comment\"\n\
         101,25.00,GBP,Complete,2026-03-10,Stripe,Ada,Brook,ada@example.org,\"Keep going\"\n\
         102,10.00,GBP,Refunded,2026-03-11,Stripe,Cy,Dunn,cy@example.org,\n",
        &["key=Donation ID", "amount=Donation Total", "method=Payment Gateway"],
        &[("2026-03-10", 2_500, "card", "Ada Brook")],
    ),
    (
        "CiviCRM",
        "Contribution ID,Display Name,Email,Street Address,City,Postal Code,Total Amount,Fee Amount,Net Amount,Currency,Payment Method,Date Received,Contribution Status\n\
         7,Ben Cole,,1 High St,Leeds,LS1 1AA,30.00,0.00,30.00,GBP,Check,2026-03-10 00:00:00,Completed\n\
         8,Di East,di@example.org,,,,40.00,,40.00,GBP,EFT,2026-03-11 09:30:00,Pending\n",
        &[
            "key=Contribution ID",
            "amount=Total Amount",
            "address=Street Address",
            "address=City",
            "address=Postal Code",
        ],
        &[("2026-03-10", 3_000, "cheque", "Ben Cole")],
    ),
    (
        "Donorbox",
        "Name,Donor Email,Amount,Currency,Processing Fee,Donation Type,Donated At,Status,Donor Comment,Anonymous Donation\n\
         Fay Gill,fay@example.org,15.00,GBP,0.43,stripe,2026-03-12 08:00:00,Paid,For the strike,No\n",
        &["received_on=Donated At", "method=Donation Type"],
        &[("2026-03-12", 1_500, "card", "Fay Gill")],
    ),
    (
        "Stripe",
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Fee,Status,Customer Email,Card Name\n\
         ch_1,2026-06-30 23:30:00,50.00,0.00,gbp,0.95,Paid,hal@example.org,Hal Ives\n\
         ch_2,2026-07-02 10:00:00,20.00,20.00,gbp,0.50,Refunded,jo@example.org,Jo Kay\n",
        &["key=id", "received_on=Created date (UTC)", "method=card", "email=Customer Email", "name=Card Name"],
        &[("2026-07-01", 5_000, "card", "Hal Ives")],
    ),
    (
        "PayPal",
        "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,Transaction ID,Reference Txn ID\n\
         14/03/2026,09:00:00,GMT,Lou May,Donation Payment,Completed,GBP,10.00,-0.44,9.56,lou@example.org,T1,\n\
         14/03/2026,10:00:00,GMT,Ned Orr,Donation Payment,Completed,GBP,\"1,000.00\",-14.30,985.70,ned@example.org,T2,\n\
         15/03/2026,10:00:00,GMT,Lou May,Payment Refund,Completed,GBP,-10.00,0.44,-9.56,lou@example.org,T3,T1\n\
         16/03/2026,10:00:00,GMT,,General Withdrawal,Completed,GBP,-985.70,0.00,-985.70,,T4,\n",
        &["key=Transaction ID", "amount=Gross", "method=paypal", "email=From Email Address"],
        &[("2026-03-14", 100_000, "paypal", "Ned Orr")],
    ),
    (
        "JustGiving",
        "Donation Ref,Donation Date,Donation Amount,Donation Payment Currency,Donation Payment Reference Fees,Donor First Name,Donor Last Name,Donor Email,Message from Donor\n\
         D9,15/03/2026,20.00,GBP,0.30,Pat,Quin,pat@example.org,Solidarity\n",
        &[
            "key=Donation Ref",
            "amount=Donation Amount",
            "currency=Donation Payment Currency",
            "method=card",
            "first_name=Donor First Name",
            "last_name=Donor Last Name",
            "note=Message from Donor",
        ],
        &[("2026-03-15", 2_000, "card", "Pat Quin")],
    ),
    (
        "GoCardless",
        "id,created_at,charge_date,amount,currency,status,customers.given_name,customers.family_name,customers.email\n\
         PM1,2026-03-01T10:00:00.000Z,2026-03-06,5.00,GBP,paid_out,Ros,Shaw,ros@example.org\n\
         PM2,2026-03-01T10:00:00.000Z,2026-03-06,5.00,GBP,failed,Tom,Ure,tom@example.org\n\
         PM3,2026-03-01T10:00:00.000Z,2026-03-06,5.00,GBP,customer_approval_denied,Una,Vale,una@example.org\n",
        &[
            "key=id",
            "received_on=charge_date",
            "method=direct_debit",
            "first_name=customers.given_name",
            "last_name=customers.family_name",
            "email=customers.email",
        ],
        &[("2026-03-06", 500, "direct_debit", "Ros Shaw")],
    ),
    (
        "Crowdfunder",
        "Pledge ID;Pledged at;Amount (£);Payment status;Supporter name;Supporter email;Hide name;Reward\n\
         55;16/03/2026 20:15;35,00;Collected;Wyn Yeo;wyn@example.org;yes;Mug\n\
         56;17/03/2026 20:15;1.250,00;Cancelled;Zed Abel;zed@example.org;no;\n",
        &[
            "key=Pledge ID",
            "received_on=Pledged at",
            "method=card",
            "name=Supporter name",
            "email=Supporter email",
            "anonymous=Hide name",
        ],
        &[("2026-03-16", 3_500, "card", "Wyn Yeo")],
    ),
];

#[actix_web::test]
async fn lists_of_eight_programs_come_in_with_a_line_of_mapping_each_as_the_page_says() {
    let page = include_str!("../../docs/operators/lists.md");
    for (name, file, columns, expected) in PROGRAMS {
        let app = start().await;

        taken(&app, file.as_bytes(), &how(columns));

        let expected: Vec<_> =
            expected.iter().map(|(day, amount, method, who)| row(day, *amount, method, who)).collect();
        assert_eq!(told(&app), expected, "{name}");
        let line: Vec<String> = columns.iter().map(|column| format!("--column \"{column}\"")).collect();
        assert!(page.contains(&line.join(" ")), "the page has no such line for {name}: {}", line.join(" "));
    }
}

#[actix_web::test]
async fn a_postal_address_stays_with_the_giver_and_no_letter_is_written_before_it_is_asked_for() {
    let app = start().await;
    let file = b"amount,method,date,name,email,address\n\
        5,cash,01/11/2026,Ann Lee,ann@example.org,\n6,cash,01/11/2026,Bo Orr,,\"1 High St; Leeds\"\n7,cash,01/11/2026,,,\n";

    let dry = try_to_take(&app, file, &how(&[]), Intent::DryRun).expect("a list");
    assert_eq!((dry.by_mail, dry.by_post), (1, 1));
    assert!(
        dry.report.rows.iter().any(|row| row.contains("1 would leave by e-mail and 1 would be printed")),
        "{dry:?}"
    );
    taken(&app, file, &how(&[]));

    assert!(app.mails().is_empty(), "nothing leaves");
    assert_eq!(gifts(&app)[1].address, "1 High St\nLeeds");
    let queue = || app.app.db.write(|conn| donations::send_missing(conn, today())).expect("the missing letters");
    while donations::prove_receipts(&app.app.db, today()).expect("a proof") {}
    let watch = app.app.db.read(donations::receipt_watch).expect("a watch");
    assert_eq!((watch.unsent(), queue()), (0, 0), "what was not to be sent is not missing");
    assert!(app.fault().is_none(), "{:?}", app.fault());
}

#[actix_web::test]
async fn with_letters_whoever_can_be_written_to_gets_one() {
    let app = start().await;
    let file = b"amount,method,date,name,email,address\n\
        5,cash,01/11/2026,Ann Lee,ann@example.org,\n6,cash,01/11/2026,Bo Orr,,\"1 High St; Leeds\"\n";

    taken(&app, file, &How { letters: Letters::Written, ..how(&[]) });

    let mails = app.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ann@example.org"]);
    let to_print = app.app.db.read(|conn| fighting_fund::outbox::count_to_post(conn, |_| true)).expect("a count");
    assert_eq!(to_print, 1);
}

const TIN: &str = "amount,method,received_on\n10.00,cash,2026-11-03\n10.00,cash,2026-11-03\n";

#[actix_web::test]
async fn a_second_tin_is_asked_about_and_taken_with_a_word() {
    let app = start().await;
    taken(&app, TIN.as_bytes(), &how(&[]));
    let second = format!("{TIN}20.00,cash,2026-11-03\n");

    let asked = try_to_take(&app, second.as_bytes(), &how(&[]), Intent::Record).expect("a list");
    assert_eq!((asked.report.alike, asked.fresh, gifts(&app).len()), (2, 0, 2));
    assert!(
        asked.report.rows[0].starts_with("row 2: looks like a row of list.csv, taken in on 30 November 2026"),
        "{asked:?}"
    );
    let done = taken(&app, second.as_bytes(), &How { again: true, ..how(&[]) });
    assert_eq!((done.fresh, done.sum_minor, gifts(&app).len()), (3, 4_000, 5));
    let again = taken(&app, second.as_bytes(), &how(&[]));
    assert_eq!((again.fresh, again.known), (0, 3), "the very same file");
    let once_more = taken(&app, second.as_bytes(), &How { again: true, ..how(&[]) });
    assert_eq!((once_more.fresh, once_more.known), (0, 3), "a word about other rows takes no file twice");
}

#[actix_web::test]
async fn a_list_that_has_grown_and_a_part_of_one_are_known() {
    let app = start().await;
    let head = "amount,method,date,name\n";
    let rows = ["5,cash,01/11/2026,Ann\n", "6,cash,02/11/2026,Bo\n", "7,cash,03/11/2026,Cy\n"];
    taken(&app, [head, rows[0], rows[1]].concat().as_bytes(), &how(&[]));

    let grown = taken(&app, [head, rows[0], rows[1], rows[2]].concat().as_bytes(), &how(&[]));
    let part = taken(&app, [head, rows[1], rows[2]].concat().as_bytes(), &how(&[]));
    let turned = try_to_take(&app, [head, rows[2], rows[1]].concat().as_bytes(), &how(&[]), Intent::Record);

    assert_eq!((grown.fresh, grown.known), (1, 2));
    assert_eq!((part.fresh, part.known), (0, 2));
    assert_eq!(turned.expect("a list").report.alike, 2, "another order proves nothing");
}

#[actix_web::test]
async fn our_own_export_adds_nothing_to_its_own_books() {
    let app = start().await;
    taken(&app, &case("gifts-capitals.csv"), &how(&[]));
    let first = gifts(&app).remove(0);
    let export = format!(
        "reference,fund,appeal,status,amount,refunded,currency,method,received_on,receipt,entry,name,email\n\
         {},fighting-fund,2026-03,received,25.00,0.00,GBP,cheque,2026-03-10,2026-000001,1,Ada Brook,ada@example.org\n",
        first.reference()
    );

    let back = taken(&app, export.as_bytes(), &how(&[]));

    assert_eq!((back.fresh, back.known, gifts(&app).len()), (0, 1, 2));
}

#[actix_web::test]
async fn a_word_is_asked_for_on_the_command_line_with_its_own_exit_code() {
    let place = Place::new();
    place.run_well(&["fund", "add", "fighting-fund", "--title", "Fund", "--target", "18000.00", "--monthly"]);
    let day = Utc::now().date_naive();
    let tin = TIN.replace("2026-11-03", &day.to_string());
    std::fs::write(place.path("one.csv"), &tin).expect("a file");
    std::fs::write(place.path("two.csv"), format!("{tin}20.00,cash,{day}\n")).expect("a file");

    let first = place.run_well(&["import", "donations", "one.csv"]);
    let same = place.run_well(&["import", "donations", "one.csv"]);
    let asked = place.run(&["import", "donations", "two.csv"]);
    let told = place.run_well(&["import", "donations", "two.csv", "--again"]);

    assert!(first.contains("2 gifts with £20.00 in all; 0 known already."), "{first}");
    assert!(first.contains("letters: none"), "{first}");
    assert!(same.contains("0 gifts with £0.00 in all; 2 known already."), "{same}");
    let stderr = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(asked.status.code() == Some(3) && stderr.contains("--again"), "{stderr}");
    assert!(String::from_utf8_lossy(&asked.stdout).contains("row 2: looks like a row of one.csv"));
    assert!(told.contains("3 gifts with £40.00 in all"), "{told}");
    place.run_well(&["verify"]);
}

#[actix_web::test]
async fn a_register_from_a_spreadsheet_comes_in_with_its_columns_said_either_way() {
    for columns in [
        ["Member No=member", "Name=name", "Address=address", "Email=email", "Date joined=entered_on", "Shares=shares"],
        ["member=Member No", "name=Name", "address=Address", "email=Email", "entered_on=Date joined", "shares=Shares"],
    ] {
        let app = start().await;
        let columns: Vec<String> = columns.iter().map(|text| (*text).to_owned()).collect();
        let on = NaiveDate::from_ymd_opt(2026, 1, 1);
        let how = fighting_fund::shares::import::How::new(on, &columns).expect("a mapping");
        let file = case("members-spreadsheet.csv");

        let report =
            fighting_fund::shares::import::run(&app.app.db, today(), &how, &file, Intent::Record, &mut |_, _| {})
                .expect("a readable register");

        assert_eq!((report.faults, report.summary.as_str()), (0, "1 member with 100 shares, £100.00 in all."));
        assert_eq!(report.rows, ["left out: the column \"Telephone\""]);
        let token = app.token("shares:read").await;
        let request = app.client.get(app.at("/api/v1/shares/members/M000007")).bearer_auth(token);
        let member: serde_json::Value = request.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(member["entered_on"], "1984-02-29");
    }
}
