//! Which column of a file is what: by its own name, by another that people use, or as somebody said.
//!
//! Invariant: what somebody said comes before what a heading looks like, and two columns that could both be the same
//! thing are asked about. A column is found by its heading, never by its place, so that columns may change places.

use std::collections::HashMap;

use super::SheetError;
use super::text::one_line;

/// Something that a file may tell.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As our own exports call it.
    pub name: &'static str,
    /// What people call it, without case, spaces and signs.
    pub also: &'static [&'static str],
    /// Whether several columns may be it together: lines of an address.
    pub may_repeat: bool,
    /// Values that may be said instead of a column, for all rows.
    pub constants: &'static [&'static str],
}

impl Field {
    /// A field that one column tells.
    pub const fn one(name: &'static str, also: &'static [&'static str]) -> Self {
        Self { name, also, may_repeat: false, constants: &[] }
    }

    /// A field that several columns may tell together.
    pub const fn many(name: &'static str, also: &'static [&'static str]) -> Self {
        Self { name, also, may_repeat: true, constants: &[] }
    }
}

/// What somebody said of the columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mapping {
    /// Field and heading, or heading and field; the first is meant where both can be.
    pub pairs: Vec<(String, String)>,
    /// True when nothing is taken by its own name: every column was asked about.
    #[serde(default)]
    pub is_whole: bool,
}

impl Mapping {
    /// Reads "FIELD=HEADING" or "HEADING=FIELD", each once.
    ///
    /// # Errors
    /// A sentence that names the text.
    pub fn said(texts: &[String]) -> Result<Self, String> {
        let pair = |text: &String| {
            let parted = text.split_once('=').map(|(left, right)| (one_line(left), one_line(right)));
            parted.filter(|(left, right)| !left.is_empty() && !right.is_empty()).ok_or_else(|| {
                format!("\"{text}\" is not understood. Please write FIELD=HEADING, for example \"name=Surname\".")
            })
        };
        Ok(Self { pairs: texts.iter().map(pair).collect::<Result<_, _>>()?, is_whole: false })
    }
}

/// Where the fields stand in a file.
#[derive(Debug, Clone, Default)]
pub struct Places {
    of: HashMap<&'static str, Vec<usize>>,
    constants: HashMap<&'static str, &'static str>,
    left_out: Vec<String>,
    columns: usize,
}

impl Places {
    /// Finds the fields among the headings of a file.
    ///
    /// # Errors
    /// [`SheetError::Columns`] with a sentence: what is needed is not there, or what was said cannot be.
    pub fn find(
        headings: &[String],
        fields: &'static [Field],
        needed: &[&str],
        mapping: &Mapping,
    ) -> Result<Self, SheetError> {
        let mut places = Self { columns: headings.len(), ..Self::default() };
        for (left, right) in &mapping.pairs {
            places.say(headings, fields, left, right).map_err(|what| SheetError::Columns(what, String::new()))?;
        }
        if !mapping.is_whole {
            places.recognise(headings, fields)?;
        }
        let taken: Vec<usize> = places.of.values().flatten().copied().collect();
        let left = headings.iter().enumerate().filter(|(at, heading)| !taken.contains(at) && !heading.is_empty());
        places.left_out = left.map(|(_, heading)| heading.clone()).collect();
        let has = |name: &str| places.of.contains_key(name) || places.constants.contains_key(name);
        match needed.iter().find(|name| !has(name)) {
            Some(missing) => Err(SheetError::Columns(
                format!("\"{missing}\" is missing. The columns of this file are {}.", quoted(headings)),
                format!(" Say which of them it is by --column \"{missing}=HEADING\", or on the page at the desk."),
            )),
            None => Ok(places),
        }
    }

    /// Where the columns of a field stand; nowhere when there are none.
    pub fn of(&self, field: &str) -> &[usize] {
        self.of.get(field).map_or(&[], Vec::as_slice)
    }

    /// Whether a column tells it.
    pub fn has(&self, field: &str) -> bool {
        self.of.contains_key(field)
    }

    /// What was said of a field for all rows.
    pub fn constant(&self, field: &str) -> Option<&'static str> {
        self.constants.get(field).copied()
    }

    /// The headings of columns that nobody named.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// How many columns have a name.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A sentence on the columns that nobody named; nothing when all are taken.
    pub fn told(&self) -> Option<String> {
        let word = if self.left_out.len() == 1 { "column" } else { "columns" };
        (!self.left_out.is_empty()).then(|| format!("left out: the {word} {}", quoted(&self.left_out)))
    }

    fn say(&mut self, headings: &[String], fields: &'static [Field], left: &str, right: &str) -> Result<(), String> {
        let field = |text: &str| fields.iter().find(|field| plain(field.name) == plain(text));
        for (one, other) in [(left, right), (right, left)] {
            let Some(field) = field(one) else { continue };
            if let Some(at) = column(headings, other)? {
                return self.take(field, at, headings);
            }
            if let Some(constant) = field.constants.iter().find(|constant| plain(constant) == plain(other)) {
                self.constants.insert(field.name, constant);
                return Ok(());
            }
        }
        match field(left).or_else(|| field(right)) {
            Some(field) => {
                let heading = if plain(field.name) == plain(left) { right } else { left };
                Err(format!("No column is called \"{heading}\". The columns of this file are {}.", quoted(headings)))
            }
            None => {
                let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
                Err(format!("Neither \"{left}\" nor \"{right}\" is one of {}.", known.join(", ")))
            }
        }
    }

