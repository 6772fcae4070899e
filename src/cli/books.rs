//! The commands that prove the books or take a file into them: `verify`, `import`.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::output::print;
use crate::clock::Clock;
use crate::db::Db;
use crate::donations::import as gifts;
use crate::shares::import as register;
use crate::sheet::{Intent, Report};
use crate::staff::Actor;
use crate::statements::import as statement;
use crate::verify as proofs;

pub(super) fn verify(db: &Db) -> Result<(), Failure> {
    for proof in proofs::whole(db)? {
        match proof.fault {
            None => print(format_args!("ok      {} ({})", proof.claim, proof.count))?,
            Some(fault) => {
                print(format_args!("BROKEN  {} ({}): {fault}", proof.claim, proof.count))?;
                return Err(format!("verify: {}: {fault}", proof.claim).into());
            }
        }
    }
    Ok(())
}

/// Rows look like ones that were taken in before, and somebody must say what they are.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} like ones that were taken in before; nothing was recorded. `--again` takes them, where they are gifts of their own"
)]
pub(super) struct LookAlike(String);

pub(super) fn import_donations(
    db: &Db,
    file: &Path,
    fund: &str,
    how: gifts::How,
    dry_run: bool,
) -> Result<(), Failure> {
    let now = Clock::System.now();
    let file_name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let how = gifts::How { file_name, ..how };
    taken_in(file, dry_run, |bytes, intent, progress| {
        Ok(gifts::take(db, now, fund, &how, bytes, intent, progress)?.report)
    })
}

pub(super) fn import_register(db: &Db, file: &Path, how: &register::How, dry_run: bool) -> Result<(), Failure> {
    let now = Clock::System.now();
    taken_in(file, dry_run, |bytes, intent, progress| Ok(register::run(db, now, how, bytes, intent, progress)?))
}

pub(super) fn import_bank(db: &Db, file: &Path, layout: Option<String>, dry_run: bool) -> Result<(), Failure> {
    let now = Clock::System.now();
    let file_name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let how = statement::How { file_name, by: Actor::Operator.who(), layout_name: layout, ..statement::How::default() };
    taken_in(file, dry_run, |bytes, intent, progress| {
        let taken = statement::run(db, now, &how, bytes, intent, progress)?;
        let mut report = taken.report;
        report.rows.extend(taken.notices);
        Ok(report)
    })
}

/// Lets a file be taken in, with a bar while it lasts, and tells what became of each row.
fn taken_in(
    file: &Path,
    dry_run: bool,
    run: impl FnOnce(&[u8], Intent, &mut dyn FnMut(u64, u64)) -> Result<Report, Failure>,
) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let bar = ProgressBar::no_length().with_style(bar_style()?);
    let intent = if dry_run { Intent::DryRun } else { Intent::Record };
    let report = run(&bytes, intent, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report?;
    for row in &report.rows {
        print(row)?;
    }
    if report.faults == 0 && report.alike > 0 {
        let rows = if report.alike == 1 { "1 row looks".to_owned() } else { format!("{} rows look", report.alike) };
        return Err(LookAlike(rows).into());
    }
    match (report.faults, dry_run) {
        (0, true) => print(format_args!("{} Nothing was recorded: this was a dry run.", report.summary)),
        (0, false) => print(report.summary),
        (faults, _) => {
            let rows = if faults == 1 { "1 row has" } else { &format!("{faults} rows have") };
            Err(format!("{rows} to be mended; nothing was recorded").into())
        }
    }
}

fn bar_style() -> Result<ProgressStyle, Failure> {
    Ok(ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left")?)
}
