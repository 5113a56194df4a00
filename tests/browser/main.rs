//! The product in a real browser: Chromium, driven over WebDriver, with every console message and accessibility finding counted.

mod browser;
mod driver;
mod harness;
