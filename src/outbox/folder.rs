//! Mail into a folder: one `.eml` file a letter, for trying the program out and for machines that fetch mail there.
//!
//! Invariant: a file with its final name is whole and on disk; a second attempt replaces it and makes no second one.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::Delivery;

pub(super) fn put(folder: &Path, delivery: &Delivery, bytes: &[u8]) -> Result<(), String> {
    let name = format!("{:09}-{}.eml", delivery.id, delivery.kind.name());
    write_whole(folder, &name, bytes).map_err(|error| format!("the folder {}: {error}", folder.display()))
}

pub(super) fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))
}

fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, folder.join(name))?;
    // The new name itself must be on disk before the books say that the letter was sent.
    File::open(folder)?.sync_all()
}
