//! What an account asks for after the password, and what stands in for it.

use crate::error::MarketError;
use crate::market::Market;
use crate::queries::passkeys;
use crate::queries::users::{self, UserRow};

/// The second factors of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factors {
    /// Whether an authenticator app is set up.
    pub authenticator: bool,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many recovery codes are left. Alone they are no factor.
    pub recovery_codes: i64,
}

impl Factors {
    /// Those of an account.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn of(market: &Market, user: &UserRow) -> Result<Self, MarketError> {
        let database = &market.database;
        Ok(Self {
            authenticator: user.totp_secret.is_some(),
            passkeys: passkeys::count(database, &user.id).await?,
            recovery_codes: users::count_recovery_codes(&**database, &user.id).await?,
        })
    }

    /// Whether the password alone opens nothing.
    #[must_use]
    pub const fn are_asked_for(self) -> bool {
        self.authenticator || self.passkeys > 0
    }
}

/// Whether an account asks for something after the password.
///
/// # Errors
///
/// `internal`.
pub async fn is_on(market: &Market, user: &UserRow) -> Result<bool, MarketError> {
    Ok(Factors::of(market, user).await?.are_asked_for())
}
