//! Who caused a change, and what they may do.

/// Who caused a change. The guard puts it into every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A reader of the public pages.
    Public,
    /// A member of staff who is signed in.
    Staff {
        /// Their number.
        id: i64,
        /// Their name.
        name: String,
        /// What they may do.
        role: Role,
    },
    /// A program with a bearer token.
    Token {
        /// The token's number.
        id: i64,
        /// The token's name.
        name: String,
    },
    /// The command line.
    Operator,
}

impl Actor {
    /// As the audit trail writes it: "staff:3 Jane Doe", "token:2 post office", "public", "operator".
    pub fn who(&self) -> String {
        match self {
            Self::Public => "public".to_owned(),
            Self::Staff { id, name, .. } => format!("staff:{id} {name}"),
            Self::Token { id, name } => format!("token:{id} {name}"),
            Self::Operator => "operator".to_owned(),
        }
    }

    /// The scope of its idempotency keys: two senders may use the same key.
    pub fn key_space(&self) -> String {
        match self {
            Self::Public => "form".to_owned(),
            Self::Staff { id, .. } => format!("staff:{id}"),
            Self::Token { id, .. } => format!("token:{id}"),
            Self::Operator => "import".to_owned(),
        }
    }

    /// The name alone: "Jane Doe".
    pub fn name(&self) -> &str {
        match self {
            Self::Staff { name, .. } | Self::Token { name, .. } => name,
            Self::Public => "a reader",
            Self::Operator => "operator",
        }
    }

    /// The member of staff's number.
    pub fn staff_id(&self) -> Option<i64> {
        match self {
            Self::Staff { id, .. } => Some(*id),
            Self::Public | Self::Token { .. } | Self::Operator => None,
        }
    }

    /// The member of staff's role.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Staff { role, .. } => Some(*role),
            Self::Public | Self::Token { .. } | Self::Operator => None,
        }
    }

    /// True for a member of staff with one of `roles`: for pages that show only what would be allowed.
    pub fn is_one_of(&self, roles: &[Role]) -> bool {
        self.role().is_some_and(|role| roles.contains(&role))
    }
}

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Opens the post and enters it.
    Clerk,
    /// Checks the ledger, refunds, changes targets.
    Treasurer,
    /// Keeps the share register.
    Secretary,
    /// Reads everything, changes nothing.
    Auditor,
    /// Manages staff, tokens and settings, and may stand in for a treasurer: a small society has one of them.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Clerk, Self::Treasurer, Self::Secretary, Self::Auditor, Self::Administrator];

    /// As the command line and the database write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Treasurer => "treasurer",
            Self::Secretary => "secretary",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Record gifts, give them back; read them.
    DonationsWrite,
    /// Read gifts.
    DonationsRead,
    /// Read the ledger.
    LedgerRead,
    /// Keep the share register; read it.
    SharesWrite,
    /// Read the share register.
    SharesRead,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] =
        [Self::DonationsWrite, Self::DonationsRead, Self::LedgerRead, Self::SharesWrite, Self::SharesRead];

    /// As tokens and the contract write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DonationsWrite => "donations:write",
            Self::DonationsRead => "donations:read",
            Self::LedgerRead => "ledger:read",
            Self::SharesWrite => "shares:write",
            Self::SharesRead => "shares:read",
        }
    }

    /// Reads the name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// A write scope includes reading the same things.
    ///
    /// ```
    /// use fighting_fund::staff::Scope;
    /// assert!(Scope::DonationsWrite.covers(Scope::DonationsRead));
    /// assert!(!Scope::DonationsRead.covers(Scope::DonationsWrite));
    /// ```
    pub fn covers(self, wanted: Self) -> bool {
        self == wanted
            || matches!(
                (self, wanted),
                (Self::DonationsWrite, Self::DonationsRead) | (Self::SharesWrite, Self::SharesRead)
            )
    }
}
