//! What a line is offered for, in the order in which it is believed. No clock, no database.
//!
//! A credit is matched by our reference, then by its payer, then as a processor's payout, then with what the books
//! have already (a paying-in slip, a gift that was entered by hand), then by amount and day. A debit is matched with
//! what the books have, then by its payer, then by what the bank calls it.
//!
//! Invariant: an offer is certain, and may be posted with nobody looking, in two cases only.
//!
//! 1. The one reference in the line stands as we wrote it, a word of its own; its gift or application waits; and the
//!    amount is what was promised. The check character cannot tell a mistyped reference from another's with spaces or
//!    small letters set right by us, so such a one is always shown to somebody.
//! 2. No reference of any spelling stands in the line; name *and* account are those of a payer whose gifts somebody
//!    accepted twice; the amount is the last one; and the books have nothing else that it could be.

use chrono::NaiveDate;

use super::candidates::{Application, Candidates, GiftState};
use super::mentions::{Mention, Spelling};
use super::offer::{Offer, What, Why};
use super::payer::{Name, Payer, PayerKey, Remembered, name_of};
use super::refunds::is_refund;
use crate::ledger::{Method, accounts};
use crate::shares::numbers::application_of;
use crate::statements::{Kind, Line};

/// More offers than this help nobody.
const OFFERS_MAX: usize = 6;
/// Entries offered that have nothing but their amount in common with the line.
const OTHERS_MAX: usize = 2;
/// A promise older than this is kept when its reference comes, and not guessed at by its amount.
pub const PROMISE_DAYS: i64 = 60;
/// Days between a slip, or what was entered by hand, and the bank's own day.
pub const POSTED_DAYS: i64 = 10;
/// Days that a refund may wait until somebody pays it.
pub const REFUND_DAYS: i64 = 90;
/// Days around the day on which a standing order is due.
pub const DUE_DAYS: i64 = 6;
/// A cheque comes back within these days of being received.
pub const RETURNED_DAYS: i64 = 90;
/// Days for which a processor may keep what it pays out.
const PAYOUT_DAYS: u64 = 10;
/// A fee above so many hundredths of the gross is no fee: processors ask two to four, and a fixed part for each card.
const FEE_PERCENT_MAX: i64 = 8;
/// Times that somebody has accepted a payer's gifts before a rule may.
const TIMES_MIN: i64 = 2;

/// What a line may be for, the best first.
pub fn offers(line: &Line, mentions: &[Mention], books: &Candidates) -> Vec<Offer> {
    let (mut found, payer) = (Vec::new(), Name::of(name_of(line)));
    by_reference(line, mentions, books, &mut found);
    // Who wrote a reference of ours meant that, and not whatever else has the same amount.
    let is_named = !found.is_empty();
    let posted = by_posted(line, &payer, books);
    if line.amount_minor > 0 {
        let (namesakes, others): (Vec<_>, Vec<_>) = posted.into_iter().partition(|(is_namesake, _)| *is_namesake);
        found.extend(namesakes.into_iter().map(|(_, offer)| offer));
        by_payer(line, &payer, mentions, books, &mut found);
        by_payout(line, books, &mut found);
        if !is_named {
            found.extend(others.into_iter().take(OTHERS_MAX).map(|(_, offer)| offer));
            by_due(line, &payer, books, &mut found);
            by_amount(line, &payer, books, &mut found);
        }
    } else {
        found.extend(posted.into_iter().map(|(_, offer)| offer));
        by_payer(line, &payer, mentions, books, &mut found);
        by_return(line, books, &mut found);
    }
    by_words(line, &mut found);
    let mut seen: Vec<What> = Vec::new();
    found.retain(|offer| {
        seen.len() < OFFERS_MAX && !seen.contains(&offer.what) && {
            seen.push(offer.what.clone());
            true
        }
    });
    found
}

fn by_reference(line: &Line, mentions: &[Mention], books: &Candidates, found: &mut Vec<Offer>) {
    let is_alone = mentions.len() == 1;
    for mention in mentions {
        let is_exact = is_alone && mention.spelling == Spelling::Exact;
        let why = Why::Reference { spelling: mention.spelling, written: mention.written.clone() };
        let offers = match application_of(mention.reference) {
            Some(id) => books.applications.get(&id).map(|application| of_application(line, application)),
            None => of_gift(line, mention.reference.number(), books),
        };
        for (what, is_wanted) in offers.into_iter().flatten() {
            found.push(Offer { what, why: why.clone(), is_certain: is_exact && is_wanted });
        }
    }
}

/// What a reference of a gift may mean for a line, and whether that is just what was expected.
fn of_gift(line: &Line, number: i64, books: &Candidates) -> Option<Vec<(What, bool)>> {
    let gift = books.gifts.get(&number)?;
    if line.amount_minor < 0 {
        let can_return = matches!(gift.state, GiftState::Received(_)) && gift.method.can_bounce();
        return Some(if can_return { vec![(What::Bounce(number), false)] } else { Vec::new() });
    }
    Some(match (gift.state, gift.entry) {
        (GiftState::Waits, _) => vec![(What::Promise(number), gift.amount_minor == line.amount_minor)],
        (GiftState::Received(_), Some(entry)) if !gift.is_on_statement => {
            let mut offers = vec![(What::Known(entry), false), (What::Again(number), false)];
            if gift.amount_minor != line.amount_minor {
                offers.remove(0);
            }
            offers
        }
        _ => vec![(What::Again(number), false)],
    })
}

