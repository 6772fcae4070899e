//! What a letter tells.

/// What a letter tells, and what its `subject_id` and `event_id` name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// A gift was promised: how to pay it. About a donation.
    Pledge,
    /// A promise has not come: how to pay it, or not to. About a donation.
    Reminder,
    /// Money was received: the numbered receipt. About a donation.
    Receipt,
    /// The receipt once more, marked as a duplicate. About a donation.
    Duplicate,
    /// Money went back, in part or whole. About a donation and its event.
    Refund,
    /// A cheque or a direct debit bounced. About a donation and its event.
    Bounce,
    /// A gift that was receipted had been entered by mistake. About a donation and its event.
    Correction,
    /// All that somebody gave in a year. About a supporter and the year.
    GivingStatement,
    /// An application came: how to pay for it. About an application.
    ShareApplication,
    /// Money came for an application. About an application and its payment.
    ShareMoney,
    /// Shares were allotted; the certificate is enclosed. About an application and the event.
    ShareAllotment,
    /// An application was refused. About an application.
    ShareRefusal,
    /// Shares went or came. About an event and the holder on this side of it.
    ShareTransfer,
    /// A notice of withdrawal came. About a withdrawal.
    WithdrawalNotice,
    /// A withdrawal was agreed. About a withdrawal.
    WithdrawalAgreed,
    /// A withdrawal was refused. About a withdrawal.
    WithdrawalRefused,
    /// A withdrawal was paid out. About a withdrawal.
    WithdrawalPaid,
    /// What a member holds on a day. About a holder and the day, as a number like 20261231.
    HoldingStatement,
    /// Interest was declared. About a holder and the run.
    ShareInterest,
    /// An application that was refused or withdrawn waits again. About an application and the note that says so.
    ShareReopened,
    /// What was told about a withdrawal was taken back. About a withdrawal and the note that says so.
    WithdrawalCorrected,
    /// Interest, or the shares for it, were taken back. About a holder and the note that says so.
    InterestTakenBack,
}

impl LetterKind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::Pledge,
        Self::Reminder,
        Self::Receipt,
        Self::Duplicate,
        Self::Refund,
        Self::Bounce,
        Self::Correction,
        Self::GivingStatement,
        Self::ShareApplication,
        Self::ShareMoney,
        Self::ShareAllotment,
        Self::ShareRefusal,
        Self::ShareTransfer,
        Self::WithdrawalNotice,
        Self::WithdrawalAgreed,
        Self::WithdrawalRefused,
        Self::WithdrawalPaid,
        Self::HoldingStatement,
        Self::ShareInterest,
        Self::ShareReopened,
        Self::WithdrawalCorrected,
        Self::InterestTakenBack,
    ];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pledge => "pledge",
            Self::Reminder => "reminder",
            Self::Receipt => "receipt",
            Self::Duplicate => "duplicate",
            Self::Refund => "refund",
            Self::Bounce => "bounce",
            Self::Correction => "correction",
            Self::GivingStatement => "giving-statement",
            Self::ShareApplication => "share-application",
            Self::ShareMoney => "share-money",
            Self::ShareAllotment => "share-allotment",
            Self::ShareRefusal => "share-refusal",
            Self::ShareTransfer => "share-transfer",
            Self::WithdrawalNotice => "withdrawal-notice",
            Self::WithdrawalAgreed => "withdrawal-agreed",
            Self::WithdrawalRefused => "withdrawal-refused",
            Self::WithdrawalPaid => "withdrawal-paid",
            Self::HoldingStatement => "holding-statement",
            Self::ShareInterest => "share-interest",
            Self::ShareReopened => "share-reopened",
            Self::WithdrawalCorrected => "withdrawal-corrected",
            Self::InterestTakenBack => "interest-taken-back",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pledge => "How to pay",
            Self::Reminder => "Reminder of a promise",
            Self::Receipt => "Receipt",
            Self::Duplicate => "Receipt, duplicate",
            Self::Refund => "Refund",
            Self::Bounce => "Bounced gift",
            Self::Correction => "Correction of a receipt",
            Self::GivingStatement => "Statement of the year",
            Self::ShareApplication => "Application received",
            Self::ShareMoney => "Money for shares received",
            Self::ShareAllotment => "Welcome, with the certificate",
            Self::ShareRefusal => "Application refused",
            Self::ShareTransfer => "Transfer of shares",
            Self::WithdrawalNotice => "Notice of withdrawal received",
            Self::WithdrawalAgreed => "Withdrawal agreed",
            Self::WithdrawalRefused => "Withdrawal refused",
            Self::WithdrawalPaid => "Withdrawal paid out",
            Self::HoldingStatement => "Statement of holding",
            Self::ShareInterest => "Interest on shares",
            Self::ShareReopened => "Application open again",
            Self::WithdrawalCorrected => "Correction about a withdrawal",
            Self::InterestTakenBack => "Correction about interest",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// True for a letter that whoever fills in a public form sends to the address they typed, which may be anybody's.
    /// It says what to pay and where, and names nobody: no stranger's words go to a third person by our hand.
    pub fn is_asked_for_by_strangers(self) -> bool {
        matches!(self, Self::Pledge | Self::Reminder | Self::ShareApplication)
    }

    /// True for a letter about one gift.
    pub fn is_about_gift(self) -> bool {
        matches!(
            self,
            Self::Pledge
                | Self::Reminder
                | Self::Receipt
                | Self::Duplicate
                | Self::Refund
                | Self::Bounce
                | Self::Correction
        )
    }

    /// True for a letter to somebody who gives; the others are about shares.
    pub fn is_about_giving(self) -> bool {
        self.is_about_gift() || self == Self::GivingStatement
    }

    /// True for a letter about shares.
    pub fn is_about_shares(self) -> bool {
        !self.is_about_giving()
    }

    /// True for a letter about an application for shares.
    pub fn is_about_application(self) -> bool {
        matches!(
            self,
            Self::ShareApplication | Self::ShareMoney | Self::ShareAllotment | Self::ShareRefusal | Self::ShareReopened
        )
    }

    /// True for a letter about a withdrawal.
    pub fn is_about_withdrawal(self) -> bool {
        matches!(
            self,
            Self::WithdrawalNotice
                | Self::WithdrawalAgreed
                | Self::WithdrawalRefused
                | Self::WithdrawalPaid
                | Self::WithdrawalCorrected
        )
    }
}
