//! What must be so before the books of an appeal are closed: facts in, a checklist out. No clock, no database.
//!
//! Invariant: an item that is false blocks, except those that a treasurer may waive with a reason; an item that is
//! only told never blocks.

use chrono::NaiveDate;

use crate::donations::ReceiptLetters;
use crate::funds::words::{self, day};
use crate::funds::{Appeal, Fund};
use crate::money::{Currency, display};

/// What the books say about an appeal that is to be closed.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Today, on the fund's clock.
    pub today: NaiveDate,
    /// The last day on which money may arrive for it.
    pub last_day: NaiveDate,
    /// The appeal that left something to it: its label, its page, and whether that still moves it.
    pub before: Option<(String, String, bool)>,
    /// Batches of the post that came up to the last day and are not posted.
    pub batches: usize,
    /// How far the bank's statement is reconciled.
    pub statement: BankDay,
    /// Where its receipts stand.
    pub letters: ReceiptLetters,
    /// Promises of it that have not come, and their sum.
    pub promised: (i64, String),
    /// The proof of the books that was kept last.
    pub proof: Option<ProofFact>,
    /// Money that arrived up to the last day and that nobody has allocated: its sum; empty for none.
    pub unallocated: String,
    /// Its gifts, for the links.
    pub gifts: String,
}

/// How far the bank's statement is reconciled with our account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankDay {
    /// No statement was ever taken in here.
    NotKept,
    /// Statements are taken in, and none agrees yet.
    Never,
    /// Up to this day.
    Until(NaiveDate),
}

/// A proof of the books, seen from an appeal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFact {
    /// The entry up to which it read.
    pub entry: i64,
    /// What was wrong; empty when nothing was.
    pub fault: String,
    /// The day it was made.
    pub on: NaiveDate,
    /// The last entry that moved the appeal.
    pub moved_at: i64,
}

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is so.
    Done,
    /// It does not apply here.
    NotKept,
    /// Worth knowing; it never blocks.
    Told,
    /// It is not so, and a treasurer may close all the same and say why.
    Waivable,
    /// It is not so.
    Blocks,
}

impl Standing {
    /// As its badge says it, and the badge's tone.
    pub fn badge(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("done", "good"),
            Self::NotKept => ("not kept here", ""),
            Self::Told => ("to know", ""),
            Self::Waivable => ("to do", "wait"),
            Self::Blocks => ("to do", "bad"),
        }
    }
}

/// A line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name in the form.
    pub slug: &'static str,
    /// What must be so.
    pub title: &'static str,
    /// Where it stands.
    pub standing: Standing,
    /// What the books say about it.
    pub said: String,
    /// What to do, and where.
    pub todo: Option<(&'static str, String)>,
}

/// The checklist, in the order in which a treasurer works it off.
pub fn checklist(facts: &Facts) -> Vec<Item> {
    let earlier = facts.before.as_ref().map(|(label, place, still_moves)| earlier(label, place, *still_moves));
    let mut items = vec![over(facts)];
    items.extend(earlier);
    items.push(post(facts));
    items.push(bank(facts));
    items.push(receipts(facts));
    items.extend(posted(facts));
    items.extend(unreached(facts));
    items.extend(promises(facts));
    items.extend(unallocated(facts));
    items.push(proof(facts));
    items
}

/// What stands in the way of closing, when `waived` is waived.
pub fn obstacles<'a>(items: &'a [Item], waived: &[String]) -> Vec<&'a Item> {
    let is_waived = |item: &Item| item.standing == Standing::Waivable && waived.iter().any(|slug| slug == item.slug);
    let blocks = |item: &&Item| matches!(item.standing, Standing::Blocks | Standing::Waivable) && !is_waived(item);
    items.iter().filter(blocks).collect()
}

/// What is waived of it, as the history of the appeal keeps it: "Receipts have left: two are lost in the post".
pub fn waiver(items: &[Item], waived: &[String], reason: &str) -> String {
    let is_waived = |item: &&Item| item.standing == Standing::Waivable && waived.iter().any(|slug| slug == item.slug);
    let titles: Vec<&str> = items.iter().filter(is_waived).map(|item| item.title).collect();
    if titles.is_empty() { String::new() } else { format!("without “{}”: {reason}", titles.join("”, “")) }
}

fn over(facts: &Facts) -> Item {
    let is_over = facts.today > facts.last_day;
    let last_day = day(facts.last_day);
    Item {
        slug: "over",
        title: "The last day is over",
        standing: if is_over { Standing::Done } else { Standing::Blocks },
        said: if is_over {
            format!("It was {last_day}.")
        } else {
            format!("It takes gifts until {last_day}; it can be closed from the day after.")
        },
        todo: None,
    }
}

fn earlier(label: &str, place: &str, still_moves: bool) -> Item {
    let title = "The appeal before it is closed";
    if still_moves {
        let said = format!("{label} is open: what it leaves still moves the target here.");
        let todo = Some(("Close that one first", place.to_owned()));
        return Item { slug: "earlier", title, standing: Standing::Blocks, said, todo };
    }
    let said = format!("Nothing that happens to {label} moves this one any more.");
    Item { slug: "earlier", title, standing: Standing::Done, said, todo: None }
}

