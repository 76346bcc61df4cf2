//! Who moderates, and what they must say and may do.

use axum::http::StatusCode;

use crate::audit::{Action, Actor, Event};
use crate::client_address::ClientAddress;
use crate::error::MarketError;
use crate::index::ProjectStatus;

/// Longest reason of a person in bytes: a line or two on a page.
pub const MAX_REASON_BYTES: usize = 300;

/// By which right somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authority {
    /// Looks after the project.
    Publisher,
    /// Looks after the marketplace.
    Moderator,
    /// Runs commands on the server's machine.
    Operator,
    /// The scan.
    Judge,
}

/// Who acts, by which right, from where.
#[derive(Debug, Clone)]
pub struct Acting {
    authority: Authority,
    /// As events of releases name them.
    name: String,
    client: ClientAddress,
}

impl Acting {
    /// An owner or maintainer of the project, by name.
    #[must_use]
    pub fn publisher(name: &str, client: ClientAddress) -> Self {
        Self {
            authority: Authority::Publisher,
            name: name.to_owned(),
            client,
        }
    }

    /// A moderator, by name.
    #[must_use]
    pub fn moderator(name: &str, client: ClientAddress) -> Self {
        Self {
            authority: Authority::Moderator,
            name: name.to_owned(),
            client,
        }
    }

    /// Whoever runs commands on the server's machine.
    #[must_use]
    pub fn operator() -> Self {
        Self {
            authority: Authority::Operator,
            name: "operator".to_owned(),
            client: ClientAddress::default(),
        }
    }

    /// The scan, by the rules of today.
    #[must_use]
    pub fn judge() -> Self {
        Self {
            authority: Authority::Judge,
            name: JUDGE.to_owned(),
            client: ClientAddress::default(),
        }
    }

    /// As events of releases name them.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the project's owners hear of it by themselves: they don't when one of them acts.
    #[must_use]
    pub fn is_news_to_owners(&self) -> bool {
        self.authority != Authority::Publisher
    }

    pub(super) fn event(&self, action: Action) -> Event {
        let actor = match self.authority {
            Authority::Operator => return Event::by_operator(action),
            Authority::Judge => Actor::Server,
            Authority::Publisher | Authority::Moderator => Actor::User(self.name.clone()),
        };
        Event::new(actor, action, self.client)
    }

    /// People must give a reason where others have to live with what they do, and a short one.
    pub(super) fn check_reason(
        &self,
        reason: &str,
        concerns_others: bool,
    ) -> Result<(), MarketError> {
        let is_person = matches!(self.authority, Authority::Publisher | Authority::Moderator);
        if is_person && concerns_others && reason.trim().is_empty() {
            return Err(MarketError::bad_request(
                "reason-missing",
                "there is no reason",
                "say why, in words that publishers and users understand",
            ));
        }
        if self.authority != Authority::Judge && reason.len() > MAX_REASON_BYTES {
            return Err(MarketError::bad_request(
                "reason-too-long",
                format!("the reason has {} bytes", reason.len()),
                format!("write at most {MAX_REASON_BYTES}; details belong into the changelog"),
            ));
        }
        Ok(())
    }

    /// Publishers neither begin nor end a quarantine.
    pub(super) fn check_status(
        &self,
        from: ProjectStatus,
        to: ProjectStatus,
    ) -> Result<(), MarketError> {
        if self.authority != Authority::Publisher {
            return Ok(());
        }
        let refused = |message: &str, hint: &str| {
            MarketError::new(StatusCode::FORBIDDEN, "quarantine", message, hint)
        };
        if from == ProjectStatus::Quarantined {
            return Err(refused(
                "the project is quarantined, and only moderators end that",
                "read the reason, and write to the marketplace's moderators",
            ));
        }
        if to == ProjectStatus::Quarantined {
            return Err(refused(
                "only moderators quarantine a project",
                "archive it, or yank its releases",
            ));
        }
        Ok(())
    }
}

/// The name of the scan in events of releases.
pub const JUDGE: &str = "judge";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_give_reasons_that_others_can_read() {
        let client = ClientAddress::default();
        let (owner, moderator) = (
            Acting::publisher("ada", client),
            Acting::moderator("margaret", client),
        );
        let long = "x".repeat(MAX_REASON_BYTES + 1);
        for acting in [&owner, &moderator] {
            assert!(acting.check_reason(" ", true).is_err());
            assert!(acting.check_reason("", false).is_ok());
            assert!(acting.check_reason(&long, false).is_err());
        }
        assert!(Acting::operator().check_reason("", true).is_ok());
        assert!(Acting::judge().check_reason(&long, true).is_ok());
    }

    #[test]
    fn a_quarantine_is_begun_and_ended_by_moderators_alone() {
        use ProjectStatus::{Active, Archived, Deprecated, Quarantined};
        let client = ClientAddress::default();
        let owner = Acting::publisher("ada", client);
        assert!(owner.check_status(Active, Archived).is_ok());
        assert!(owner.check_status(Archived, Deprecated).is_ok());
        assert!(owner.check_status(Active, Quarantined).is_err());
        assert!(owner.check_status(Quarantined, Active).is_err());
        for acting in [Acting::moderator("margaret", client), Acting::operator()] {
            assert!(acting.check_status(Quarantined, Active).is_ok());
        }
    }
}
