//! What a statement says: lines, sums by fund, and what went back. No clock, no database.

use chrono::NaiveDate;

use crate::donations::{Donation, Method};
use crate::funds::Society;
use crate::funds::words::day;
use crate::money::{self, Currency};
use crate::outbox;
use crate::supporters::Supporter;

/// Something that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WentBack {
    /// The day.
    pub on: NaiveDate,
    /// How much.
    pub amount_minor: i64,
    /// True when the bank did not pay; otherwise we sent it back.
    pub is_unpaid: bool,
}

/// One gift in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The gift.
    pub gift: Donation,
    /// "Fighting Fund, June 2021"
    pub purpose: String,
    /// The fund's title.
    pub fund: String,
    /// What went back of it until the statement was written.
    pub went_back: Vec<WentBack>,
}

impl StatementLine {
    fn returned_minor(&self) -> i64 {
        self.went_back.iter().map(|back| back.amount_minor).sum()
    }

    /// "27 June 2021"
    pub fn day(&self) -> String {
        self.gift.received_on.map(day).unwrap_or_default()
    }

    /// "£25.00"
    pub fn amount(&self) -> String {
        money::display(self.gift.amount_minor, self.gift.currency)
    }

    /// "2021-000123"
    pub fn receipt(&self) -> String {
        self.gift.receipt.map(|number| number.to_string()).unwrap_or_default()
    }

    /// "by cheque", "in cash"
    pub fn way(&self) -> String {
        match self.gift.method {
            Method::Cash => "in cash".to_owned(),
            method => format!("by {}", method.label()),
        }
    }

    /// "£5.00 went back to you on 3 July 2021", one for each time.
    pub fn backs(&self) -> Vec<String> {
        let told = |back: &WentBack| {
            let (amount, on) = (money::display(back.amount_minor, self.gift.currency), day(back.on));
            if back.is_unpaid {
                format!("{amount} came back from the bank unpaid on {on}")
            } else {
                format!("{amount} went back to you on {on}")
            }
        };
        self.went_back.iter().map(told).collect()
    }
}

/// What one fund got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundSum {
    /// The fund's title; empty for the sum of all.
    pub fund: String,
    /// What it counts in.
    pub currency: Currency,
    /// Gifts.
    pub gifts: i64,
    /// What was given.
    pub given_minor: i64,
    /// What went back of it.
    pub returned_minor: i64,
}

impl FundSum {
    /// "£25.00"
    pub fn given(&self) -> String {
        money::display(self.given_minor, self.currency)
    }

    /// What went back.
    pub fn returned(&self) -> String {
        money::display(self.returned_minor, self.currency)
    }

    /// What stands.
    pub fn stands(&self) -> String {
        money::display(self.given_minor - self.returned_minor, self.currency)
    }
}

/// Everything that a supporter gave in a year.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Who gave.
    pub supporter: Supporter,
    /// The calendar year.
    pub year: i64,
    /// Gifts received in it, by day.
    pub lines: Vec<StatementLine>,
    /// Gifts of earlier years of which something went back in it.
    pub earlier: Vec<StatementLine>,
    /// Who writes.
    pub society: Society,
    /// When it was written.
    pub written_on: NaiveDate,
    /// What a copy of one that has left says of the first; empty on the first itself.
    pub copy: String,
}

impl Statement {
    /// One line.
    pub fn subject(&self) -> String {
        format!("Your gifts in {}", self.year)
    }

    /// "Dear Ann Lee,"
    pub fn greeting(&self) -> String {
        outbox::greeting(&self.supporter.name)
    }

    /// "3 January 2022"
    pub fn written_day(&self) -> String {
        day(self.written_on)
    }

    /// What stands in the window: the name and the address.
    pub fn to_lines(&self) -> Vec<&str> {
        std::iter::once(self.supporter.name.as_str()).chain(self.supporter.address.lines()).collect()
    }

    /// What each fund got, in the order of their first gift.
    pub fn by_fund(&self) -> Vec<FundSum> {
        let mut sums: Vec<FundSum> = Vec::new();
        for line in &self.lines {
            add(&mut sums, &line.fund, line);
        }
        sums
    }

    /// What all of them got, one sum a currency.
    pub fn in_all(&self) -> Vec<FundSum> {
        let mut sums: Vec<FundSum> = Vec::new();
        for line in &self.lines {
            add(&mut sums, "", line);
        }
        sums
    }

    /// True when one fund got everything, so that its sum is the sum of all.
    pub fn is_of_one_fund(&self) -> bool {
        self.by_fund().len() == 1
    }

    /// "one gift", "3 gifts"
    pub fn counted(&self, gifts: &i64) -> String {
        if *gifts == 1 { "one gift".to_owned() } else { format!("{gifts} gifts") }
    }
}

fn add(sums: &mut Vec<FundSum>, fund: &str, line: &StatementLine) {
    let currency = line.gift.currency;
    let at = sums.iter().position(|sum| sum.fund == fund && sum.currency == currency).unwrap_or_else(|| {
        sums.push(FundSum { fund: fund.to_owned(), currency, gifts: 0, given_minor: 0, returned_minor: 0 });
        sums.len() - 1
    });
    sums[at].gifts += 1;
    sums[at].given_minor += line.gift.amount_minor;
    sums[at].returned_minor += line.returned_minor();
}
