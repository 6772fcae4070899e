//! Files of banks as they come: every format, every oddity, and no file that makes the program stumble.

use chrono::NaiveDate;
use fighting_fund::money::GBP;
use fighting_fund::statements::Kind;
use fighting_fund::statements::files::{self, FileError, Found, Terms};
use fighting_fund::statements::told::{Told, ToldLine};
use proptest::prelude::*;

/// The samples: invented money of an invented society, in the shapes that banks use.
const CASES: [&str; 11] = [
    "signed-amount.csv",
    "paid-in-paid-out.csv",
    "windows-1252.csv",
    "semicolons-decimal-comma.csv",
    "without-headings.csv",
    "utf-16-tabs.csv",
    "ofx1.ofx",
    "ofx2.ofx",
    "camt-053-001-02.xml",
    "camt-053-001-08.xml",
    "mt940.sta",
];

pub fn case(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/cases/statements/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("a sample")
}

fn terms() -> Terms<'static> {
    let today = NaiveDate::from_ymd_opt(2021, 6, 27).expect("a day");
    Terms { today, currency: GBP, layout: None, saved: &[] }
}

fn read(bytes: &[u8]) -> Result<Found, FileError> {
    files::read(bytes, &terms())
}

fn told(name: &str) -> Told {
    let found = read(&case(name)).expect("a readable file");
    assert_eq!(found.faults, []);
    let [told] = found.statements.try_into().expect("one statement");
    told
}

/// "2021-06-25 25.00 other A SMITH|FF7K3M9QXP"
fn lines(told: &Told) -> Vec<String> {
    let line = |line: &ToldLine| {
        format!(
            "{} {} {} {}|{}|{}",
            line.booked_on,
            line.amount_minor,
            line.kind.name(),
            line.payer,
            line.reference,
            line.description
        )
    };
    told.lines.iter().map(line).collect()
}

#[test]
fn a_signed_amount_with_the_newest_first_is_read_day_first() {
    let told = told("signed-amount.csv");

    assert_eq!(told.account, "20-00-00 12345678");
    assert_eq!(
        lines(&told),
        [
            "2021-04-03 125000 other ||LEEDS TRADES COUNCIL GRANT TO THE FUND BGC",
            "2021-06-24 -650 other ||COMMISSION FOR PERIOD 25MAY21/24JUN21",
            "2021-06-25 1000 other ||J JONES ff7k 3m9q xp FPI",
            "2021-06-25 1000 other ||J JONES ff7k 3m9q xp FPI",
            "2021-06-25 2500 other ||A SMITH FF7K3M9QXP BGC",
        ]
    );
}

#[test]
fn separate_columns_with_a_running_balance_give_the_balances_before_and_after() {
    let told = told("paid-in-paid-out.csv");

    assert_eq!(told.account, "20-00-00 12345678");
    assert_eq!((told.opening_minor, told.closing_minor), (Some(100_000), Some(133_450)));
    assert_eq!(
        lines(&told),
        [
            "2021-06-24 20000 standing_order ||READERS, LEEDS",
            "2021-06-24 -3550 direct_debit ||RIVER TELECOM 88771",
            "2021-06-25 14500 cheque ||500017",
            "2021-06-25 2500 transfer ||MRS E OKAFOR FF7K3M9QXP",
        ]
    );
}

#[test]
fn windows_1252_with_lines_before_the_headings_keeps_pounds_and_accents() {
    let told = told("windows-1252.csv");

    assert_eq!((told.opening_minor, told.closing_minor), (Some(100_000), Some(118_450)));
    assert_eq!(lines(&told)[0], "2021-06-21 1250 transfer ||RENÉE DUBOIS FF 7K3M 9QXP");
    assert_eq!(lines(&told)[2], "2021-06-23 -800 fee ||Charges £8 for quarter");
}

#[test]
fn semicolons_a_decimal_comma_and_a_column_for_the_direction_are_understood() {
    assert_eq!(
        lines(&told("semicolons-decimal-comma.csv")),
        ["2021-06-21 2500 other ||A READER; FF7K3M9QXP", "2021-06-22 -100650 other ||CHARGES"]
    );
}

