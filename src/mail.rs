//! What mails say, as text and HTML. Who gets them and when is the business's matter; sending is a job's.

use crate::domain::endpoint::DisabledReason;
use crate::domain::money::Cents;
use crate::i18n::T;
use askama::Template;

/// A mail ready for the outbox.
#[derive(Clone, Debug)]
pub struct Message {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

#[derive(Template)]
#[template(path = "mail/notice.html")]
struct NoticeHtml<'a> {
    lang: &'a str,
    notice: &'a Notice,
}

struct Notice {
    subject: String,
    greeting: String,
    paragraphs: Vec<String>,
    action: (String, String),
    closing: String,
}

impl Notice {
    fn build(self, t: T) -> Message {
        let html = NoticeHtml { lang: t.lang().code(), notice: &self }.render();
        let (label, link) = &self.action;
        let mut parts = vec![self.greeting.clone()];
        parts.extend(self.paragraphs.iter().cloned());
        parts.push(format!("{label}: {link}"));
        parts.push(self.closing.clone());
        // Rendering into a string cannot fail; should it ever, the text part still says everything.
        Message { subject: self.subject.clone(), text: parts.join("\n\n"), html: html.unwrap_or_default() }
    }
}

/// A top-up was credited.
pub fn top_up_paid(t: T, name: &str, amount: Cents, balance: Cents, link: String) -> Message {
    let notice = Notice {
        subject: t.mail_topup_paid_subject(t.money(amount)),
        greeting: t.mail_greeting(name.to_owned()),
        paragraphs: vec![t.mail_topup_paid_text(t.money(amount), t.money(balance))],
        action: (t.mail_topup_show(), link),
        closing: t.mail_closing(),
    };
    notice.build(t)
}

/// A top-up failed for good.
pub fn top_up_failed(t: T, name: &str, amount: Cents, link: String) -> Message {
    let notice = Notice {
        subject: t.mail_topup_failed_subject(t.money(amount)),
        greeting: t.mail_greeting(name.to_owned()),
        paragraphs: vec![t.mail_topup_failed_text(t.money(amount))],
        action: (t.mail_topup_retry(), link),
        closing: t.mail_closing(),
    };
    notice.build(t)
}

/// What there is to say about a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceNews {
    /// It fell below the warning threshold.
    Low {
        /// The threshold.
        threshold: Cents,
    },
    /// It fell below the critical threshold.
    Critical {
        /// The threshold.
        threshold: Cents,
    },
    /// Nothing is left.
    Depleted,
    /// It lasts for about so many days.
    Forecast {
        /// Whole days; 0 is less than one.
        days: i64,
    },
}

/// Where a reader of news about a balance can do something.
#[derive(Clone, Debug)]
pub struct BalanceLinks {
    /// Where money is paid in.
    pub top_up: String,
    /// Where the thresholds are changed, if the reader can.
    pub settings: Option<String>,
}

/// News about the balance of `company`.
pub fn balance_news(
    t: T,
    name: &str,
    company: &str,
    balance: Cents,
    news: BalanceNews,
    links: &BalanceLinks,
) -> Message {
    let (amount, company) = (t.money(balance), company.to_owned());
    let (subject, text) = match news {
        BalanceNews::Low { threshold } => {
            let threshold = t.money(threshold);
            (t.mail_alert_low_subject(threshold.clone()), t.mail_alert_low_text(amount, company, threshold))
        }
        BalanceNews::Critical { threshold } => {
            let threshold = t.money(threshold);
            let text = t.mail_alert_critical_text(amount, company, threshold.clone());
            (t.mail_alert_critical_subject(threshold), text)
        }
        BalanceNews::Depleted => {
            (t.mail_alert_depleted_subject(), t.mail_alert_depleted_text(amount, company))
        }
        BalanceNews::Forecast { days } => {
            (t.mail_alert_forecast_subject(days), t.mail_alert_forecast_text(amount, company, days))
        }
    };
    let mut paragraphs = vec![text];
    paragraphs.extend(links.settings.clone().map(|link| t.mail_alert_settings(link)));
    let notice = Notice {
        subject,
        greeting: t.mail_greeting(name.to_owned()),
        paragraphs,
        action: (t.mail_alert_top_up(), links.top_up.clone()),
        closing: t.mail_closing(),
    };
    notice.build(t)
}

/// An endpoint for webhooks was switched off.
pub fn endpoint_off(t: T, name: &str, url: &str, reason: DisabledReason, link: String) -> Message {
    let text = match reason {
        DisabledReason::Gone => t.mail_endpoint_gone_text(url.to_owned()),
        DisabledReason::Failing | DisabledReason::ByHand => t.mail_endpoint_failing_text(url.to_owned()),
    };
    let notice = Notice {
        subject: t.mail_endpoint_off_subject(),
        greeting: t.mail_greeting(name.to_owned()),
        paragraphs: vec![text, t.mail_endpoint_off_note()],
        action: (t.mail_endpoint_show(), link),
        closing: t.mail_closing(),
    };
    notice.build(t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn names_are_escaped_in_html_and_plain_in_text() {
        let mail = top_up_paid(
            T::new(Lang::De),
            "<b>Öz</b>",
            Cents(5_000),
            Cents(7_500),
            "http://x/y?a=1&b=2".into(),
        );
        assert!(mail.text.contains("<b>Öz</b>") && mail.text.contains("50,00\u{a0}€"));
        assert!(!mail.html.contains("<b>Öz") && mail.html.contains("75,00\u{a0}€"));
        assert!(mail.html.starts_with("<!DOCTYPE html>"));
    }
}
