//! Damaged files: whichever page of the books was overwritten, `verify` finds it.

use std::path::Path;

use fighting_fund::db::{DatabaseUrl, Db};
use fighting_fund::verify;

use crate::program::{Place, text};

const PAGE: usize = 4096;
/// Pages overwritten, each in a copy of its own.
const PAGES_HIT: usize = 100;
/// Enough that the books have several times as many pages.
const GIFTS: usize = 1_500;

/// The books of a society after some time, whole, in one file.
fn filled(place: &Place) -> Vec<u8> {
    let mut gifts = "amount,method,name,email,note\n".to_owned();
    for number in 0..GIFTS {
        // Longer than a page, so that it goes on over others.
        let note = if number % 100 == 0 { "€".repeat(1_900) } else { String::new() };
        let line = format!("{}.00,cheque,Reader {number},reader{number}@example.org,{note}\n", 1 + number % 90);
        gifts.push_str(&line);
    }
    std::fs::write(place.path("gifts.csv"), gifts).expect("a file");
    place.run_well(&["migrate"]);
    let mut serving = place.serve();
    serving.ask_to_stop();
    serving.ended_within(std::time::Duration::from_secs(30)).expect("it ends");
    place.run_well(&["import", "donations", "gifts.csv", "--letters"]);
    place.run_well(&["backup", "whole.db"]);
    std::fs::read(place.path("whole.db")).expect("a backup")
}

/// The first fault, if `verify` finds one or cannot even open the file.
fn found(path: &Path) -> Option<String> {
    let proofs = Db::open_to_read(&DatabaseUrl::Sqlite(path.to_owned()), None).and_then(|db| verify::whole(&db));
    match proofs {
        Ok(proofs) => proofs.into_iter().find_map(|proof| proof.fault),
        Err(error) => Some(error.to_string()),
    }
}

/// Bytes that mean nothing, the same each time (xorshift).
fn noise(seed: usize) -> Vec<u8> {
    let mut state = (seed as u64).wrapping_mul(2_685_821_657_736_338_717) + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..PAGE / 8).flat_map(|_| next()).collect()
}

#[test]
fn a_page_that_was_overwritten_is_found_whichever_it_is() {
    let place = Place::on("sqlite:books/fund.db".to_owned());
    let whole = filled(&place);
    let pages = whole.len() / PAGE;
    assert!(pages > 2 * PAGES_HIT, "{pages} pages");
    assert_eq!(found(&place.path("whole.db")), None);

    let hit = place.path("hit.db");
    let mut passed = Vec::new();
    for number in 0..PAGES_HIT {
        let page = number * pages / PAGES_HIT;
        let mut bytes = whole.clone();
        let at = &mut bytes[page * PAGE..(page + 1) * PAGE];
        match number % 4 {
            0 => at.fill(0),
            1 => at.fill(0xff),
            2 => at.copy_from_slice(&noise(page)),
            // Torn. The other half of a page may be free, and then nothing of the books is lost with it.
            _ => at[..PAGE / 2].copy_from_slice(&noise(page)[..PAGE / 2]),
        }
        std::fs::write(&hit, bytes).expect("a copy");
        if found(&hit).is_none() {
            passed.push((page, number % 4));
        }
    }

    assert_eq!(passed, [], "pages that were overwritten and not found");
    let output = place.command(&["verify"]).env("DATABASE_URL", "sqlite:hit.db").output().expect("the program runs");
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}{}", text(&output.stdout));
}

#[test]
fn verify_begins_with_the_database_itself() {
    let place = Place::new();
    place.run_well(&["migrate"]);

    let said = place.run_well(&["verify"]);

    let first = said.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("ok      Every page of the file") || first.starts_with("ok      Every row can be read"),
        "{said}"
    );
}
