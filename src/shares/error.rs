//! Why something was not done to the register. Each sentence says what would be allowed.

use chrono::NaiveDate;

use super::numbers::grouped;
use crate::db::DbError;
use crate::donations::GiftRefusal;
use crate::funds::words::day;

/// A refusal of the register.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// One key, two contents.
    #[error("This key was used before for something else. Use a new key for a new request.")]
    KeyReused,
    /// No class has this code.
    #[error("There is no share class called {0}.")]
    UnknownClass(String),
    /// No application has this reference.
    #[error("There is no application with this reference. Please check each character.")]
    UnknownApplication,
    /// No withdrawal has this reference.
    #[error("There is no withdrawal with this reference. Please check each character.")]
    UnknownWithdrawal,
    /// No member has this number.
    #[error("There is no member {0}. Please check the number.")]
    UnknownMember(String),
    /// A member's number and another's address.
    #[error("This member number and this e-mail address do not belong together. Please check both, or write to us.")]
    UnmatchedMember,
    /// No event has this number.
    #[error("There is no event {0} in the register.")]
    UnknownEvent(i64),
    /// The member holds nothing any more.
    #[error("{0} is no longer a member. Please apply anew; numbers are not used twice.")]
    NoLongerMember(String),
    /// The day has not come.
    #[error("{} has not come yet. The register records what has happened; please come back on that day.", day(*.0))]
    InFuture(NaiveDate),
    /// Decided before.
    #[error("This application was already {0}.")]
    AlreadyDecided(&'static str),
    /// The withdrawal is at another step.
    #[error("This withdrawal is {0}, so this cannot be done to it.")]
    WrongStep(&'static str),
    /// Nothing was paid.
    #[error("Nothing has come for this application yet; {price} is needed. Wait for it, or refuse the application.")]
    NotPaid {
        /// What the shares cost.
        price: String,
    },
    /// Too little was paid.
    #[error(
        "{held} is here for {shares} shares that cost {price}. Wait for {missing}, allot {affordable} shares \
         (\"shares\": {affordable}), or refuse the application and give the money back."
    )]
    Underpaid {
        /// What is here.
        held: String,
        /// What was asked for.
        shares: i64,
        /// What that costs.
        price: String,
        /// What is missing.
        missing: String,
        /// What can be paid for.
        affordable: i64,
    },
    /// More was paid than the shares cost.
    #[error(
        "{held} is here for {shares} shares that cost {price}. Say what happens to {surplus}: give it back \
         (\"surplus\": \"return\"), or allot more (\"shares\": {affordable})."
    )]
    Overpaid {
        /// What is here.
        held: String,
        /// What was asked for.
        shares: i64,
        /// What that costs.
        price: String,
        /// What is too much.
        surplus: String,
        /// What can be paid for.
        affordable: i64,
    },
    /// Shares before money.
    #[error("The money came on {}; shares cannot be allotted before that day.", day(*.0))]
    BeforeMoney(NaiveDate),
    /// More than is there.
    #[error("{member} has {} of these shares on {}, and {asked} were to go.", some(*.held), day(*.date))]
    NotEnough {
        /// The member.
        member: String,
        /// The first day on which they are missing.
        date: NaiveDate,
        /// What can go.
        held: i64,
        /// What was to go.
        asked: i64,
    },
    /// Some of it waits to be withdrawn.
    #[error("{waiting} of the {held} are under notice already; {} free.", are(.held - .waiting))]
    UnderNotice {
        /// Shares under notice.
        waiting: i64,
        /// All shares.
        held: i64,
    },
    /// Too few would be left.
    #[error("The smallest holding is {minimum} shares; {left} would be left. Take all of them, or leave {minimum}.")]
    BelowMinimum {
        /// The rules' minimum.
        minimum: i64,
        /// What would be left.
        left: i64,
    },
    /// Too many.
    #[error("The largest holding is {maximum} shares; with these it would be {would_be}. {allowed} more are allowed.")]
    AboveMaximum {
        /// The rules' maximum.
        maximum: i64,
        /// What it would be.
        would_be: i64,
        /// What is still allowed.
        allowed: i64,
    },
    /// Over what the law allows in withdrawable shares.
    #[error(
        "Nobody may have more than {maximum} in withdrawable shares, joint holdings counted; with these it would be \
         {would_be}."
    )]
    AboveLaw {
        /// The law's maximum.
        maximum: String,
        /// What it would be.
        would_be: String,
    },
    /// Not allowed by the rules.
    #[error("The rules do not let {0} go to another holder.")]
    NotTransferable(String),
    /// Not allowed by the rules.
    #[error("The rules do not let {0} be withdrawn.")]
    NotWithdrawable(String),
    /// The committee must agree.
    #[error("The committee must consent to this transfer. Please give the minute (\"minute\").")]
    ConsentMissing,
    /// From and to are the same.
    #[error("A member cannot transfer shares to themselves.")]
    SameMember,
    /// A sum that the other class cannot show.
    #[error("{amount} is not a whole number of {to}. Convert shares worth a multiple of {nominal}.")]
    NotAtPar {
        /// What would be converted.
        amount: String,
        /// The class's name.
        to: String,
        /// What one of its shares costs.
        nominal: String,
    },
    /// From and to are the same.
    #[error("These shares are of that class already.")]
    SameClass,
    /// No certificate has this number.
    #[error("There is no certificate {0}. Please check the number.")]
    UnknownCertificate(String),
    /// It proves nothing any more.
    #[error("Certificate {number} was cancelled on {on} and cannot be replaced.", number = .0, on = day(*.1))]
    CertificateCancelled(String, NaiveDate),
    /// Reversed before.
    #[error("Event {0} was reversed before, by event {1}.")]
    AlreadyReversed(i64, i64),
    /// A reversal is re-entered, not reversed.
    #[error("Event {0} is itself a reversal. Please record what is right as a new event.")]
    IsReversal(i64),
    /// The money has left.
    #[error("This withdrawal was paid out. Please take the payment back first, on the page of the withdrawal.")]
    PaidOut,
    /// Refusals have reasons.
    #[error("Please say why; the reason is kept in the register's book.")]
    ReasonMissing,
    /// Two people.
    #[error("Whoever recorded this may not decide it. Please ask a second person.")]
    SamePerson,
    /// Withdrawals rest.
    #[error(
        "Withdrawals are suspended since {}: {reason} Lift the suspension first, or refuse this withdrawal.",
        day(*.from)
    )]
    Suspended {
        /// Since when.
        from: NaiveDate,
        /// Why.
        reason: String,
    },
    /// More than the rules allow in a year.
    #[error(
        "The rules allow withdrawals of {limit} this year, and {left} of that is left. It can be agreed next year."
    )]
    AboveYearlyLimit {
        /// The limit of the year.
        limit: String,
        /// What is left of it.
        left: String,
    },
    /// No proposal has this number, or it was decided.
    #[error("There is nothing to decide here any more.")]
    UnknownProposal,
    /// Entered before, and not decided.
    #[error("This waits for a second person already (number {0} of the list). Decide that one first.")]
    WaitsAlready(i64),
    /// The setting asks for two people.
    #[error("The society asks for a second person here: please enter it at the desk, where another decides.")]
    NeedsTwo,
    /// No suspension has this number, or it was lifted.
    #[error("There is no suspension to lift here.")]
    UnknownSuspension,
    /// No nomination has this number, or it was revoked.
    #[error("There is no nomination in force with this number.")]
    UnknownNomination,
    /// More than the whole.
    #[error("The nominations in force would come to {0} per cent. Revoke or lower one first.")]
    AboveWhole(i64),
    /// An officer who is no relative.
    #[error(
        "An officer or employee of the society can be nominated only by a spouse, civil partner, parent, child, \
         brother, sister, nephew or niece (Act of 2014, section 37)."
    )]
    OfficerNotRelative,
    /// A nomination has its own day.
    #[error("The nomination that this one varies was signed on {}. A later statement varies an earlier one.", day(*.0))]
    BeforeVaried(NaiveDate),
    /// Nobody nominates after their death.
    #[error(
        "The member died on {}; a nomination counts only when it was made before (Act of 2014, section 37).",
        day(*.0)
    )]
    NominatedAfterDeath(NaiveDate),
    /// Nothing was noted of a death.
    #[error("The register does not know of the death of {0}. Please note it first.")]
    DeathNotNoted(String),
    /// It was noted before.
    #[error(
        "The death of {who} is in the register already, with the day {}. Take the note of it back first, where that is \
         not right.",
        day(*.on)
    )]
    DeathNoted {
        /// Who.
        who: String,
        /// When.
        on: NaiveDate,
    },
    /// A body has no death.
    #[error(
        "{0} is an organisation. Where its representative died, name another under \u{201c}Name, address, \
         representative\u{201d}; where it was dissolved, repay its shares or transfer them."
    )]
    BodyDoesNotDie(String),
    /// Of several, one died.
    #[error("Please say who of the joint holders died: {0}.")]
    DeathOfWhom(String),
    /// A dead member does nothing from their day on.
    #[error("{who} died on {}. {way}", day(*.on))]
    Dead {
        /// Who.
        who: String,
        /// When.
        on: NaiveDate,
        /// What can be done instead.
        way: &'static str,
    },
    /// Nothing passes on before the day.
    #[error("{who} died on {}; shares do not pass on before that day.", day(*.on))]
    BeforeDeath {
        /// Who.
        who: String,
        /// When.
        on: NaiveDate,
    },
    /// What survivors have, nobody else gets.
    #[error(
        "{0} lives, and a joint holding belongs to whoever is left (ground: the surviving joint holder). Nothing need be \
         passed on: it votes and is written to in their name."
    )]
    SurvivorLives(String),
    /// The name of a death.
    #[error(
        "The death of {0} stands in the register under this name. Take them off the joint holders, or take the note of \
         the death back first."
    )]
    NameOfTheDead(String),
    /// Representatives are for who died.
    #[error("The register does not know that {0} died, so nobody writes for an estate. Please note the death first.")]
    NoEstate(String),
    /// Marked before.
    #[error("{0} is marked as gone away from this address already. A new address takes the mark off.")]
    GoneAlready(String),
    /// Shares went on because of it.
    #[error("Shares passed on because of this death. Please reverse event {0} first.")]
    DeathPassedOn(i64),
    /// No note has this number.
    #[error("There is no note {0} in the register.")]
    UnknownNote(i64),
    /// It takes another back itself.
    #[error("Note {0} itself takes another back. Please enter anew what is right.")]
    NoteIsTakingBack(i64),
    /// Taken back before.
    #[error("Note {0} was taken back before, by note {1}.")]
    NoteTakenBack(i64, i64),
    /// A later one would hang in the air.
    #[error("Note {1} came after note {0} about the same. Please take note {1} back first.")]
    NoteStandsOn(i64, i64),
    /// Money came back before it left.
    #[error("The money left on {}; it cannot have come back before.", day(*.0))]
    BeforePaid(NaiveDate),
    /// The money became a gift.
    #[error("What was paid became the gift {0}. Give that back on its page, and let the applicant apply once more.")]
    BecameGift(String),
    /// No officer has this number, or the office began later, or it ended.
    #[error("Nobody holds this office on that day. Please check the first day, and whether they left before.")]
    OfficeNotHeld,
    /// No meeting has this number, or it was taken back.
    #[error("There is no such meeting.")]
    UnknownMeeting,
    /// A meeting, a roll, a vote.
    #[error("{0}")]
    Meeting(String),
    /// Nobody was nominated.
    #[error("There is no nomination in force for {0}. Choose another ground, or enter the nomination first.")]
    NotNominated(String),
    /// More than may pass in this way.
    #[error("In this way {limit} may pass at most, and this would be {would_be} in all. Please choose another ground.")]
    AboveGround {
        /// The law's limit.
        limit: String,
        /// What it would come to.
        would_be: String,
    },
    /// No payment has this entry.
    #[error("No money came for an application with this entry of the ledger.")]
    UnknownPayment,
    /// It was taken back before.
    #[error("This payment was taken back before.")]
    PaymentTakenBack,
    /// Some of what came has left again.
    #[error("Some of this money has gone back to the applicant already, so the payment cannot be taken back.")]
    PaymentGone,
    /// Its cheque is in the bank.
    #[error("This cheque was paid in. Please take it off its paying-in slip first.")]
    PaidIn,
    /// The gift that came with it stays.
    #[error("The gift that came with this money cannot be taken back: {0}")]
    GiftStays(crate::donations::ChangeError),
    /// The fund does not take it.
    #[error("The gift was not taken: {0}")]
    GiftNotTaken(GiftRefusal),
    /// The society pays none.
    #[error("The society pays no interest on shares. It can be turned on under Shares, Settings.")]
    InterestOff,
    /// The interest was paid with it.
    #[error(
        "These shares are interest that was added to the holding. Take the interest back on its page, for all of its \
         members at once, or let the member withdraw them."
    )]
    InterestAdded,
    /// Shares that were added for it went on.
    #[error(
        "Not every member still has the shares that were added for this interest: {0}. Reverse first what took them away, \
         on the page of that event, or let the interest stand."
    )]
    InterestGone(String),
    /// No run has this number, or it was paid.
    #[error("There is no interest to be paid here.")]
    UnknownInterest,
    /// The last day is before the first.
    #[error("The last day lies before the first. Please check both.")]
    BadPeriod,
    /// Nobody would get anything.
    #[error("Nobody would get a penny for this time and rate. Please check both.")]
    NoInterest,
    /// Interest for these days was declared.
    #[error("Interest for some of these days was declared before, until {}. Please begin after that day.", day(*.0))]
    InterestDeclared(NaiveDate),
    /// A section or an area that is not there, or there twice.
    #[error("{0}")]
    Section(&'static str),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// "none", "5"
fn some(count: i64) -> String {
    if count <= 0 { "none".to_owned() } else { grouped(count) }
}

/// "none is", "1 is", "20 are"
fn are(count: i64) -> String {
    if count <= 1 { format!("{} is", some(count)) } else { format!("{} are", grouped(count)) }
}
