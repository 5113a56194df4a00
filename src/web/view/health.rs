//! The system's state as an admin sees it. Probes get JSON elsewhere and never see this page.

use super::page::Page;
use crate::domain::clock::Ts;
use crate::i18n::T;
use askama::Template;

/// The result of a check, and of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthState {
    /// As it should be.
    #[default]
    Fine,
    /// Works, but someone should look.
    Warning,
    /// Does not work.
    Fault,
}

impl HealthState {
    /// The suffix of CSS classes; empty when all is well.
    pub const fn class(self) -> &'static str {
        match self {
            HealthState::Fine => "",
            HealthState::Warning => "warn",
            HealthState::Fault => "danger",
        }
    }

    /// The symbol in `static/icons.svg`.
    pub const fn icon(self) -> &'static str {
        match self {
            HealthState::Fine => "circle-check",
            HealthState::Warning => "triangle-alert",
            HealthState::Fault => "circle-x",
        }
    }

    /// The word that screen readers hear.
    pub fn label(self, t: T) -> String {
        match self {
            HealthState::Fine => t.health_fine(),
            HealthState::Warning => t.health_warning(),
            HealthState::Fault => t.health_fault(),
        }
    }
}

/// The dashboard. It fetches itself every fifteen seconds; htmx takes `#health` from the whole page.
#[derive(Template, Debug)]
#[template(path = "pages/admin/health/show.html")]
pub struct ShowHealth {
    /// The frame.
    pub page: Page,
    /// When the checks ran.
    pub checked_at: Ts,
    /// Figures worth a glance: name, value, note.
    pub figures: Vec<(String, String, String)>,
    /// The checks.
    pub groups: Vec<GroupView>,
}

/// Checks that belong together.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// What they are about.
    pub title: String,
    /// The checks.
    pub checks: Vec<CheckView>,
}

/// One check.
#[derive(Clone, Debug)]
pub struct CheckView {
    /// Its result.
    pub state: HealthState,
    /// What is checked.
    pub name: String,
    /// What was found, and what it means.
    pub note: String,
    /// The measured value, briefly.
    pub value: String,
    /// When it was measured, if not just now.
    pub at: Option<Ts>,
}

impl ShowHealth {
    fn checks(&self) -> impl Iterator<Item = &CheckView> {
        self.groups.iter().flat_map(|group| &group.checks)
    }

    fn count(&self, state: HealthState) -> usize {
        self.checks().filter(|check| check.state == state).count()
    }

    /// The worst of all results.
    fn state(&self) -> HealthState {
        self.checks().map(|check| check.state).max().unwrap_or_default()
    }

    fn headline(&self) -> String {
        let t = self.page.t;
        match (self.count(HealthState::Fault), self.count(HealthState::Warning)) {
            (0, 0) => t.health_all_fine(),
            (0, warnings) => t.health_warnings_only(warnings),
            (faults, warnings) => t.health_faults(faults, warnings),
        }
    }

    /// The notes of everything that is not well, or that all checks passed.
    fn summary(&self) -> String {
        let notes: Vec<String> = (self.checks().filter(|check| check.state != HealthState::Fine))
            .map(|check| format!("{}: {}", check.name, check.note))
            .collect();
        if notes.is_empty() {
            self.page.t.health_all_fine_body(self.checks().count())
        } else {
            notes.join(" · ")
        }
    }
}
