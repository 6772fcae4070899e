//! The seam between the share register and the ledger, in words.

use crate::money::display;
use crate::shares::Seam;
use crate::shares::numbers::grouped;

/// A class on both sides.
#[derive(Debug, Clone)]
pub struct SeamLine {
    /// "Ordinary shares"
    pub class: String,
    /// "6,069"
    pub shares: String,
    /// What the register says was paid.
    pub register: String,
    /// What the ledger says.
    pub ledger: String,
    /// Whether they agree.
    pub is_even: bool,
}

/// Puts the seam into words; nothing while there are no shares.
pub fn lines(seams: &[Seam]) -> Vec<SeamLine> {
    let told = seams.iter().filter(|seam| seam.register_minor != 0 || seam.ledger_minor != 0);
    told.map(|seam| SeamLine {
        class: seam.class.name.clone(),
        shares: grouped(seam.shares),
        register: display(seam.register_minor, seam.class.currency),
        ledger: display(seam.ledger_minor, seam.class.currency),
        is_even: seam.is_even(),
    })
    .collect()
}
