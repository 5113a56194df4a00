//! The sign-in page.

use super::page::Page;
use askama::Template;

/// E-mail and password, with one sentence for every way they can be wrong.
#[derive(Template, Debug)]
#[template(path = "pages/public/sign_in.html")]
pub struct SignIn {
    /// The frame.
    pub page: Page,
    /// What was entered as e-mail address.
    pub email: String,
    /// Where to go afterwards; empty for the role's home. The handler has checked that it stays on this site.
    pub next: String,
    /// Why the sign-in was refused.
    pub error: Option<String>,
    /// Something to know before signing in, for example that the session has expired.
    pub notice: Option<String>,
    /// The demo's accounts; empty outside the demo.
    pub demo_accounts: Vec<DemoAccount>,
    /// Their common password.
    pub demo_password: String,
}

/// An account that the demo offers.
#[derive(Clone, Debug)]
pub struct DemoAccount {
    /// Whose view it is, in the reader's language.
    pub label: String,
    /// Its sign-in address.
    pub email: String,
}
