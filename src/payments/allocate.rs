//! Money becomes gifts, arrivals, share money or other income: many payments with few statements.
//!
//! Invariant: all of it lands or none of it. The key of what a portion makes is the source with a number that counts on
//! after each undoing, so the same portion can never be made twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::rules::{self, account_entry, unallocated_entry};
use super::store::{self, NewAllocation};
use super::{Allocation, By, GiftFor, Money, Outcome, PaymentError, Portion, Purpose, PurposeKind, Refusal, Source};
use super::{allocations_of, take_back};
use crate::db::{Conn, DbError};
use crate::donations::{self, Arrival, Change, ChangeError, NewGift};
use crate::funds;
use crate::ledger::{self, Entry, Method, NewEntry, accounts};
use crate::reference::Reference;
use crate::shares::{self, NewPayment, ShareError};

/// Allocates payments, each wholly: its portions add up to it. Money that waited in unallocated receipts leaves them on
/// its own day. The caller holds [`crate::db::Lock::Books`].
///
/// # Errors
/// [`PaymentError::Refused`] names the payment that refuses them all: parts that do not add up, money allocated before,
/// a gift, promise or application that does not take it, an account that cannot be.
pub fn allocate_all(
    conn: &mut Conn,
    now: DateTime<Utc>,
    by: &By,
    payments: &[(Money, Vec<Portion>)],
) -> Result<Vec<Outcome>, PaymentError> {
    let sources: Vec<Source> = payments.iter().map(|(money, _)| money.source).collect();
    let before = gathered(allocations_of(conn, &sources)?);
    let parts = parts(payments, &before)?;
    let waiting: Vec<Allocation> = before.into_values().flatten().filter(Allocation::is_live).collect();
    take_back::release(conn, now, by, &waiting)?;
    let mut made = Made { at: vec![None; parts.len()] };
    made.gifts(conn, now, by, &parts)?;
    made.promises(conn, now, by, &parts)?;
    made.shares(conn, now, by, &parts)?;
    made.accounts(conn, now, payments, &parts)?;
    made.linked(conn, &parts)?;
    made.held(conn, &parts)?;
    let new: Vec<NewAllocation<'_>> = parts.iter().zip(made.at).filter_map(|(part, made)| part.noted(made?)).collect();
    if new.len() != parts.len() {
        return Err(DbError::Corrupt("a portion was allocated to nothing".to_owned()).into());
    }
    let mut stored = store::insert_all(conn, now, by, &new)?.into_iter();
    let outcome = |(money, portions): &(Money, Vec<Portion>)| Outcome {
        source: money.source,
        allocations: stored.by_ref().take(portions.len()).collect(),
    };
    Ok(payments.iter().map(outcome).collect())
}

fn gathered(allocations: Vec<Allocation>) -> HashMap<Source, Vec<Allocation>> {
    let mut by_source: HashMap<Source, Vec<Allocation>> = HashMap::new();
    for allocation in allocations {
        by_source.entry(allocation.source).or_default().push(allocation);
    }
    by_source
}

/// A portion with its payment and the number that makes its key.
struct Part<'a> {
    payment: usize,
    at: usize,
    number: usize,
    money: &'a Money,
    portion: &'a Portion,
}

impl<'a> Part<'a> {
    fn key(&self) -> String {
        format!("{}:{}:{}", self.money.source.name(), self.money.source.id(), self.number)
    }

    fn refuse(&self, why: impl Into<Refusal>) -> PaymentError {
        why.into().of(self.money.source, self.at)
    }

    fn change(&self, by: &By) -> Change {
        let key = self.key();
        let says = format!("{key}:{}", self.portion.amount_minor);
        Change {
            fingerprint: Sha256::digest(says.as_bytes()).into(),
            key,
            reason: String::new(),
            by: by.who.clone(),
            request_id: by.request_id.clone(),
        }
    }

    fn noted(&self, (subject, entry): (String, i64)) -> Option<NewAllocation<'a>> {
        let note = match &self.portion.purpose {
            Purpose::Account { note, .. } => note.as_str(),
            _ => "",
        };
        let (source, amount_minor) = (self.money.source, self.portion.amount_minor);
        Some(NewAllocation { source, amount_minor, purpose: self.portion.purpose.kind(), subject, note, entry })
    }
}

