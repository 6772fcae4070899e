//! Who may act: members of staff, their roles, and the tokens of programs.

/// Who caused a change. The middleware of this room puts it into every request.
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

    /// As the desk greets them.
    pub fn name(&self) -> &str {
        match self {
            Self::Staff { name, .. } | Self::Token { name, .. } => name,
            Self::Public => "Nobody",
            Self::Operator => "Operator",
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
}

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Opens the post and enters it.
    Clerk,
    /// Checks the ledger, refunds, changes targets.
    Treasurer,
    /// Keeps the share register.
    Secretary,
    /// Reads everything, changes nothing.
    Auditor,
    /// Manages staff, tokens and settings.
    Administrator,
}

/// Every request has an actor; one that nobody signed is the public's.
impl actix_web::FromRequest for Actor {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        use actix_web::HttpMessage;
        std::future::ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or(Self::Public)))
    }
}
