//! Reads what a letter tells, and writes it.

use askama::Template;

use super::overtaken::overtaken;
use super::words::{Subject, Words};
use crate::db::{Conn, Db, DbError};
use crate::donations::link::LinkKey;
use crate::funds;
use crate::outbox::{self, Addressee, Compose, ComposeError, Delivery, Enclosure, Letter, LetterKind};
use crate::shares::notes::{Note, NoteKind};
use crate::shares::store::{self, applications, book, certificates, deaths, holders, interest, withdrawals};
use crate::shares::{Application, ShareError, certificate_pdf, register, statement};

/// Whom a letter is for, about which class, and what it tells.
type About = (i64, i64, Subject);

/// Writes the letters about shares.
pub struct ShareLetters {
    /// Where the register is.
    pub db: Db,
    /// Signs the links to applications.
    pub links: LinkKey,
    /// Scheme and host that readers see, without a slash at the end.
    pub public_url: String,
}

#[derive(Template)]
#[template(path = "mail/shares/letter.html")]
struct AsHtml<'a> {
    told: &'a Words,
}

#[derive(Template)]
#[template(path = "mail/shares/letter.txt")]
struct AsText<'a> {
    told: &'a Words,
}

#[derive(Template)]
#[template(path = "mail/shares/printed.html")]
struct Printed<'a> {
    told: &'a Words,
}

impl Compose for ShareLetters {
    fn compose(&self, delivery: &Delivery) -> Result<Letter, ComposeError> {
        let told = self.db.snapshot(|conn| self.read(conn, delivery))?;
        let unwritable = |error: askama::Error| ComposeError::Unwritable(error.to_string());
        Ok(Letter {
            to_name: told.name(),
            reply_to: told.society.contact_email.clone(),
            subject: told.subject(),
            text: outbox::wrapped(&AsText { told: &told }.render().map_err(unwritable)?),
            html: AsHtml { told: &told }.render().map_err(unwritable)?,
            enclosed: enclosed(&told)?,
        })
    }
}

fn enclosed(told: &Words) -> Result<Vec<Enclosure>, ComposeError> {
    let Some(paper) = told.certificate_paper() else { return Ok(Vec::new()) };
    let bytes = certificate_pdf::draw(&paper).map_err(ComposeError::Unwritable)?;
    Ok(vec![Enclosure { name: format!("certificate-{}.pdf", paper.number), media_type: "application/pdf", bytes }])
}

