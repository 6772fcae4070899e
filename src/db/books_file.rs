//! Whether a file can hold the books, asked before SQLite may touch it, and who may read it.
//!
//! Invariant: new books are begun only where no file is. Whatever else is there, an empty file too, is refused and
//! left as it is. Whose tables a sound file holds is left to `migrate.rs`.

use std::fs::{DirBuilder, Metadata, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::DbError;
use super::whole_file::{beside, folder_of};

/// What SQLite's files begin with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Its header: the size of a page at 16, two counters that agree where the number of pages at 28 counts, at 24 and 92.
const HEADER_BYTES: usize = 100;
/// What somebody else may do with a file: nothing.
const OTHERS: u32 = 0o077;

/// What is at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// A whole file of SQLite.
    Database,
}

/// Looks at `path` without changing anything.
///
/// # Errors
/// [`DbError::NotBooks`], a sentence: it is empty, cut short, a folder, no database.
pub(super) fn look(path: &Path) -> Result<Found, DbError> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return nothing(path),
        Err(error) => return Err(DbError::Open(format!("{}: {error}", path.display()))),
    };
    let what = what_is_wrong(path, &metadata).map_err(|error| DbError::Open(format!("{}: {error}", path.display())))?;
    what.map_or(Ok(Found::Database), |what| Err(not_books(path, &what)))
}

/// The sentence for a file that is there and holds no books.
pub(super) fn not_books(path: &Path, what: &str) -> DbError {
    DbError::NotBooks(format!(
        "{} {what}. Nothing was changed: put the books or a backup of them there, or name another file, where new books are begun",
        path.display()
    ))
}

/// No file is there: fine, unless something says that there should be one.
fn nothing(path: &Path) -> Result<Found, DbError> {
    if path.symlink_metadata().is_ok() {
        return Err(not_books(path, "is a link to a file that is not there; perhaps its disk is not mounted"));
    }
    let log = beside(path, "-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(not_books(path, "is not there, but its log is, which holds the last of what was written"));
    }
    Ok(Found::Nothing)
}

fn what_is_wrong(path: &Path, metadata: &Metadata) -> std::io::Result<Option<String>> {
    if !metadata.is_file() {
        return Ok(Some("is not a file".to_owned()));
    }
    if metadata.len() == 0 {
        return Ok(Some("is empty, which books never are: it was cut, or made by hand".to_owned()));
    }
    let mut header = Vec::with_capacity(HEADER_BYTES);
    std::fs::File::open(path)?.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    let has_log = std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
    Ok(wrong_header(&header, metadata.len(), has_log))
}

/// What a header says against a file of `length` bytes. Where there is a log, pages may still be only in it.
fn wrong_header(header: &[u8], length: u64, has_log: bool) -> Option<String> {
    let begin = header.get(..MAGIC.len()).unwrap_or(header);
    if !MAGIC.starts_with(begin) {
        return Some("is not a database of SQLite".to_owned());
    }
    let Some(header) = header.get(..HEADER_BYTES) else { return Some("was cut short".to_owned()) };
    let number = |at: usize| header[at..at + 4].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    // A page of 65,536 bytes is written as 1.
    let page = match u64::from(header[16]) << 8 | u64::from(header[17]) {
        1 => 65_536,
        page => page,
    };
    let is_counted = number(24) == number(92);
    let expected = page * number(28);
    (is_counted && !has_log && length < expected)
        .then(|| format!("was cut short: it has {length} of its {expected} bytes"))
}

/// Makes the folder of `path` where it is missing, for its owner only.
pub(super) fn make_folder(path: &Path) -> Result<(), DbError> {
    let folder = folder_of(path);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| DbError::Open(format!("the folder {} cannot be made: {error}", folder.display())))
}

/// Takes from others what they may do with the database and its log: an older program gave it to them.
pub(super) fn make_private(path: &Path) {
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        let Ok(metadata) = std::fs::metadata(&file) else { continue };
        let mode = metadata.permissions().mode();
        if mode & OTHERS != 0
            && let Err(error) = std::fs::set_permissions(&file, Permissions::from_mode(mode & !OTHERS))
        {
            tracing::warn!(%error, file = %file.display(), "others may read the books, and that cannot be changed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(pages: u8) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.resize(HEADER_BYTES, 0);
        (header[16], header[31]) = (0x10, pages);
        header
    }

    #[test]
    fn a_header_tells_a_whole_file_from_a_cut_and_a_foreign_one() {
        let said = |header: &[u8], length, has_log| wrong_header(header, length, has_log).unwrap_or_default();

        assert_eq!(said(&header(3), 3 * 4096, false), "");
        assert_eq!(said(&header(3), 4 * 4096, false), "");
        assert_eq!(said(&header(3), 4096, true), "");
        assert!(said(&header(3), 3 * 4096 - 1, false).starts_with("was cut short"));
        assert!(said(&header(3)[..50], 50, false).starts_with("was cut short"));
        assert!(said(b"SQLite", 6, false).starts_with("was cut short"));
        assert!(said(b"Dear treasurer,", 15, false).starts_with("is not a database"));
    }

    #[test]
    fn nothing_is_begun_where_a_log_or_a_dangling_link_says_that_there_were_books() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("gone.db-wal"), "frames").expect("a file");
        std::os::unix::fs::symlink(path("unmounted"), path("link.db")).expect("a link");

        assert_eq!(look(&path("new.db")).expect("an answer"), Found::Nothing);
        for name in ["gone.db", "link.db", "."] {
            assert!(matches!(look(&path(name)), Err(DbError::NotBooks(_))), "{name}");
        }
    }
}
