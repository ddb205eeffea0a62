//! The suite: the real `git-puff` in sealed places, against real git and a real Codex client.

#[path = "../support/mod.rs"]
mod support;

mod app_server;
mod bad_launch;
mod bad_places;
mod bad_words;
mod clients;
mod cloud_base;
mod cloud_faults;
mod cloud_jobs;
mod cloud_kills;
mod cloud_life;
mod cloud_places;
mod cloud_queue;
mod cloud_submission;
mod cloud_variants;
mod compare;
mod demo;
mod headless_life;
mod headless_submit;
mod import;
mod import_refused;
mod import_repeat;
mod local_codex;
mod local_kills;
mod local_life;
mod local_patch;
mod newest_client;
mod old_records;
mod packaging;
mod pick;
mod preflight;
mod prune;
mod real_agents;
mod remotes;
mod repair;
mod report_html;
mod retry;
mod review;
mod review_judge;
mod review_kills;
mod sessions;
mod undo;
mod views;
mod watch_task;
