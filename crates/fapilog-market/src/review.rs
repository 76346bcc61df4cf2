//! The rules for reviews: what one must say, and what keeps crowds and sock puppets out.

use crate::error::MarketError;

/// Fewest stars that need no words.
pub const STARS_WITHOUT_TEXT: i64 = 4;
/// Shortest text in characters where one is needed.
pub const MIN_TEXT: usize = 20;
/// Longest text in characters.
pub const MAX_TEXT: usize = 4000;

/// Reviews that one account may write in a day.
pub const MAX_A_DAY: i64 = 5;
/// Reviews of one plugin that show at once in a day; the others wait for a moderator. A crowd that is sent somewhere comes within hours.
pub const MAX_OF_PLUGIN_A_DAY: i64 = 10;
/// Days after which an account's review shows at once.
pub const MIN_ACCOUNT_DAYS: i64 = 2;

/// Edits of one review in a day.
pub const MAX_EDITS_A_DAY: i64 = 5;
/// Edits of one review: all that it said before is kept.
pub const MAX_EDITS: i64 = 50;
/// Votes of one account in a day, those taken back among them.
pub const MAX_VOTES_A_DAY: u32 = 50;
/// Reports of one account in a day.
pub const MAX_REPORTS_A_DAY: u32 = 20;

const DAY_US: i64 = 86_400_000_000;

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// 1 to 5.
    pub stars: i64,
    /// Version that was used.
    pub version: String,
    /// What is said.
    pub text: String,
}

impl Draft {
    /// Checks what was written; the text is trimmed.
    ///
    /// # Errors
    ///
    /// `bad-review`.
    pub fn new(stars: i64, version: &str, text: &str) -> Result<Self, MarketError> {
        let text: String = text
            .trim()
            .chars()
            .filter(|c| !c.is_control() || *c == '\n')
            .collect();
        let length = text.chars().count();
        let wrong = |message: String, hint: &str| {
            Err(MarketError::bad_request("bad-review", message, hint))
        };
        if !(1..=5).contains(&stars) {
            return wrong(
                format!("`{stars}` stars were given, expected 1 to 5"),
                "choose one to five stars",
            );
        }
        if length > MAX_TEXT {
            return wrong(
                format!("the text has {length} characters, at most {MAX_TEXT} fit"),
                "say it in fewer words",
            );
        }
        if stars < STARS_WITHOUT_TEXT && length < MIN_TEXT {
            return wrong(
                format!(
                    "{stars} stars need a text of {MIN_TEXT} characters or more, {length} were given"
                ),
                "say what went wrong, so that others and the author can use it",
            );
        }
        Ok(Self {
            stars,
            version: version.to_owned(),
            text,
        })
    }
}

/// What is known of the author and of what others wrote lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// When the author's account was made.
    pub account_created_us: i64,
    /// New reviews by the author in the last day.
    pub by_author: i64,
    /// Visible reviews of the plugin in the last day.
    pub of_plugin: i64,
}

/// What becomes of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It shows and counts at once.
    Visible,
    /// It waits for a moderator.
    Held(&'static str),
}

/// Decides whether a new review shows at once.
///
/// # Errors
///
/// `too-many-reviews`.
pub fn admit(circumstances: Circumstances, now_us: i64) -> Result<Admission, MarketError> {
    if circumstances.by_author >= MAX_A_DAY {
        return Err(MarketError::new(
            axum::http::StatusCode::TOO_MANY_REQUESTS,
            "too-many-reviews",
            format!("{MAX_A_DAY} reviews in a day are enough"),
            "come back tomorrow",
        ));
    }
    if is_new(circumstances.account_created_us, now_us) {
        return Ok(Admission::Held("new account"));
    }
    if circumstances.of_plugin >= MAX_OF_PLUGIN_A_DAY {
        return Ok(Admission::Held("many at once"));
    }
    Ok(Admission::Visible)
}

/// Whether an account is too young to be heard at once.
fn is_new(account_created_us: i64, now_us: i64) -> bool {
    now_us.saturating_sub(account_created_us) < MIN_ACCOUNT_DAYS * DAY_US
}

