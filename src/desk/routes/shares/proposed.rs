//! What needs a second person, where the setting asks for one: tried when it is entered, done when it is approved.
//!
//! Invariant: whoever enters something that would be refused is told at once; what is kept for another to decide could
//! have been done at that moment. Whether it still can is found out when it is approved.

use chrono::{DateTime, Utc};

use super::member_deeds::Act;
use super::{
    Done, application, applications, event, interest, interest_run, member_acts, nominations, notes, number_of,
    officers, settings, terms, withdrawal, withdrawals,
};
use crate::db::{Conn, DbError};
use crate::http::{Form, Problem};
use crate::shares::proposals::{self, NewProposal, Proposal};
use crate::shares::{self, ShareError};

/// A deed that another decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proposable {
    /// One with a member.
    Of(Act),
    Reversal,
    TakingBack,
    Allotment,
    /// Of those that were ticked in the committee's list.
    Allotments,
    ApplicationRefusal,
    WithdrawalAgreement,
    WithdrawalRefusal,
    WithdrawalPayment,
    Suspension,
    Resumption,
    Office,
    Departure,
    Variation,
    Interest,
    InterestPayment,
    InterestTakingBack,
    Terms,
    Settings,
}

impl Proposable {
    /// Every one besides those with a member.
    const OTHERS: [Self; 18] = [
        Self::Reversal,
        Self::TakingBack,
        Self::Allotment,
        Self::Allotments,
        Self::ApplicationRefusal,
        Self::WithdrawalAgreement,
        Self::WithdrawalRefusal,
        Self::WithdrawalPayment,
        Self::Suspension,
        Self::Resumption,
        Self::Office,
        Self::Departure,
        Self::Variation,
        Self::Interest,
        Self::InterestPayment,
        Self::InterestTakingBack,
        Self::Terms,
        Self::Settings,
    ];

    /// As the register keeps it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Of(act) => act.slug(),
            Self::Reversal => "reversal",
            Self::TakingBack => "taking back",
            Self::Allotment => "allotment",
            Self::Allotments => "allotment of several",
            Self::ApplicationRefusal => "refusal of an application",
            Self::WithdrawalAgreement => "agreement to a withdrawal",
            Self::WithdrawalRefusal => "refusal of a withdrawal",
            Self::WithdrawalPayment => "payment of a withdrawal",
            Self::Suspension => "suspension",
            Self::Resumption => "resumption",
            Self::Office => "office",
            Self::Departure => "departure",
            Self::Variation => "variation",
            Self::Interest => "interest",
            Self::InterestPayment => "payment of interest",
            Self::InterestTakingBack => "taking back of interest",
            Self::Terms => "terms of a class",
            Self::Settings => "settings",
        }
    }

    /// Whether it decides a request, an event or a note, which happens once.
    fn is_once(self) -> bool {
        matches!(
            self,
            Self::Reversal
                | Self::TakingBack
                | Self::Allotment
                | Self::Allotments
                | Self::ApplicationRefusal
                | Self::WithdrawalAgreement
                | Self::WithdrawalRefusal
                | Self::WithdrawalPayment
                | Self::InterestPayment
                | Self::InterestTakingBack
        )
    }

    /// Whether this and another cannot both happen to one request: an application is allotted or refused. What is about
    /// an event and what is about a note have numbers that only look alike.
    fn decides(self, other: Self) -> bool {
        let family = |one: Self| match one {
            Self::Allotment | Self::Allotments | Self::ApplicationRefusal => Self::Allotment,
            Self::WithdrawalAgreement | Self::WithdrawalRefusal => Self::WithdrawalAgreement,
            Self::InterestPayment | Self::InterestTakingBack => Self::InterestPayment,
            other => other,
        };
        family(self) == family(other)
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        let with_members = Act::PROPOSED.into_iter().map(Self::Of);
        with_members.chain(Self::OTHERS).find(|known| known.name() == name)
    }
}