#[test]
fn a_file_without_headings_is_understood_by_its_rows() {
    assert_eq!(
        lines(&told("without-headings.csv")),
        ["2021-06-24 -103550 other ||RIVER TELECOM DD", "2021-06-25 2500 other ||A SMITH FF7K3M9QXPFIGHT CR"]
    );
}

#[test]
fn utf_16_with_tabs_is_read() {
    let told = told("utf-16-tabs.csv");

    assert_eq!((told.opening_minor, told.closing_minor, told.lines.len()), (Some(10_000), Some(12_000), 2));
}

#[test]
fn both_versions_of_ofx_are_read() {
    let (one, two) = (told("ofx1.ofx"), told("ofx2.ofx"));

    assert_eq!((one.account.as_str(), one.currency.as_str()), ("200000 12345678", "GBP"));
    assert_eq!((one.opening_minor, one.closing_minor), (Some(100_000), Some(102_850)));
    assert_eq!(
        lines(&one),
        [
            "2021-06-21 2500 other A SMITH & SON|FF7K3M9QXP|",
            "2021-06-22 1000 standing_order J JONES|STANDING ORDER FF7K3M9QX|",
            "2021-06-25 -650 fee COMMISSION||",
        ]
    );
    assert_eq!(one.lines[0].bank_id, "2021062100001");
    assert_eq!((two.opening_minor, two.closing_minor), (Some(100_000), Some(98_950)));
    assert_eq!(
        lines(&two),
        ["2021-06-21 2500 other A Smith & Son|FF7K3M9QXP|", "2021-06-24 -3550 other River Telecom||"]
    );
}

#[test]
fn every_version_of_camt_says_the_same_and_a_bulk_is_its_payments() {
    let (old, new) = (told("camt-053-001-02.xml"), told("camt-053-001-08.xml"));

    assert_eq!(old, new);
    assert_eq!(old.account, "GB33BUKB20000012345678");
    assert_eq!((old.opening_minor, old.closing_minor), (Some(100_000), Some(104_850)));
    assert_eq!(
        lines(&old),
        [
            "2021-06-24 2500 transfer Amina Smith & Partner|FF7K3M9QXP|",
            "2021-06-25 1000 standing_order J Jones|FIGHTINGFUNDFF7K3|",
            "2021-06-25 2000 standing_order Leeds Readers|monthly|",
            "2021-06-25 -650 fee ||Account charges, June",
        ]
    );
    assert_eq!(old.lines[0].payer_account, "GB11MIDL40000098765432");
    let ids: Vec<&str> = old.lines.iter().map(|line| line.bank_id.as_str()).collect();
    assert_eq!(ids, ["2406-0001", "2506-0001/1", "2506-0001/2", "2506-0002"]);
}

#[test]
fn the_pages_of_an_mt940_are_one_statement_and_a_reversed_credit_is_a_debit() {
    let told = told("mt940.sta");

    assert_eq!((told.opening_minor, told.closing_minor), (Some(100_000), Some(102_350)));
    assert_eq!(
        lines(&told),
        [
            "2021-06-24 2500 transfer |FF7K3M9QXP|A SMITH AMINA SMITH FF7K3M9QXP FASTER PAYMENT",
            "2021-06-24 1000 standing_order J JONES|FIGHTING FUND FF7K3M9QXP FROM A READER FIGHTINGFUNDFF7K|STANDING ORDER",
            "2021-06-25 -650 fee ||ACCOUNT CHARGES JUNE",
            "2021-06-25 -500 transfer B BROWN|RETURNED FF7K3M9QXP|",
        ]
    );
}

#[test]
fn an_entry_of_mt940_over_new_year_is_of_the_right_year() {
    let text = ":20:A\n:25:1\n:28C:1\n:60F:C201231GBP0,\n:61:2012311231C1,NTRFX\n:61:2012310104C1,NTRFX\n:61:2101041231C1,NTRFX\n:62F:C210104GBP3,\n";

    let days: Vec<String> = read(text.as_bytes()).expect("a file").statements[0]
        .lines
        .iter()
        .map(|line| line.booked_on.to_string())
        .collect();

    assert_eq!(days, ["2020-12-31", "2020-12-31", "2021-01-04"]);
}

