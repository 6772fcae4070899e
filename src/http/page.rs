//! Pages: askama templates as HTML answers, and the [`Shell`] that stands around each.
//!
//! Invariant: every page names the society in full with its registration (Act of 2014, section 11). The particulars
//! are read again every `FRESH`, never once a page.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use arc_swap::ArcSwap;
use askama::Template;

use super::{Problem, PublicUrl, assets, blocking};
use crate::db::{Db, DbError};
use crate::funds::{self, Society};

/// Renders a template as a page of this status.
///
/// # Errors
/// A template that cannot be rendered is ours to mend.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Problem> {
    let html = template.render().map_err(Problem::internal)?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}

/// What `layout.html` needs: the one field, `shell`, that every page's template has.
///
/// A handler takes it as an argument and puts it into its template.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The society that owns the paper.
    pub society: Arc<Society>,
    /// Scheme and host that readers see, without a slash at the end.
    pub public_url: Arc<str>,
}

impl Shell {
    /// The address of a file of `templates/static`, new whenever its content is.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The registered office, line by line.
    pub fn address_lines(&self) -> impl Iterator<Item = &str> {
        self.society.address.lines().map(str::trim).filter(|line| !line.is_empty())
    }
}

impl FromRequest for Shell {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let imprint = request.app_data::<web::Data<Imprint>>().cloned();
        let db = request.app_data::<web::Data<Db>>().cloned();
        Box::pin(async move {
            let (Some(imprint), Some(db)) = (imprint, db) else {
                return Err(Problem::internal("the application has no imprint"));
            };
            if !imprint.is_fresh() {
                let stale = imprint.clone();
                // While the books cannot be reached, the page says what was read last: it has not changed by itself.
                drop(blocking(move || stale.renew(&db)).await);
            }
            Ok(imprint.shell())
        })
    }
}

/// A change of the particulars is on every page of every process after this.
const FRESH: Duration = Duration::from_secs(3);

/// The society's particulars as they were read last.
pub struct Imprint {
    public_url: Arc<str>,
    society: ArcSwap<(Instant, Arc<Society>)>,
}

impl Imprint {
    /// Reads the particulars.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn load(db: &Db, public_url: &PublicUrl) -> Result<Self, DbError> {
        let society = ArcSwap::from_pointee((Instant::now(), Arc::new(db.read(funds::society)?)));
        Ok(Self { public_url: public_url.0.as_str().into(), society })
    }

    /// Reads the particulars again: for those who have just changed them.
    ///
    /// # Errors
    /// Only when the database fails.
    pub fn renew(&self, db: &Db) -> Result<(), DbError> {
        // Others need not read it as well, nor wait for a database that is away.
        self.society.store(Arc::new((Instant::now(), self.society.load().1.clone())));
        let society = db.read(funds::society)?;
        self.society.store(Arc::new((Instant::now(), Arc::new(society))));
        Ok(())
    }

    /// The shell with what was read last, however old: for pages that must not wait for the database.
    pub fn shell(&self) -> Shell {
        Shell { society: self.society.load().1.clone(), public_url: self.public_url.clone() }
    }

    fn is_fresh(&self) -> bool {
        self.society.load().0.elapsed() < FRESH
    }
}
