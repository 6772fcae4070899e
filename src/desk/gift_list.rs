//! A list of gifts that waits at the desk, put into words: what its columns are said to be. No clock, no database.

use crate::donations::import::{FIELDS, KeptMapping, ListUpload};
use crate::http::Form;
use crate::sheet::columns::likely;
use crate::sheet::day::DayOrder;
use crate::sheet::text::one_line;
use crate::sheet::{Mapping, Places, Sheet};

/// Longest name of a file, and of the program that a list comes from.
pub const NAME_CHARS_MAX: usize = 80;
/// Columns of a list that are asked about.
pub const COLUMNS_SHOWN: usize = 60;

/// What somebody said of a file.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Said {
    /// The fund's slug.
    pub fund: String,
    /// What the columns are.
    pub mapping: Mapping,
    /// Whether day or month stands first, where somebody said so.
    pub days: Option<DayOrder>,
    /// The program that it comes from, under which its columns are remembered; may be empty.
    pub program: String,
}

impl Said {
    /// As it is kept with the file.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a field of a list is, for people; its name where nobody needs to be told more.
pub fn label(field: &'static str) -> &'static str {
    match field {
        "key" => "Number of the gift in that program",
        "reference" => "Our reference",
        "fund" => "Fund",
        "status" => "State: paid, pending, failed",
        "amount" => "Amount",
        "confirmed" => "Confirmed, for a large gift",
        "refunded" => "What went back of it",
        "refund_of" => "Number of the gift that goes back",
        "fee" => "Fee, which is told and not taken off",
        "currency" => "Currency",
        "method" => "How it came (method)",
        "received_on" => "Day it came (received_on)",
        "name" => "Name",
        "first_name" => "First name",
        "last_name" => "Last name",
        "email" => "E-mail address",
        "address" => "Postal address",
        "acknowledge_as" => "Thank in the paper as",
        "anonymous" => "Not to be named",
        "note" => "Note",
        "in_memory_of" => "In memory of",
        "memory_in_print" => "In whose memory may be printed",
        "appeal" => "Appeal",
        other => other,
    }
}

/// The form with what the columns are taken for.
pub fn filled(form: Form, headings: &[String], said: &Said, kept: Option<&KeptMapping>) -> Form {
    let is_said = said.mapping.is_whole || !said.mapping.pairs.is_empty();
    let mapping = if is_said { Some(&said.mapping) } else { kept.map(|kept| &kept.mapping) };
    let days = said.days.or(kept.and_then(|kept| kept.days));
    let program = if said.program.is_empty() { kept.map_or("", |kept| kept.name.as_str()) } else { &said.program };
    let of = |heading: &String| match mapping {
        Some(mapping) => {
            mapping.pairs.iter().find(|(_, known)| known == heading).map_or("", |(field, _)| field.as_str())
        }
        None => likely(heading, &FIELDS).unwrap_or_default(),
    };
    let columns = headings.iter().enumerate();
    let form = columns.fold(form, |form, (at, heading)| form.with(&format!("column_{at}"), of(heading)));
    let constant = mapping.and_then(|mapping| {
        mapping
            .pairs
            .iter()
            .find(|(field, value)| field == "method" && !headings.contains(value))
            .map(|(_, value)| value)
    });
    form.with("method", constant.map_or("", String::as_str))
        .with("days", if days == Some(DayOrder::MonthFirst) { "month_first" } else { "" })
        .with("program", program)
}

/// What the form says of the columns; nothing when it says too much.
pub fn understood(form: &mut Form, upload: &ListUpload, fund: String) -> Option<Said> {
    let sheet = Sheet::open(&upload.content).ok()?;
    let mut pairs = Vec::new();
    for (at, heading) in sheet.headings().iter().take(COLUMNS_SHOWN).enumerate() {
        let field = form.value(&format!("column_{at}"));
        if FIELDS.iter().any(|known| known.name == field) {
            pairs.push((field.to_owned(), heading.clone()));
        }
    }
    let method = form.value("method").to_owned();
    if !method.is_empty() {
        pairs.push(("method".to_owned(), method));
    }
    let mapping = Mapping { pairs, is_whole: true };
    let program = one_line(form.value("program"));
    if program.chars().count() > NAME_CHARS_MAX {
        form.refuse("program", format!("Please use at most {NAME_CHARS_MAX} characters."));
    }
    if let Err(error) = Places::find(sheet.headings(), &FIELDS, &["amount", "method"], &mapping) {
        form.object(error.at_desk());
    }
    let days = form.has("days", "month_first").then_some(DayOrder::MonthFirst);
    (!form.is_refused()).then_some(Said { fund, mapping, days, program })
}
