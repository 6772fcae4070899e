//! `verify`: every invariant of the books, one proof a line, over one unchanging view.
//!
//! Invariant: a proof stands only on what was proved before it; the first is that the database can be read at all.

use std::sync::Arc;
use std::sync::mpsc::channel;

use crate::db::verify::FileCheck;
use crate::db::{Conn, Db, DbError};
use crate::proof::Proof;
use crate::{batches, donations, ledger, outbox, payments, receipts, shares, standing_orders, statements};

/// Proves that the database can be read, each page of it, and then everything that it says. Both are read at once, since
/// either takes seconds in large books; a database that cannot be read proves nothing else.
///
/// # Errors
/// Only when the database is away or cannot be opened.
pub fn whole(db: &Db) -> Result<Vec<Proof>, DbError> {
    let check = Arc::new(FileCheck::begin(db)?);
    let (done, proved) = channel();
    let (books, helper) = (db.clone(), check.clone());
    // Not waited for where the file is at fault: there is no telling how long a broken one can be read.
    std::thread::spawn(move || {
        let proved = books.snapshot(all);
        drop(done.send(helper.work().and(proved)));
    });
    check.work()?;
    if check.is_sound() {
        let broke_off = || DbError::Corrupt("a proof broke off; the log says where".to_owned());
        let proved = proved.recv().unwrap_or_else(|_| Err(broke_off()));
        // Asked again, because the other one read some tables too.
        if check.is_sound() {
            return Ok([vec![check.proof()], proved?].concat());
        }
    }
    Ok(vec![check.proof()])
}

/// Proves everything that the database says, in the order in which a later proof relies on an earlier one.
///
/// # Errors
/// Only when the database fails; a broken invariant is a proof with a fault.
pub fn all(conn: &mut Conn) -> Result<Vec<Proof>, DbError> {
    let mut proofs = ledger::verify::verify(conn)?;
    proofs.extend(donations::verify::verify(conn)?);
    proofs.extend(receipts::verify::verify(conn)?);
    proofs.extend(outbox::verify::verify(conn)?);
    proofs.extend(shares::verify::verify(conn)?);
    proofs.extend(payments::verify::verify(conn)?);
    proofs.extend(batches::verify::verify(conn)?);
    proofs.extend(statements::verify::verify(conn)?);
    proofs.extend(standing_orders::verify::verify(conn)?);
    Ok(proofs)
}
