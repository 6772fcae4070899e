//! What is wrong with one field of something that was typed, in words that say what to do.

/// A sentence for one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field's name.
    pub field: &'static str,
    /// What to do.
    pub message: String,
}
