//! Sections: where members meet and vote. A member's section follows from the postcode, or is chosen.

use chrono::{DateTime, Utc};

use super::notes::{self, NewNote, Note, NoteKind};
use super::numbers::MemberNumber;
use super::store::sections as store;
pub use super::store::sections::{Section, all};
use super::{Deed, Holder, ShareError, apply, past_or_today};
use crate::db::{Conn, DbError};

/// Longest name of a section, and the most of them: a ballot box each.
const NAME_CHARS_MAX: usize = 60;
/// Longest beginning of a postcode: a whole one without its blank.
const AREA_CHARS_MAX: usize = 7;

/// Makes a section.
///
/// # Errors
/// [`ShareError::Section`]: no name, or one that is taken.
pub fn add(conn: &mut Conn, name: &str) -> Result<Section, ShareError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(ShareError::Section("Please give the section a name of at most 60 characters."));
    }
    if all(conn)?.iter().any(|known| known.name == name) {
        return Err(ShareError::Section("There is a section of this name already."));
    }
    Ok(store::insert(conn, name)?)
}

/// Says which postcodes belong to a section, by their beginnings: "G", "PA", "EH1". Replaces what was said before.
///
/// # Errors
/// [`ShareError::Section`]: something that no postcode begins with, or an area of another section.
pub fn map(conn: &mut Conn, section: i64, areas: &str) -> Result<(), ShareError> {
    if !all(conn)?.iter().any(|known| known.id == section) {
        return Err(ShareError::Section("There is no such section."));
    }
    let areas: Vec<String> = areas
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|area| !area.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    let is_area = |area: &String| area.len() <= AREA_CHARS_MAX && area.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !areas.iter().all(is_area) {
        return Err(ShareError::Section("Please write the beginnings of postcodes, such as G, PA or EH1."));
    }
    let taken = all(conn)?.into_iter().filter(|known| known.id != section).flat_map(|known| known.areas);
    if taken.into_iter().any(|area| areas.contains(&area)) {
        return Err(ShareError::Section("One of these areas belongs to another section."));
    }
    Ok(store::set_areas(conn, section, &areas)?)
}

/// Chooses a section for a member; none lets the postcode decide again. The answer is the number of the note.
///
/// # Errors
/// [`ShareError`]: an unknown member or section.
pub fn choose(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &Deed,
    member: MemberNumber,
    section: Option<i64>,
) -> Result<i64, ShareError> {
    let holder = apply::known(conn, member)?;
    if let Some(id) = section
        && !all(conn)?.iter().any(|known| known.id == id)
    {
        return Err(ShareError::Section("There is no such section."));
    }
    store::choose(conn, holder.id, section)?;
    let (today, _) = past_or_today(conn, now, None)?;
    let note = NewNote::about(Some(holder.id), section.unwrap_or(0), today).instead_of(holder.section.unwrap_or(0));
    Ok(notes::write(conn, now, deed, NoteKind::Section, &note)?)
}

/// The member's section is what it was before a note.
pub(super) fn undo(conn: &mut Conn, note: &Note) -> Result<(), ShareError> {
    let Some(holder) = note.holder_id else { return Ok(()) };
    Ok(store::choose(conn, holder, note.before_id.filter(|section| *section > 0))?)
}

/// The sections by postcode, ready to be asked for many members.
pub struct Sections(Vec<Section>);

impl Sections {
    /// Reads them.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn load(conn: &mut Conn) -> Result<Self, DbError> {
        Ok(Self(all(conn)?))
    }

    /// The section of a holder: the chosen one, or the one whose area their postcode begins with, the longest winning.
    pub fn of(&self, holder: &Holder) -> Option<&Section> {
        if let Some(id) = holder.section {
            return self.0.iter().find(|section| section.id == id);
        }
        let postcode = postcode(&holder.address)?;
        let matching = self.0.iter().flat_map(|section| section.areas.iter().map(move |area| (area, section)));
        matching
            .filter(|(area, _)| begins(&postcode, area))
            .max_by_key(|(area, _)| area.len())
            .map(|(_, section)| section)
    }
}

/// The last words of an address that look like a British postcode, without their blank.
///
/// ```
/// use fighting_fund::shares::sections::postcode;
/// assert_eq!(postcode("1 High St\nGlasgow g1 1aa").as_deref(), Some("G11AA"));
/// assert_eq!(postcode("1 High St\nGlasgow"), None);
/// ```
pub fn postcode(address: &str) -> Option<String> {
    let words: Vec<String> = address
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    // "G1 1AA" as two words, or "G11AA" as one.
    let pairs = words.windows(2).map(|pair| pair.concat());
    let found = pairs.rev().find(|word| is_postcode(word));
    found.or_else(|| words.iter().rev().find(|word| is_postcode(word)).cloned())
}

/// One or two letters, a figure, and at the end a figure and two letters.
fn is_postcode(word: &str) -> bool {
    let bytes = word.as_bytes();
    let [first @ .., figure, one, two] = bytes else { return false };
    (2..=4).contains(&first.len())
        && figure.is_ascii_digit()
        && one.is_ascii_alphabetic()
        && two.is_ascii_alphabetic()
        && first[0].is_ascii_alphabetic()
        && first.iter().any(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// "G" is Glasgow and not GL1: an area of letters ends where the figures begin.
fn begins(postcode: &str, area: &str) -> bool {
    let Some(rest) = postcode.strip_prefix(area) else { return false };
    let is_letters = area.bytes().all(|byte| byte.is_ascii_alphabetic());
    !is_letters || rest.bytes().next().is_none_or(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_of_letters_is_no_part_of_a_longer_one() {
        assert!(begins("G11AA", "G"));
        assert!(!begins("GL11AA", "G"));
        assert!(begins("EH11AA", "EH1"));
    }

    #[test]
    fn postcodes_are_found_at_the_end_of_an_address() {
        assert_eq!(postcode("23 Coombe Road, Croydon, CR0 1BD").as_deref(), Some("CR01BD"));
        assert_eq!(postcode("SW1A1AA").as_deref(), Some("SW1A1AA"));
        assert_eq!(postcode("Flat 2B\n10 Rue de Rivoli\n75001 Paris"), None);
    }
}
