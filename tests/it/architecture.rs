//! Reads `src/` and keeps the house as `src/lib.rs` draws it: who may use whom, and where each library may be named.
//!
//! Every rule is a test, and a test that fails names each line that breaks its rule. What a rule is for stands beside it.

use std::fmt::Write;
use std::path::Path;

/// The longest file: a reader should hold it in one sitting. Tests at its end do not count.
const LINES_MAX: usize = 400;
/// The longest function: one screen.
const FUNCTION_LINES_MAX: usize = 70;

/// Who may use whom. A room on the left may use the rooms on its right and nothing else; `routes` and `http` are
/// bound by [`ROUTES_MAY_ALSO_USE`]. `progress` stands on no right side: the books do not know that a widget exists.
const LADDER: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("fault", &[]),
    ("hex", &[]),
    ("money", &[]),
    ("proof", &[]),
    ("reference", &[]),
    ("sheet", &[]),
    ("threads", &[]),
    ("unseen", &[]),
    ("db", &[]),
    ("ledger", &["db"]),
    ("supporters", &["db"]),
    ("funds", &["ledger", "db"]),
    ("outbox", &["funds", "ledger", "db"]),
    ("receipts", &["outbox", "funds", "ledger", "db"]),
    ("donations", &["receipts", "outbox", "funds", "supporters", "ledger", "db"]),
    ("shares", &["donations", "receipts", "outbox", "funds", "supporters", "ledger", "db"]),
    ("payments", &["donations", "shares", "receipts", "outbox", "funds", "supporters", "ledger", "db"]),
    ("batches", &["payments", "donations", "shares", "receipts", "outbox", "funds", "supporters", "ledger", "db"]),
    ("standing_orders", &["payments", "donations", "receipts", "outbox", "funds", "supporters", "ledger", "db"]),
    (
        "statements",
        &[
            "standing_orders",
            "batches",
            "payments",
            "donations",
            "shares",
            "receipts",
            "outbox",
            "funds",
            "supporters",
            "ledger",
            "db",
        ],
    ),
    ("staff", &["outbox", "funds", "db", "http"]),
    // Every page names the society (Act of 2014, section 11), which `funds` keeps.
    ("http", &["db", "staff", "funds"]),
    (
        "exports",
        &[
            "statements",
            "standing_orders",
            "batches",
            "payments",
            "donations",
            "shares",
            "receipts",
            "outbox",
            "funds",
            "supporters",
            "ledger",
            "db",
        ],
    ),
    ("progress", &["donations", "funds", "ledger", "db", "http"]),
    (
        "desk",
        &[
            "exports",
            "statements",
            "standing_orders",
            "batches",
            "payments",
            "donations",
            "shares",
            "receipts",
            "outbox",
            "funds",
            "supporters",
            "ledger",
            "db",
        ],
    ),
];
/// What stands under every room.
const GROUND: &[&str] = &["clock", "fault", "hex", "money", "proof", "reference", "sheet", "threads", "unseen"];
/// A room's HTTP knows who asks and how to answer.
const ROUTES_MAY_ALSO_USE: &[&str] = &["http", "staff"];
/// These put the rooms together and may use them all; none of the rooms may use these.
const ROOF: &[&str] = &["app", "cli", "config", "demo", "import", "lib", "main", "openapi", "verify", "worker"];

/// A file of `src/`, without its tests.
struct Source {
    /// "donations/till.rs"
    path: String,
    text: String,
}

impl Source {
    /// The first part of the path: the room that the file belongs to.
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The last part of the path that says what kind of file it is: `store` for `store.rs` and all of `store/`.
    fn is_kind(&self, kind: &str) -> bool {
        self.path.split('/').any(|part| part.trim_end_matches(".rs") == kind)
    }

