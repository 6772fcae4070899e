//! What a letter about shares may tell; its templates ask this.

use std::borrow::Borrow;

use chrono::NaiveDate;

use crate::funds::Society;
use crate::funds::words::day;
use crate::money::display;
use crate::outbox::{self, LetterKind};
use crate::shares::certificate_pdf::Paper;
use crate::shares::interest::{InterestLine, InterestRun};
use crate::shares::notes::{Note, NoteKind};
use crate::shares::numbers::CertificateNumber;
use crate::shares::register::{Holding, Line};
use crate::shares::store::book::Event;
use crate::shares::store::payments::Payment;
use crate::shares::{Application, Certificate, Estate, EventKind, Holder, ShareClass, Withdrawal};

/// What happened.
pub(super) enum Subject {
    Application {
        application: Box<Application>,
        payment: Option<Payment>,
        /// What was here after that payment.
        held_minor: i64,
        /// What came in all.
        sent_minor: i64,
        certificate: Option<Certificate>,
        link: String,
    },
    Moved {
        event: Event,
        shares: i64,
        certificate: Option<Certificate>,
    },
    Withdrawal(Withdrawal),
    Interest {
        run: InterestRun,
        line: InterestLine,
    },
    Statement {
        as_at: NaiveDate,
        line: Line,
    },
    /// An application waits again.
    Reopened {
        application: Box<Application>,
        was_refused: bool,
        /// What is kept for it since then.
        held_minor: i64,
        back: Note,
        link: String,
    },
    /// What was told of a withdrawal does not hold.
    Corrected {
        withdrawal: Withdrawal,
        was: NoteKind,
        first: Note,
        back: Note,
    },
    /// Interest, or the shares for it, that do not hold.
    InterestBack {
        run: InterestRun,
        line: InterestLine,
        was_paid: bool,
        first: Note,
        back: Note,
    },
}

impl Subject {
    /// The event of the book that it tells of.
    pub fn event(&self) -> Option<i64> {
        match self {
            Self::Moved { event, .. } => Some(event.number),
            Self::Withdrawal(withdrawal) => withdrawal.event,
            _ => None,
        }
    }
}

/// All that a letter may tell.
pub(super) struct Words {
    pub kind: LetterKind,
    /// What a copy of a letter that has left says of the first; empty on the first itself.
    pub copy: String,
    pub society: Society,
    pub holder: Holder,
    /// Who is written to in the place of a member who died.
    pub estate: Option<Estate>,
    pub class: ShareClass,
    /// As it was when the letter was queued.
    pub holdings: Vec<(ShareClass, Holding)>,
    pub subject: Subject,
    /// Whether the shares give a vote.
    pub has_vote: bool,
    pub written_on: NaiveDate,
    pub public_url: String,
}

impl Words {
    /// The name of who is written to, in letters that may say it.
    pub fn name(&self) -> String {
        if self.kind.is_asked_for_by_strangers() {
            return String::new();
        }
        outbox::greetable(&self.addressee()).to_owned()
    }

    pub fn greeting(&self) -> String {
        outbox::greeting(&self.name())
    }

    /// Who is written to: the holder, of joint holders those who live, or who writes for the estate.
    pub fn addressee(&self) -> String {
        self.estate.as_ref().map_or_else(|| self.holder.addressed(), |estate| estate.name.clone())
    }

    /// Why this letter goes to somebody else; empty where it goes to the holder.
    pub fn on_behalf(&self) -> String {
        let Some(_) = &self.estate else { return String::new() };
        let (name, member) = (&self.holder.name, self.member());
        let member = if member.is_empty() { member } else { format!(" (member {member})") };
        format!(
            "We write to you because you have the word for the estate of {name}{member}. What follows is about their shares."
        )
    }

    pub fn member(&self) -> String {
        self.holder.member.map(|number| number.to_string()).unwrap_or_default()
    }

    pub fn money(&self, amount_minor: impl Borrow<i64>) -> String {
        display(*amount_minor.borrow(), self.class.currency)
    }

    pub fn on(&self, date: &NaiveDate) -> String {
        day(*date)
    }

    /// "10 ordinary shares"
    pub fn shares(&self, count: impl Borrow<i64>) -> String {
        counted(*count.borrow(), &self.class)
    }

    /// What the holder has, class by class: "10 ordinary shares, £10.00".
    pub fn holdings(&self) -> Vec<String> {
        let holdings = match &self.subject {
            Subject::Statement { line, .. } => &line.holdings,
            _ => return self.holdings.iter().map(|(class, held)| worded(class, held)).collect(),
        };
        let known =
            |held: &Holding| self.holdings.iter().find(|(class, _)| class.id == held.class_id).map(|(class, _)| class);
        holdings.iter().map(|held| worded(known(held).unwrap_or(&self.class), held)).collect()
    }

