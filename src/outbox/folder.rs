//! Mail into a folder: one `.eml` file a letter, for trying the program out and for machines that fetch mail there.
//!
//! Invariant: a file with its final name is whole and on disk; a second attempt replaces it and makes no second one.
//! Letters are for the owner of the folder, and for its group where the operator lets a fetching program have that.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::Delivery;
use super::message::Sealed;

pub(super) fn put(folder: &Path, delivery: &Delivery, sealed: &Sealed) -> Result<(), String> {
    let name = format!("{:09}-{}.eml", delivery.id, delivery.kind.name());
    write_whole(folder, &name, &with_return_path(sealed))
        .map_err(|error| format!("the folder {}: {error}", folder.display()))
}

/// Whoever fetches letters here learns where they come back to from the first line, as from a mailbox (RFC 5321, 4.4).
fn with_return_path(sealed: &Sealed) -> Vec<u8> {
    if !sealed.has_own_return {
        return sealed.bytes.clone();
    }
    [format!("Return-Path: <{}>\r\n", sealed.from).as_bytes(), &sealed.bytes].concat()
}

pub(super) fn make(folder: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder).and_then(|()| shut(folder));
    made.map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))
}

/// What everybody else may do with a folder.
const OTHERS: u32 = 0o007;

/// Shuts a folder that an older program left open to everybody.
fn shut(folder: &Path) -> std::io::Result<()> {
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    if let Err(error) = fs::set_permissions(folder, Permissions::from_mode(mode & !OTHERS)) {
        tracing::warn!(%error, folder = %folder.display(), "everybody may read the letters, and that cannot be changed");
    }
    Ok(())
}

fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    // No mode of its own: the program's mask shuts it, unless the folder has default rights for somebody.
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, folder.join(name))?;
    // The new name itself must be on disk before the books say that the letter was sent.
    File::open(folder)?.sync_all()
}
