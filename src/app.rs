//! The program as a whole: what it is made of, and every address it answers.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App as Web, HttpServer, web};

use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, DbError, Lock, hold};
use crate::donations::link::LinkKey;
use crate::donations::till::{self, Till};
use crate::funds::{self, FundError, Known, NewFund};
use crate::http::ops::{self, Gauge, Gauges, MetricsToken, reading};
use crate::http::routes::Registered;
use crate::http::{Households, Imprint, Proxies, PublicUrl, Reach, Routes};
use crate::http::{assets, body, compression, limits, log, refusals};
use crate::progress::{self, Live};
use crate::shares::routes::Counted;
use crate::staff::{self, Attempts, Passwords, StaffError, Tokens, guard};
use crate::threads::Threads;
use crate::{desk, donations, ledger, openapi, outbox, shares, verify};

/// Callers the system keeps until they are accepted: ten thousand streams reconnect at once after a restart.
const CONNECTIONS_WAITING_MAX: i32 = 8192;

/// Everything that the program needs while it runs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The books.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Where gifts go in.
    pub till: Till,
    /// The funds, remembered for a moment.
    pub known: Known,
    /// How many own the paper, as it was counted last.
    pub counted: Counted,
    /// What the public sees.
    pub live: Live,
    /// Signs links.
    pub links: LinkKey,
    /// The tokens of programs, remembered for a moment.
    pub tokens: Tokens,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Wrong attempts at the door.
    pub attempts: Attempts,
    /// How many letters strangers may still make us write.
    pub budgets: outbox::LetterBudgets,
    /// The proxies whose word on a client's address counts.
    pub proxies: Proxies,
    /// Days after which a promise lapses that nobody paid for.
    pub lapse_days: u16,
    /// Days after which a promise is asked about; 0 for never.
    pub remind_days: u16,
    /// Unix time at which promises were looked through last.
    pub looked_for_reminders: Arc<AtomicI64>,
    /// How mail that comes back is read; nothing where nobody said where it comes back to.
    pub bounces: Option<Arc<outbox::Bounces>>,
    /// What readers call us.
    pub public_url: PublicUrl,
    /// Whether they can.
    pub reach: Reach,
    /// Who holds streams of the figure.
    pub stream_holders: Households,
    /// Connections that one household may hold.
    pub household_connections: usize,
    /// Opens `/metrics` to other machines.
    pub metrics_token: MetricsToken,
    /// Who we are, for every page.
    pub imprint: Arc<Imprint>,
    /// The way out for mail.
    pub post: Arc<outbox::Post>,
    /// Proves the books when the desk asks for it.
    pub prover: Arc<desk::prover::Prover>,
    /// Those that must not end before the program does.
    pub threads: Threads,
}

