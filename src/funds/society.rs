//! The society that owns the paper.

/// The society that owns the paper: what stands on every receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Society {
    /// The full registered name (Act of 2014, section 11).
    pub name: String,
    /// The registered office, one line a line.
    pub address: String,
    /// "Registered society No. 12750R"
    pub registration: String,
    /// What the form and the receipt say about Gift Aid.
    pub charity_sentence: String,
    /// Where readers write to.
    pub contact_email: String,
    /// For bank transfers.
    pub bank_account_name: String,
    /// For bank transfers.
    pub bank_sort_code: String,
    /// For bank transfers.
    pub bank_account_number: String,
    /// For cheques.
    pub cheques_payable_to: String,
}

impl Society {
    /// A society nobody has named yet; the desk asks for the particulars until they are given.
    pub fn unnamed() -> Self {
        Self {
            name: "Our Newspaper Co-operative Limited".to_owned(),
            address: "The registered office (set under Settings)".to_owned(),
            registration: "Registered society, number to be set under Settings".to_owned(),
            charity_sentence:
                "We are a co-operative society and not a charity, so this gift is not eligible for Gift Aid.".to_owned(),
            contact_email: String::new(),
            bank_account_name: String::new(),
            bank_sort_code: String::new(),
            bank_account_number: String::new(),
            cheques_payable_to: String::new(),
        }
    }

    /// True while the particulars are still the ones that came with the program.
    pub fn is_unnamed(&self) -> bool {
        self.registration == Self::unnamed().registration
    }
}
