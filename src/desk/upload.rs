//! A file of the bank that waits, put into words: what it would do, and what its columns are taken for.
//!
//! Invariant: nothing here writes. What is shown comes from the same reading and the same checks as what is recorded.

use chrono::{DateTime, Utc};

use super::written::short_day;
use crate::db::{Conn, DbError};
use crate::http::Form;
use crate::money::{Currency, display};
use crate::statements::files::amount::Decimal;
use crate::statements::files::csv::layout::{Column, Layout};
use crate::statements::files::csv::table::{COLUMNS_MAX, Source};
use crate::statements::files::csv::{self, Sample};
use crate::statements::files::day::DayOrder;
use crate::statements::files::{self, FileError, Found, Terms};
use crate::statements::import::{self, Books, How, ImportError};
use crate::statements::told::ToldLine;
use crate::statements::{Format, Line, Upload, as_waiting};

/// Lines of a file that show whether it is understood.
const LINES_SHOWN: usize = 8;
/// Rows of the report on the page.
const ROWS_SHOWN: usize = 100;
/// Longest name of a bank.
const BANK_CHARS_MAX: usize = 60;

/// What somebody said of the columns.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Mapped {
    /// What each is.
    pub layout: Layout,
    /// The bank's name, under which it is remembered; may be empty.
    pub bank: String,
}

impl Mapped {
    /// Reads it back.
    pub fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// As it is kept with the file.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A file, and what it would do.
pub struct Preview {
    /// Its digest.
    pub id: String,
    /// Its name.
    pub file_name: String,
    /// "CSV"
    pub format: &'static str,
    /// What it counts in.
    pub currency: Currency,
    /// Why it cannot be taken in, if it cannot.
    pub refusal: Option<String>,
    /// Whether only a word on its columns is missing.
    pub wants_columns: bool,
    /// Rows that must be mended, as far as they are shown, and how many there are.
    pub faults: (Vec<String>, usize),
    /// Rows that are known or left out, as far as they are shown, and how many there are.
    pub notes: (Vec<String>, usize),
    /// What is odd about it.
    pub notices: Vec<String>,
    /// Labels and facts.
    pub facts: Vec<(&'static str, String)>,
    /// Lines that nobody told before.
    pub fresh: usize,
    /// Lines that are known.
    pub known: usize,
    /// The statement that the same file became before.
    pub recorded_as: Option<i64>,
    /// The first lines, as they are understood.
    pub lines: Vec<Line>,
    /// The first rows of a CSV file, as they stand.
    pub sample: Option<Sample>,
    /// The bank's name, where it is remembered or was typed.
    pub bank: String,
}

impl Preview {
    /// Whether the button is there.
    pub fn can_be_recorded(&self) -> bool {
        self.refusal.is_none() && self.faults.1 == 0 && self.recorded_as.is_none()
    }

    /// Whether nobody has said yet what its columns are, and they cannot be read without.
    pub fn is_new_bank(&self) -> bool {
        self.wants_columns && self.sample.as_ref().is_some_and(|sample| sample.source == Source::Guessed)
    }

    /// What must be said of the columns, where more is known than that the bank is new.
    pub fn question(&self) -> Option<&str> {
        let refusal = self.refusal.as_deref()?;
        let (_, what) = refusal.split_once("). ").unwrap_or(("", refusal));
        Some(what.split(csv::WAY_OUT).next().unwrap_or(what).trim())
    }

    /// Whether something is wrong with it that is not said on a form.
    pub fn is_wrong(&self) -> bool {
        self.faults.1 > 0 || (self.refusal.is_some() && !self.is_new_bank())
    }

    /// Whether the columns are shown open: nobody said what they are, or something is wrong.
    pub fn asks_for_columns(&self) -> bool {
        let is_guessed = self.sample.as_ref().is_some_and(|sample| sample.source == Source::Guessed);
        self.recorded_as.is_none() && (is_guessed || self.refusal.is_some() || self.faults.1 > 0)
    }