fn post(facts: &Facts) -> Item {
    let said = match facts.batches {
        0 => "No batch of the post is open.".to_owned(),
        1 => "One batch that came until then is still open.".to_owned(),
        count => format!("{count} batches that came until then are still open."),
    };
    let is_done = facts.batches == 0;
    Item {
        slug: "batches",
        title: "The batches of the post are posted",
        standing: if is_done { Standing::Done } else { Standing::Waivable },
        said,
        todo: (!is_done).then(|| ("See the batches", "/desk/batches".to_owned())),
    }
}

fn bank(facts: &Facts) -> Item {
    let last_day = day(facts.last_day);
    let (standing, said) = match facts.statement {
        BankDay::NotKept => (Standing::NotKept, "No statement of the bank was ever taken in here.".to_owned()),
        BankDay::Never => {
            (Standing::Waivable, format!("Our account does not agree with them yet; {last_day} is wanted."))
        }
        BankDay::Until(until) if until < facts.last_day => {
            (Standing::Waivable, format!("They agree up to {}; {last_day} is still to come.", day(until)))
        }
        BankDay::Until(until) => (Standing::Done, format!("They agree up to {}.", day(until))),
    };
    let todo = (standing == Standing::Waivable).then(|| ("Reconcile", "/desk/bank/reconciliation".to_owned()));
    Item { slug: "statement", title: "The bank’s statement agrees with our account", standing, said, todo }
}

fn receipts(facts: &Facts) -> Item {
    let ReceiptLetters { waiting, failed, .. } = facts.letters;
    let said = match (waiting, failed) {
        (0, 0) => "None waits and none has failed.".to_owned(),
        (waiting, 0) => format!("{} on the way.", are(waiting)),
        (0, 1) => "One has failed.".to_owned(),
        (0, failed) => format!("{} failed.", have(failed)),
        (waiting, failed) => format!("{} on the way, {} failed.", are(waiting), have(failed)),
    };
    let is_done = waiting + failed == 0;
    Item {
        slug: "receipts",
        title: "The receipts have left",
        standing: if is_done { Standing::Done } else { Standing::Waivable },
        said,
        todo: (!is_done).then(|| ("See the letters", "/desk/receipts".to_owned())),
    }
}

fn are(count: i64) -> String {
    if count == 1 { "One is".to_owned() } else { format!("{count} are") }
}

fn have(count: i64) -> String {
    if count == 1 { "one has".to_owned() } else { format!("{count} have") }
}

fn posted(facts: &Facts) -> Option<Item> {
    let count = facts.letters.to_post;
    let said = if count == 1 {
        "One is still to be printed and posted.".to_owned()
    } else {
        format!("{count} are still to be printed and posted.")
    };
    let todo = Some(("Print them", "/desk/receipts".to_owned()));
    let title = "The receipts on paper are posted";
    (count > 0).then_some(Item { slug: "posted", title, standing: Standing::Waivable, said, todo })
}

fn unreached(facts: &Facts) -> Option<Item> {
    let count = facts.letters.without_address;
    let said = if count == 1 {
        "One gift came without an address; its receipt can be printed from its page.".to_owned()
    } else {
        format!("{count} gifts came without an address; their receipts can be printed from their pages.")
    };
    let todo = Some(("See the gifts", facts.gifts.clone()));
    let title = "Givers who left no address";
    (count > 0).then_some(Item { slug: "unreached", title, standing: Standing::Told, said, todo })
}

fn promises(facts: &Facts) -> Option<Item> {
    let (count, sum) = &facts.promised;
    let gifts = if *count == 1 { "One gift".to_owned() } else { format!("{count} gifts") };
    (*count > 0).then(|| Item {
        slug: "promises",
        title: "Promises that have not come",
        standing: Standing::Told,
        said: format!("{gifts}, {sum}. What comes later counts in the month in which it comes."),
        todo: Some(("See the promises", format!("{}&status=pledged", facts.gifts))),
    })
}

fn unallocated(facts: &Facts) -> Option<Item> {
    (!facts.unallocated.is_empty()).then(|| Item {
        slug: "unallocated",
        title: "Money that nobody has allocated",
        standing: Standing::Told,
        said: format!("{} may hold gifts of this appeal; they count once they are allocated.", facts.unallocated),
        todo: Some(("See the account", "/desk/ledger/accounts".to_owned())),
    })
}

