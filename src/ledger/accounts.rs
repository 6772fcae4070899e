//! The chart of accounts, in the names that plain-text accounting tools write.

/// Money in the bank.
pub const BANK: &str = "assets:bank";
/// Cheques received and not yet paid in.
pub const CHEQUES_IN_HAND: &str = "assets:cheques-in-hand";
/// Notes and coins.
pub const CASH: &str = "assets:cash";
/// What the card processors still hold.
pub const CARD_CLEARING: &str = "assets:card-clearing";

/// The income account of a fund.
///
/// ```
/// assert_eq!(fighting_fund::ledger::accounts::donations_to("fighting-fund"), "income:donations:fighting-fund");
/// ```
pub fn donations_to(fund_slug: &str) -> String {
    format!("income:donations:{fund_slug}")
}
