//! A finished model → text: reports in Markdown and HTML, tables for a terminal, lines about progress.
//!
//! Everything here is a pure function of the model (and of the time, where times are relative, and the width, where
//! there are columns). Nothing prints. Text from outside (titles, messages, paths, reasons) goes through
//! [`text`] wherever it is put in, so that no caller has to remember it.

pub mod app_server;
mod columns;
pub mod config;
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
pub mod words;

#[cfg(test)]
mod samples;
