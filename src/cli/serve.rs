//! The commands that keep running: `serve`, `demo`, `work`.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::Failure;
use super::output::tell;
use crate::app::{App, asked_to_stop};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::DatabaseUrl;
use crate::outbox::MailTarget;
use crate::threads::Threads;
use crate::{demo, worker};

pub(super) fn serve(settings: &Settings) -> Result<(), Failure> {
    // Before the books are opened: a port that is taken should change nothing.
    let listener = listener(settings)?;
    let app = App::open(&at(settings, &listener)?, Clock::System)?;
    if let Some(link) = app.first_link()? {
        tell(format_args!(
            "Nobody is on the staff yet. Whoever opens this link first joins as administrator; it works once, for 24 hours:\n{link}"
        ));
    }
    run(&app, listener)
}

pub(super) fn demo(settings: &Settings) -> Result<(), Failure> {
    let mut settings = settings.clone();
    settings.database = DatabaseUrl::Sqlite("data/demo.db".into());
    settings.database_read = None;
    settings.mail = MailTarget::Folder("data/demo-mail".into());
    let listener = listener(&settings)?;
    let app = App::open(&at(&settings, &listener)?, Clock::System)?;
    for line in demo::fill(&app.db, app.clock.now())? {
        tell(line);
    }
    demo::trouble(&app.db, app.clock.now())?;
    for line in demo::staff(&app.db, app.clock.now(), &app.passwords)? {
        tell(line);
    }
    // The society was named while the pages stood ready.
    app.imprint.renew(&app.db)?;
    run(&app, listener)
}

/// The socket that the system holds for us between two processes (systemd's socket activation, docs/operators/proxy.md),
/// or one of our own.
fn listener(settings: &Settings) -> Result<TcpListener, Failure> {
    let handed = listenfd::ListenFd::from_env()
        .take_tcp_listener(0)
        .map_err(|error| format!("LISTEN_FDS: the socket that was handed over cannot be used: {error}"))?;
    match handed {
        Some(listener) => Ok(listener),
        None => TcpListener::bind(settings.listen)
            .map_err(|error| format!("FF_LISTEN: {} cannot be used: {error}", settings.listen).into()),
    }
}

/// The settings with the port that the system chose where none was asked for, so that links lead to it.
fn at(settings: &Settings, listener: &TcpListener) -> std::io::Result<Settings> {
    let mut settings = settings.clone();
    if settings.public_url == format!("http://{}", settings.listen) {
        settings.public_url = format!("http://{}", listener.local_addr()?);
    }
    settings.listen = listener.local_addr()?;
    Ok(settings)
}

fn run(app: &App, listener: TcpListener) -> Result<(), Failure> {
    let place = listener.local_addr()?;
    let (stop, working) = begin_work(app)?;
    // The server hears SIGTERM and SIGINT itself, and returns when the last request is answered; the letters in hand are
    // finished meanwhile.
    let served = actix_web::rt::System::new().block_on(async {
        let told = stop.clone();
        let asked = asked_to_stop()?;
        actix_web::rt::spawn(async move {
            asked.await;
            told.store(true, Ordering::SeqCst);
        });
        let server = app.serve(listener)?;
        // Not before the question to stop is heard: whoever starts programs may stop them at once.
        tell(format_args!("Serving on http://{place}"));
        let (handle, app) = (server.handle(), app.clone());
        actix_web::rt::spawn(async move {
            app.threads.fall().await;
            // Streams have no end of their own; the server would wait for them in vain.
            app.live.close();
            handle.stop(true).await;
        });
        server.await
    });
    stop.store(true, Ordering::SeqCst);
    working.join().map_err(|_| "the background work ended badly")?;
    none_fell(&app.threads)?;
    Ok(served?)
}

pub(super) fn work(settings: &Settings) -> Result<(), Failure> {
    let app = App::open(settings, Clock::System)?;
    let (stop, working) = begin_work(&app)?;
    actix_web::rt::System::new().block_on(async {
        let asked = asked_to_stop()?;
        tell("Working in the background");
        tokio::select! {
            () = asked => Ok::<_, std::io::Error>(()),
            () = app.threads.fall() => Ok(()),
        }
    })?;
    stop.store(true, Ordering::SeqCst);
    working.join().map_err(|_| "the background work ended badly")?;
    none_fell(&app.threads)
}

/// A thread of the server that cannot be started by [`Threads`]; it takes the callers in.
const ACCEPTOR: &str = "actix-server acceptor";

/// Starts the background work. From here on the program ends when one of its threads does.
fn begin_work(app: &App) -> Result<(Arc<AtomicBool>, JoinHandle<()>), Failure> {
    app.threads.end_the_program();
    let (threads, say) = (app.threads.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        say(panic);
        if std::thread::current().name() == Some(ACCEPTOR) {
            threads.note_fall(ACCEPTOR);
        }
    }));
    let stop = Arc::new(AtomicBool::new(false));
    let working = app.threads.spawn("worker", {
        let (app, stop) = (app.clone(), stop.clone());
        move || worker::run(&app, &stop)
    })?;
    Ok((stop, working))
}

fn none_fell(threads: &Threads) -> Result<(), Failure> {
    threads
        .fallen()
        .map_or(Ok(()), |name| Err(format!("the thread {name} ended, without which there is no work").into()))
}