#[test]
fn a_file_that_ends_in_the_middle_is_refused() {
    for name in ["ofx1.ofx", "ofx2.ofx", "camt-053-001-02.xml", "camt-053-001-08.xml", "mt940.sta"] {
        let whole = case(name);
        let text = std::str::from_utf8(&whole).expect("text").trim_end();
        // The last field of MT940 says nothing that is needed.
        let end = text.rfind(":62").unwrap_or(text.len());
        for cut in (text.len() / 2..end).step_by(7) {
            let found = read(&whole[..cut]);
            // A page of MT940 that is whole may be the last one.
            let is_page =
                name == "mt940.sta" && text[..cut].matches(":62M:").count() > text[..cut].matches(":60M:").count();
            let is_whole = |told: &Told| {
                let sum: i64 = told.lines.iter().map(|line| line.amount_minor).sum();
                told.opening_minor.zip(told.closing_minor).is_some_and(|(opening, closing)| opening + sum == closing)
            };
            let is_page = is_page && found.as_ref().is_ok_and(|found| found.statements.iter().all(is_whole));
            assert!(
                is_page || matches!(found, Err(FileError::Truncated(_) | FileError::Broken(..))),
                "{name} cut at {cut}: {found:?}"
            );
        }
    }
}

#[test]
fn other_files_are_told_apart_with_a_sentence() {
    let camt_052 =
        b"<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.052.001.02\"></Document>";
    let cases: [(&[u8], &str); 8] = [
        (b"", "The file is empty"),
        (b" \r\n ", "The file is empty"),
        (b"%PDF-1.4 ...", "This is a PDF"),
        (b"PK\x03\x04....", "This is a spreadsheet or an archive"),
        (b"<!DOCTYPE html><html></html>", "This is a web page"),
        (camt_052, "This is a CAMT.052"),
        (b"!Type:Bank\nD25/06/2021\n^", "This is a QIF file"),
        (b"just some words\nand more of them\n", "The file has only one column"),
    ];
    for (bytes, sentence) in cases {
        let error = read(bytes).expect_err("a refusal").to_string();
        assert!(error.starts_with(sentence), "{error}");
    }
}