/// Decides whether an edited review still shows: a moderator has seen other words of a new account.
///
/// `today` and `ever` say how often it was edited.
///
/// # Errors
///
/// `too-many-edits`.
pub fn admit_edit(
    today: i64,
    ever: i64,
    account_created_us: i64,
    now_us: i64,
) -> Result<Admission, MarketError> {
    let too_many = |message: String, hint: &str| {
        let status = axum::http::StatusCode::TOO_MANY_REQUESTS;
        Err(MarketError::new(status, "too-many-edits", message, hint))
    };
    if ever >= MAX_EDITS {
        let message = format!("this review was edited {MAX_EDITS} times");
        return too_many(message, "take it back and write a new one");
    }
    if today >= MAX_EDITS_A_DAY {
        let message = format!("{MAX_EDITS_A_DAY} edits of a review in a day are enough");
        return too_many(message, "come back tomorrow");
    }
    Ok(if is_new(account_created_us, now_us) {
        Admission::Held("new account")
    } else {
        Admission::Visible
    })
}

/// Whether an account's vote counts: otherwise accounts would be made for voting.
///
/// # Errors
///
/// `account-too-new`.
pub fn check_voter(account_created_us: i64, now_us: i64) -> Result<(), MarketError> {
    if !is_new(account_created_us, now_us) {
        return Ok(());
    }
    Err(MarketError::new(
        axum::http::StatusCode::FORBIDDEN,
        "account-too-new",
        format!("accounts vote when they are {MIN_ACCOUNT_DAYS} days old"),
        "come back then",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_stars_need_words() {
        assert!(Draft::new(5, "1.0", "").is_ok() && Draft::new(4, "1.0", " ").is_ok());
        for (stars, text) in [
            (3, ""),
            (1, "bad"),
            (0, "x"),
            (6, "x"),
            (5, &"x".repeat(MAX_TEXT + 1)),
        ] {
            assert_eq!(Draft::new(stars, "1.0", text).unwrap_err().id, "bad-review");
        }
        let draft =
            Draft::new(1, "1.0", "  loses records when the\u{0} server restarts\n").unwrap();
        assert_eq!(draft.text, "loses records when the server restarts");
    }

    #[test]
    fn crowds_and_new_accounts_wait() {
        let now = 100 * DAY_US;
        let calm = Circumstances::default();
        assert_eq!(admit(calm, now).unwrap(), Admission::Visible);
        let crowd = Circumstances {
            of_plugin: MAX_OF_PLUGIN_A_DAY,
            ..calm
        };
        assert_eq!(admit(crowd, now).unwrap(), Admission::Held("many at once"));
        let fresh = Circumstances {
            account_created_us: now - 1,
            ..calm
        };
        assert_eq!(admit(fresh, now).unwrap(), Admission::Held("new account"));
        let busy = Circumstances {
            by_author: MAX_A_DAY,
            ..calm
        };
        assert_eq!(admit(busy, now).unwrap_err().id, "too-many-reviews");
    }

    #[test]
    fn edits_are_bounded_and_those_of_new_accounts_wait() {
        let now = 100 * DAY_US;
        let edit = |today, ever, created| admit_edit(today, ever, created, now);
        assert_eq!(edit(4, 49, 0).unwrap(), Admission::Visible);
        assert_eq!(edit(0, 0, now).unwrap(), Admission::Held("new account"));
        for (today, ever) in [(MAX_EDITS_A_DAY, 5), (0, MAX_EDITS)] {
            assert_eq!(edit(today, ever, 0).unwrap_err().id, "too-many-edits");
        }
    }

    #[test]
    fn an_account_votes_from_its_third_day_on() {
        let now = 100 * DAY_US;
        assert!(check_voter(now - MIN_ACCOUNT_DAYS * DAY_US, now).is_ok());
        for made in [now - MIN_ACCOUNT_DAYS * DAY_US + 1, now, now + 1, i64::MAX] {
            assert_eq!(check_voter(made, now).unwrap_err().id, "account-too-new");
        }
    }
}