    /// Numbered lines that are not comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// "src/donations/till.rs:12: text" for each line of code that `is_bad`.
    fn complain(&self, complaints: &mut Vec<String>, is_bad: impl Fn(&str) -> bool) {
        let bad = self.code().filter(|(_, line)| is_bad(line));
        complaints.extend(bad.map(|(number, line)| format!("src/{}:{number}: {}", self.path, line.trim())));
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of src") {
            let path = entry.expect("an entry of src").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a file of src");
                let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
                let path = path.strip_prefix(&root).expect("below src").display().to_string();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 20, "src/ was not read");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn assert_none(rule: &str, complaints: &[String]) {
    let mut list = String::new();
    for complaint in complaints {
        writeln!(list, "  {complaint}").expect("writing to a string does not fail");
    }
    assert!(complaints.is_empty(), "{rule}:\n{list}");
}

/// Whether `line` names `word` as a whole word.
fn names(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(is_part)
            && !line[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

/// The rooms that a file names through `crate::`, with the line.
fn used_rooms(source: &Source) -> Vec<(usize, String)> {
    let mut code = String::new();
    for line in source.text.lines() {
        code.push_str(if line.trim_start().starts_with("//") { "" } else { line });
        code.push('\n');
    }
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with('$')) {
        let number = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        let names = rest.strip_prefix('{').map_or_else(|| vec![rest], top_level);
        used.extend(names.into_iter().map(|name| (number, first_word(name))));
    }
    used
}

/// Splits "a, b::{c, d}, e}" at the commas outside braces, up to the brace that closes the list.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(list[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn rooms_use_only_what_stands_below_them() {
    let mut complaints = Vec::new();
    for source in sources() {
        let room = source.room();
        if ROOF.contains(&room) {
            continue;
        }
        let Some((_, allowed)) = LADDER.iter().find(|(name, _)| *name == room) else {
            complaints.push(format!("src/{}: the room {room} has no step on the ladder of this test", source.path));
            continue;
        };
        let is_routes = source.is_kind("routes") || matches!(room, "desk" | "progress" | "http");
        for (number, used) in used_rooms(&source) {
            let is_room = LADDER.iter().any(|(name, _)| *name == used) || ROOF.contains(&used.as_str());
            let may = used == room
                || GROUND.contains(&used.as_str())
                || allowed.contains(&used.as_str())
                || (is_routes && ROUTES_MAY_ALSO_USE.contains(&used.as_str()));
            if is_room && !may {
                complaints.push(format!("src/{}:{number}: {room} uses {used}", source.path));
            }
        }
    }
    assert_none("A room uses only what stands below it", &complaints);
}

#[test]
fn lists_of_imports_are_read_across_lines() {
    let text = "use crate::{\n    db::{self, Conn},\n    money,\n};\nuse crate::funds::Fund;\n".to_owned();

    let used = used_rooms(&Source { path: "x/mod.rs".to_owned(), text });

    let rooms: Vec<&str> = used.iter().map(|(_, room)| room.as_str()).filter(|room| !room.is_empty()).collect();
    assert_eq!(rooms, ["db", "money", "funds"]);
}

#[test]
fn sql_is_only_in_stores() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| source.room() != "db" && !source.is_kind("store")) {
        source.complain(&mut complaints, |line| names(line, "diesel") || names(line, "diesel_migrations"));
    }
    assert_none("diesel is only in db/ and in store files", &complaints);
}

#[test]
fn rows_of_the_database_do_not_leave_their_store() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| source.is_kind("store")) {
        source.complain(&mut complaints, |line| {
            let line = line.trim_start();
            line.starts_with("pub")
                && line.split(['<', '(', '{', ' ']).any(|word| word.ends_with("Row"))
                && names(line, "struct")
        });
    }
    assert_none("Row structs are private to their store", &complaints);
}

#[test]
fn http_is_only_where_requests_arrive() {
    let mut complaints = Vec::new();
    for source in &sources() {
        let may = matches!(source.room(), "app" | "http" | "progress" | "main" | "cli" | "worker" | "openapi")
            || source.is_kind("routes")
            || matches!(source.path.as_str(), "staff/guard.rs" | "staff/mod.rs");
        if !may {
            source.complain(&mut complaints, |line| names(line, "actix_web") || names(line, "actix_rt"));
        }
    }
    assert_none("actix is only in app, http/, routes, progress/ and the guard", &complaints);
}

#[test]
fn addresses_are_registered_only_with_what_they_need() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| !matches!(source.path.as_str(), "app.rs" | "http/routes.rs")) {
        source.complain(&mut complaints, |line| {
            ["ServiceConfig", "web::resource", "web::scope", "web::route", "web::get", "web::post", "web::to"]
                .iter()
                .any(|word| line.contains(word))
        });
        if source.path != "staff/routes/door.rs" {
            source.complain(&mut complaints, |line| line.contains(".door()"));
        }
    }
    assert_none("Routes::desk, ::api and ::public are the only ways to an address", &complaints);
}

#[test]
fn who_may_is_never_read_from_an_address() {
    let mut complaints = Vec::new();
    // The log names the route that was chosen, and decides nothing.
    for source in sources().iter().filter(|source| source.path != "http/log.rs") {
        source.complain(&mut complaints, |line| {
            line.contains("match_pattern") || (line.contains("path()") && line.contains("starts_with"))
        });
    }
    assert_none("Permission belongs to the route, not to how an address begins", &complaints);
}

#[test]
fn mail_is_only_in_the_outbox() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| source.room() != "outbox") {
        source.complain(&mut complaints, |line| names(line, "lettre"));
    }
    assert_none("lettre is only in outbox/", &complaints);
}

