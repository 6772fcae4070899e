//! A bad day of the bank's files: the import is killed, and files come that are as long as a file may be.

use std::fmt::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::program::Place;
use crate::statement_cases::taken;

/// Rows of the file that is killed: long enough to be killed in.
const ROWS: usize = 20_000;
/// When it is killed, in milliseconds after its start.
const KILLED_AFTER: [u64; 4] = [20, 60, 150, 400];
/// Lines of a long file.
const LONG: usize = 100_000;

#[test]
fn an_import_that_is_killed_leaves_all_of_the_file_or_nothing_and_is_taken_in_once() {
    let place = Place::new();
    place.run_well(&["fund", "add", "fighting-fund", "--title", "Fighting Fund", "--target", "18000.00"]);
    let mut file = "Date,Description,Amount,Balance\n".to_owned();
    for row in 1..=ROWS {
        writeln!(file, "{:02}/06/2021,READER {row},1.00,{row}.00", 1 + row * 24 / (ROWS + 1)).expect("text");
    }
    std::fs::write(place.path("june.csv"), file).expect("a file");
    let held = || place.run_well(&["export", "bank"]).lines().count() - 1;

    for after in KILLED_AFTER {
        let mut import = place.command(&["import", "bank", "june.csv"]);
        let mut import = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(after));
        import.kill().expect("it may have ended");
        import.wait().expect("it ends");
        assert!([0, ROWS].contains(&held()), "{} lines after {after} ms", held());
    }

    place.run_well(&["import", "bank", "june.csv"]);
    assert_eq!(held(), ROWS);
    assert!(place.run_well(&["import", "bank", "june.csv"]).contains("This file was taken in on"));
    assert_eq!(held(), ROWS);
}

#[test]
fn long_files_of_other_formats_are_read_to_their_end() {
    let mut mt940 = ":20:A\n:25:1\n:28C:1\n:60F:C260301GBP0,\n".to_owned();
    let mut ofx = "OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>GBP<BANKTRANLIST>\n".to_owned();
    for line in 0..LONG {
        write!(mt940, ":61:2603100310C1,00NTRFNONREF\n:86:READER {line}\n").expect("text");
        writeln!(
            ofx,
            "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260310<TRNAMT>1.00<FITID>{line}<MEMO>I <3 U {line}</STMTTRN>"
        )
        .expect("text");
    }
    writeln!(mt940, ":62F:C260310GBP{LONG},").expect("text");
    ofx.push_str("</BANKTRANLIST></STMTRS></OFX>\n");

    for file in [mt940, ofx] {
        let found = taken(file.as_bytes(), "", "").expect("a file");
        assert_eq!(found.lines(), LONG);
    }
}

#[test]
fn a_quotation_mark_in_every_row_is_read_in_one_go() {
    let mut file = "Date,Amount,Memo\n".to_owned();
    let rows = LONG / 5;
    for row in 0..rows {
        writeln!(file, "10/03/2026,1.00,\"READER {row}").expect("text");
    }

    assert_eq!(taken(file.as_bytes(), "", "").expect("a file").lines(), rows);
}
