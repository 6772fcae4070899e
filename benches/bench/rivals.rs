//! What the program is compared with: the same work as one transaction a request, and a hello-world.

use actix_web::{App, HttpResponse, HttpServer, web};
use chrono::Utc;
use diesel::{Connection, RunQueryDsl};
use fighting_fund::db::{DatabaseUrl, Db, Lock, hold};
use fighting_fund::donations::{Method, NewGift, record_all};
use fighting_fund::funds::{NewFund, add};
use fighting_fund::money::{GBP, parse_amount};
use fighting_fund::threads::Threads;
use sha2::{Digest, Sha256};

/// A new empty database on a PostgreSQL server.
pub fn fresh_postgres(server: &str, name: &str) -> String {
    let mut conn = diesel::PgConnection::establish(server).expect("a PostgreSQL server");
    for statement in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")] {
        diesel::sql_query(statement).execute(&mut conn).expect("a database");
    }
    let (base, _) = server.rsplit_once('/').expect("postgres://host/name");
    format!("{base}/{name}")
}

/// Lets a PostgreSQL server count its rows and clear what was written over, as it does by itself after a while.
pub fn tidy(database: &str) {
    let mut conn = diesel::PgConnection::establish(database).expect("a PostgreSQL server");
    diesel::sql_query("VACUUM ANALYZE").execute(&mut conn).expect("a tidy database");
}

/// Books with their first fund.
pub fn open(database: &str) -> Db {
    let url = DatabaseUrl::parse(database).expect("a database's address");
    let db = Db::open(&url, None).expect("books");
    db.migrate().expect("tables");
    db.write(|conn| add(conn, Utc::now(), "bench", &NewFund::default_fund())).expect("a fund");
    db
}

#[derive(serde::Deserialize)]
struct Body {
    amount: String,
    name: String,
    email: String,
    acknowledge_as: String,
    note: String,
}

/// Serves gifts with one transaction a request, on a pool of threads.
pub fn serve_one_by_one(database: &str) {
    let db = open(database);
    db.keep_log_short(&Threads::default()).expect("a checkpoint thread");
    serve(move |at| {
        at.app_data(web::Data::new(db.clone()))
            .route("/api/v1/funds/fighting-fund/donations", web::post().to(record_one));
    });
}

async fn record_one(db: web::Data<Db>, request: actix_web::HttpRequest, body: web::Json<Body>) -> HttpResponse {
    let key = request.headers().get("Idempotency-Key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    let gift = gift(key, body.into_inner());
    let done = web::block(move || {
        db.write(|conn| {
            hold(conn, Lock::Books)?;
            record_all(conn, Utc::now(), std::slice::from_ref(&gift))
        })
    });
    match done.await {
        Ok(Ok(_)) => HttpResponse::Created().body("{}"),
        Ok(Err(_)) | Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

fn gift(key: String, body: Body) -> NewGift {
    NewGift {
        fingerprint: Sha256::digest(body.email.as_bytes()).into(),
        key,
        fund_id: 1,
        appeal: None,
        amount_minor: parse_amount(&body.amount, GBP).expect("an amount"),
        method: Method::Card,
        is_pledge: false,
        received_on: None,
        name: body.name,
        email: Some(body.email),
        acknowledge_as: body.acknowledge_as,
        anonymous: false,
        note: body.note,
        in_memory_of: String::new(),
        memory_in_print: false,
        by: "bench".to_owned(),
        request_id: String::new(),
        stranger: None,
    }
}

/// Serves a fixed body as long as the widget's JSON.
pub fn serve_hello() {
    serve(|at| {
        at.route("/hello", web::get().to(|| async { HttpResponse::Ok().content_type("application/json").body(HELLO) }));
    });
}

const HELLO: &str = r#"{"fund":"fighting-fund","title":"Fighting Fund","appeal":"2021-06","state":"open","currency":"GBP","target":"18000.00","raised":"13288.00","needed":"4712.00","surplus":"0.00","percent":73,"donations":412,"days_remaining":3,"deadline":"2021-06-30T23:59:59+01:00","as_of":"2021-06-27T11:00:00Z","ledger":{"entry":1204,"hash":"9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c"}}"#;

fn serve(configure: impl Fn(&mut web::ServiceConfig) + Send + Clone + 'static) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("Serving on http://{}", listener.local_addr().expect("an address"));
    let server = HttpServer::new(move || App::new().configure(configure.clone())).backlog(8192);
    let server = server.listen(listener).expect("a server").run();
    actix_web::rt::System::new().block_on(server).expect("it serves");
}
