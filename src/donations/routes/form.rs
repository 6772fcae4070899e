//! The donation form: as it is shown, as it was sent, and what is wrong with it. Pages are left to `give.rs`.
//!
//! Invariant: what was typed is in the form again whenever its gift was not taken, and the key changes only where the
//! old one can make no gift any more.

use actix_web::http::StatusCode;
use uuid::Uuid;

use crate::donations::misspelt::meant;
use crate::donations::parse::{self, CheckedGift, Fault, Limits, RawGift};
use crate::donations::till::TillError;
use crate::donations::{GiftRefusal, Method, Outcome};
use crate::funds::Fund;
use crate::http::{Problem, Shell};
use crate::money::plain;
use crate::reference::Reference;

/// A way of giving that the form offers.
pub(super) struct Offer {
    pub method: Method,
    pub label: &'static str,
    pub hint: &'static str,
}

/// What a reader can do without a card processor, the usual way first.
pub(super) const OFFERED: [Offer; 3] = [
    Offer { method: Method::BankTransfer, label: "Bank transfer", hint: "From your bank’s app or branch" },
    Offer { method: Method::Cheque, label: "Cheque", hint: "By post" },
    Offer { method: Method::Cash, label: "Cash", hint: "At our office" },
];

/// The form as it is shown: what was typed, what is wrong with it, and the key that makes a second click harmless.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub raw: RawGift,
    /// "words", "name" or "initials": how to thank the giver.
    pub thanks: String,
    pub key: String,
    pub faults: Vec<Fault>,
    pub notice: Option<String>,
    /// The address that was asked about once: sent again, it is taken as it is.
    pub asked_about: String,
}

impl Form {
    /// An empty form with a key of its own and the usual way to pay.
    pub fn new() -> Box<Self> {
        let raw = RawGift { method: OFFERED[0].method.name().to_owned(), ..RawGift::default() };
        Box::new(Self { raw, key: new_key(), ..Self::default() })
    }

    pub fn fault(&self, field: &str) -> Option<&str> {
        self.faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }

    /// A form with this amount in it, as a link of a letter or a page asks for it; what is wrong with it is told at once.
    pub fn with_amount(self: Box<Self>, typed: &str, fund: &Fund) -> Box<Self> {
        let typed: String = typed.chars().take(AMOUNT_CHARS_MAX).collect();
        let raw = |amount| RawGift { amount, ..self.raw.clone() };
        match parse::promised(&typed, fund) {
            Ok(minor) => {
                let plain = plain(minor, fund.currency);
                let whole = format!(".{}", "0".repeat(fund.currency.decimals() as usize));
                Box::new(Self { raw: raw(plain.strip_suffix(&whole).unwrap_or(&plain).to_owned()), ..*self })
            }
            // What is no figure at all is nobody's amount, and words of others do not stand in our form.
            Err(message) if typed.bytes().any(|byte| byte.is_ascii_digit()) => {
                let kept = typed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
                let amount = if kept { typed } else { String::new() };
                Box::new(Self { raw: raw(amount), faults: vec![Fault { field: "amount", message }], ..*self })
            }
            Err(_) => self,
        }
    }

    /// Whether this is the field to begin with: the first with something wrong with it.
    pub fn is_first_wrong(&self, field: &str) -> bool {
        self.faults.first().is_some_and(|fault| fault.field == field)
    }

    pub fn autofocus(&self, field: &str, extra: &str) -> String {
        if self.is_first_wrong(field) { format!("{extra} autofocus") } else { extra.to_owned() }
    }

    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty() || self.notice.is_some()
    }

    /// Whether this way of being thanked was chosen; one's own words are the usual one.
    pub fn thanks_by(&self, way: &str) -> bool {
        if self.thanks.is_empty() { way == WAYS_OF_THANKS[0].0 } else { self.thanks == way }
    }

    pub fn chose(&self, offer: &Offer) -> bool {
        self.raw.method.trim() == offer.method.name()
    }
}

