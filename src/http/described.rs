//! The words of the API's description: what a text must look like, said once for all bodies and questions.
//!
//! Invariant: a text that does not look like this is refused. Of one that does, the rules of the books may still say no:
//! a day may lie ahead, an amount may be more than is there. These types only describe; how texts are understood is left
//! to each room.

use utoipa::ToSchema;

/// A day as year-month-day; an empty text is one that was left out.
#[derive(ToSchema)]
#[schema(pattern = r"^\s*([0-9]{4}-[0-9]{2}-[0-9]{2})?\s*$", example = "2021-06-27")]
pub struct Day(pub String);

/// A sum of money with the currency's decimals, more than nothing. Never a number: a float is not money.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 40, example = "25.00")]
pub struct Amount(pub String);

/// How the money comes.
#[derive(ToSchema)]
#[schema(
    pattern = r"^\s*(cash|cheque|bank_transfer|standing_order|direct_debit|card|paypal|other)\s*$",
    example = "bank_transfer"
)]
pub struct MethodName(pub String);

/// A member's number.
#[derive(ToSchema)]
#[schema(pattern = r"^\s*[Mm]?[0-9]{1,12}\s*$", example = "M000123")]
pub struct Member(pub String);

/// A number of shares, as a number or as a text.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Count {
    /// 10
    Number(Number),
    /// "10"
    Figures(Figures),
}

/// A whole number from 1.
#[derive(ToSchema)]
#[schema(minimum = 1, maximum = 1_000_000_000, example = 10)]
pub struct Number(pub i64);

/// A whole number as it is written.
#[derive(ToSchema)]
#[schema(pattern = r"^\s*\+?[0-9,]+\s*$", example = "1,000")]
pub struct Figures(pub String);

/// A reason, or where a decision is written down: one line.
#[derive(ToSchema)]
#[schema(max_length = 1_000, example = "minute 4 of 3 June 2021")]
pub struct Words(pub String);