/// Why the program did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened or brought up to date.
    #[error("DATABASE_URL: {0}")]
    Db(#[from] DbError),
    /// The first fund could not be made.
    #[error(transparent)]
    Fund(#[from] FundError),
    /// The system refused something.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl App {
    /// Opens the books: migrates them, makes the first fund if there is none, opens the till.
    ///
    /// # Errors
    /// [`StartError`], a sentence that says what is wrong.
    pub fn open(settings: &Settings, clock: Clock) -> Result<Self, StartError> {
        let db = Db::open(&settings.database, settings.database_read.as_ref())?;
        db.migrate()?;
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            if funds::all(conn)?.is_empty() {
                funds::add(conn, clock.now(), "the first start", &NewFund::default_fund())?;
            }
            funds::open_due(conn, clock.now())?;
            shares::fold_searches(conn)?;
            Ok::<_, FundError>(())
        })?;
        let threads = Threads::default();
        db.keep_log_short(&threads)?;
        let (till, _) = Till::open(db.clone(), clock.clone(), till::QUEUE_MAX, &threads)?;
        let mail = outbox::MailSettings {
            target: settings.mail.clone(),
            from: settings.mail_from.clone(),
            bounces_to: settings.bounce_address.clone(),
        };
        let post = Arc::new(outbox::Post::open(&db, &mail)?);
        let live = Live::open(db.clone(), clock.clone(), &threads)?;
        let links = LinkKey::load(&db)?;
        let public_url = PublicUrl(settings.public_url.clone());
        let imprint = Arc::new(Imprint::load(&db, &public_url)?);
        Ok(Self {
            db,
            clock,
            till,
            known: Known::default(),
            counted: Counted::default(),
            live,
            links,
            tokens: Tokens::default(),
            passwords: Passwords::default(),
            attempts: Attempts::default(),
            budgets: outbox::LetterBudgets::default(),
            proxies: settings.proxies.clone(),
            lapse_days: settings.lapse_days,
            remind_days: settings.remind_days,
            looked_for_reminders: Arc::default(),
            bounces: settings.bounces.clone().map(|from| Arc::new(outbox::Bounces::new(from))),
            public_url,
            reach: Reach { is_address_missing: settings.is_address_missing() },
            stream_holders: Households::with_at_most(settings.household_streams),
            household_connections: settings.household_connections,
            metrics_token: settings.metrics_token.clone(),
            imprint,
            post,
            prover: desk::prover::Prover::of(verify::all),
            threads,
        })
    }

    /// The link by which the first member of staff joins; none once there is somebody.
    ///
    /// # Errors
    /// When the database or the system's random numbers fail.
    pub fn first_link(&self) -> Result<Option<String>, StaffError> {
        let now = self.clock.now();
        let secret = self.db.write(|conn| {
            hold(conn, Lock::Books)?;
            staff::invitations::first_invitation(conn, now)
        })?;
        Ok(secret.map(|secret| format!("{}/desk/welcome/{}", self.public_url.0, secret.reveal())))
    }

    /// Answers on `listener` until it is told to stop; then finishes what is in hand.
    ///
    /// # Errors
    /// When the system refuses the listener.
    pub fn serve(&self, listener: TcpListener) -> std::io::Result<Server> {
        let app = self.clone();
        let server = HttpServer::new(move || {
            let app = app.clone();
            // The figure first: thousands ask for it at once, and it needs no log.
            Web::new()
                .app_data(web::Data::new(app.live.clone()))
                .app_data(web::Data::new(app.proxies.clone()))
                .app_data(web::Data::new(app.stream_holders.clone()))
                .configure(|at| hot_routes().mount(at))
                .service(
                    web::scope("")
                        .configure(|at| parts(&app, at))
                        .configure(|at| routes().mount(at))
                        .default_service(web::to(refusals::nothing_here))
                        .wrap(from_fn(compression::compressed))
                        .wrap(from_fn(refusals::answered))
                        .wrap(from_fn(guard::with_headers))
                        .wrap(tracing_actix_web::TracingLogger::<log::RequestSpan>::new()),
                )
                .wrap(from_fn(body::watched))
        });
        // A listener of the standard library keeps 128, and those turned away try again only after seconds.
        socket2::SockRef::from(&listener).listen(CONNECTIONS_WAITING_MAX)?;
        if self.reach.is_address_missing {
            tracing::warn!(
                "FF_PUBLIC_URL is not set while other machines reach this one: links in letters lead to {}",
                self.public_url.0
            );
        }
        let (files, threads) = (limits::open_files(), std::thread::available_parallelism()?.get());
        let of_a_household = limits::connections_of_a_household(files, self.household_connections);
        let server = server
            .workers(threads)
            .on_connect(limits::on_connect(self.proxies.clone(), of_a_household))
            .max_connections(limits::connections_of_a_thread(files, threads))
            .shutdown_timeout(20)
            .disable_signals();
        let server = server.listen(listener)?.run();
        actix_web::rt::spawn(stop_when_asked(asked_to_stop()?, self.live.clone(), server.handle()));
        Ok(server)
    }
}

/// Whoever connected has sent their request after this; who connects later waits in the socket's queue.
const LAST_REQUESTS: Duration = Duration::from_millis(300);

/// Stops the server when the system asks for it: no new connections first, then the requests of those that are there, and
/// only then their end. The library by itself cuts off whoever has connected and not asked yet.
async fn stop_when_asked(asked: impl Future<Output = ()>, live: Live, server: ServerHandle) {
    asked.await;
    // Streams have no end of their own; the server would wait for them in vain.
    live.close();
    server.pause().await;
    actix_web::rt::time::sleep(LAST_REQUESTS).await;
    // Who asks again does not want to wait.
    let Ok(again) = asked_to_stop() else { return server.stop(true).await };
    tokio::select! {
        () = server.stop(true) => {}
        () = again => server.stop(false).await,
    }
}

