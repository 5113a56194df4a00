//! Charts as SVG, drawn on the server: the burn-down with its forecast cone, and stacked bars per day or month.
//!
//! Each chart is drawn twice, wide and narrow, and CSS shows one, so that text never shrinks. Geometry is `f32`;
//! money stays [`Cents`] and is only turned into a height here. A chart never carries meaning alone: its page has
//! the same numbers as a table.

mod burn;

pub use burn::{BalanceDay, BurnDown, burn_down};

use crate::domain::money::Cents;
use crate::i18n::T;
use std::fmt::Write as _;

/// Two drawings of one chart as ready HTML.
#[derive(Clone, Debug, Default)]
pub struct Drawing(pub String);

impl std::fmt::Display for Drawing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The drawing surface: size and margins.
#[derive(Clone, Copy)]
struct Frame {
    width: f32,
    height: f32,
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
    narrow: bool,
}

impl Frame {
    const fn inner_width(self) -> f32 {
        self.width - self.left - self.right
    }

    /// The height of `value` where the axis ends at `max`.
    fn y(self, value: f32, max: f32) -> f32 {
        self.top + (self.height - self.top - self.bottom) * (1.0 - value.clamp(0.0, max) / max)
    }

    const fn class(self) -> &'static str {
        if self.narrow { "chart--n" } else { "chart--w" }
    }

    /// Lines and numbers of the vertical axis.
    fn grid(self, out: &mut String, t: T, max: f32, step: f32) {
        let mut value = 0.0;
        while value <= max {
            let (y, class) = (self.y(value, max), if value == 0.0 { "axis-l" } else { "grid-l" });
            let (x1, x2) = (self.left, self.width - self.right);
            let label = t.number(value as i64);
            let _ = write!(
                out,
                r#"<line class="{class}" x1="{x1}" x2="{x2}" y1="{y:.1}" y2="{y:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#,
                x1 - 7.0,
                y + 4.0
            );
            value += step;
        }
    }
}

/// Cents as euros of a coordinate; charts may lose the last cent, ledgers may not.
fn euros(amount: Cents) -> f32 {
    amount.0 as f32 / 100.0
}

/// A round step that divides `max` into two to four parts, at least one euro.
fn step(max: f32, parts: f32) -> f32 {
    let mut step = 1.0;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            if max / (step * factor) <= parts {
                return step * factor;
            }
        }
        step *= 10.0;
    }
}

/// Escapes text for element content and attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// One column of stacked bars: its label and its parts, from the floor up.
#[derive(Clone, Debug)]
pub struct Column<const N: usize> {
    /// Below the axis: `23.11.` or `Nov.`.
    pub label: String,
    /// The parts, as positive amounts.
    pub parts: [Cents; N],
}

/// Draws stacked bars. They are decoration: the table below them carries the numbers.
pub fn bars<const N: usize>(t: T, columns: &[Column<N>]) -> Drawing {
    if columns.is_empty() {
        return Drawing::default();
    }
    let wide =
        Frame { width: 620.0, height: 300.0, left: 38.0, right: 4.0, top: 8.0, bottom: 22.0, narrow: false };
    let narrow = Frame { width: 350.0, height: 190.0, narrow: true, ..wide };
    Drawing([wide, narrow].map(|frame| bars_in(t, columns, frame)).concat())
}

fn bars_in<const N: usize>(t: T, columns: &[Column<N>], frame: Frame) -> String {
    let top = columns.iter().map(|column| column.parts.iter().copied().sum()).max().unwrap_or(Cents::ZERO);
    let max = (euros(top) * 1.1).max(1.0);
    let mut out = String::new();
    frame.grid(&mut out, t, max, step(max, 4.0));
    let slot = frame.inner_width() / columns.len() as f32;
    let every = if frame.narrow { columns.len().div_ceil(6) } else { 1 };
    for (index, column) in columns.iter().enumerate() {
        let x = frame.left + slot * (index as f32 + 0.18);
        let mut below = 0.0;
        for (series, part) in column.parts.iter().enumerate().filter(|(_, part)| **part > Cents::ZERO) {
            let (y, floor) = (frame.y(below + euros(*part), max), frame.y(below, max));
            // A hairline between parts, unless the part is thinner than the line.
            let gap = if below > 0.0 && floor - y > 2.0 { 1.0 } else { 0.0 };
            let _ = write!(
                out,
                r#"<rect class="s{}" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}" rx="1"/>"#,
                series + 1,
                slot * 0.64,
                (floor - y - gap).max(0.0)
            );
            below += euros(*part);
        }
        if (columns.len() - 1 - index).is_multiple_of(every) {
            let _ = write!(
                out,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
                x + slot * 0.32,
                frame.height - 5.0,
                escape(&column.label)
            );
        }
    }
    let Frame { width, height, .. } = frame;
    format!(
        r#"<svg class="{}" viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">{out}</svg>"#,
        frame.class()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn bars_escape_their_labels_and_survive_emptiness() {
        let t = T::new(Lang::En);
        let column = Column { label: "<b>".into(), parts: [Cents(100), Cents(0)] };
        let svg = bars(t, &[column]).0;
        assert!(svg.contains("&lt;b&gt;") && !svg.contains("NaN"));
        assert!(bars::<2>(t, &[]).0.is_empty());
        assert!(!bars(t, &[Column { label: String::new(), parts: [Cents(0)] }]).0.contains("NaN"));
    }
}
