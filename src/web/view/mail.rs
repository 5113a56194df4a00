//! The demo's mails: nothing is sent, everything can be read here.

use super::page::Page;
use crate::domain::clock::Ts;
use askama::Template;

/// All mails, newest first.
#[derive(Template, Debug)]
#[template(path = "pages/admin/mail/index.html")]
pub struct MailIndex {
    /// The frame.
    pub page: Page,
    /// The mails.
    pub mails: Vec<MailRow>,
}

/// A mail in the list.
#[derive(Clone, Debug)]
pub struct MailRow {
    /// Link to it.
    pub href: String,
    /// Address.
    pub recipient: String,
    /// Subject line.
    pub subject: String,
    /// When it was written.
    pub at: Ts,
}

/// One mail, as its plain text.
#[derive(Template, Debug)]
#[template(path = "pages/admin/mail/show.html")]
pub struct ShowMail {
    /// The frame.
    pub page: Page,
    /// Its head.
    pub mail: MailRow,
    /// Its text, line by line; links are shown, not followed.
    pub text: String,
}