/// How the paper can thank a giver: as it is sent, and as it is asked.
pub(super) const WAYS_OF_THANKS: [(&str, &str); 3] =
    [("words", "As I write it below"), ("name", "By my full name"), ("initials", "By my initials")];

fn new_key() -> String {
    Uuid::now_v7().to_string()
}

/// Longest amount that a link may bring.
const AMOUNT_CHARS_MAX: usize = 40;

/// A form as it was sent, not yet understood.
pub(super) struct Sent {
    raw: RawGift,
    thanks: String,
    pub key: Option<String>,
    /// What a robot wrote where nobody else writes.
    trap: String,
    /// The address that the form asked about before.
    asked_about: String,
}

/// The longest key taken: ours are 36 characters.
const KEY_CHARS_MAX: usize = 64;

impl Sent {
    /// Takes the fields it knows, each the first time it comes; the day and the appeal are not the reader's to choose.
    pub fn from_pairs(pairs: &[(String, String)]) -> Self {
        let pairs = crate::http::seen(pairs.to_vec());
        let field = |name: &str| pairs.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str());
        let key = field("key").trim();
        let is_key = (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        Self {
            raw: RawGift {
                confirmed: false,
                amount: field("amount").to_owned(),
                method: field("method").to_owned(),
                name: field("name").to_owned(),
                email: field("email").to_owned(),
                acknowledge_as: field("acknowledge_as").to_owned(),
                anonymous: is_ticked(field("anonymous")),
                note: field("note").to_owned(),
                in_memory_of: field("in_memory_of").to_owned(),
                memory_in_print: is_ticked(field("memory_in_print")),
                received_on: String::new(),
                appeal: String::new(),
            },
            thanks: field("thanks").trim().to_owned(),
            key: is_key.then(|| key.to_owned()),
            trap: field("website").to_owned(),
            asked_about: field("asked_about").trim().to_owned(),
        }
    }

    /// The form to be shown again: with the same key, so that it still makes one gift; without one, with a new key.
    pub fn again(&self, key: Option<&String>, faults: Vec<Fault>, notice: Option<String>) -> Box<Form> {
        let key = key.cloned().unwrap_or_else(new_key);
        let asked_about = self.asked_about.clone();
        Box::new(Form { raw: self.raw.clone(), thanks: self.thanks.clone(), key, faults, notice, asked_about })
    }

    /// The gift, or the form to be shown again with everything that is wrong with it.
    pub fn understood(&self, fund: &Fund) -> Result<CheckedGift, Box<Form>> {
        let raw = RawGift { acknowledge_as: self.words_of_thanks(), ..self.raw.clone() };
        let (checked, mut faults) = match parse::check(&raw, fund, Limits::Promised) {
            Ok(checked) => (Some(checked), Vec::new()),
            Err(faults) => (None, faults),
        };
        if self.is_thanked_by_name() && self.raw.name.trim().is_empty() {
            let message = "Please write your name, so that the paper can thank you by it.".to_owned();
            faults.push(Fault { field: "name", message });
        }
        note_what_the_form_wants(&self.raw, &mut faults);
        match checked {
            Some(checked) if faults.is_empty() => {
                if !self.trap.is_empty() {
                    return Err(self.again(self.key.as_ref(), faults, Some(TRAPPED.to_owned())));
                }
                if let Some(form) = self.doubt_of_address() {
                    return Err(form);
                }
                if self.key.is_none() { Err(self.again(None, faults, Some(NO_KEY.to_owned()))) } else { Ok(checked) }
            }
            _ => Err(self.again(self.key.as_ref(), faults, None)),
        }
    }

    /// The form once more, where the address looks like one with a slip in it and was not asked about before.
    fn doubt_of_address(&self) -> Option<Box<Form>> {
        let typed = self.raw.email.trim();
        let meant = meant(typed).filter(|_| self.asked_about != typed)?;
        let message = format!("Did you mean {meant}? If {typed} is right as it is, press the button once more.");
        let form = self.again(self.key.as_ref(), vec![Fault { field: "email", message }], None);
        Some(Box::new(Form { asked_about: typed.to_owned(), ..*form }))
    }

