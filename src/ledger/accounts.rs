//! The chart of accounts, in the names that plain-text accounting tools write.

/// Money in the bank.
pub const BANK: &str = "assets:bank";
/// Cheques received and not yet paid in.
pub const CHEQUES_IN_HAND: &str = "assets:cheques-in-hand";
/// Notes and coins.
pub const CASH: &str = "assets:cash";
/// What the card processors still hold.
pub const CARD_CLEARING: &str = "assets:card-clearing";

/// Money that arrived and that nobody has allocated yet.
pub const UNALLOCATED_RECEIPTS: &str = "liabilities:unallocated-receipts";
/// Money that came for shares and waits for the committee.
pub const SHARE_APPLICATIONS: &str = "liabilities:share-applications";
/// Money of withdrawn shares that is still to be paid out.
pub const WITHDRAWALS_PAYABLE: &str = "liabilities:withdrawals-payable";
/// Interest on shares that was declared and is still to be paid out.
pub const INTEREST_PAYABLE: &str = "liabilities:interest-payable";
/// What banks and card processors keep for themselves.
pub const PAYMENT_FEES: &str = "expenses:payment-fees";
/// Interest on shares.
pub const SHARE_INTEREST: &str = "expenses:share-interest";
/// What the society had before these books were kept.
pub const OPENING_BALANCES: &str = "equity:opening-balances";
/// Income that is neither gift nor sale, such as shares given to the society.
pub const OTHER_INCOME: &str = "income:other";

/// The capital of a share class.
///
/// ```
/// assert_eq!(fighting_fund::ledger::accounts::share_capital("ordinary"), "equity:share-capital:ordinary");
/// ```
pub fn share_capital(class: &str) -> String {
    format!("equity:share-capital:{class}")
}

/// The income account of a fund.
///
/// ```
/// assert_eq!(fighting_fund::ledger::accounts::donations_to("fighting-fund"), "income:donations:fighting-fund");
/// ```
pub fn donations_to(fund_slug: &str) -> String {
    format!("income:donations:{fund_slug}")
}