fn proof(facts: &Facts) -> Item {
    let title = "The books are proved";
    let blocks = |said| Item { slug: "proof", title, standing: Standing::Blocks, said, todo: None };
    match &facts.proof {
        None => blocks("They have not been proved from here yet.".to_owned()),
        Some(proof) if !proof.fault.is_empty() => blocks(format!("A check failed: {}.", proof.fault)),
        Some(proof) if proof.on <= facts.last_day => {
            blocks("They were proved before the last day was over. Please prove them again.".to_owned())
        }
        Some(proof) if proof.moved_at > proof.entry => blocks(format!(
            "Entry {} moved the appeal after the proof, which read up to entry {}. Please prove them again.",
            proof.moved_at, proof.entry
        )),
        Some(proof) => Item {
            slug: "proof",
            title,
            standing: Standing::Done,
            said: format!("Every check held on {}, up to entry {}.", day(proof.on), proof.entry),
            todo: None,
        },
    }
}

/// "May 2021", or the name of an appeal that is no month.
pub fn label(fund: &Fund, appeal: &Appeal) -> String {
    words::month(fund, &appeal.name).unwrap_or_else(|| appeal.name.clone())
}

/// What an appeal took over or left: "shortfall £212.00", "surplus £3.00".
pub fn carried(minor: i64, currency: Currency) -> String {
    let kind = if minor > 0 { "shortfall" } else { "surplus" };
    format!("{kind} {}", display(minor.abs(), currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, 6, day).expect("a date")
    }

    fn ready() -> Facts {
        Facts {
            today: date(3),
            last_day: NaiveDate::from_ymd_opt(2021, 5, 31).expect("a date"),
            before: None,
            batches: 0,
            statement: BankDay::NotKept,
            letters: ReceiptLetters::default(),
            promised: (0, String::new()),
            proof: Some(ProofFact { entry: 12, fault: String::new(), on: date(2), moved_at: 12 }),
            unallocated: String::new(),
            gifts: "/desk/gifts?appeal=1".to_owned(),
        }
    }

    fn standing(facts: &Facts, slug: &str) -> Option<Standing> {
        checklist(facts).into_iter().find(|item| item.slug == slug).map(|item| item.standing)
    }

    #[test]
    fn when_everything_is_so_nothing_stands_in_the_way() {
        assert_eq!(obstacles(&checklist(&ready()), &[]), Vec::<&Item>::new());
    }

    #[test]
    fn the_last_day_must_be_over() {
        let facts = Facts { today: date(30), last_day: date(30), ..ready() };

        assert_eq!(standing(&facts, "over"), Some(Standing::Blocks));
    }

    #[test]
    fn a_proof_counts_until_an_entry_moves_the_appeal_and_only_when_it_held() {
        let with = |entry, fault: &str, on, moved_at| {
            let proof = Some(ProofFact { entry, fault: fault.to_owned(), on, moved_at });
            standing(&Facts { proof, ..ready() }, "proof")
        };
        let may = NaiveDate::from_ymd_opt(2021, 5, 31).expect("a date");

        assert_eq!(with(12, "", date(1), 9), Some(Standing::Done), "later entries were not of this appeal");
        assert_eq!(with(12, "", date(1), 13), Some(Standing::Blocks));
        assert_eq!(with(12, "a hash", date(1), 9), Some(Standing::Blocks));
        assert_eq!(with(12, "", may, 9), Some(Standing::Blocks));
        assert_eq!(standing(&Facts { proof: None, ..ready() }, "proof"), Some(Standing::Blocks));
    }

    #[test]
    fn the_statement_must_reach_the_last_day_where_statements_are_kept() {
        let with = |statement| standing(&Facts { statement, ..ready() }, "statement");
        let may = |day| NaiveDate::from_ymd_opt(2021, 5, day).expect("a date");

        assert_eq!(with(BankDay::Until(may(30))), Some(Standing::Waivable));
        assert_eq!(with(BankDay::Until(may(31))), Some(Standing::Done));
        assert_eq!(with(BankDay::Never), Some(Standing::Waivable));
        assert_eq!(with(BankDay::NotKept), Some(Standing::NotKept));
    }

    #[test]
    fn an_open_batch_stands_in_the_way_unless_it_is_waived() {
        let facts = Facts { batches: 2, ..ready() };

        assert_eq!(obstacles(&checklist(&facts), &[]).len(), 1);
        assert!(obstacles(&checklist(&facts), &["batches".to_owned()]).is_empty());
    }

    #[test]
    fn only_what_may_be_waived_is_waived_and_promises_are_only_told() {
        let letters = ReceiptLetters { waiting: 1, failed: 2, to_post: 3, without_address: 4 };
        let facts =
            Facts { letters, promised: (2, "£10.00".to_owned()), today: date(30), last_day: date(30), ..ready() };
        let waived = ["receipts".to_owned(), "over".to_owned()];

        let items = checklist(&facts);
        let left: Vec<&str> = obstacles(&items, &waived).iter().map(|item| item.slug).collect();

        assert_eq!(left, ["over", "posted", "proof"]);
        assert_eq!(waiver(&items, &waived, "lost"), "without “The receipts have left”: lost");
    }

    #[test]
    fn what_is_carried_is_named_by_its_kind() {
        assert_eq!(carried(21_200, crate::money::GBP), "shortfall £212.00");
        assert_eq!(carried(-300, crate::money::GBP), "surplus £3.00");
    }
}
