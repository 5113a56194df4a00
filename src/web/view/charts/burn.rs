//! The burn-down: how the balance fell, and when it will be used up if nothing changes.

use super::super::format;
use super::{Drawing, Frame, escape, euros, step};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::i18n::T;
use jiff::civil::Date;
use std::fmt::Write as _;

/// One day of the balance, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct BalanceDay {
    /// The German calendar day.
    pub day: Date,
    /// Used up on that day, as a positive amount.
    pub spent: Cents,
    /// Paid in on that day.
    pub credited: Cents,
    /// The balance at the end of the day; of the last day, now.
    pub closing: Cents,
}

/// What the burn-down shows.
#[derive(Clone, Copy, Debug)]
pub struct BurnDown<'a> {
    /// The days, without gaps, oldest first; the last one is today.
    pub days: &'a [BalanceDay],
    /// Used up on an average day; `None` draws no forecast.
    pub per_day: Option<Cents>,
    /// When the balance will be used up, if that is within reach.
    pub empty_at: Option<Ts>,
    /// The warning threshold.
    pub threshold: Cents,
}

/// Draws the burn-down; nothing when there are fewer than two days.
pub fn burn_down(t: T, data: BurnDown<'_>) -> Drawing {
    let (Some(first), Some(last)) = (data.days.first(), data.days.last()) else {
        return Drawing::default();
    };
    if data.days.len() < 2 {
        return Drawing::default();
    }
    let (from, to) = (format::short_day(t, first.day), format::short_day(t, last.day));
    let balance = t.money(last.closing);
    let label = match (data.per_day, data.empty_at) {
        (Some(per_day), Some(at)) => {
            t.chart_burn_label_forecast(balance, format::short(t, at), from, t.money(per_day), to)
        }
        _ => t.chart_burn_label(balance, from, to),
    };
    let wide =
        Frame { width: 690.0, height: 286.0, left: 38.0, right: 8.0, top: 18.0, bottom: 24.0, narrow: false };
    let narrow =
        Frame { width: 350.0, height: 220.0, left: 34.0, right: 6.0, top: 16.0, bottom: 22.0, narrow: true };
    Drawing([wide, narrow].map(|frame| Burn::new(t, data, frame).svg(&escape(&label))).concat())
}

/// One drawing of the burn-down in the making.
struct Burn<'a> {
    t: T,
    data: BurnDown<'a>,
    frame: Frame,
    max: f32,
    /// Days the axis shows after today.
    ahead: usize,
    /// Days until the balance is used up, where a forecast is drawn.
    left: Option<f32>,
    out: String,
}

