//! The command line: each command is one call into a room.
//!
//! Exit code 0 done, 1 failed, 2 wrong usage, 3 asks for a word (`--again`); what went wrong is one line on stderr.

mod books;
mod exports;
mod funds;
mod output;
mod serve;
mod staff;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{RawSettings, Settings};
use crate::db::{Db, DbError, Schema};
use crate::donations::{Letters, import as gifts};
use crate::sheet::Mapping;
use crate::sheet::day::DayOrder;

/// Ledger, share register, receipts and live widget of a newspaper owned by its readers
#[derive(Parser)]
#[command(name = "fighting-fund", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: RawSettings,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate, then serve the web and do the background work (the default)
    Serve,
    /// The same on data/demo.db, filled with believable gifts; safe to run again
    Demo,
    /// Only bring the database up to date
    Migrate,
    /// Only the background work, for several processes on PostgreSQL
    Work,
    /// Funds and their appeals
    #[command(subcommand)]
    Fund(funds::FundCommand),
    /// Members of staff
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Bearer tokens of programs
    #[command(subcommand)]
    Token(staff::TokenCommand),
    /// Check every invariant of the books
    Verify,
    /// Write the books to stdout or a file
    #[command(subcommand)]
    Export(exports::ExportCommand),
    /// Take a file into the books: all of it or nothing
    #[command(subcommand)]
    Import(ImportCommand),
    /// A consistent copy of an embedded database, also while it serves
    Backup {
        /// The file to write; it must not exist yet
        path: PathBuf,
    },
}

#[derive(Subcommand)]
enum ImportCommand {
    /// Gifts from a list of a spreadsheet or of another program; no letter leaves unless told
    Donations {
        /// The file
        file: PathBuf,
        /// The fund's slug
        #[arg(long, default_value = crate::funds::DEFAULT_SLUG)]
        fund: String,
        /// What a column is called in this file, such as "amount=Donation Total"; may be given often
        #[arg(long = "column", value_name = "FIELD=HEADING")]
        columns: Vec<String>,
        /// The month stands first in days such as 03/11/2026
        #[arg(long)]
        month_first: bool,
        /// Send each giver their receipt
        #[arg(long)]
        letters: bool,
        /// Take also the rows that look like ones of another list
        #[arg(long)]
        again: bool,
        /// Check everything, record nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// A statement of the bank: CSV, OFX, CAMT.053 or MT940
    Bank {
        /// The file
        file: PathBuf,
        /// The layout that the columns of a CSV file are read by, as it was saved at the desk; recognised by itself
        /// where nothing is said
        #[arg(long, value_name = "NAME")]
        layout: Option<String>,
        /// Check everything, record nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// The members from the paper register, a row for each holding, as `export register` writes them
    Register {
        /// The file
        file: PathBuf,
        /// The day of the opening balances; today where nothing is said
        #[arg(long)]
        on: Option<chrono::NaiveDate>,
        /// What a column is called in this file, such as "name=Surname"; may be given often
        #[arg(long = "column", value_name = "FIELD=HEADING")]
        columns: Vec<String>,
        /// Check everything, record nothing
        #[arg(long)]
        dry_run: bool,
    },
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Whatever the program makes, books, backups, letters, is for its owner only (file mode creation mask).
const OWNER_ONLY: u32 = 0o077;

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OWNER_ONLY));
    let arguments = Arguments::parse();
    let settings = match Settings::load(arguments.settings) {
        Ok(settings) => settings,
        Err(error) => {
            output::complain(&error);
            return ExitCode::from(2);
        }
    };
    output::start_log();
    match act(arguments.command.unwrap_or(Command::Serve), &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            if error.is::<books::LookAlike>() { ExitCode::from(LOOK_ALIKE) } else { ExitCode::FAILURE }
        }
    }
}

/// The exit code of a list that somebody must say a word about.
const LOOK_ALIKE: u8 = 3;

fn act(command: Command, settings: &Settings) -> Result<(), Failure> {
    match command {
        Command::Serve => serve::serve(settings),
        Command::Demo => serve::demo(settings),
        Command::Migrate => migrated(settings).map(drop),
        Command::Work => serve::work(settings),
        Command::Fund(command) => funds::run(&migrated(settings)?, command),
        Command::Staff(command) => staff::run(&migrated(settings)?, command),
        Command::Token(command) => staff::run_token(&migrated(settings)?, command),
        Command::Verify => books::verify(&existing(settings)?),
        Command::Export(command) => exports::run(&existing(settings)?, command),
        Command::Import(ImportCommand::Donations { file, fund, columns, month_first, letters, again, dry_run }) => {
            let mapping = Mapping::said(&columns)?;
            let letters = if letters { Letters::Written } else { Letters::NotToBeSent };
            let days = month_first.then_some(DayOrder::MonthFirst);
            let how = gifts::How { mapping, days, letters, again, ..gifts::How::default() };
            books::import_donations(&migrated(settings)?, &file, &fund, how, dry_run)
        }
        Command::Import(ImportCommand::Bank { file, layout, dry_run }) => {
            books::import_bank(&migrated(settings)?, &file, layout, dry_run)
        }
        Command::Import(ImportCommand::Register { file, on, columns, dry_run }) => {
            let how = crate::shares::import::How::new(on, &columns)?;
            books::import_register(&migrated(settings)?, &file, &how, dry_run)
        }
        // Also before they are brought up to date: a backup is what one takes before that.
        Command::Backup { path } => Ok(opened_to_read(settings)?.backup(&path)?),
    }
}

/// The books, brought up to date: for commands that may be the first to run.
fn migrated(settings: &Settings) -> Result<Db, Failure> {
    let db = Db::open(&settings.database, None).map_err(named)?;
    db.migrate()?;
    Ok(db)
}

/// The books as they are: for commands that only read.
fn existing(settings: &Settings) -> Result<Db, Failure> {
    let db = opened_to_read(settings)?;
    match db.schema()? {
        Schema::Ours => Ok(db),
        _ => Err("the books wait for their migrations; run `fighting-fund migrate` first".into()),
    }
}

fn opened_to_read(settings: &Settings) -> Result<Db, Failure> {
    Db::open_to_read(&settings.database, settings.database_read.as_ref()).map_err(named)
}

fn named(error: DbError) -> Failure {
    format!("DATABASE_URL: {error}").into()
}