/// Ends when the system asks the program to stop. From this call on, not only once it is waited for, the question is
/// heard and does not end the program by itself.
///
/// # Errors
/// When the system refuses to tell.
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Every address with what it asks of whoever comes, in the order in which they are tried.
pub fn registered() -> Vec<Registered> {
    [hot_routes().registered(), routes().registered()].concat()
}

/// Addresses that are answered from memory.
fn hot_routes() -> Routes {
    let mut at = Routes::default();
    progress::routes::hot_routes(&mut at);
    at
}

/// All others, each room its own part.
fn routes() -> Routes {
    let mut at = Routes::default();
    ops::routes(&mut at);
    assets::routes(&mut at);
    funds::routes::routes(&mut at);
    donations::routes::routes(&mut at);
    ledger::routes::routes(&mut at);
    shares::routes::routes(&mut at);
    openapi::routes(&mut at);
    progress::routes::routes(&mut at);
    staff::routes::routes(&mut at);
    desk::routes::routes(&mut at);
    at
}

/// What handlers work with.
fn parts(app: &App, at: &mut web::ServiceConfig) {
    at.app_data(web::Data::new(app.db.clone()))
        .app_data(web::Data::new(app.clock.clone()))
        .app_data(web::Data::new(app.till.clone()))
        .app_data(web::Data::new(app.links.clone()))
        .app_data(web::Data::new(app.public_url.clone()))
        .app_data(web::Data::new(app.reach))
        .app_data(web::Data::new(app.metrics_token.clone()))
        .app_data(web::Data::new(app.known.clone()))
        .app_data(web::Data::new(app.counted.clone()))
        .app_data(web::Data::new(app.tokens.clone()))
        .app_data(web::Data::new(app.passwords.clone()))
        .app_data(web::Data::new(app.attempts.clone()))
        .app_data(web::Data::new(app.budgets.clone()))
        .app_data(web::Data::from(app.imprint.clone()))
        .app_data(web::Data::from(app.post.clone()))
        .app_data(web::Data::from(app.prover.clone()))
        .app_data(web::Data::new(app.threads.clone()))
        .app_data(web::Data::new(gauges(app)));
}

/// What `/metrics` shows.
fn gauges(app: &App) -> Gauges {
    let tally = |name, help, read: fn(&donations::till::Tally) -> u64| {
        let till = app.till.clone();
        Gauge { name, help, read: Box::new(move || read(till.tally())) }
    };
    let mail = |name, help, read: fn(&outbox::Post) -> u64| {
        let post = app.post.clone();
        Gauge { name, help, read: Box::new(move || read(&post)) }
    };
    let live = app.live.clone();
    let bounces = app.bounces.clone();
    Gauges(vec![
        mail("ff_mail_sent_total", "Letters sent by this process", outbox::Post::sent),
        mail("ff_mail_waiting", "Letters on their way", outbox::Post::waiting),
        mail("ff_mail_failed", "Letters that failed and wait for staff", outbox::Post::failed),
        mail(
            "ff_mail_oldest_timestamp_seconds",
            "Unix time at which the oldest letter on its way was queued; 0 for none",
            outbox::Post::oldest_at,
        ),
        Gauge {
            name: "ff_bounces_trouble_timestamp_seconds",
            help: "Unix time since when mail that comes back cannot be read; 0 while it can",
            read: Box::new(move || bounces.as_ref().map_or(0, |bounces| bounces.trouble_since())),
        },
        tally("ff_gifts_recorded_total", "Gifts recorded for the first time", |tally| reading(&tally.recorded)),
        tally("ff_gifts_replayed_total", "Gifts answered from an earlier request", |tally| reading(&tally.replayed)),
        tally("ff_gifts_refused_total", "Gifts refused", |tally| reading(&tally.refused)),
        tally("ff_gifts_turned_away_total", "Gifts turned away by a full queue", |tally| reading(&tally.turned_away)),
        Gauge {
            name: "ff_streams_open",
            help: "Open streams of the figure",
            read: Box::new(move || live.streams_open()),
        },
        tally("ff_till_batches_total", "Transactions of the till", |tally| reading(&tally.batches)),
    ])
}