/// Every portion of every payment, checked; a payment that was allocated before is refused, unless it only waited.
fn parts<'a>(
    payments: &'a [(Money, Vec<Portion>)],
    before: &HashMap<Source, Vec<Allocation>>,
) -> Result<Vec<Part<'a>>, PaymentError> {
    let mut parts = Vec::with_capacity(payments.len());
    let mut seen = std::collections::HashSet::with_capacity(payments.len());
    for (payment, (money, portions)) in payments.iter().enumerate() {
        rules::check(money, portions).map_err(|(at, refusal)| refusal.of(money.source, at))?;
        let earlier = before.get(&money.source).map_or(&[][..], Vec::as_slice);
        let is_settled = |it: &Allocation| it.is_live() && it.purpose != PurposeKind::Unallocated;
        if !seen.insert(money.source) || earlier.iter().any(is_settled) {
            return Err(Refusal::AlreadyAllocated.of(money.source, 0));
        }
        for (at, portion) in portions.iter().enumerate() {
            parts.push(Part { payment, at, number: earlier.len() + at + 1, money, portion });
        }
    }
    Ok(parts)
}

/// What each portion became: its subject and its entry.
struct Made {
    at: Vec<Option<(String, i64)>>,
}

impl Made {
    /// New gifts go through the books in one go.
    fn gifts(&mut self, conn: &mut Conn, now: DateTime<Utc>, by: &By, parts: &[Part<'_>]) -> Result<(), PaymentError> {
        let (mut places, mut gifts) = (Vec::new(), Vec::new());
        let mut currencies = HashMap::new();
        for (place, part) in parts.iter().enumerate() {
            let Purpose::NewGift(gift) = &part.portion.purpose else { continue };
            let counts_in = match currencies.entry(gift.fund_id) {
                Occupied(known) => *known.get(),
                Vacant(new) => {
                    let fund = funds::fund(conn, gift.fund_id)?.ok_or_else(|| part.refuse(Refusal::UnknownFund))?;
                    *new.insert(fund.currency)
                }
            };
            if counts_in != part.money.currency {
                return Err(part.refuse(Refusal::OtherCurrency(part.money.currency.code(), counts_in.code())));
            }
            places.push(place);
            gifts.push(new_gift(part, gift, by));
        }
        let outcomes = donations::record_all(conn, now, &gifts)?;
        for (place, outcome) in places.into_iter().zip(outcomes) {
            let recorded = outcome.map_err(|refusal| parts[place].refuse(refusal))?;
            let entry = recorded.donation.entry.filter(|_| !recorded.is_replay);
            let entry = entry.ok_or_else(|| parts[place].refuse(Refusal::AlreadyAllocated))?;
            self.at[place] = Some((Reference::of(recorded.donation.id).to_string(), entry));
        }
        Ok(())
    }

    fn promises(
        &mut self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        by: &By,
        parts: &[Part<'_>],
    ) -> Result<(), PaymentError> {
        let (mut places, mut arrivals) = (Vec::new(), Vec::new());
        for (place, part) in parts.iter().enumerate() {
            let Purpose::Promise { donation } = part.portion.purpose else { continue };
            places.push(place);
            arrivals.push(Arrival {
                donation,
                received_on: Some(part.money.received_on),
                amount_minor: Some(part.portion.amount_minor),
                method: Some(part.money.method),
                change: part.change(by),
            });
        }
        let outcomes = donations::receive_all(conn, now, &arrivals)?;
        for (place, outcome) in places.into_iter().zip(outcomes) {
            let part = &parts[place];
            let donation = outcome.map_err(|refusal| part.refuse(refusal))?;
            if donation.currency != part.money.currency {
                let codes = (part.money.currency.code(), donation.currency.code());
                return Err(part.refuse(Refusal::OtherCurrency(codes.0, codes.1)));
            }
            let entry = donation.entry.ok_or_else(|| part.refuse(ChangeError::NotReceived))?;
            self.at[place] = Some((donation.reference().to_string(), entry));
        }
        Ok(())
    }

    fn shares(&mut self, conn: &mut Conn, now: DateTime<Utc>, by: &By, parts: &[Part<'_>]) -> Result<(), PaymentError> {
        let deed = shares::Deed { by: by.who.clone(), request_id: by.request_id.clone() };
        for (place, part) in parts.iter().enumerate() {
            let Purpose::Shares { application } = part.portion.purpose else { continue };
            let known = shares::application(conn, application)?;
            let known = known.ok_or_else(|| part.refuse(ShareError::UnknownApplication))?;
            let class = shares::class(conn, known.class_id)?;
            if class.currency != part.money.currency {
                return Err(part.refuse(Refusal::OtherCurrency(part.money.currency.code(), class.currency.code())));
            }
            let payment = NewPayment {
                application,
                amount_minor: part.portion.amount_minor,
                method: part.money.method,
                received_on: Some(part.money.received_on),
            };
            let (paid, entry) = shares::pay(conn, now, &deed, &payment).map_err(|refusal| part.refuse(refusal))?;
            self.at[place] = Some((paid.reference().to_string(), entry));
        }
        Ok(())
    }

    /// Accounts by name and money that waits: one entry each a payment, all of them in one go.
    fn accounts(
        &mut self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        payments: &[(Money, Vec<Portion>)],
        parts: &[Part<'_>],
    ) -> Result<(), PaymentError> {
        let (mut entries, mut of_payment): (Vec<NewEntry>, HashMap<(usize, PurposeKind), usize>) = Default::default();
        for (payment, (money, portions)) in payments.iter().enumerate() {
            if let Some(entry) = account_entry(money, portions) {
                of_payment.insert((payment, PurposeKind::Account), entries.len());
                entries.push(entry);
            }
            let waits = portions.iter().filter(|portion| portion.purpose == Purpose::Unallocated);
            let waits: i64 = waits.map(|portion| portion.amount_minor).sum();
            if waits != 0 {
                of_payment.insert((payment, PurposeKind::Unallocated), entries.len());
                entries.push(unallocated_entry(money, waits));
            }
        }
        let posted = ledger::post_all(conn, now, &entries).map_err(DbError::from)?;
        for (place, part) in parts.iter().enumerate() {
            let subject = match &part.portion.purpose {
                Purpose::Account { account, .. } => account.clone(),
                Purpose::Unallocated => accounts::UNALLOCATED_RECEIPTS.to_owned(),
                _ => continue,
            };
            let entry = of_payment.get(&(part.payment, part.portion.purpose.kind()));
            // Parts of one account that add up to nothing post nothing.
            let entry = entry.ok_or_else(|| part.refuse(Refusal::BadPortions(rules::PORTIONS_MAX)))?;
            self.at[place] = Some((subject, posted[*entry].number));
        }
        Ok(())
    }

    /// Links money to entries that the books have already, each at most once over.
    fn linked(&mut self, conn: &mut Conn, parts: &[Part<'_>]) -> Result<(), PaymentError> {
        let known = |part: &Part<'_>| match part.portion.purpose {
            Purpose::Known { entry } => Some(entry),
            _ => None,
        };
        let numbers: Vec<i64> = parts.iter().filter_map(known).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let entries = ledger::entries_numbered(conn, &numbers)?;
        let entries: HashMap<i64, &Entry> = entries.iter().map(|entry| (entry.number, entry)).collect();
        let mut linked = store::linked_minor(conn, &numbers)?;
        for (place, part) in parts.iter().enumerate() {
            let Some(number) = known(part) else { continue };
            let entry = entries.get(&number).ok_or_else(|| part.refuse(Refusal::UnknownEntry(number)))?;
            let account = part.money.method.account();
            let (amount, moved) = (part.portion.amount_minor, rules::moved(entry, account));
            if !rules::is_within(amount, moved) {
                return Err(part.refuse(Refusal::OtherEntry { entry: number, account }));
            }
            let so_far = linked.entry(number).or_default();
            *so_far += amount;
            if !rules::is_within(*so_far, moved) {
                return Err(part.refuse(Refusal::EntryLinked(number)));
            }
            self.at[place] = Some((number.to_string(), number));
        }
        Ok(())
    }

    /// A cheque is in hand as a whole, whatever it was split into: its parts are not listed by themselves.
    fn held(&self, conn: &mut Conn, parts: &[Part<'_>]) -> Result<(), DbError> {
        let (mut gifts, mut payments) = (Vec::new(), Vec::new());
        for (part, made) in parts.iter().zip(&self.at) {
            let Some((subject, entry)) = made.as_ref().filter(|_| part.money.method == Method::Cheque) else {
                continue;
            };
            match part.portion.purpose.kind() {
                PurposeKind::Gift | PurposeKind::Promise => {
                    gifts.extend(subject.parse::<Reference>().ok().map(Reference::number));
                }
                PurposeKind::Shares => payments.push(*entry),
                _ => {}
            }
        }
        donations::hold_in(conn, &gifts, Some(accounts::CHEQUES_IN_HAND))?;
        shares::hold_payments_in(conn, &payments, Some(accounts::CHEQUES_IN_HAND))
    }
}

fn new_gift(part: &Part<'_>, gift: &GiftFor, by: &By) -> NewGift {
    let change = part.change(by);
    NewGift {
        key: change.key,
        fingerprint: change.fingerprint,
        fund_id: gift.fund_id,
        appeal: gift.appeal.clone(),
        amount_minor: part.portion.amount_minor,
        method: part.money.method,
        is_pledge: false,
        received_on: Some(part.money.received_on),
        name: gift.name.clone(),
        email: gift.email.clone(),
        acknowledge_as: gift.acknowledge_as.clone(),
        anonymous: gift.anonymous,
        note: gift.note.clone(),
        in_memory_of: gift.in_memory_of.clone(),
        memory_in_print: gift.memory_in_print,
        by: change.by,
        request_id: change.request_id,
        stranger: None,
    }
}
