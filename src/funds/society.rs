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

    /// To whom a cheque is made out.
    pub fn payee(&self) -> &str {
        if self.cheques_payable_to.is_empty() { &self.name } else { &self.cheques_payable_to }
    }

    /// True when readers can be told where to send money.
    pub fn has_bank_details(&self) -> bool {
        !self.bank_account_number.is_empty()
    }

    /// The registered office, line by line.
    pub fn address_lines(&self) -> impl Iterator<Item = &str> {
        self.address.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// What stands at the foot of every letter: who we are (Act of 2014, section 11).
    pub fn imprint(&self) -> Vec<&str> {
        let particulars = [self.name.as_str(), self.registration.as_str()].into_iter();
        let contact = std::iter::once(self.contact_email.as_str()).filter(|contact| !contact.is_empty());
        particulars.chain(self.address_lines()).chain(contact).collect()
    }
}