    fn is_thanked_by_name(&self) -> bool {
        matches!(self.thanks.as_str(), "name" | "initials")
    }

    /// How the giver is thanked: in words of their own, or by name or initials with the place they wrote.
    fn words_of_thanks(&self) -> String {
        let typed = self.raw.acknowledge_as.trim();
        let name = match self.thanks.as_str() {
            "name" => self.raw.name.trim().to_owned(),
            "initials" => parse::initials(&self.raw.name),
            _ => return self.raw.acknowledge_as.clone(),
        };
        if typed.is_empty() || name.is_empty() { name } else { format!("{name}, {typed}") }
    }

    /// The gift's reference, or why it was not taken and the form to show again.
    pub fn settled(
        &self,
        answer: Result<Outcome, TillError>,
        shell: &Shell,
    ) -> Result<Reference, (StatusCode, Box<Form>)> {
        let again = |status, key, notice| Err((status, self.again(key, Vec::new(), Some(notice))));
        let same = self.key.as_ref();
        match answer {
            Ok(Ok(recorded)) => Ok(Reference::of(recorded.donation.id)),
            Ok(Err(GiftRefusal::KeyReused)) => again(UNPROCESSABLE, None, reused(shell)),
            Ok(Err(refusal)) => again(UNPROCESSABLE, same, refusal.to_string()),
            Err(TillError::Failed(cause)) => {
                let problem = Problem::internal(cause);
                again(problem.status, same, problem.detail)
            }
            Err(error) => again(StatusCode::SERVICE_UNAVAILABLE, same, error.to_string()),
        }
    }
}

/// Whether a box is ticked, by any word that means yes.
fn is_ticked(value: &str) -> bool {
    !matches!(value.trim(), "" | "false" | "0" | "no" | "off")
}

/// The request was read, but its words cannot be taken.
pub(super) const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

const TRAPPED: &str = "A field that readers cannot see was filled in, as robots do. If you are a reader, please press \
                       the button once more; nothing was recorded yet.";
const NO_KEY: &str = "We could not tell whether this form was sent before, so nothing was recorded yet. Please check it \
                      and press the button once more.";

/// What the form asks beyond what every gift needs: a way to pay that is on offer, and somewhere to send the receipt.
fn note_what_the_form_wants(raw: &RawGift, faults: &mut Vec<Fault>) {
    let name = raw.method.trim();
    if !OFFERED.iter().any(|offer| offer.method.name() == name) {
        let message = match Method::from_name(name) {
            Some(Method::Card | Method::Paypal) => {
                "Cards and PayPal are not taken here yet; please choose bank transfer or cheque."
            }
            Some(Method::StandingOrder | Method::DirectDebit) => {
                "For a gift each month, please take the page “Each month by standing order”; here is one gift."
            }
            _ => "Please choose how you will send the money.",
        };
        faults.retain(|fault| fault.field != "method");
        faults.push(Fault { field: "method", message: message.to_owned() });
    }
    if raw.email.trim().is_empty() {
        let message = "Please give an e-mail address: your receipt goes there.".to_owned();
        faults.push(Fault { field: "email", message });
    }
    faults.sort_by_key(|fault| FIELDS.iter().position(|field| *field == fault.field));
}

/// The fields from top to bottom.
const FIELDS: [&str; 7] = ["amount", "method", "name", "email", "acknowledge_as", "in_memory_of", "note"];

fn reused(shell: &Shell) -> String {
    let contact = &shell.society.contact_email;
    let write = if contact.is_empty() { "please write to us".to_owned() } else { format!("please write to {contact}") };
    format!(
        "You sent this form before with other details, and that gift is recorded. If this is a second gift, press the \
         button once more. If you meant to change the first one, {write}."
    )
}