/// Does what the form says, or keeps it for a second person where the setting asks for one.
pub(super) fn enter(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    what: Proposable,
    subject: &str,
    form: &Form,
) -> Result<Done, Problem> {
    if !shares::settings(conn)?.needs_second_person {
        return perform(conn, now, deed, (what, subject), form);
    }
    check_new(conn, what, subject, form)?;
    shares::rehearse(conn, |conn| perform(conn, now, deed, (what, subject), form))?;
    let words = serde_json::to_string(form.pairs()).map_err(Problem::internal)?;
    let id = proposals::propose(conn, now, deed, &NewProposal { deed: what.name(), subject, form: &words })?;
    let place = super::proposals::place(id);
    Ok(Done::new(place, "proposed for a second person", subject).saying(format!("{}, {id}", what.name())))
}

/// Refuses what waits already: the same words once more, or a decision that is made only once about the same request,
/// alone or with others.
fn check_new(conn: &mut Conn, what: Proposable, subject: &str, form: &Form) -> Result<(), Problem> {
    let many = Proposable::Allotments;
    let chosen = if what == many { form.values("chosen") } else { vec![subject.to_owned()] };
    for about in &chosen {
        for one in proposals::waiting_about(conn, about, &[many.name()])? {
            let typed = form_of(&one)?;
            let known = Proposable::from_name(&one.deed).ok_or_else(|| unknown(&one))?;
            let is_of_both = |about: &str| one.subject == about || (known == many && typed.has("chosen", about));
            let is_same_words = known == what && one.subject == subject && words_of(&typed) == words_of(form);
            let is_same_request = known.is_once() && what.is_once() && is_of_both(about) && known.decides(what);
            if is_same_words || is_same_request {
                return Err(ShareError::WaitsAlready(one.id).into());
            }
        }
    }
    Ok(())
}

/// What was typed, without the key of its form.
fn words_of(form: &Form) -> Vec<&(String, String)> {
    form.pairs().iter().filter(|(name, value)| name != "key" && !value.is_empty()).collect()
}

/// A proposal whose deed no program of ours writes.
fn unknown(one: &Proposal) -> Problem {
    DbError::Corrupt(format!("proposal {} is a {:?}", one.id, one.deed)).into()
}

/// What was typed into a proposal's form.
pub(super) fn form_of(one: &Proposal) -> Result<Form, Problem> {
    Ok(Form::sent(serde_json::from_str(&one.form).map_err(Problem::internal)?))
}

/// Does what was proposed.
pub(super) fn approved(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    one: &Proposal,
) -> Result<Done, Problem> {
    let what = Proposable::from_name(&one.deed).ok_or_else(|| unknown(one))?;
    perform(conn, now, deed, (what, &one.subject), &form_of(one)?)
}

fn perform(
    conn: &mut Conn,
    now: DateTime<Utc>,
    deed: &shares::Deed,
    (what, subject): (Proposable, &str),
    form: &Form,
) -> Result<Done, Problem> {
    let number = || subject.parse::<i64>().map_err(|_| Problem::from(ShareError::UnknownProposal));
    match what {
        Proposable::Of(act) => member_acts::perform(act, number_of(subject)?, conn, now, deed, form),
        Proposable::Reversal => event::perform(conn, now, deed, number()?, form),
        Proposable::TakingBack => notes::perform(conn, now, deed, number()?, form),
        Proposable::Allotment => application::perform_allotment(conn, now, deed, subject, form),
        Proposable::Allotments => applications::perform(conn, now, deed, form),
        Proposable::ApplicationRefusal => application::perform(conn, now, deed, subject, form),
        Proposable::WithdrawalAgreement => withdrawal::perform_agreement(conn, now, deed, subject, form),
        Proposable::WithdrawalRefusal | Proposable::WithdrawalPayment => {
            withdrawal::perform(conn, now, deed, (what, subject), form)
        }
        Proposable::Suspension | Proposable::Resumption => withdrawals::perform(conn, now, deed, (what, subject), form),
        Proposable::Office => officers::enter(conn, now, deed, form),
        Proposable::Departure => officers::end(conn, now, deed, form),
        Proposable::Variation => nominations::vary(conn, now, deed, number()?, form),
        Proposable::Interest | Proposable::InterestPayment => interest::perform(conn, now, deed, (what, subject), form),
        Proposable::InterestTakingBack => interest_run::perform(conn, now, deed, number()?, form),
        Proposable::Terms => terms::perform(conn, now, deed, form),
        Proposable::Settings => settings::perform(conn, form),
    }
}
