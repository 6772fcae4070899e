//! The commands that keep running: `serve`, `demo`, `work`.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;
use crate::app::{App, asked_to_stop};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::DatabaseUrl;
use crate::{demo, worker};

pub(super) fn serve(settings: &Settings) -> Result<(), Failure> {
    // Before the books are opened: a port that is taken should change nothing.
    let listener = TcpListener::bind(settings.listen)
        .map_err(|error| format!("FF_LISTEN: {} cannot be used: {error}", settings.listen))?;
    let app = App::open(&at(settings, &listener)?, Clock::System)?;
    if let Some(link) = app.first_link()? {
        println!(
            "Nobody is on the staff yet. Whoever opens this link first joins as administrator; it works once, for 24 hours:\n{link}"
        );
    }
    run(&app, listener)
}

pub(super) fn demo(settings: &Settings) -> Result<(), Failure> {
    let mut settings = settings.clone();
    settings.database = DatabaseUrl::Sqlite("data/demo.db".into());
    settings.database_read = None;
    settings.mail = crate::outbox::MailTarget::Folder("data/demo-mail".into());
    let listener = TcpListener::bind(settings.listen)
        .map_err(|error| format!("FF_LISTEN: {} cannot be used: {error}", settings.listen))?;
    let app = App::open(&at(&settings, &listener)?, Clock::System)?;
    for line in demo::fill(&app.db, app.clock.now())? {
        println!("{line}");
    }
    demo::trouble(&app.db, app.clock.now())?;
    for line in demo::staff(&app.db, app.clock.now(), &app.passwords)? {
        println!("{line}");
    }
    // The society was named while the pages stood ready.
    app.imprint.renew(&app.db)?;
    run(&app, listener)
}

/// The settings with the port that the system chose where none was asked for, so that links lead to it.
fn at(settings: &Settings, listener: &TcpListener) -> std::io::Result<Settings> {
    let mut settings = settings.clone();
    if settings.public_url == format!("http://{}", settings.listen) {
        settings.public_url = format!("http://{}", listener.local_addr()?);
    }
    Ok(settings)
}

fn run(app: &App, listener: TcpListener) -> Result<(), Failure> {
    println!("Serving on http://{}", listener.local_addr()?);
    let stop = Arc::new(AtomicBool::new(false));
    let working = std::thread::Builder::new().name("worker".to_owned()).spawn({
        let (app, stop) = (app.clone(), stop.clone());
        move || worker::run(&app, &stop)
    })?;
    // The server hears SIGTERM and SIGINT itself, and returns when the last request is answered.
    let served = actix_web::rt::System::new().block_on(async { app.serve(listener)?.await });
    stop.store(true, Ordering::SeqCst);
    working.join().map_err(|_| "the background work ended badly")?;
    Ok(served?)
}

pub(super) fn work(settings: &Settings) -> Result<(), Failure> {
    let app = App::open(settings, Clock::System)?;
    let stop = Arc::new(AtomicBool::new(false));
    let working = std::thread::Builder::new().name("worker".to_owned()).spawn({
        let stop = stop.clone();
        move || worker::run(&app, &stop)
    })?;
    println!("Working in the background");
    actix_web::rt::System::new().block_on(asked_to_stop())?;
    stop.store(true, Ordering::SeqCst);
    Ok(working.join().map_err(|_| "the background work ended badly")?)
}