#[test]
fn nothing_is_printed_by_a_macro_that_panics_when_nobody_reads() {
    let mut complaints = Vec::new();
    for source in &sources() {
        source.complain(&mut complaints, |line| {
            ["println!", "eprintln!", "print!", "eprint!", "dbg!"].iter().any(|word| names(line, word))
        });
    }
    assert_none("cli/output.rs says what is to be said", &complaints);
}

#[test]
fn threads_that_live_long_are_started_where_their_end_is_noticed() {
    let mut complaints = Vec::new();
    // What `verify` reads beside the file ends with the command.
    for source in sources().iter().filter(|source| !matches!(source.path.as_str(), "threads.rs" | "verify.rs")) {
        source.complain(&mut complaints, |line| line.contains("thread::spawn") || line.contains("thread::Builder"));
    }
    assert_none("Threads::spawn starts them", &complaints);
}

#[test]
fn html_is_only_in_templates() {
    let mut complaints = Vec::new();
    for source in &sources() {
        source.complain(&mut complaints, has_markup);
    }
    assert_none("HTML is only in templates/", &complaints);
}

/// A text that opens or closes an element: `"<p` or `</`.
fn has_markup(line: &str) -> bool {
    let opens = line.match_indices("\"<").any(|(at, _)| line[at + 2..].starts_with(|c: char| c.is_ascii_alphabetic()));
    let closes = line.match_indices("</").any(|(at, _)| line[at + 2..].starts_with(|c: char| c.is_ascii_alphabetic()));
    opens || closes || line.contains("source = \"")
}

#[test]
fn the_clock_is_read_in_one_place() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| source.path != "clock.rs") {
        source.complain(&mut complaints, |line| {
            ["Utc::now", "Local::now", "SystemTime::now"].iter().any(|now| line.contains(now))
        });
    }
    assert_none("Time arrives as `now`; only clock.rs reads it", &complaints);
}

#[test]
fn rules_decide_without_a_database() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| source.is_kind("rules")) {
        source.complain(&mut complaints, |line| {
            names(line, "Conn") || names(line, "Db") || line.contains("store::") || line.contains("clock.now")
        });
    }
    assert_none("rules.rs is pure", &complaints);
}

#[test]
fn every_file_says_what_it_is() {
    let complaints: Vec<String> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| format!("src/{} does not begin with //!", source.path))
        .collect();
    assert_none("Every file begins with what it is", &complaints);
}

#[test]
fn no_file_is_too_long_to_read() {
    let complaints: Vec<String> = sources()
        .iter()
        .map(|source| (source, source.text.lines().count()))
        // A list of tables is looked up, not read.
        .filter(|(source, lines)| *lines > LINES_MAX && source.path != "db/schema.rs")
        .map(|(source, lines)| format!("src/{}: {lines} lines of at most {LINES_MAX}; split it by noun", source.path))
        .collect();
    assert_none("Every file fits a sitting", &complaints);
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut complaints = Vec::new();
    for source in &sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let bare = line.trim_start();
            let is_function = ["fn ", "pub fn ", "async fn ", "pub async fn ", "pub(super) fn ", "pub(crate) fn "]
                .iter()
                .any(|start| bare.starts_with(start));
            let indent = &line[..line.len() - bare.len()];
            let end = format!("{indent}}}");
            let length = lines[at..].iter().position(|line| *line == end).map_or(0, |last| last + 1);
            if is_function && !bare.ends_with(';') && !bare.ends_with("}") && length > FUNCTION_LINES_MAX {
                complaints.push(format!("src/{}:{}: {length} lines: {bare}", source.path, at + 1));
            }
        }
    }
    assert_none("A function fits a screen", &complaints);
}

#[test]
fn nothing_is_left_for_later() {
    const LEFT: &[&str] = &["todo!", "unimplemented!", "dbg!", ".unwrap()", "TODO", "FIXME", "XXX"];
    let mut complaints = Vec::new();
    for source in &sources() {
        for (number, line) in (1..).zip(source.text.lines()) {
            let is_example = line.trim_start().starts_with("///") || line.trim_start().starts_with("//!");
            if LEFT.iter().any(|word| line.contains(word) && !(is_example && *word == ".unwrap()")) {
                complaints.push(format!("src/{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert_none("Nothing is left for later", &complaints);
}

#[test]
fn no_test_is_skipped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut complaints = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the tests") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let skips = text.lines().filter(|line| line.trim_start().starts_with("#[ignore"));
        complaints.extend(skips.map(|line| format!("{}: {}", path.display(), line.trim())));
    }
    assert_none("A skipped test is a defect", &complaints);
}