#[test]
fn a_file_that_declares_a_document_type_is_refused() {
    for name in ["ofx1.ofx", "ofx2.ofx", "camt-053-001-02.xml", "camt-053-001-08.xml"] {
        let whole = String::from_utf8(case(name)).expect("text");
        let root = whole.find("<OFX>").or_else(|| whole.find("<Document")).expect("a root");
        for declared in
            ["<!DOCTYPE OFX>", "<!doctype x [<!ENTITY a \"b\">]>", "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">"]
        {
            let text = format!("{}{declared}{}", &whole[..root], &whole[root..]);

            let error = read(text.as_bytes()).expect_err(name).to_string();

            assert!(error.contains("declares a document type"), "{name}, {declared}: {error}");
        }
    }
}

#[test]
fn a_file_whose_columns_nobody_knows_says_what_to_do() {
    let error = read(b"Wann,Was,Wieviel\n25/06/2021,A SMITH,25.00\n").expect_err("a refusal").to_string();

    assert!(error.contains("Wann, Was, Wieviel") && error.contains("Please say which column has the day"), "{error}");
}

#[test]
fn rows_of_1926_and_2126_and_rows_that_say_too_much_or_nothing_are_named() {
    let file = "Date,Description,Paid out,Paid in,Balance\n\
                25/06/2021,good,,1.00,\n\
                25/06/1926,old,,1.00,\n\
                25/06/2126,young,,1.00,\n\
                25/06/2021,both,1.00,2.00,\n\
                25/06/2021,word,,lots,\n\
                31/06/2021,no such day,,1.00,\n\
                ,no day,,1.00,\n\
                25/06/2021,fine,,1.005,\n\
                25/06/2021,Balance carried forward,,,7.00\n\
                Total,,,99.00,\n";

    let found = read(file.as_bytes()).expect("a file");

    let told: Vec<String> = found.faults.iter().map(|(row, what)| format!("{row}: {what}")).collect();
    assert_eq!(
        told,
        [
            "3: the day 25 June 1926 is too long ago; please check its year",
            "4: the day 25 June 2126 has not come yet; please check its year",
            "5: it has an amount paid in and an amount paid out; a line has one of them",
            "6: \"lots\" is not an amount",
            "7: \"31/06/2021\" is not a day",
            "8: it has an amount and no day",
            "9: \"1.005\" has more decimals than GBP",
        ]
    );
    let sum = "it tells a balance or a sum and no money that moved; left out";
    assert_eq!(found.notes, [(10, sum.to_owned()), (11, sum.to_owned())]);
}

#[test]
fn balances_that_do_not_follow_name_the_row_and_days_may_run_either_way() {
    let broken = "Date,Description,Amount,Balance\n24/06/2021,a,1.00,101.00\n25/06/2021,b,2.00,104.00\n";
    // Days downwards, the lines of a day upwards.
    let mixed = "Date,Description,Amount,Balance\n25/06/2021,c,1.00,104.00\n25/06/2021,d,2.00,106.00\n24/06/2021,a,1.00,101.00\n24/06/2021,b,2.00,103.00\n";

    let fault = read(broken.as_bytes()).expect("a file").faults;
    let told = read(mixed.as_bytes()).expect("a file");

    assert_eq!(fault[0].0, 3);
    assert!(fault[0].1.starts_with("the balance says £104.00, but the balance before and this amount make £103.00"));
    assert_eq!(told.faults, []);
    let order: Vec<&str> = told.statements[0].lines.iter().map(|line| line.description.as_str()).collect();
    assert_eq!(order, ["a", "b", "c", "d"]);
    assert_eq!(told.statements[0].opening_minor, Some(10_000));
}

#[test]
fn fifty_thousand_rows_are_read_in_one_go() {
    use std::fmt::Write;
    let mut file = "Date,Description,Amount,Balance\n".to_owned();
    for row in 1..=50_000 {
        writeln!(file, "{:02}/06/2021,READER {row} FF7K3M9QXP,1.00,{row}.00", 1 + row * 24 / 50_001).expect("text");
    }

    let found = read(file.as_bytes()).expect("a file");

    assert_eq!((found.lines(), found.faults.len()), (50_000, 0));
    assert_eq!(found.statements[0].closing_minor, Some(5_000_000));
    assert_eq!(found.statements[0].lines[0].kind, Kind::Other);
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_sample_with_a_few_bytes_changed_makes_a_reader_stumble(
        which in 0..CASES.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = case(CASES[which]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read(&bytes);
    }

    #[test]
    fn no_fields_of_mt940_make_its_reader_stumble(fields in proptest::collection::vec("(60F|61|62F|86|25|28C):.{0,40}", 0..8)) {
        let text = format!(":20:X\n:25:1\n:{}\n:62F:C210625GBP1,\n", fields.join("\n:"));
        let _ = read(text.as_bytes());
    }

    #[test]
    fn what_a_csv_file_says_comes_back_whichever_way_it_runs(
        amounts in proptest::collection::vec(prop_oneof![1_i64..9_999_999, -9_999_999_i64..-1], 1..60),
        is_newest_first in any::<bool>(),
        is_apart in any::<bool>(),
    ) {
        let mut balance = 0;
        let mut rows: Vec<String> = Vec::new();
        for (at, amount) in amounts.iter().enumerate() {
            balance += amount;
            let pounds = |minor: i64| fighting_fund::money::plain(minor, GBP);
            let day = 1 + at * 20 / amounts.len();
            let money = match (is_apart, *amount > 0) {
                (true, true) => format!(",{}", pounds(*amount)),
                (true, false) => format!("{},", pounds(-*amount)),
                (false, _) => pounds(*amount),
            };
            rows.push(format!("{day:02}/06/2021,line {at},{money},{}", pounds(balance)));
        }
        if is_newest_first {
            rows.reverse();
        }
        let heading = if is_apart { "Date,Details,Money Out,Money In,Balance" } else { "Date,Details,Amount,Balance" };
        let file = format!("{heading}\n{}\n", rows.join("\n"));

        let found = read(file.as_bytes()).expect("a file");

        prop_assert_eq!(&found.faults, &[]);
        let told: Vec<i64> = found.statements[0].lines.iter().map(|line| line.amount_minor).collect();
        prop_assert_eq!(told, amounts);
        prop_assert_eq!((found.statements[0].opening_minor, found.statements[0].closing_minor), (Some(0), Some(balance)));
    }
}
