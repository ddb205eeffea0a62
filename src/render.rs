//! Renders the model as text: reports in Markdown and HTML, tables for a terminal, progress lines.
//!
//! Every function here is pure: it depends on the model, the time for relative times, and the width for columns.
//! Nothing prints. Untrusted text (titles, messages, paths, reasons) is always cleaned by [`text`] here, so that no
//! caller has to remember it.

pub mod app_server;
mod columns;
pub mod config;
pub mod describe;
pub mod findings;
pub mod html;
pub mod launched;
pub mod operator;
pub mod progress;
pub mod report;
pub mod review;
pub mod sections;
pub mod steps;
pub mod tables;
pub mod text;

#[cfg(test)]
mod samples;
