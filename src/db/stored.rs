//! Enums that the database keeps as words.
//!
//! Invariant: a word that no version of this program writes is an error of the reading, told as
//! [`DbError::Corrupt`](super::DbError::Corrupt); it never becomes a default.

/// A word where a kind or a state should be.
#[derive(Debug, thiserror::Error)]
#[error("there is no {what} called {word:?}")]
pub struct UnknownWord {
    /// "EventKind"
    pub what: &'static str,
    /// As it is stored.
    pub word: String,
}

/// Lets an enum with `from_name` be read from a column of text.
macro_rules! stored_as_text {
    ($($kind:ty),+) => {$(
        impl<DB> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $kind
        where
            DB: diesel::backend::Backend,
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let word = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                let known = <$kind>::from_name(&word);
                known.ok_or_else(|| $crate::db::stored::UnknownWord { what: stringify!($kind), word }.into())
            }
        }

        impl<ST, DB> diesel::deserialize::Queryable<ST, DB> for $kind
        where
            DB: diesel::backend::Backend,
            ST: diesel::sql_types::SingleValue,
            Self: diesel::deserialize::FromSql<ST, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> diesel::deserialize::Result<Self> {
                Ok(row)
            }
        }
    )+};
}

pub(crate) use stored_as_text;
