//! Sends the outbox over SMTP. Without a mail server mails stay where they are; in the demo a page shows them.

use crate::app::App;
use crate::store::{self, mails::Mail};
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::time::Duration;

/// How long a sender may take for its mails before another may try.
const LEASE: Duration = Duration::from_secs(120);
/// After this many attempts (about two days with the growing pauses) a mail is given up.
const ATTEMPTS: i64 = 20;

/// Sends what is due; returns how many mails left.
///
/// # Errors
/// When the outbox cannot be read or written, or the settings cannot be used.
pub async fn send_due(app: &App) -> Result<usize, String> {
    if app.config.smtp_url.0.is_empty() {
        return Ok(0);
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&app.config.smtp_url.0);
    let transport = builder.map_err(|_| "GUTHABEN_SMTP_URL")?.timeout(Some(Duration::from_secs(20))).build();
    let sender: Mailbox = app.config.mail_from.parse().map_err(|_| "GUTHABEN_MAIL_FROM")?;
    let mut sent = 0;
    loop {
        let mails = claim(app).await.map_err(|error| error.to_string())?;
        if mails.is_empty() {
            return Ok(sent);
        }
        for mail in mails {
            let outcome = send(&transport, &sender, &mail).await;
            sent += usize::from(outcome.is_ok());
            record(app, &mail, outcome).await.map_err(|error| error.to_string())?;
        }
    }
}

async fn claim(app: &App) -> Result<Vec<Mail>, store::Error> {
    let mut tx = app.db.begin().await?;
    let mails = store::mails::claim(&mut tx, app.clock.now(), LEASE, 5).await?;
    tx.commit().await?;
    Ok(mails)
}

async fn send(
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    sender: &Mailbox,
    mail: &Mail,
) -> Result<(), String> {
    let recipient: Mailbox = mail.recipient.parse().map_err(|_| "unusable address".to_owned())?;
    let body = MultiPart::alternative_plain_html(mail.text_body.clone(), mail.html_body.clone());
    let message = Message::builder().from(sender.clone()).to(recipient).subject(mail.subject.clone());
    // The id is the mail's own, so that a repeated attempt is the same message to the recipient's server.
    let message = message.message_id(Some(format!("<{}@guthaben>", mail.id))).multipart(body);
    let message = message.map_err(|error| error.to_string())?;
    transport.send(message).await.map(|_| ()).map_err(|error| error.to_string())
}

async fn record(app: &App, mail: &Mail, outcome: Result<(), String>) -> Result<(), store::Error> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    match outcome {
        Ok(()) => store::mails::set_status(&mut tx, mail.id, "sent", now, Some(now)).await?,
        Err(reason) => {
            tracing::warn!(mail = %mail.id, reason, attempts = mail.attempts, "a mail could not be sent");
            let status = if mail.attempts >= ATTEMPTS { "failed" } else { "waiting" };
            let pause = Duration::from_secs(30 << mail.attempts.clamp(0, 9));
            store::mails::set_status(&mut tx, mail.id, status, now.plus(pause), None).await?;
        }
    }
    tx.commit().await
}