impl ShareLetters {
    /// The letter as it goes into a window envelope: the body of a page to be printed.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn printed(&self, conn: &mut Conn, delivery: &Delivery) -> Result<String, ComposeError> {
        let mut told = self.read(conn, delivery)?;
        if delivery.has_left() {
            told.copy = outbox::copy_of(delivery, store::settings(conn)?.zone);
            if let Some(went_to) = &delivery.went_to {
                told.holder.name.clone_from(&went_to.name);
                told.holder.address.clone_from(&went_to.address);
            }
        }
        Printed { told: &told }.render().map_err(|error| ComposeError::Unwritable(error.to_string()))
    }

    /// Whom a letter on paper is addressed to at present.
    ///
    /// # Errors
    /// [`ComposeError`].
    pub fn addressee(&self, conn: &mut Conn, delivery: &Delivery) -> Result<Addressee, ComposeError> {
        let holder = self.read(conn, delivery)?.holder;
        Ok(Addressee { name: holder.name, address: holder.address })
    }

    fn read(&self, conn: &mut Conn, delivery: &Delivery) -> Result<Words, ComposeError> {
        let gone = || ComposeError::Unwritable("The register has no record for this letter.".to_owned());
        let (holder_id, class_id, subject) = self.subject(conn, delivery)?.ok_or_else(gone)?;
        if !delivery.has_left()
            && let Some(reason) = overtaken(conn, delivery.kind, &subject)?
        {
            return Err(ComposeError::Overtaken(reason.to_owned()));
        }
        let holder = holders::holder(conn, holder_id)?.ok_or_else(gone)?;
        let estate = match holder.died_on() {
            Some(_) => deaths::estate(conn, holder_id, Some(delivery.created_at))?,
            None => None,
        };
        let settings = store::settings(conn)?;
        let today = crate::clock::date_in(delivery.created_at, settings.zone);
        let mut view = register::view(conn, delivery.created_at, None, None).map_err(trouble)?;
        // What happened later must not change what the letter says is left.
        view.event = subject.event().unwrap_or(view.event);
        let line = register::lines_of(conn, &view, &[holder_id])?.pop();
        let terms = super::super::classes_on(conn, today)?;
        let has_vote = line.as_ref().is_some_and(|line| register::is_voter(line, &terms));
        let holdings = line.map(|line| line.holdings).unwrap_or_default();
        let classes = store::classes(conn)?;
        Ok(Words {
            kind: delivery.kind,
            copy: String::new(),
            society: funds::society(conn)?,
            class: store::class(conn, class_id)?,
            holdings: holdings
                .into_iter()
                .map(|held| (classes.iter().find(|class| class.id == held.class_id).cloned(), held))
                .filter_map(|(class, held)| class.map(|class| (class, held)))
                .collect(),
            holder,
            estate,
            subject,
            has_vote,
            written_on: today,
            public_url: self.public_url.clone(),
        })
    }

    /// The page of an application, for whoever has the letter.
    fn link(&self, application: &Application) -> String {
        format!("{}/shares/applications/{}", self.public_url, self.links.token(application.reference()))
    }

    fn reopened(&self, conn: &mut Conn, id: i64, by: i64) -> Result<Option<About>, DbError> {
        let (Some(application), Some((_, was, back))) = (applications::application(conn, id)?, taken_back(conn, by)?)
        else {
            return Ok(None);
        };
        // What came later must not change what the letter says is here.
        let until = back.entry.unwrap_or(0);
        let payments = store::payments::payments_of(conn, id)?;
        let held_minor = payments.iter().filter(|known| known.entry <= until).map(|known| known.amount_minor).sum();
        let (holder, class, link) = (application.holder_id, application.class_id, self.link(&application));
        let (application, was_refused) = (Box::new(application), was == NoteKind::ApplicationRefused);
        Ok(Some((holder, class, Subject::Reopened { application, was_refused, held_minor, back, link })))
    }

    /// Whom the letter is for, about which class, and what it tells.
    fn subject(&self, conn: &mut Conn, delivery: &Delivery) -> Result<Option<About>, DbError> {
        let id = delivery.subject_id;
        let event = delivery.event_id.unwrap_or(0);
        match delivery.kind {
            LetterKind::ShareReopened => return self.reopened(conn, id, event),
            LetterKind::WithdrawalCorrected => return corrected(conn, id, event),
            LetterKind::InterestTakenBack => return interest_back(conn, id, event),
            _ => {}
        }
        if delivery.kind.is_about_application() {
            let Some(application) = applications::application(conn, id)? else { return Ok(None) };
            let payments = store::payments::payments_of(conn, id)?;
            let payment = payments.iter().find(|payment| payment.id == event).cloned();
            // A second payment must not change what the letter about the first one says is here.
            let seen = payments.iter().filter(|known| payment.as_ref().is_none_or(|payment| known.id <= payment.id));
            let held_minor = seen.map(|payment| payment.amount_minor).sum();
            let certificate = certificates::issued_by(conn, application.holder_id, event)?;
            let link = self.link(&application);
            let (holder, class) = (application.holder_id, application.class_id);
            // What the applicant sent; a payment that was entered by mistake was none.
            let sent = payments.iter().filter(|payment| payment.is_of_applicant());
            let sent_minor = sent.map(|payment| payment.amount_minor).sum();
            let application = Box::new(application);
            let subject = Subject::Application { application, payment, held_minor, sent_minor, certificate, link };
            return Ok(Some((holder, class, subject)));
        }
        if delivery.kind.is_about_withdrawal() {
            let found = withdrawals::withdrawal(conn, id)?;
            return Ok(found.map(|one| (one.holder_id, one.class_id, Subject::Withdrawal(one))));
        }
        match delivery.kind {
            LetterKind::ShareTransfer => {
                let lines = book::lines_of(conn, id)?;
                let Some(line) = lines.iter().find(|line| line.holder == Some(event)) else { return Ok(None) };
                let Some(moved) = book::event(conn, id)? else { return Ok(None) };
                let certificate = certificates::issued_by(conn, event, id)?;
                Ok(Some((event, line.class, Subject::Moved { event: moved, shares: line.shares, certificate })))
            }
            LetterKind::ShareInterest => {
                let run = interest::run(conn, event)?;
                let line = interest::lines(conn, event, Some(id))?.pop();
                Ok(run.zip(line).map(|(run, line)| (id, run.class_id, Subject::Interest { run, line })))
            }
            _ => {
                let Some(as_at) = statement::day_of(event) else { return Ok(None) };
                let known = book::known_by(conn, delivery.created_at)?;
                let death = deaths::known_by(conn, delivery.created_at)?;
                let view = register::View { as_at, as_known: delivery.created_at, event: known, death };
                let line = register::lines_of(conn, &view, &[id])?.pop();
                let first = store::classes(conn)?.first().map_or(1, |class| class.id);
                Ok(line.map(|line| (id, first, Subject::Statement { as_at, line })))
            }
        }
    }
}

/// What a note that takes another back says of a withdrawal.
fn corrected(conn: &mut Conn, id: i64, by: i64) -> Result<Option<About>, DbError> {
    let (Some(withdrawal), Some((first, was, back))) = (withdrawals::withdrawal(conn, id)?, taken_back(conn, by)?)
    else {
        return Ok(None);
    };
    let (holder, class) = (withdrawal.holder_id, withdrawal.class_id);
    Ok(Some((holder, class, Subject::Corrected { withdrawal, was, first, back })))
}

/// What a note that takes another back says of a holder's interest.
fn interest_back(conn: &mut Conn, holder: i64, by: i64) -> Result<Option<About>, DbError> {
    let Some((first, was, back)) = taken_back(conn, by)? else { return Ok(None) };
    let run = interest::run(conn, first.row_id)?;
    let line = interest::lines(conn, first.row_id, Some(holder))?.pop();
    let was_paid = was == NoteKind::InterestPaid;
    Ok(run
        .zip(line)
        .map(|(run, line)| (holder, run.class_id, Subject::InterestBack { run, line, was_paid, first, back })))
}

/// The note that note `by` takes back, what it was, and note `by` itself.
fn taken_back(conn: &mut Conn, by: i64) -> Result<Option<(Note, NoteKind, Note)>, DbError> {
    let Some(back) = store::notes::note(conn, by)? else { return Ok(None) };
    let first = back.reverses.map(|first| store::notes::note(conn, first)).transpose()?.flatten();
    Ok(first.and_then(|first| first.noted().map(|was| (first, was, back))))
}

fn trouble(error: ShareError) -> ComposeError {
    match error {
        ShareError::Db(error) => ComposeError::Db(error),
        other => ComposeError::Unwritable(other.to_string()),
    }
}
