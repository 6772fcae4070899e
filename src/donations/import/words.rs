//! The words of other programs: how the money came, whether it came at all, yes and no.
//!
//! Invariant: a word that is not known is refused, never guessed.

use crate::ledger::Method;
use crate::sheet::columns::plain;

/// How the money came, as people and programs call it.
///
/// ```
/// use fighting_fund::donations::import::words::method;
/// assert_eq!(method("Bank Transfer"), Some("bank_transfer"));
/// assert_eq!([method("Cheque"), method("VISA"), method("stripe_checkout")], [Some("cheque"), Some("card"), Some("card")]);
/// assert_eq!(method("gold"), None);
/// ```
pub fn method(text: &str) -> Option<&'static str> {
    let word = plain(text);
    let own = Method::ALL.into_iter().find(|method| plain(method.name()) == word);
    let other = || match word.as_str() {
        "coins" | "notes" | "bucket" | "collection" => Some(Method::Cash),
        "check" | "chq" | "cheques" | "postalorder" | "cafcheque" => Some(Method::Cheque),
        "bacs" | "transfer" | "fasterpayment" | "fasterpayments" | "eft" | "banktransferbacs" | "chaps"
        | "directcredit" | "bankpayment" | "openbanking" | "paybybank" => Some(Method::BankTransfer),
        "so" | "sto" => Some(Method::StandingOrder),
        "dd" | "gocardless" | "bacsdirectdebit" | "bacsdebit" => Some(Method::DirectDebit),
        "creditcard" | "debitcard" | "stripe" | "stripecheckout" | "stripecreditcard" | "visa" | "mastercard"
        | "amex" | "americanexpress" | "maestro" | "applepay" | "googlepay" | "sumup" | "zettle" | "square"
        | "worldpay" | "sagepay" | "opayo" | "cardpayment" => Some(Method::Card),
        "paypalstandard" | "paypalcommerce" | "paypaldonations" | "paypalexpress" => Some(Method::Paypal),
        _ => None,
    };
    own.or_else(other).map(Method::name)
}

/// What a state says of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is here.
    Paid,
    /// It never came, or went back.
    NotPaid,
    /// Some of it came, or some of it went back, and the word does not say how much.
    InPart,
}

/// What a word says of the money; nothing when it is not known.
///
/// ```
/// use fighting_fund::donations::import::words::{State, state};
/// assert_eq!([state("Complete"), state("succeeded")], [Some(State::Paid), Some(State::Paid)]);
/// assert_eq!([state("Refunded"), state("charged back")], [Some(State::NotPaid), Some(State::NotPaid)]);
/// assert_eq!((state("Partially refunded"), state("blue")), (Some(State::InPart), None));
/// ```
pub fn state(text: &str) -> Option<State> {
    match plain(text).as_str() {
        "complete" | "completed" | "paid" | "succeeded" | "success" | "successful" | "received" | "confirmed"
        | "settled" | "cleared" | "renewal" | "paidout" | "captured" | "collected" | "processed" | "published"
        | "publish" | "approved" | "ok" | "yes" => Some(State::Paid),
        "refunded"
        | "failed"
        | "pending"
        | "cancelled"
        | "canceled"
        | "abandoned"
        | "revoked"
        | "processing"
        | "preapproval"
        | "declined"
        | "denied"
        | "reversed"
        | "reverted"
        | "chargedback"
        | "chargeback"
        | "disputed"
        | "lost"
        | "expired"
        | "voided"
        | "void"
        | "unpaid"
        | "inprogress"
        | "uncaptured"
        | "incomplete"
        | "blocked"
        | "pledged"
        | "bounced"
        | "returned"
        | "held"
        | "onhold"
        | "overdue"
        | "template"
        | "draft"
        | "removed"
        | "rejected"
        | "refundpending"
        | "pendingrefund"
        | "error"
        | "trash"
        | "pendingsubmission"
        | "submitted"
        | "customerapprovaldenied"
        | "requirespaymentmethod"
        | "requiresaction"
        | "requiresconfirmation"
        | "failure"
        | "no"
        | "waiting"
        | "new" => Some(State::NotPaid),
        "partiallyrefunded" | "partialrefund" | "partiallypaid" | "partlypaid" | "partlyrefunded" => {
            Some(State::InPart)
        }
        _ => None,
    }
}

/// Yes or no; no where nothing is said.
///
/// # Errors
/// A sentence.
pub(super) fn truth(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "" | "false" | "no" | "n" | "0" => Ok(false),
        "true" | "yes" | "y" | "1" => Ok(true),
        _ => Err("Please write true or false.".to_owned()),
    }
}