    pub fn reference(&self) -> String {
        match &self.subject {
            Subject::Application { application, .. } => application.reference().to_string(),
            Subject::Reopened { application, .. } => application.reference().to_string(),
            Subject::Withdrawal(withdrawal) | Subject::Corrected { withdrawal, .. } => {
                withdrawal.reference().to_string()
            }
            _ => String::new(),
        }
    }

    /// "a transfer"; what lawyers call a transmission is said as it is.
    pub fn moved_by(&self, event: &Event) -> &'static str {
        match event.kind {
            EventKind::Transmission => "transmission, as the law has it after a death or a bankruptcy",
            EventKind::Allotment => "allotment, for your interest",
            _ => "transfer",
        }
    }

    pub fn rate(&self, run: &InterestRun) -> String {
        format!("{}.{:02}", run.rate_bp / 100, run.rate_bp % 100)
    }

    /// "C000045" and its check code, in groups that can be typed.
    pub fn number_of(&self, certificate: &Certificate) -> String {
        CertificateNumber(certificate.number).to_string()
    }

    pub fn code_of(&self, certificate: &Certificate) -> String {
        grouped(&certificate.code)
    }

    pub fn subject(&self) -> String {
        match (&self.subject, self.kind) {
            (Subject::Application { application, .. }, LetterKind::ShareApplication) => {
                format!("Your application for {}", self.shares(application.shares))
            }
            (Subject::Application { payment: Some(payment), .. }, LetterKind::ShareMoney)
                if payment.is_taking_back() =>
            {
                "A correction about the money for your shares".to_owned()
            }
            (Subject::Application { payment: Some(payment), .. }, LetterKind::ShareMoney) => {
                format!("We have received {} for your shares", self.money(payment.amount_minor))
            }
            (Subject::Application { certificate: Some(certificate), .. }, LetterKind::ShareAllotment) => {
                format!("Welcome: you own {}", self.shares(certificate.shares))
            }
            (Subject::Application { .. }, LetterKind::ShareRefusal) => "About your application for shares".to_owned(),
            (Subject::Moved { shares, .. }, _) if *shares < 0 => format!("Passed on: {}", self.shares(-shares)),
            (Subject::Moved { shares, .. }, _) => format!("Now yours: {}", self.shares(shares)),
            (Subject::Withdrawal(one), LetterKind::WithdrawalPaid) => {
                format!("We have paid you {} for your shares", self.money(one.amount_minor))
            }
            (Subject::Withdrawal(_), LetterKind::WithdrawalNotice) => "Your notice of withdrawal is here".to_owned(),
            (Subject::Withdrawal(_), LetterKind::WithdrawalAgreed) => "Your withdrawal is agreed".to_owned(),
            (Subject::Withdrawal(_), _) => "About your withdrawal of shares".to_owned(),
            (Subject::Reopened { .. }, _) => "Your application for shares is open again".to_owned(),
            (Subject::Corrected { was: NoteKind::WithdrawalPaid, .. }, _) => {
                "A correction: we have not paid you yet".to_owned()
            }
            (Subject::Corrected { was: NoteKind::WithdrawalRefused, .. }, _) => {
                "A correction: your notice of withdrawal stands".to_owned()
            }
            (Subject::Corrected { .. }, _) => "A correction about your notice of withdrawal".to_owned(),
            (Subject::InterestBack { .. }, _) => "A correction about your interest".to_owned(),
            (Subject::Interest { run, .. }, _) => format!("Interest on your shares until {}", self.on(&run.until_on)),
            (Subject::Statement { as_at, .. }, _) => format!("Your shares on {}", self.on(as_at)),
            _ => "About your shares".to_owned(),
        }
    }

    /// The certificate that the letter encloses.
    pub fn certificate_paper(&self) -> Option<Paper> {
        let certificate = match &self.subject {
            Subject::Application { certificate, .. } if self.kind == LetterKind::ShareAllotment => certificate.as_ref(),
            Subject::Moved { shares, certificate, .. } if *shares > 0 => certificate.as_ref(),
            _ => None,
        }?;
        Some(Paper::of(certificate, &self.holder, &self.class, &self.society, &self.public_url))
    }

    pub fn address_of_holder(&self) -> impl Iterator<Item = &str> {
        self.estate.as_ref().map_or(&self.holder.address, |estate| &estate.address).lines()
    }
}

/// "10 ordinary shares, £10.00"
fn worded(class: &ShareClass, held: &Holding) -> String {
    format!("{}, {}", counted(held.shares, class), display(held.paid_minor, class.currency))
}

/// "1 share" of a class, with its name as a word: "10 ordinary shares".
pub fn counted(count: i64, class: &ShareClass) -> String {
    let name = class.name.to_lowercase();
    let kind = name.strip_suffix(" shares").or_else(|| name.strip_suffix(" share")).unwrap_or(&name).trim();
    let digits = crate::shares::numbers::grouped(count);
    if count == 1 { format!("{digits} {kind} share") } else { format!("{digits} {kind} shares") }
}

/// "ABCD EFGH JKMN PQRS"
pub fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}