fn of_application(line: &Line, application: &Application) -> Vec<(What, bool)> {
    let may_take = application.is_waiting && line.amount_minor > 0;
    let is_wanted = application.missing_minor == line.amount_minor;
    if may_take { vec![(What::Shares(application.id), is_wanted)] } else { Vec::new() }
}

/// Entries that moved the bank account by as much, the nearest first, each with whether its name is the payer's.
fn by_posted(line: &Line, payer: &Name, books: &Candidates) -> Vec<(bool, Offer)> {
    let entries = books.posted.get(&line.amount_minor).into_iter().flatten();
    let mut near: Vec<(bool, i64, i64)> = entries
        .filter(|posted| {
            let days = days_between(line, posted.on);
            let is_paid_late = is_refund(posted) && posted.on <= line.booked_on && days <= REFUND_DAYS;
            days <= POSTED_DAYS || is_paid_late
        })
        .map(|posted| (payer.is_like(&posted.name), days_between(line, posted.on), posted.entry))
        .collect();
    near.sort_by_key(|(is_namesake, days, entry)| (!is_namesake, *days, *entry));
    near.into_iter()
        .map(|(is_namesake, days, entry)| {
            (is_namesake, Offer { what: What::Known(entry), why: Why::Posted { days }, is_certain: false })
        })
        .collect()
}

fn by_payer(line: &Line, name: &Name, mentions: &[Mention], books: &Candidates, found: &mut Vec<Offer>) {
    let Some(key) = PayerKey::of_line(line) else { return };
    let Some(payer) = books.payers.get(&key) else { return };
    let why = Why::Payer(payer.times);
    let what = match &payer.what {
        Remembered::Gift { .. } if line.amount_minor > 0 => What::AsBefore,
        Remembered::Account { account, .. } => What::Account(account.clone()),
        Remembered::Payout if line.amount_minor > 0 => What::Payout { gross_minor: gross(line, books) },
        Remembered::Gift { .. } | Remembered::Payout => return,
    };
    let is_certain = what == What::AsBefore
        && mentions.is_empty()
        && is_usual(line, payer, &key)
        && !books.posted.contains_key(&line.amount_minor)
        && !is_promised_by_namesake(line, name, books);
    found.push(Offer { what, why, is_certain });
}

fn is_usual(line: &Line, payer: &Payer, key: &PayerKey) -> bool {
    let is_known = !key.name.is_empty() && !key.account.is_empty();
    is_known && payer.times >= TIMES_MIN && payer.amount_minor == line.amount_minor
}

fn is_promised_by_namesake(line: &Line, name: &Name, books: &Candidates) -> bool {
    let promised = books.promised.get(&line.amount_minor).into_iter().flatten();
    promised.filter_map(|number| books.gifts.get(number)).any(|gift| name.is_like(&gift.name))
}

/// Names under which processors pay out.
const PROCESSORS: [&str; 11] =
    ["payout", "stripe", "paypal", "sumup", "gocardless", "worldpay", "zettle", "square", "mollie", "adyen", "opayo"];

fn by_payout(line: &Line, books: &Candidates, found: &mut Vec<Offer>) {
    let told = format!("{} {}", line.payer, line.description).to_lowercase();
    let is_processor = |name: &&str| told.split(|c: char| !c.is_alphanumeric()).any(|word| word == *name);
    if PROCESSORS.iter().any(is_processor) {
        let what = What::Payout { gross_minor: gross(line, books) };
        found.push(Offer { what, why: Why::Processor, is_certain: false });
    }
}

/// What the processor held: the balance of the clearing account on the last day from which the fee is believable; what
/// came where there is none.
fn gross(line: &Line, books: &Candidates) -> i64 {
    let net = line.amount_minor;
    let days = (0..PAYOUT_DAYS).filter_map(|back| line.booked_on.checked_sub_days(chrono::Days::new(back)));
    let mut held = days.map(|day| books.cleared_on(day));
    held.find(|gross| *gross >= net && (gross - net) * 100 <= gross * FEE_PERCENT_MAX).unwrap_or(net)
}

/// Standing orders of as much that are due about this day, of somebody with the payer's name.
fn by_due(line: &Line, payer: &Name, books: &Candidates, found: &mut Vec<Offer>) {
    // A remembered payer's gift is that of their standing order.
    if found.iter().any(|offer| offer.what == What::AsBefore) {
        return;
    }
    let due = books.due.get(&line.amount_minor).into_iter().flatten();
    let mut near: Vec<_> =
        due.filter(|due| days_between(line, due.on) <= DUE_DAYS && payer.is_like(&due.name)).collect();
    near.sort_by_key(|due| (days_between(line, due.on), due.order));
    found.extend(near.into_iter().map(|due| Offer {
        what: What::Order(due.order),
        why: Why::Due(due.on),
        is_certain: false,
    }));
}