impl<'a> Burn<'a> {
    fn new(t: T, data: BurnDown<'a>, frame: Frame) -> Burn<'a> {
        let closing = data.days.last().map_or(Cents::ZERO, |day| day.closing);
        let left = match data.per_day {
            Some(per_day) if per_day > Cents::ZERO && closing > Cents::ZERO => {
                Some(euros(closing) / euros(per_day))
            }
            _ => None,
        };
        let ahead = left.map_or(2, |left| ((left * 1.22).ceil() as usize + 1).clamp(7, 35));
        let top = data.days.iter().map(|day| day.closing).chain([data.threshold]).max().unwrap_or_default();
        let max = (euros(top) * 1.14).max(5.0);
        Burn { t, data, frame, max, ahead, left, out: String::new() }
    }

    fn x(&self, day: f32) -> f32 {
        let last = (self.data.days.len() + self.ahead - 1) as f32;
        self.frame.left + self.frame.inner_width() * day / last
    }

    fn y(&self, value: f32) -> f32 {
        self.frame.y(value, self.max)
    }

    /// Index of today on the axis.
    fn today(&self) -> usize {
        self.data.days.len() - 1
    }

    fn svg(mut self, label: &str) -> String {
        let (t, frame, max) = (self.t, self.frame, self.max);
        frame.grid(&mut self.out, t, max, step(max, 3.0));
        self.threshold();
        let line = self.line();
        self.area(&line);
        self.forecast();
        self.history(&line);
        self.top_ups();
        self.threshold_caption();
        self.captions();
        self.days();
        let Frame { width, height, .. } = frame;
        format!(
            r#"<svg class="{}" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{}</svg>"#,
            frame.class(),
            self.out
        )
    }

    fn threshold(&mut self) {
        if self.data.threshold <= Cents::ZERO {
            return;
        }
        let (y, x1, x2) =
            (self.y(euros(self.data.threshold)), self.frame.left, self.frame.width - self.frame.right);
        let _ = write!(self.out, r#"<line class="thr" x1="{x1}" x2="{x2}" y1="{y:.1}" y2="{y:.1}"/>"#);
    }

    fn threshold_caption(&mut self) {
        if self.data.threshold <= Cents::ZERO {
            return;
        }
        let (y, x) = (self.y(euros(self.data.threshold)) - 6.0, self.frame.width - self.frame.right);
        let label = self.t.chart_threshold(self.t.money(self.data.threshold));
        let _ = write!(
            self.out,
            r#"<text class="over" x="{x}" y="{y:.1}" text-anchor="end">{}</text>"#,
            escape(&label)
        );
    }

    /// Corners of the balance; a top-up rises straight up.
    fn line(&self) -> Vec<(f32, f32)> {
        let mut points = Vec::with_capacity(self.data.days.len() + 4);
        let mut before = None;
        for (index, day) in self.data.days.iter().enumerate() {
            let x = self.x(index as f32);
            if let Some(before) = before.filter(|_| day.credited > Cents::ZERO) {
                points.push((x, self.y(euros(before))));
            }
            points.push((x, self.y(euros(day.closing))));
            before = Some(day.closing);
        }
        points
    }

    fn area(&mut self, line: &[(f32, f32)]) {
        let floor = self.y(0.0);
        if let (Some(first), Some(last)) = (line.first(), line.last()) {
            let points = joined(line);
            let _ = write!(
                self.out,
                r#"<polygon class="area" points="{:.1},{floor:.1} {points} {:.1},{floor:.1}"/>"#,
                first.0, last.0
            );
        }
    }

    fn now(&self) -> (f32, f32) {
        let closing = self.data.days.last().map_or(0.0, |day| euros(day.closing));
        (self.x(self.today() as f32), self.y(closing))
    }

    /// Where the forecast meets the floor or the right edge when the balance lasts `days`.
    fn end(&self, days: f32) -> (f32, f32) {
        let closing = self.data.days.last().map_or(0.0, |day| euros(day.closing));
        let ahead = self.ahead as f32;
        let (reached, value) =
            if days <= ahead { (days, 0.0) } else { (ahead, closing * (1.0 - ahead / days)) };
        (self.x(self.today() as f32 + reached), self.y(value))
    }

    fn forecast(&mut self) {
        let Some(left) = self.left else { return };
        let ((x0, y0), floor) = (self.now(), self.y(0.0));
        let (early, likely, late) = (self.end(left * 0.8), self.end(left), self.end(left * 1.22));
        // The corner keeps the cone closed where its late side leaves through the right edge above the floor.
        let corner = if late.1 < floor && early.1 >= floor {
            format!(" {:.1},{floor:.1}", late.0)
        } else {
            String::new()
        };
        let _ = write!(
            self.out,
            r#"<polygon class="cone" points="{x0:.1},{y0:.1} {:.1},{:.1}{corner} {:.1},{:.1}"/><line class="fore" x1="{x0:.1}" y1="{y0:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            early.0, early.1, late.0, late.1, likely.0, likely.1
        );
        if likely.1 >= floor {
            let _ = write!(
                self.out,
                r#"<circle class="dot--end" cx="{:.1}" cy="{floor:.1}" r="4.5"/>"#,
                likely.0
            );
        }
    }

    fn history(&mut self, line: &[(f32, f32)]) {
        let ((x, y), top, floor) = (self.now(), self.frame.top - 8.0, self.y(0.0));
        let _ = write!(
            self.out,
            r#"<polyline class="line" points="{}"/><line class="today" x1="{x:.1}" x2="{x:.1}" y1="{top:.1}" y2="{floor:.1}"/><circle class="dot dot--now" cx="{x:.1}" cy="{y:.1}" r="5"/>"#,
            joined(line)
        );
    }

    /// Marks every top-up; only the last two say how much, older ones would overlap.
    fn top_ups(&mut self) {
        let marks: Vec<(usize, BalanceDay)> = (self.data.days.iter().copied().enumerate())
            .filter(|(index, day)| day.credited > Cents::ZERO && *index < self.today())
            .collect();
        let worded = marks.len().saturating_sub(if self.frame.narrow { 1 } else { 2 });
        for (position, (index, day)) in marks.into_iter().enumerate() {
            let (x, y) = (self.x(index as f32), self.y(euros(day.closing)));
            let _ = write!(self.out, r#"<circle class="dot" cx="{x:.1}" cy="{y:.1}" r="4"/>"#);
            if position >= worded {
                let (amount, up) = (self.t.money_signed(day.credited), (y - 6.0).max(10.0));
                let _ = write!(
                    self.out,
                    r#"<text class="over credit-t" x="{:.1}" y="{up:.1}">{amount}</text>"#,
                    x + 8.0
                );
            }
        }
    }

    fn captions(&mut self) {
        let (x, _) = self.now();
        let _ = write!(
            self.out,
            r#"<text class="strong" x="{:.1}" y="{:.1}">{}</text>"#,
            x + 7.0,
            self.frame.top - 1.0,
            escape(&self.t.chart_today())
        );
        let shown = self.left.is_some_and(|left| left <= self.ahead as f32);
        if let Some(at) = self.data.empty_at.filter(|_| shown) {
            let threshold = self.y(euros(self.data.threshold)) - 6.0;
            let wanted = self.y(self.max * 0.24);
            let y = if (wanted - threshold).abs() < 16.0 { threshold + 20.0 } else { wanted };
            let label = self.t.chart_empty_at(format::short(self.t, at));
            let x = self.frame.width - self.frame.right;
            let _ = write!(
                self.out,
                r#"<text class="over warn-t" x="{x:.1}" y="{y:.1}" text-anchor="end">{}</text>"#,
                escape(&label)
            );
        }
    }

    /// The day on which the balance will be used up, as the caption names it, where a forecast is drawn.
    fn empty_day(&self) -> Option<usize> {
        let (at, today) = (self.data.empty_at.filter(|_| self.left.is_some())?, self.data.days.last()?.day);
        let ahead = (calendar::day(at) - today).get_days();
        Some(self.today() + usize::try_from(ahead).ok()?)
    }

    /// Dates below the axis: today and the first day always, others where they have room.
    fn days(&mut self) {
        let last = self.data.days.len() + self.ahead - 1;
        let mut chosen = vec![self.today(), 0];
        chosen.extend(self.empty_day().filter(|day| *day <= last));
        chosen.extend((0..=last).step_by(if self.frame.narrow { 10 } else { 7 }));
        let mut placed: Vec<(usize, f32)> = vec![];
        for index in chosen {
            let x = self.x(index as f32);
            if placed.iter().all(|(_, other)| (other - x).abs() >= 56.0) {
                placed.push((index, x));
            }
        }
        let (Some(first), y) = (self.data.days.first().map(|day| day.day), self.frame.height - 6.0) else {
            return;
        };
        for (index, x) in placed {
            let day = first.saturating_add(jiff::Span::new().days(i64::try_from(index).unwrap_or(0)));
            let edge = self.frame.width - 24.0;
            let anchor = match index {
                0 => "start",
                _ if x > edge => "end",
                _ => "middle",
            };
            let label = format::short_day(self.t, day);
            let _ = write!(self.out, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{label}</text>"#);
        }
    }
}

fn joined(points: &[(f32, f32)]) -> String {
    let mut out = String::with_capacity(points.len() * 12);
    for (x, y) in points {
        let _ = write!(out, "{x:.1},{y:.1} ");
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use jiff::civil::date;

    fn days(closing: &[i64]) -> Vec<BalanceDay> {
        let mut day = date(2026, 11, 1);
        let mut out = vec![];
        for cents in closing {
            out.push(BalanceDay { day, spent: Cents(1), credited: Cents::ZERO, closing: Cents(*cents) });
            day = day.tomorrow().expect("within the calendar");
        }
        out
    }

    #[test]
    fn strange_balances_still_make_finite_coordinates() {
        let t = T::new(Lang::De);
        for closing in [vec![0, 0], vec![-500, 100], vec![i64::MAX / 2, 1], vec![1; 400]] {
            for per_day in [None, Some(Cents::ZERO), Some(Cents(1)), Some(Cents(i64::MAX / 2))] {
                let days = days(&closing);
                let data = BurnDown {
                    days: &days,
                    per_day,
                    empty_at: Some(Ts::from_seconds(0)),
                    threshold: Cents(5000),
                };
                let svg = burn_down(t, data).0;
                assert_eq!(svg.matches("<svg").count(), 2);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            }
        }
        assert!(
            burn_down(t, BurnDown { days: &[], per_day: None, empty_at: None, threshold: Cents(0) })
                .0
                .is_empty()
        );
    }

    #[test]
    fn a_forecast_is_drawn_only_where_there_is_a_pace() {
        let (t, days) = (T::new(Lang::De), days(&[10_000, 9_000, 8_000]));
        let data =
            BurnDown { days: &days, per_day: Some(Cents(1000)), empty_at: None, threshold: Cents(5000) };
        assert!(burn_down(t, data).0.contains("class=\"cone\""));
        assert!(!burn_down(t, BurnDown { per_day: None, ..data }).0.contains("class=\"cone\""));
    }
}
