//! Who may use a route, and the roles that rights are made of.

use std::fmt;

/// What somebody must be to use a route. There is no default: each route states its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in, with all factors that the account asks for.
    SignedIn,
    /// A role on the project that `{project}` in the path names, held directly or through the
    /// organisation that owns it.
    Project(ProjectRole),
    /// A role in the organisation that `{organisation}` in the path names.
    Organisation(OrganisationRole),
    /// Moderators of this marketplace, and administrators.
    Moderator,
    /// Administrators of this marketplace.
    Administrator,
    /// An API token that allows this action; cookies don't count. Whether it covers the project
    /// is known only when the body has been read.
    Token(TokenAction),
    /// An API token that allows this action and belongs to an account.
    AccountToken(TokenAction),
    /// An API token that allows this action and covers the project that `{project}` in the path
    /// names, of an account that has this role on it now.
    ProjectToken(TokenAction, ProjectRole),
    /// An API token that allows this action and covers all projects, of an account that has this
    /// role now in the organisation that `{organisation}` in the path names.
    OrganisationToken(TokenAction, OrganisationRole),
}

/// Roles on a project; a later one can do all that an earlier one can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectRole {
    /// Uploads, yanks, answers reviews.
    Maintainer,
    /// Also decides who else may, and where the project may be published from.
    Owner,
}

/// Roles in an organisation; a later one can do all that an earlier one can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganisationRole {
    /// Is named as a member.
    Member,
    /// Maintains all projects of the organisation.
    Maintainer,
    /// Owns all projects of the organisation and decides who its members are.
    Owner,
}

/// What an API token may be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenAction {
    /// Upload files.
    Upload,
    /// Look after the webhooks of projects and organisations that one owns.
    Webhooks,
    /// Add keys that sign receipts of what was installed.
    Receipts,
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => formatter.write_str("anyone"),
            Self::SignedIn => formatter.write_str("signed in"),
            Self::Project(role) => write!(formatter, "project {role}"),
            Self::Organisation(role) => write!(formatter, "organisation {role}"),
            Self::Moderator => formatter.write_str("moderator"),
            Self::Administrator => formatter.write_str("administrator"),
            Self::Token(action) => write!(formatter, "token for {action}"),
            Self::AccountToken(action) => write!(formatter, "account's token for {action}"),
            Self::ProjectToken(action, role) => {
                write!(formatter, "token for {action} of a project {role}")
            }
            Self::OrganisationToken(action, role) => {
                write!(formatter, "token for {action} of an organisation {role}")
            }
        }
    }
}

/// Gives each value one word, the same in SQL, JSON, forms and pages.
macro_rules! words {
    ($name:ident: $($value:ident = $word:literal),+ $(,)?) => {
        impl $name {
            /// All values, weakest first.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The word in SQL, JSON, forms and pages.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word),+ }
            }

            /// The value that a word names.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.word())
            }
        }
    };
}

words!(ProjectRole: Maintainer = "maintainer", Owner = "owner");
words!(OrganisationRole: Member = "member", Maintainer = "maintainer", Owner = "owner");
words!(TokenAction: Upload = "upload", Webhooks = "webhooks", Receipts = "receipts");
