//! Mail that another program puts into a folder, one file a mail. What was taken goes to `done/` beside it.

use std::fs::{self, DirEntry, File};
use std::io::Read;
use std::path::Path;

use super::{Found, MAIL_BYTES_MAX, MAILS_MAX, MailDeed, ReadError, Visit};

/// Files looked at in one visit: those of other societies stay, and must not hide ours.
const FILES_MAX: usize = 10_000;
const DONE: &str = "done";

pub(super) fn read(visit: &Visit<'_>, folder: &Path) -> Result<usize, ReadError> {
    let away = |error: std::io::Error| ReadError::Away(format!("the folder {}: {error}", folder.display()));
    // Only the last of its names: what another disk is to bring is not made in its place.
    if !folder.exists() {
        fs::create_dir(folder).map_err(away)?;
    }
    let mut files: Vec<DirEntry> = Vec::new();
    for file in fs::read_dir(folder).map_err(away)?.take(FILES_MAX) {
        let file = file.map_err(away)?;
        let name = file.file_name();
        // Whoever writes a mail gives it its name when it is whole; until then it begins with a point.
        let is_mail = !name.to_string_lossy().starts_with('.') && file.file_type().is_ok_and(|kind| kind.is_file());
        if is_mail && !visit.is_left(&name.to_string_lossy()) {
            files.push(file);
        }
    }
    files.sort_by_key(DirEntry::file_name);
    let mut taken = 0;
    for file in files.into_iter().take(MAILS_MAX) {
        if visit.is_over() {
            break;
        }
        let Some(found) = open(&file).map_err(away)? else { continue };
        let name = file.file_name();
        if visit.take(&found)? == MailDeed::Left {
            visit.leave(name.to_string_lossy().into_owned());
        } else {
            set_aside(folder, &file).map_err(away)?;
        }
        taken += 1;
    }
    Ok(taken)
}

/// The mail in a file; nothing where another process has taken it meanwhile.
fn open(file: &DirEntry) -> std::io::Result<Option<Found>> {
    let opened = match File::open(file.path()) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let about = opened.metadata()?;
    if about.len() > MAIL_BYTES_MAX {
        let changed = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let changed = changed.map_or(0, |since| since.as_secs());
        let place = format!("file:{}:{}:{changed}", file.file_name().to_string_lossy(), about.len());
        return Ok(Some(Found::TooLarge { place, bytes: about.len() }));
    }
    let mut bytes = Vec::new();
    // It may have grown since.
    opened.take(MAIL_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Some(Found::Mail(bytes)))
}

/// Moves a mail to `done/`, under a name that nothing there has.
fn set_aside(folder: &Path, file: &DirEntry) -> std::io::Result<()> {
    let done = folder.join(DONE);
    fs::create_dir_all(&done)?;
    let name = file.file_name().to_string_lossy().into_owned();
    let mut target = done.join(&name);
    let mut count = 1;
    while target.exists() && count < FILES_MAX {
        count += 1;
        target = done.join(format!("{count}-{name}"));
    }
    match fs::rename(file.path(), target) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}