/// Promises of as much that were made in the days before, or a few after, by somebody who sent the money first:
/// namesakes come first, then the nearest.
fn by_amount(line: &Line, payer: &Name, books: &Candidates, found: &mut Vec<Offer>) {
    let promised = books.promised.get(&line.amount_minor).into_iter().flatten();
    let mut near: Vec<(bool, i64, i64)> = promised
        .filter_map(|number| books.gifts.get(number))
        .map(|gift| (payer.is_like(&gift.name), (line.booked_on - gift.made_on).num_days(), gift.number))
        .filter(|(_, days, _)| (-POSTED_DAYS..=PROMISE_DAYS).contains(days))
        .collect();
    near.sort_unstable_by_key(|(is_namesake, days, number)| (!is_namesake, *days < 0, days.abs(), *number));
    // Those that were found otherwise may be among them.
    near.truncate(found.len() + OFFERS_MAX);
    found.extend(near.into_iter().map(|(is_namesake, days, number)| Offer {
        what: What::Promise(number),
        why: Why::Amount { days, is_namesake },
        is_certain: false,
    }));
}

/// Words by which banks say that something came back, and the reasons that they give, in words and in the codes of ISO
/// 20022 and Bacs: some say nothing but the code.
const RETURNED: [&str; 31] = [
    "unpaid",
    "returned",
    "return",
    "bounced",
    "dishonoured",
    "recalled",
    "recall",
    "reversal",
    "reversed",
    "drawer",
    "refer to payer",
    "insufficient funds",
    "instruction cancelled",
    "no instruction",
    "account closed",
    "payer deceased",
    "arudd",
    "ac01",
    "ac04",
    "ac06",
    "ac13",
    "ag01",
    "am04",
    "am05",
    "be05",
    "md01",
    "md06",
    "md07",
    "ms02",
    "ms03",
    "sl01",
];
const FEES: [&str; 6] = ["fee", "fees", "charge", "charges", "commission", "tariff"];
const INTEREST: [&str; 3] = ["interest", "gross int", "int paid"];

fn says(line: &Line, words: &[&str]) -> bool {
    let told = format!("{} {} {}", line.description, line.reference, line.payer).to_lowercase();
    let plain: Vec<&str> = told.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let told = format!(" {} ", plain.join(" "));
    words.iter().any(|word| told.contains(&format!(" {word} ")))
}

/// Whether the bank seems to say that money came back: a debit with such a word, or a cheque's.
pub fn may_be_return(line: &Line) -> bool {
    line.amount_minor < 0 && (says(line, &RETURNED) || line.kind == Kind::Cheque)
}

fn by_return(line: &Line, books: &Candidates, found: &mut Vec<Offer>) {
    if !may_be_return(line) {
        return;
    }
    let gifts = books.returnable.get(&-line.amount_minor).into_iter().flatten();
    let payer = Name::of(name_of(line));
    let mut near: Vec<(bool, bool, NaiveDate, i64)> = gifts
        .filter_map(|number| {
            let gift = books.gifts.get(number)?;
            match gift.state {
                GiftState::Received(on) if on <= line.booked_on => {
                    Some((is_told(line, gift.method), payer.is_like(&gift.name), on, *number))
                }
                _ => None,
            }
        })
        .filter(|(_, _, on, _)| days_between(line, *on) <= RETURNED_DAYS)
        .collect();
    // What came in the way that the bank names, of whom it names, and the newest.
    near.sort_by_key(|(is_told, is_namesake, on, number)| (!is_told, !is_namesake, std::cmp::Reverse(*on), *number));
    found.extend(near.into_iter().map(|(_, _, _, number)| Offer {
        what: What::Bounce(number),
        why: Why::Words,
        is_certain: false,
    }));
}

/// Whether the bank says of what comes back that it came in this way.
fn is_told(line: &Line, method: Method) -> bool {
    match method {
        Method::Cheque => line.kind == Kind::Cheque || says(line, &["cheque", "chq", "drawer"]),
        Method::DirectDebit => line.kind == Kind::DirectDebit || says(line, &["direct debit", "arudd"]),
        Method::StandingOrder => line.kind == Kind::StandingOrder || says(line, &["standing order"]),
        Method::Card => line.kind == Kind::Card || says(line, &["card"]),
        _ => false,
    }
}

fn by_words(line: &Line, found: &mut Vec<Offer>) {
    let is_interest = line.kind == Kind::Interest || says(line, &INTEREST);
    let is_fee = line.kind == Kind::Fee || says(line, &FEES);
    let account = match (is_interest, is_fee, line.amount_minor > 0) {
        (true, _, true) => accounts::OTHER_INCOME,
        (true, _, false) | (_, true, false) => accounts::PAYMENT_FEES,
        _ => return,
    };
    found.push(Offer { what: What::Account(account.to_owned()), why: Why::Words, is_certain: false });
}

fn days_between(line: &Line, day: NaiveDate) -> i64 {
    (line.booked_on - day).num_days().abs()
}
