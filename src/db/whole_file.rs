//! A file that appears under its final name when it is whole and on disk, or not at all.
//!
//! Invariant: nothing is written under the final name; what a killed program left under another is removed by the next
//! one that writes into the same folder. Nobody but the owner may read either.

use std::fs::File;
use std::io::Result;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// How the name of a file in the making begins and ends.
const PART: (&str, &str) = (".fighting-fund-", ".part");
/// What SQLite may have put beside a file in the making.
const BESIDE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// A file in the making, and the turn to make one in its folder.
pub(super) struct WholeFile {
    part: TempPath,
    /// Goes after the part itself, which may have been its reason.
    _beside: Beside,
    target: PathBuf,
    /// Locked for as long as it is open, so that nobody takes the file for one that was left behind.
    folder: File,
}

impl WholeFile {
    /// Begins a file that will be `target`, empty; waits while another one is made in the same folder.
    ///
    /// # Errors
    /// When the folder is not there or cannot be written.
    pub(super) fn begin(target: &Path) -> Result<Self> {
        let place = folder_of(target);
        let folder = File::open(place)?;
        // Some network disks know no locks; then nobody can tell what was left behind from what is being made.
        if folder.lock().is_ok() {
            remove_leftovers(place)?;
        }
        let part = tempfile::Builder::new().prefix(PART.0).suffix(PART.1).tempfile_in(place)?.into_temp_path();
        let beside = Beside(part.to_path_buf());
        Ok(Self { part, _beside: beside, target: target.to_owned(), folder })
    }

    /// Where it is written meanwhile.
    pub(super) fn path(&self) -> &Path {
        &self.part
    }

    /// Gives it its name. It is on disk by then, and so is the name when this returns.
    ///
    /// # Errors
    /// When a file of that name is there by now (`AlreadyExists`), or the disk refuses.
    pub(super) fn finish(self) -> Result<()> {
        File::open(&self.part)?.sync_all()?;
        self.part.persist_noclobber(&self.target).map_err(|error| error.error)?;
        self.folder.sync_all()
    }
}

/// Removes what SQLite left beside a file when a full disk stopped it.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        for end in BESIDE {
            // Mostly there is none.
            drop(std::fs::remove_file(beside(&self.0, end)));
        }
    }
}

/// A file that SQLite keeps beside the one at `path`.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The folder in which a file lies; a bare name lies in the present one.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn remove_leftovers(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if is_part(&entry.file_name().to_string_lossy())
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, file = %entry.path().display(), "what was left behind cannot be removed");
        }
    }
    Ok(())
}

fn is_part(name: &str) -> bool {
    let name = BESIDE.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    name.starts_with(PART.0) && name.ends_with(PART.1)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_file_appears_whole_and_takes_what_was_left_behind_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let left = [".fighting-fund-x.part", ".fighting-fund-x.part-journal"].map(|name| folder.path().join(name));
        for path in &left {
            std::fs::write(path, "half").expect("a file");
        }
        let (target, neighbour) = (folder.path().join("copy.db"), folder.path().join(".fighting-fund-rc"));
        std::fs::write(&neighbour, "mine").expect("a file");

        let begun = WholeFile::begin(&target).expect("a file in the making");
        std::fs::write(begun.path(), "whole").expect("it is written");

        assert!(!target.exists() && neighbour.exists() && left.iter().all(|path| !path.exists()));
        begun.finish().expect("its name");
        assert_eq!(std::fs::read(&target).expect("a file"), b"whole");
        let again = WholeFile::begin(&target).expect("a file in the making").finish().expect_err("a refusal");
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }
}
