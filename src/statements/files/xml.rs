//! A small tree for each piece of an XML document that is wanted, one at a time, so that memory follows the longest
//! entry and not the file.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::FileError;

/// Why a file with a DOCTYPE is refused.
pub const DOCUMENT_TYPE: &str = "it declares a document type of its own";
/// Nesting deeper than any bank writes.
const DEPTH_MAX: usize = 64;
/// Elements of one piece: a bulk payment of many thousands.
const ELEMENTS_MAX: usize = 500_000;

/// An element.
#[derive(Debug, Default)]
pub struct Node {
    /// Without its namespace.
    pub name: String,
    /// Its own text, without space around it.
    pub text: String,
    /// Its attribute `Ccy`.
    pub currency: String,
    /// What is inside.
    pub children: Vec<Node>,
}

impl Node {
    /// The first element along a path: "Acct/Id/IBAN".
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('/').try_fold(self, |node, name| node.children.iter().find(|child| child.name == name))
    }

    /// Its text there; empty where there is none.
    pub fn text_at(&self, path: &str) -> &str {
        self.at(path).map_or("", |node| node.text.as_str())
    }

    /// The first text that is not empty.
    pub fn first_at(&self, paths: &[&str]) -> &str {
        paths.iter().map(|path| self.text_at(path)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Every element of a name, directly inside.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// What a document tells: an element of `parent` was read, or `parent` itself ended.
pub enum Piece {
    /// A whole element directly inside the parent.
    Child(Node),
    /// The parent's end.
    End,
}

/// Walks a document and hands over each piece of every element named `parent`.
///
/// # Errors
/// When the document is broken, cut short, or nested beyond reason; what `take` refuses.
pub fn walk(
    text: &str,
    label: &'static str,
    parent: &str,
    mut take: impl FnMut(Piece) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk { label, open: Vec::new(), parent_depth: None, elements: 0, was_any: false };
    loop {
        let event = reader.read_event().map_err(|error| walk.broken(&reader, &error))?;
        match event {
            Event::Start(tag) => walk.start(&tag, parent)?,
            Event::End(_) => {
                if let Some(piece) = walk.end(parent) {
                    take(piece)?;
                }
            }
            Event::Text(part) => walk.say(&part),
            Event::CData(part) => walk.say(&part),
            Event::GeneralRef(reference) => walk.say(&resolved(&reference)),
            Event::DocType(_) => {
                return Err(FileError::Broken(label, DOCUMENT_TYPE.to_owned()));
            }
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if walk.open.is_empty() && walk.was_any { Ok(()) } else { Err(FileError::Truncated(label)) }
}

struct Walk {
    label: &'static str,
    open: Vec<Node>,
    /// How many elements were open before the parent, when one is.
    parent_depth: Option<usize>,
    elements: usize,
    was_any: bool,
}

impl Walk {
    fn start(&mut self, tag: &BytesStart<'_>, parent: &str) -> Result<(), FileError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(FileError::Broken(self.label, "its elements are nested too deeply".to_owned()));
        }
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(FileError::TooLong);
        }
        self.was_any = true;
        let local = tag.local_name();
        let mut node = Node { name: local.as_ref().to_owned(), ..Node::default() };
        let attributes = tag.attributes().filter_map(Result::ok);
        for attribute in attributes.filter(|attribute| attribute.key.as_ref() == "Ccy") {
            node.currency = attribute.value.trim().to_owned();
        }
        if node.name == parent && self.parent_depth.is_none() {
            self.parent_depth = Some(self.open.len());
            self.elements = 0;
        }
        self.open.push(node);
        Ok(())
    }

    fn end(&mut self, parent: &str) -> Option<Piece> {
        let mut node = self.open.pop()?;
        node.text = node.text.trim().to_owned();
        match self.parent_depth {
            Some(depth) if self.open.len() == depth && node.name == parent => {
                self.parent_depth = None;
                Some(Piece::End)
            }
            Some(depth) if self.open.len() == depth + 1 => {
                self.elements = 0;
                Some(Piece::Child(node))
            }
            Some(_) => {
                if let Some(outer) = self.open.last_mut() {
                    outer.children.push(node);
                }
                None
            }
            None => None,
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(node) = self.open.last_mut()
            && node.text.len() < TEXT_BYTES_MAX
        {
            node.text.push_str(text);
        }
    }

    /// A document that breaks off gives an error of syntax or none at all; the end of the file tells which it was.
    fn broken(&self, reader: &Reader<&[u8]>, error: &quick_xml::Error) -> FileError {
        match error {
            quick_xml::Error::Syntax(_) => FileError::Truncated(self.label),
            _ => FileError::Broken(self.label, format!("{error}, at character {}", reader.error_position())),
        }
    }
}

/// Longest text of an element.
const TEXT_BYTES_MAX: usize = 16_000;

/// `&amp;`, `&#163;`; a name that nobody knows stays as it stands.
pub fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return c.to_string();
    }
    match &**reference {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        "nbsp" => " ".to_owned(),
        name => format!("&{name};"),
    }
}