    fn take(&mut self, field: &Field, at: usize, headings: &[String]) -> Result<(), String> {
        if let Some(other) = self.of.iter().find_map(|(name, all)| all.contains(&at).then_some(*name)) {
            return Err(format!("\"{}\" is said to be both {other} and {}.", headings[at], field.name));
        }
        let all = self.of.entry(field.name).or_default();
        if !all.is_empty() && !field.may_repeat {
            let first = &headings[all[0]];
            return Err(format!("\"{first}\" and \"{}\" are both said to be {}.", headings[at], field.name));
        }
        all.push(at);
        Ok(())
    }

    /// Takes columns by their own names, then by others that people use; what was said is left alone.
    fn recognise(&mut self, headings: &[String], fields: &'static [Field]) -> Result<(), SheetError> {
        for field in fields {
            if self.of.contains_key(field.name) || self.constants.contains_key(field.name) {
                continue;
            }
            let is_free = |at: &usize| !self.of.values().flatten().any(|taken| taken == at);
            let like = |names: &dyn Fn(&str) -> bool| -> Vec<usize> {
                let all = headings.iter().enumerate().filter(|(_, heading)| names(&plain(heading)));
                all.map(|(at, _)| at).filter(is_free).collect()
            };
            let own = like(&|heading| heading == plain(field.name));
            let found = if own.is_empty() { like(&|heading| field.also.contains(&heading)) } else { own };
            if let [first, second, ..] = found.as_slice() {
                let name = field.name;
                return Err(SheetError::Columns(
                    format!("\"{}\" and \"{}\" both look like {name}.", headings[*first], headings[*second]),
                    format!(" Say which is meant by --column \"{name}=HEADING\"."),
                ));
            }
            if let Some(at) = found.first() {
                self.of.insert(field.name, vec![*at]);
            }
        }
        Ok(())
    }
}

/// What a heading most likely is; nothing where it looks like none of the fields.
pub fn likely(heading: &str, fields: &[Field]) -> Option<&'static str> {
    let heading = plain(heading);
    let own = fields.iter().find(|field| plain(field.name) == heading);
    own.or_else(|| fields.iter().find(|field| field.also.contains(&heading.as_str()))).map(|field| field.name)
}

/// The column of this heading: as it stands, or without accidents of case, spaces and signs.
fn column(headings: &[String], wanted: &str) -> Result<Option<usize>, String> {
    let is_like: [&dyn Fn(&String) -> bool; 3] =
        [&|heading| *heading == wanted, &|heading| heading.to_lowercase() == wanted.to_lowercase(), &|heading| {
            !plain(wanted).is_empty() && plain(heading) == plain(wanted)
        }];
    for is_like in is_like {
        let found: Vec<usize> = (0..headings.len()).filter(|at| is_like(&headings[*at])).collect();
        match found.as_slice() {
            [] => {}
            [at] => return Ok(Some(*at)),
            _ => return Err(format!("{} columns are called \"{wanted}\". Please rename one of them.", found.len())),
        }
    }
    Ok(None)
}

/// A heading without case, spaces and signs, and without a unit behind it: "Amount (£)" is "amount".
pub fn plain(heading: &str) -> String {
    let bare = heading.split_once('(').map_or(heading, |(bare, _)| bare);
    let bare = if bare.trim().is_empty() { heading } else { bare };
    bare.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn quoted(headings: &[String]) -> String {
    headings.iter().map(|heading| format!("\"{heading}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 3] = [
        Field::one("amount", &["gift"]),
        Field { constants: &["cash", "card"], ..Field::one("method", &[]) },
        Field::many("name", &["surname"]),
    ];

    fn find(headings: &[&str], said: &[&str]) -> Result<Places, String> {
        let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
        let said: Vec<String> = said.iter().map(|text| (*text).to_owned()).collect();
        let mapping = Mapping::said(&said)?;
        Places::find(&headings, &FIELDS, &["amount"], &mapping).map_err(|error| error.to_string())
    }

    #[test]
    fn headings_are_known_in_any_dress_and_others_are_told() {
        let places = find(&["AMOUNT (£)", "Surname", "Shoe size"], &[]).expect("places");

        assert_eq!((places.of("amount"), places.of("name")), (&[0][..], &[1][..]));
        assert_eq!(places.told().as_deref(), Some("left out: the column \"Shoe size\""));
    }

    #[test]
    fn a_column_is_said_in_either_direction_and_two_may_be_one_name() {
        let places = find(&["First", "Last", "Paid"], &["name=First", "Last=name", "amount=paid", "method=card"]);
        let places = places.expect("places");

        assert_eq!((places.of("name"), places.of("amount")), (&[0, 1][..], &[2][..]));
        assert_eq!(places.constant("method"), Some("card"));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_columns_that_there_are() {
        let said = |said: &[&str]| find(&["Amount", "Gift"], said).map(drop).expect_err("a refusal");

        assert!(
            said(&["amount=Total"]).contains("No column is called \"Total\". The columns of this file are \"Amount\"")
        );
        assert!(said(&["colour=Gift"]).contains("is one of amount, method, name"));
        assert!(find(&["Gift", "gift"], &[]).expect_err("two").contains("both look like amount"));
    }
}
