//! A page of the share register as data: facts, tables, and the deeds that can be done there. One template draws them
//! all, so that every noun looks and works the same.
//!
//! Invariant: nothing here is HTML; a text is a text until the template writes it.

use crate::http::Form;

/// A page.
#[derive(Debug, Default)]
pub struct Folio {
    /// The small line above the title, and where it leads.
    pub kicker: Option<(String, String)>,
    /// The title.
    pub title: String,
    /// Where it stands.
    pub badge: Option<(String, &'static str)>,
    /// A sentence under the title.
    pub lead: String,
    /// A sentence that must be read.
    pub notice: Option<(String, &'static str)>,
    /// Links of the page: text and address.
    pub links: Vec<(String, String)>,
    /// What can be asked of it.
    pub lookup: Option<Deed>,
    /// Facts: label, text, and where the text leads.
    pub facts: Vec<(String, Cell)>,
    /// Lists.
    pub tables: Vec<Table>,
    /// What can be done.
    pub deeds: Vec<Deed>,
    /// Lists that stand below what can be done.
    pub history: Vec<Table>,
    /// A deed that is not on the page was refused.
    pub has_refused: bool,
    /// The pages before and after this one.
    pub pager: (Option<String>, Option<String>),
}

impl Folio {
    /// A page with this title.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// A page below another.
    pub fn under(kicker: &str, place: &str, title: impl Into<String>) -> Self {
        Self { kicker: Some((kicker.to_owned(), place.to_owned())), ..Self::new(title) }
    }

    /// Whether a form of the page was refused.
    pub fn is_refused(&self) -> bool {
        let of_tables = self.tables.iter().chain(&self.history).filter_map(|table| table.deed.as_ref());
        self.deeds.iter().chain(of_tables).chain(&self.lookup).any(|deed| deed.form.is_refused())
    }

    /// Adds a fact; nothing for an empty text.
    pub fn fact(&mut self, label: &str, cell: Cell) {
        if !cell.text.is_empty() {
            self.facts.push((label.to_owned(), cell));
        }
    }

    /// Adds a link.
    pub fn link(&mut self, text: &str, place: impl Into<String>) {
        self.links.push((text.to_owned(), place.into()));
    }
}

/// A text in a table, a fact or a list.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
    /// Set to the right, with figures of one width.
    pub is_number: bool,
    /// A coloured frame.
    pub tone: Option<&'static str>,
}

/// A text.
pub fn text(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), ..Cell::default() }
}

/// A figure.
pub fn number(figure: impl ToString) -> Cell {
    Cell { text: figure.to_string(), is_number: true, ..Cell::default() }
}

/// A text that leads somewhere.
pub fn link(words: impl Into<String>, place: impl Into<String>) -> Cell {
    Cell { href: Some(place.into()), ..text(words) }
}

/// A word in a coloured frame.
pub fn badge(word: impl Into<String>, tone: &'static str) -> Cell {
    Cell { tone: Some(tone), ..text(word) }
}

/// A list.
#[derive(Debug, Default)]
pub struct Table {
    /// Its title; empty for none.
    pub title: String,
    /// The columns; one that begins with `#` is of figures.
    pub heads: Vec<&'static str>,
    /// The rows, each with what its box stands for where the list can be ticked.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// What is said when there are no rows.
    pub empty: String,
    /// What can be done with the ticked rows.
    pub deed: Option<Deed>,
}

impl Table {
    /// An empty list.
    pub fn new(title: &str, heads: &[&'static str], empty: &str) -> Self {
        Self { title: title.to_owned(), heads: heads.to_vec(), empty: empty.to_owned(), ..Self::default() }
    }

    /// Its name in the page: "share-capital-at-the-end".
    pub fn id(&self) -> String {
        self.title.to_lowercase().replace(' ', "-")
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push((String::new(), cells));
    }

    /// Adds a row that can be ticked.
    pub fn choice(&mut self, id: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push((id.into(), cells));
    }
}

/// Something that can be done, as a form.
#[derive(Debug)]
pub struct Deed {
    /// Its name in the page, where no other has it.
    pub slug: String,
    /// What it does, on its lid.
    pub title: String,
    /// Where it is sent.
    pub action: String,
    /// What is asked.
    pub fields: Vec<Field>,
    /// What is said above the button.
    pub hint: String,
    /// What the button says.
    pub button: String,
    /// Shown open from the start.
    pub is_open: bool,
    /// What was typed.
    pub form: Form,
}

impl Deed {
    /// A deed without fields.
    pub fn new(slug: impl Into<String>, title: &str, action: impl Into<String>) -> Self {
        Self {
            slug: slug.into(),
            title: title.to_owned(),
            action: action.into(),
            fields: Vec::new(),
            hint: String::new(),
            button: title.to_owned(),
            is_open: false,
            form: Form::new(),
        }
    }

    /// With these fields.
    pub fn asking(mut self, fields: Vec<Field>) -> Self {
        self.fields = fields;
        self
    }

    /// With a word above the button, and on it.
    pub fn saying(mut self, hint: &str, button: &str) -> Self {
        self.hint = hint.to_owned();
        self.button = button.to_owned();
        self
    }

    /// With this in its fields to begin with.
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Self {
        self.form = self.form.with(field, value);
        self
    }

    /// Open from the start.
    pub fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// As it was sent, when it was this one.
    pub fn again(mut self, sent: Option<&(String, Form)>) -> Self {
        if let Some((slug, form)) = sent
            && *slug == self.slug
        {
            self.form = form.clone();
        }
        self
    }
}

/// A field of a deed.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it asks.
    pub label: String,
    /// How to answer.
    pub hint: String,
    /// How it is asked.
    pub kind: Kind,
}

/// How a field is asked.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A line.
    Line,
    /// A figure.
    Figure,
    /// A day.
    Day,
    /// Several lines.
    Area,
    /// Yes or no.
    Tick,
    /// One of several: value and label.
    Choice(Vec<(String, String)>),
}

/// A field.
pub fn field(name: &'static str, label: &str, kind: Kind) -> Field {
    Field { name, label: label.to_owned(), hint: String::new(), kind }
}

/// A field with a word on how to answer.
pub fn hinted(name: &'static str, label: &str, hint: &str, kind: Kind) -> Field {
    Field { hint: hint.to_owned(), ..field(name, label, kind) }
}

/// One of several.
pub fn choice<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Kind {
    Kind::Choice(options.into_iter().map(|(value, label)| (value.to_owned(), label.to_owned())).collect())
}
