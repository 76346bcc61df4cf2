//! Messages to people.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::error::MarketError;

/// How long one attempt may take, and the pauses before the next ones. What isn't sent then is
/// dropped: its links are soon worthless, and nothing of it was written to a disk.
const ATTEMPT: Duration = Duration::from_secs(20);
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(60),
];

/// Messages that wait at the same time; more are dropped.
const WAITING: usize = 256;

/// Where messages go.
#[derive(Clone)]
pub struct Outbox(Option<Arc<Mailer>>);

struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: String,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.0.is_some() { "smtp" } else { "none" };
        write!(formatter, "Outbox({kind})")
    }
}

/// An SMTP server as it is configured: `smtp://user:password@host:port` (or `smtps://`), and who
/// messages are from. Never shows its address, which can hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Address of the server.
    pub url: String,
    /// Address that messages come from.
    pub from: String,
}

impl fmt::Debug for MailServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MailServer(****, {})", self.from)
    }
}

impl Outbox {
    /// The outbox of a configuration; without a server, nothing is sent.
    ///
    /// # Errors
    ///
    /// `mail-server` when its address can't be used.
    pub fn open(server: Option<&MailServer>) -> Result<Self, MarketError> {
        let Some(server) = server else {
            return Ok(Self(None));
        };
        let wrong = |what: &str| {
            MarketError::bad_request(
                "mail-server",
                format!("{what} can't be used"),
                "give `--mail-server smtp://USER:PASSWORD@HOST:PORT` and `--mail-from ADDRESS`",
            )
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&server.url)
            .map_err(|_| wrong("the mail server's address"))?
            .timeout(Some(ATTEMPT))
            .build();
        let from: Result<lettre::message::Mailbox, _> = server.from.parse();
        from.map_err(|_| wrong("the address that mail comes from"))?;
        Ok(Self(Some(Arc::new(Mailer {
            transport,
            from: server.from.clone(),
            places: Arc::new(Semaphore::new(WAITING)),
        }))))
    }

    /// Whether anything is ever sent.
    #[must_use]
    pub fn sends(&self) -> bool {
        self.0.is_some()
    }

    /// Sends a message now, in one attempt of at most 20 seconds; does nothing when nothing is ever
    /// sent.
    ///
    /// # Errors
    ///
    /// Why it could not be sent.
    pub async fn deliver(&self, to: &str, subject: &str, text: &str) -> Result<(), String> {
        match &self.0 {
            Some(mailer) => mailer.attempt(to, subject, text).await,
            None => Ok(()),
        }
    }

    /// Sends a message some time soon. Returns at once, so that the time for an answer doesn't tell
    /// whether there was anything to send.
    pub fn send(&self, to: String, subject: &'static str, text: String) {
        let Some(mailer) = self.0.clone() else {
            return;
        };
        let Ok(place) = Arc::clone(&mailer.places).try_acquire_owned() else {
            tracing::warn!("a message was dropped: too many wait");
            return;
        };
        tokio::spawn(async move {
            let _place = place;
            for pause in [Duration::ZERO].into_iter().chain(PAUSES) {
                sleep(pause).await;
                match mailer.attempt(&to, subject, &text).await {
                    Ok(()) => return,
                    Err(cause) => tracing::warn!(cause, "a message could not be sent"),
                }
            }
            tracing::error!("a message was dropped after several attempts");
        });
    }
}

impl Mailer {
    async fn attempt(&self, to: &str, subject: &str, text: &str) -> Result<(), String> {
        let message = Message::builder()
            .from(self.from.parse().map_err(|_| "bad sender".to_owned())?)
            .to(to.parse().map_err(|_| "bad recipient".to_owned())?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|error| error.to_string())?;
        let sent = timeout(ATTEMPT, self.transport.send(message)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the server took too long".to_owned()),
        }
    }
}