    /// Where the meaning of the columns comes from.
    pub fn source(&self) -> String {
        match self.sample.as_ref().map(|sample| &sample.source) {
            Some(Source::Remembered(name)) => format!("Read as remembered for {name}."),
            Some(Source::Given) => "Read as you said.".to_owned(),
            Some(Source::Guessed) => {
                "Nobody has said yet what the columns of this bank are; this is a guess.".to_owned()
            }
            None => String::new(),
        }
    }
}

/// Looks at a file that waits.
///
/// # Errors
/// Only when the database fails; what is wrong with the file is in the answer.
pub fn preview(
    conn: &mut Conn,
    now: DateTime<Utc>,
    books: &Books,
    upload: &Upload,
    mapped: Option<&Mapped>,
) -> Result<Preview, DbError> {
    let layout = mapped.map(|mapped| mapped.layout.clone());
    let sample = sample(&upload.content, books, layout.as_ref());
    let remembered = sample.as_ref().and_then(|sample| match &sample.source {
        Source::Remembered(name) => Some(name.clone()),
        _ => None,
    });
    let mut preview = Preview {
        id: upload.id.clone(),
        file_name: upload.file_name.clone(),
        format: if sample.is_some() { Format::Csv.label() } else { "" },
        currency: books.ours.currency,
        refusal: None,
        wants_columns: false,
        faults: (Vec::new(), 0),
        notes: (Vec::new(), 0),
        notices: Vec::new(),
        facts: Vec::new(),
        fresh: 0,
        known: 0,
        recorded_as: None,
        lines: Vec::new(),
        bank: mapped.map(|mapped| mapped.bank.clone()).or(remembered).unwrap_or_default(),
        sample,
    };
    let found = match books.read_file(&upload.content, &How { layout, ..How::default() }) {
        Ok(found) => found,
        Err(error) => {
            preview.wants_columns = matches!(error, ImportError::File(FileError::Columns(_)));
            preview.refusal = Some(error.to_string());
            return Ok(preview);
        }
    };
    preview.format = found.format.label();
    preview.lines = first_lines(&found);
    preview.facts = facts(&found, books.ours.currency);
    match import::look(conn, now, books, &found, &upload.content) {
        Ok(taken) => {
            let rows = taken.report.rows;
            let some = rows.iter().take(ROWS_SHOWN).cloned().collect();
            if taken.report.faults > 0 {
                preview.faults = (some, taken.report.faults);
            } else {
                preview.notes = (some, rows.len());
            }
            let is_known_file = taken.fresh == 0 && taken.statements.iter().any(|statement| statement.id > 0);
            preview.recorded_as = taken.statements.first().map(|statement| statement.id).filter(|_| is_known_file);
            (preview.fresh, preview.known, preview.notices) = (taken.fresh, taken.known, taken.notices);
            Ok(preview)
        }
        Err(ImportError::Db(error)) => Err(error),
        Err(error) => {
            preview.refusal = Some(error.to_string());
            Ok(preview)
        }
    }
}

/// The first rows of a CSV file; nothing for other formats.
pub fn sample(content: &[u8], books: &Books, layout: Option<&Layout>) -> Option<Sample> {
    let text = files::text::decode(content);
    if files::format_of(&text) != Ok(Format::Csv) {
        return None;
    }
    let terms = Terms { today: books.today, currency: books.ours.currency, layout, saved: &books.saved };
    csv::sample(&text, &terms).ok()
}

fn facts(found: &Found, currency: Currency) -> Vec<(&'static str, String)> {
    let spans = || found.statements.iter().filter_map(crate::statements::span);
    let (first, last) = (spans().map(|(from, _)| from).min(), spans().map(|(_, until)| until).max());
    let opening = found.statements.first().and_then(|told| told.opening_minor);
    let closing = found.statements.last().and_then(|told| told.closing_minor);
    let all = || found.statements.iter().flat_map(|told| &told.lines).map(|line| line.amount_minor);
    let sum = |minor: i64| display(minor, currency);
    let account = found.statements.first().map(|told| told.account.clone()).unwrap_or_default();
    let days = match (first, last) {
        (Some(first), Some(last)) if first == last => short_day(first),
        (Some(first), Some(last)) => format!("{} to {}", short_day(first), short_day(last)),
        _ => String::new(),
    };
    let facts = [
        ("Days", days),
        ("Account", account),
        ("Opening balance", opening.map(sum).unwrap_or_default()),
        ("Paid in", sum(all().filter(|minor| *minor > 0).sum())),
        ("Paid out", sum(-all().filter(|minor| *minor < 0).sum::<i64>())),
        ("Closing balance", closing.map(sum).unwrap_or_default()),
    ];
    facts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The lines that stand first in the file.
fn first_lines(found: &Found) -> Vec<Line> {
    let mut lines: Vec<&ToldLine> = found.statements.iter().flat_map(|told| &told.lines).collect();
    lines.sort_by_key(|line| line.line);
    lines.into_iter().take(LINES_SHOWN).map(as_waiting).collect()
}

/// What a form says of the columns.
pub enum Choice {
    /// It makes sense.
    Layout(Mapped),
    /// It does not, and the form says why.
    Refused,
}

/// Reads what was chosen for each column.
pub fn understood(form: &mut Form) -> Choice {
    let mut columns = Vec::new();
    for at in 0..COLUMNS_MAX {
        let field = format!("column_{at}");
        if !form.has_field(&field) {
            break;
        }
        columns.push(Column::from_name(form.value(&field)).unwrap_or(Column::Ignored));
    }
    let days =
        if form.has("days", days_name(DayOrder::MonthFirst)) { DayOrder::MonthFirst } else { DayOrder::DayFirst };
    let is_comma = form.has("decimal", decimal_name(Decimal::Comma));
    let decimal = if is_comma { Decimal::Comma } else { Decimal::Point };
    let layout = Layout { columns, days, decimal, ..Layout::default() };
    let bank = files::text::one_line(form.value("bank"));
    if let Err(words) = layout.check() {
        form.object(words);
    }
    if bank.chars().count() > BANK_CHARS_MAX {
        form.refuse("bank", format!("Please use at most {BANK_CHARS_MAX} characters."));
    }
    if form.is_refused() { Choice::Refused } else { Choice::Layout(Mapped { layout, bank }) }
}

/// As the form writes it.
pub fn days_name(days: DayOrder) -> &'static str {
    match days {
        DayOrder::DayFirst => "day_first",
        DayOrder::MonthFirst => "month_first",
    }
}

/// As the form writes it.
pub fn decimal_name(decimal: Decimal) -> &'static str {
    match decimal {
        Decimal::Point => "point",
        Decimal::Comma => "comma",
    }
}

/// The digest that names a file that waits.
pub fn digest_of(id: &str) -> Option<Vec<u8>> {
    if id.len() != DIGEST_DIGITS || !id.is_ascii() {
        return None;
    }
    (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).ok()).collect()
}

/// SHA-256 as text.
const DIGEST_DIGITS: usize = 64;
