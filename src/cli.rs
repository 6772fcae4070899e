//! The command line: each command is one call into a room.

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::clock::Clock;
use crate::config::{RawSettings, Settings};
use crate::worker;

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
    /// Only bring the database up to date
    Migrate,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Reads the arguments and does what they say. Exit code 0 done, 1 failed, 2 wrong usage.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = match Settings::load(arguments.settings) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("fighting-fund: {error}");
            return ExitCode::from(2);
        }
    };
    start_log();
    match act(arguments.command.unwrap_or(Command::Serve), &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fighting-fund: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

fn act(command: Command, settings: &Settings) -> Result<(), Failure> {
    match command {
        Command::Serve => serve(settings),
        Command::Migrate => Ok(crate::db::Db::open(&settings.database, None)?.migrate()?),
    }
}

fn serve(settings: &Settings) -> Result<(), Failure> {
    let app = App::open(settings, Clock::System)?;
    let listener =
        TcpListener::bind(settings.listen).map_err(|error| format!("FF_LISTEN: {}: {error}", settings.listen))?;
    println!("Serving on http://{}", listener.local_addr()?);
    let stop = Arc::new(AtomicBool::new(false));
    let working = std::thread::spawn({
        let (app, stop) = (app.clone(), stop.clone());
        move || worker::run(&app, &stop)
    });
    actix_web::rt::System::new().block_on(app.serve(listener)?)?;
    stop.store(true, Ordering::SeqCst);
    working.join().map_err(|_| "the background work ended badly")?;
    Ok(())
}
