//! The page for everything that went wrong: what happened, what it means for the money, and a reference to name.

use super::page::Page;
use askama::Template;

/// An error page. Statuses without words of their own use those of 400 or 500, by whose mistake it is.
#[derive(Template, Debug)]
#[template(path = "pages/public/error.html")]
pub struct ErrorPage {
    /// The frame.
    pub page: Page,
    /// The HTTP status, 400 or more.
    pub status: u16,
    /// The request id, so that support can find the log line.
    pub reference: String,
}

impl ErrorPage {
    fn title(&self) -> String {
        let t = self.page.t;
        match self.status {
            403 => t.error_403_title(),
            404 => t.error_404_title(),
            429 => t.error_429_title(),
            400..500 => t.error_400_title(),
            503 => t.error_503_title(),
            _ => t.error_500_title(),
        }
    }

    fn body(&self) -> String {
        let t = self.page.t;
        match self.status {
            403 => t.error_403_body(),
            404 => t.error_404_body(),
            429 => t.error_429_body(),
            400..500 => t.error_400_body(),
            503 => t.error_503_body(),
            _ => t.error_500_body(),
        }
    }

    /// The short name beside the status.
    fn name(&self) -> String {
        let t = self.page.t;
        match self.status {
            403 => t.error_403_name(),
            404 => t.error_404_name(),
            429 => t.error_429_name(),
            400..500 => t.error_400_name(),
            503 => t.error_503_name(),
            _ => t.error_500_name(),
        }
    }
}
