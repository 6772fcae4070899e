//! `export`: the books as files, to stdout or where `--output` says.

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Seek, Write};
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::Failure;
use crate::clock::Clock;
use crate::db::Db;
use crate::exports::{self, ExportError, Format, Span, Table, journal};

#[derive(Subcommand)]
pub(super) enum ExportCommand {
    /// Every entry with its postings
    Journal {
        /// How it is written
        #[arg(long, value_enum, default_value = "hledger")]
        format: journal::Format,
        #[command(flatten)]
        days: Days,
        #[command(flatten)]
        place: Place,
    },
    /// Every gift; with days, those received on them
    Donations(TableArguments),
    /// Every batch of the post; with days, those that came on them
    Batches(TableArguments),
    /// Every receipt in the order of the numbers; with days, those issued on them
    Receipts(TableArguments),
    /// Every account: what it brought forward, debit, credit, balance
    TrialBalance(TableArguments),
    /// What came in and what went back, by month and account
    Income(TableArguments),
    /// Every line of the bank, the oldest first; with days, those booked on them
    Bank(TableArguments),
    /// The share register, in the columns that `import register` takes
    Register {
        /// csv
        #[arg(long, value_parser = ["csv"], default_value = "csv")]
        format: String,
        /// The end of this day; today where nothing is said
        #[arg(long)]
        as_at: Option<NaiveDate>,
    },
}

#[derive(Args)]
pub(super) struct TableArguments {
    /// How it is written
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Days {
    /// The first day; from the beginning where nothing is said
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// The last day; to the end where nothing is said
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    /// A whole calendar year
    #[arg(long, conflicts_with_all = ["from", "until"])]
    year: Option<i32>,
}

impl Days {
    fn span(&self) -> Result<Span, Failure> {
        if let Some(year) = self.year {
            let span = Span::year(year).filter(|_| (1..=9999).contains(&year));
            return span.ok_or_else(|| format!("--year: no calendar has the year {year}").into());
        }
        match (self.from, self.until) {
            (Some(from), Some(until)) if until < from => {
                Err(format!("--until: {until} lies before {from}, the first day").into())
            }
            (from, until) => Ok(Span { from, until }),
        }
    }
}

#[derive(Args)]
pub(super) struct Place {
    /// The file to write; stdout where nothing is said
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Place {
    /// Lets `write` write there. A file appears when it is whole, or not at all.
    fn write(&self, write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), ExportError>) -> Result<(), Failure> {
        let Some(path) = &self.output else {
            let mut out = BufWriter::new(std::io::stdout());
            return closed_pipe_is_fine(write(&mut out).and_then(|()| Ok(out.flush()?)));
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
        let file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| ".".as_ref())).map_err(failed)?;
        let mut out: BufWriter<&File> = BufWriter::new(file.as_file());
        write(&mut out)?;
        out.flush().map_err(failed)?;
        drop(out);
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

pub(super) fn run(db: &Db, command: ExportCommand) -> Result<(), Failure> {
    match command {
        ExportCommand::Journal { format, days, place } => {
            let days = days.span()?;
            place.write(|mut out| db.snapshot(|conn| journal::write_days(conn, format, &days, &mut out)))
        }
        ExportCommand::Donations(how) => table(db, Table::Donations, &how),
        ExportCommand::Batches(how) => table(db, Table::Batches, &how),
        ExportCommand::Receipts(how) => table(db, Table::Receipts, &how),
        ExportCommand::TrialBalance(how) => table(db, Table::TrialBalance, &how),
        ExportCommand::Income(how) => table(db, Table::Income, &how),
        ExportCommand::Bank(how) => table(db, Table::Bank, &how),
        ExportCommand::Register { as_at, .. } => register(db, as_at),
    }
}

fn table(db: &Db, table: Table, how: &TableArguments) -> Result<(), Failure> {
    let (days, now) = (how.days.span()?, Clock::System.now());
    if how.format == Format::Xlsx && how.place.output.is_none() && std::io::stdout().is_terminal() {
        return Err("a workbook is nothing for a screen; please say where to: --output FILE.xlsx".into());
    }
    how.place.write(|out| {
        if how.format == Format::Csv {
            return db.snapshot(|conn| exports::write(conn, (table, how.format), &days, now, out));
        }
        // Whoever writes a workbook does not take a closed pipe well, so that it is whole before it goes into one.
        let mut file = tempfile::tempfile()?;
        db.snapshot(|conn| exports::write(conn, (table, how.format), &days, now, &file))?;
        file.rewind()?;
        Ok(std::io::copy(&mut file, out).map(drop)?)
    })
}

fn register(db: &Db, as_at: Option<NaiveDate>) -> Result<(), Failure> {
    let now = Clock::System.now();
    let view = db.read(|conn| crate::shares::register::view(conn, now, as_at, None))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let done = db.snapshot(|conn| exports::register::write(conn, &view, &mut out));
    closed_pipe_is_fine(done.and_then(|()| Ok(out.flush()?)))
}

fn closed_pipe_is_fine(done: Result<(), ExportError>) -> Result<(), Failure> {
    match done {
        Err(error) if error.is_closed_pipe() => Ok(()),
        done => Ok(done?),
    }
}
