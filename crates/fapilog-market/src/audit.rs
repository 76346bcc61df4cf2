//! The log of every act that matters to security. It is only ever added to.

use sqlx::{Any, Executor};

use crate::client_address::ClientAddress;
use crate::clock;
use crate::error::MarketError;
use crate::queries::audit::{self, EventRow};
use crate::secret::new_id;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody that is known.
    Anonymous,
    /// A user, by name.
    User(String),
    /// A token, by its public id.
    Token(String),
    /// A key that signs receipts, by its id.
    ReceiptKey(String),
    /// Who may run commands on the server's machine.
    Operator,
    /// The server itself, by a rule.
    Server,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => formatter.write_str("anonymous"),
            Self::User(name) => write!(formatter, "user:{name}"),
            Self::Token(id) => write!(formatter, "token:{id}"),
            Self::ReceiptKey(id) => write!(formatter, "receipt key:{id}"),
            Self::Operator => formatter.write_str("operator"),
            Self::Server => formatter.write_str("server"),
        }
    }
}

/// What was done. The words are what the log shows and filters by.
macro_rules! actions {
    ($($value:ident = $word:literal),+ $(,)?) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each value's word says what it means")]
        pub enum Action { $($value),+ }

        impl Action {
            /// The word in the log.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }
        }
    };
}

actions! {
    AccountCreated = "account created",
    AccountDeleted = "account deleted",
    SignedIn = "signed in",
    SignInFailed = "sign-in failed",
    SignInLocked = "sign-in locked for a while",
    SecondFactorFailed = "second factor failed",
    SignedOut = "signed out",
    SessionEnded = "session ended",
    PasswordChanged = "password changed",
    EmailChanged = "e-mail address changed",
    EmailVerified = "e-mail address verified",
    RecoveryAsked = "recovery asked for",
    Recovered = "account recovered",
    TotpOn = "authenticator added",
    TotpOff = "authenticator removed",
    PasskeyAdded = "passkey added",
    PasskeyRemoved = "passkey removed",
    PasskeyCopied = "passkey refused, it seems to be a copy",
    RecoveryCodeUsed = "recovery code used",
    RecoveryCodesMade = "recovery codes made",
    IdentityLinked = "identity linked",
    TokenMade = "token made",
    TokenRevoked = "token revoked",
    TokenMinted = "token minted",
    MintRefused = "minting refused",
    ProjectClaimed = "project claimed",
    ProjectTransferred = "project transferred",
    ReleaseYanked = "release yanked",
    ReleaseUnyanked = "release no longer yanked",
    ReleaseWithdrawn = "release withdrawn",
    ReleaseQuarantined = "release quarantined",
    ReleaseRestored = "release restored",
    ProjectStatusSet = "project status set",
    ReviewShown = "review shown by a moderator",
    ReviewHidden = "review hidden by a moderator",
    ReportsSettled = "reports settled",
    JudgementsRetried = "failed judgements tried again",
    CollaboratorSet = "collaborator set",
    CollaboratorRemoved = "collaborator removed",
    TrustedPublisherAdded = "trusted publisher added",
    TrustedPublisherRemoved = "trusted publisher removed",
    OrganisationCreated = "organisation created",
    MemberSet = "member set",
    MemberRemoved = "member removed",
    PublisherVerified = "publisher verified",
    VerificationWithdrawn = "verification withdrawn",
    PrefixReserved = "prefix reserved",
    PrefixReleased = "prefix released",
    SiteRoleSet = "site role set",
    WebhookAdded = "webhook added",
    WebhookRemoved = "webhook removed",
    WebhookEnded = "webhook ended after failures",
    WebhookResumed = "webhook switched on again",
    ReceiptKeyAdded = "receipt key added",
    ReceiptKeyRemoved = "receipt key removed",
    ReceiptsForgotten = "receipts forgotten",
}

/// One act.
#[derive(Debug, Clone)]
pub struct Event {
    actor: Actor,
    action: Action,
    client: String,
    user_id: Option<String>,
    project: Option<String>,
    publisher: Option<String>,
    detail: String,
}

impl Event {
    /// Somebody did something, from somewhere.
    #[must_use]
    pub fn new(actor: Actor, action: Action, client: ClientAddress) -> Self {
        Self {
            actor,
            action,
            client: client.to_string(),
            user_id: None,
            project: None,
            publisher: None,
            detail: String::new(),
        }
    }

    /// The operator did something on the server's own machine.
    #[must_use]
    pub fn by_operator(action: Action) -> Self {
        let mut event = Self::new(Actor::Operator, action, ClientAddress::default());
        event.client = "command line".to_owned();
        event
    }

    /// It concerns an account.
    #[must_use]
    pub fn about_user(mut self, user_id: &str) -> Self {
        self.user_id = Some(user_id.to_owned());
        self
    }

    /// It concerns a project.
    #[must_use]
    pub fn about_project(mut self, project: &str) -> Self {
        self.project = Some(project.to_owned());
        self
    }

    /// It concerns a publisher.
    #[must_use]
    pub fn about_publisher(mut self, publisher: &str) -> Self {
        self.publisher = Some(publisher.to_owned());
        self
    }

    /// What else is worth knowing; never a secret.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds the act to the log.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn record<'c>(
        self,
        database: impl Executor<'c, Database = Any>,
    ) -> Result<(), MarketError> {
        tracing::info!(actor = %self.actor, detail = self.detail, "{}", self.action.word());
        let row = EventRow {
            id: new_id()?,
            at_us: clock::now_us(),
            actor: self.actor.to_string(),
            action: self.action.word().to_owned(),
            user_id: self.user_id,
            project: self.project,
            publisher: self.publisher,
            client: self.client,
            detail: self.detail,
        };
        Ok(audit::insert(database, &row).await?)
    }
}
