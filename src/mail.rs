//! What mails say, as text and HTML. Who gets them and when is the business's matter; sending is a job's.

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
