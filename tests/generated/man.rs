//! A man page for git-puff, with all that holds for every verb, and one for each verb, with the verbs below it.
//!
//! Not by clap_mangen (0.3): its synopsis has no values and no sign for what may be repeated (`[--check]`, where git's
//! pages have `[--check CMD]...`), its options leave out visible aliases, each verb below another would be a page of its
//! own, and its lines are as long as a paragraph, which mandoc complains of. The crate below it (roff 1.1) escapes neither
//! '~' nor '^' nor '`', which groff typesets as accents where no distribution has patched that: `HEAD~` could not be
//! copied.

use std::collections::BTreeSet;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};
use git_puff::cli::MANUALS;
use git_puff::commands::overview;
use git_puff::manual::{self, EXITS, Example, Manual, PLACES, Place, VARIABLES, Variable};
use git_puff::settings::{self, KEYS, Key};

use super::Files;
use super::roff::{Page, bold, escaped, italic};

const TITLE: &str = "Git Puff Manual";
const SOURCE: &str = concat!("git-puff ", env!("CARGO_PKG_VERSION"));

/// A page without a date is faulty; this is of the last rewrite, not of the build: the same source makes the same page.
const DATE: &str = "2026-11-26";

/// Every page.
pub(super) fn pages(mut command: Command) -> Files {
    command.build();
    let verbs: Vec<&Command> = command.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
    let names: BTreeSet<&str> = verbs.iter().map(|verb| verb.get_name()).collect();
    let file = |verb: &&Command| (format!("git-puff-{}.1", verb.get_name()), of_verb(verb, &names));
    let mut pages: Files = verbs.iter().map(file).collect();
    pages.insert("git-puff.1".to_owned(), of_all(&command, &verbs));
    pages
}

fn of_verb(verb: &Command, names: &BTreeSet<&str>) -> Vec<u8> {
    let name = verb.get_name();
    let manual = manual_of(MANUALS, name);
    let mut page = begin(&format!("git-puff-{name}"), verb);
    let below: Vec<&Command> = verb.get_subcommands().filter(|verb| !verb.is_hide_set()).collect();
    match below.as_slice() {
        [] => synopsis(&mut page, verb),
        several => several.iter().enumerate().for_each(|(at, verb)| {
            if at > 0 {
                page.line_break();
            }
            synopsis(&mut page, verb);
        }),
    }
    page.section("description");
    page.prose(&about(verb));
    if below.is_empty() {
        page.section("options");
        options(&mut page, verb);
    } else {
        page.section("commands");
    }
    for verb in &below {
        let manual = manual_of(manual.verbs, verb.get_name());
        page.subsection(&words(verb));
        page.prose(&about(verb));
        options(&mut page, verb);
        for (kind, meaning) in manual.exits {
            page.item(&format!("Exit status {}", bold(&kind.exit_code().to_string())), meaning);
        }
        examples(&mut page, manual.examples);
    }
    if !manual.examples.is_empty() {
        page.section("examples");
        examples(&mut page, manual.examples);
    }
    page.section("exit status");
    exits(&mut page, manual);
    let all: Vec<&Manual> = std::iter::once(manual).chain(manual.verbs.iter().map(|(_, manual)| manual)).collect();
    files(&mut page, &once(all.iter().flat_map(|manual| manual.files), |place| place.path));
    let keys = once(all.iter().flat_map(|manual| manual.settings), |key| key.name);
    configuration(&mut page, &keys);
    environment(&mut page, &keys, &once(all.iter().flat_map(|manual| manual.variables), |variable| variable.name));
    see_also(&mut page, &named_in(verb, &all, names));
    page.into_bytes()
}

fn of_all(command: &Command, verbs: &[&Command]) -> Vec<u8> {
    let mut page = begin("git-puff", command);
    page.words(&format!("{} [{}]", bold("git puff"), bold("--json")));
    page.line_break();
    page.words(&format!("{} {} [{}]", bold("git puff"), italic("COMMAND"), italic("ARGUMENTS")));
    page.section("description");
    page.prose(&about(command));
    page.section("options");
    options(&mut page, command);
    page.section("commands");
    for verb in verbs {
        let head = format!("{}(1)", bold(&format!("git-puff-{}", verb.get_name())));
        page.item(&head, &plain(verb.get_about()));
    }
    page.section("examples");
    examples(&mut page, overview::MANUAL.examples);
    page.section("exit status");
    for (code, meaning) in EXITS {
        page.item(&bold(&code.to_string()), meaning);
    }
    files(&mut page, &PLACES.iter().collect::<Vec<_>>());
    page.section("configuration");
    let layers =
        "A flag counts before the environment, the environment before the configuration, that before the default.";
    page.words(&format!("Keys of {}. {}", bold("git config"), escaped(layers)));
    keys(&mut page, &KEYS.iter().collect::<Vec<_>>());
    page.section("environment");
    let every = KEYS.first().map(|key| settings::variable(key.name)).unwrap_or_default();
    let meaning =
        format!("A setting, for one call: {every} stands for puff.codex, GIT_PUFF_BEST_OF for puff.bestOf, and so on.");
    page.item(&format!("{}{}", bold("GIT_PUFF_"), italic("KEY")), &meaning);
    variables(&mut page, &VARIABLES.iter().collect::<Vec<_>>());
    page.section("see also");
    let pages = ["git", "git-config", "git-notes", "git-cherry-pick", "git-diff"];
    page.words(&pages.map(|page| format!("{}(1)", bold(page))).join(", "));
    page.into_bytes()
}

fn begin(name: &str, command: &Command) -> Page {
    let mut page = Page::new(name, DATE, SOURCE, TITLE);
    page.section("name");
    page.words(&format!("{} \\- {}", escaped(name), escaped(&plain(command.get_about()))));
    page.section("synopsis");
    page
}

/// What the manual says of a verb.
fn manual_of(manuals: &'static [(&'static str, Manual)], name: &str) -> &'static Manual {
    const NONE: &Manual = &Manual::NONE;
    manuals.iter().find(|(known, _)| *known == name).map_or(NONE, |(_, manual)| manual)
}

/// Each of these once, by their names.
fn once<T>(all: impl Iterator<Item = &'static T>, name: impl Fn(&T) -> &'static str) -> Vec<&'static T> {
    let mut seen = BTreeSet::new();
    all.filter(|one| seen.insert(name(one))).collect()
}

fn plain(text: Option<&StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

fn about(command: &Command) -> String {
    plain(command.get_long_about().or_else(|| command.get_about()))
}

/// The words that call it.
fn words(command: &Command) -> String {
    command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_hide_set())
}

fn synopsis(page: &mut Page, command: &Command) {
    let name = words(command);
    if let Some(forms) = command.get_overridden_usage() {
        for (at, form) in forms.to_string().lines().map(str::trim).enumerate() {
            if at > 0 {
                page.line_break();
            }
            page.words(&format!("{}{}", bold(&name), escaped(form.strip_prefix(name.as_str()).unwrap_or(form))));
        }
        return;
    }
    let call = |arg: &Arg| {
        let several = if takes_several(arg) { "..." } else { "" };
        let word = if arg.is_positional() { value(arg) } else { spelled(arg).last().cloned().unwrap_or_default() };
        // A word of the synopsis is not broken.
        let word = word.replace(' ', "\\~");
        if arg.is_required_set() { format!("{word}{several}") } else { format!("[{word}]{several}") }
    };
    let helps = |arg: &&Arg| !matches!(arg.get_action(), ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong);
    let options = shown(command).filter(|arg| !arg.is_positional()).filter(helps).map(call);
    let last = |arg: &&Arg| arg.is_last_set();
    let positionals = shown(command).filter(|arg| arg.is_positional());
    let (behind, files): (Vec<&Arg>, Vec<&Arg>) = positionals.partition(last);
    let behind = behind.into_iter().map(|arg| format!("[{} {}]", escaped("--"), call(arg)).replace(' ', "\\~"));
    let all: Vec<String> = options.chain(files.into_iter().map(call)).chain(behind).collect();
    page.words(&format!("{} {}", bold(&name), all.join(" ")));
}

fn takes_several(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append) || arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

/// What stands for its value.
fn value(arg: &Arg) -> String {
    let id = || arg.get_id().as_str().to_uppercase();
    italic(&arg.get_value_names().map_or_else(id, |names| names.join(" ")))
}

/// The ways to write an option.
fn spelled(arg: &Arg) -> Vec<String> {
    let takes = if arg.get_action().takes_values() { format!(" {}", value(arg)) } else { String::new() };
    let short = arg.get_short().map(|short| bold(&format!("-{short}")));
    let long = |name: &str| format!("{}{takes}", bold(&format!("--{name}")));
    let aliases = arg.get_visible_aliases().unwrap_or_default();
    // The last is the one that the synopsis shows.
    short.into_iter().chain(aliases.into_iter().map(long)).chain(arg.get_long().map(long)).collect()
}

fn options(page: &mut Page, command: &Command) {
    let (files, flags): (Vec<&Arg>, Vec<&Arg>) = shown(command).partition(|arg| arg.is_positional());
    for arg in files.into_iter().chain(flags) {
        let head = if arg.is_positional() { value(arg) } else { spelled(arg).join(", ") };
        page.item(&head, &meaning(arg));
    }
}

/// What there is to say about an argument.
fn meaning(arg: &Arg) -> String {
    let mut text = plain(arg.get_long_help().or_else(|| arg.get_help()));
    let stop = |text: &mut String| {
        if !text.ends_with(['.', ')', ']']) {
            text.push('.');
        }
    };
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| {
            let help = value.get_help().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}{help}", value.get_name())
        })
        .collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        stop(&mut text);
        text += &format!(" One of: {}.", values.join(", "));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if arg.get_action().takes_values() && !defaults.is_empty() && !text.contains("[default") {
        text += &format!(" [default: {}]", defaults.join(" "));
    }
    stop(&mut text);
    text
}

fn examples(page: &mut Page, examples: &[Example]) {
    for Example { line, does } in examples {
        page.typed(line);
        page.remark(does);
    }
}

/// What holds for every verb, and what this one adds or says otherwise.
fn exits(page: &mut Page, manual: &Manual) {
    let own: Vec<(u8, &str)> = manual.exits.iter().map(|(kind, meaning)| (kind.exit_code(), *meaning)).collect();
    for (code, meaning) in EXITS {
        let own = own.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning);
        let common = match code {
            0 => Some("Done."),
            1 => Some("The answer is no, or the operation failed."),
            128 | 129 => Some(meaning),
            _ => None,
        };
        if let Some(meaning) = own.or(common) {
            page.item(&bold(&code.to_string()), meaning);
        }
    }
}

fn files(page: &mut Page, files: &[&Place]) {
    if !files.is_empty() {
        page.section("files");
    }
    files.iter().for_each(|place| page.item(&italic(place.path), place.holds));
}

fn configuration(page: &mut Page, listened: &[&Key]) {
    if !listened.is_empty() {
        page.section("configuration");
        page.words(&format!("Keys of {}; flags count before them.", bold("git config")));
        keys(page, listened);
    }
}

fn keys(page: &mut Page, keys: &[&Key]) {
    for key in keys {
        let default = key.default.map_or_else(|| "no default".to_owned(), |value| format!("default: {value}"));
        let earlier = key.earlier.map(|name| format!("; also {name}")).unwrap_or_default();
        let facts = format!("{}; {default}{earlier}", key.kind.word());
        page.item(&format!("{} ({})", bold(key.name), escaped(&facts)), key.meaning);
    }
}

fn environment(page: &mut Page, keys: &[&Key], listened: &[&Variable]) {
    if keys.is_empty() && listened.is_empty() {
        return;
    }
    page.section("environment");
    for key in keys {
        let head = bold(&settings::variable(&key.name.replace("<name>", "NAME").replace("NAME.", "NAME_")));
        page.item(&head, &format!("Counts before {}.", key.name));
    }
    variables(page, listened);
}

fn variables(page: &mut Page, listened: &[&Variable]) {
    listened.iter().for_each(|variable| page.item(&bold(variable.name), variable.does));
}

/// The verbs that the text names as `git puff VERB`.
fn named_in<'n>(verb: &Command, manuals: &[&Manual], names: &BTreeSet<&'n str>) -> Vec<&'n str> {
    let mut text = about(verb);
    verb.get_subcommands().for_each(|verb| text += &about(verb));
    let files = manuals.iter().flat_map(|manual| manual.files).map(|place| place.holds);
    let examples = manuals.iter().flat_map(|manual| manual.examples).flat_map(|example| [example.line, example.does]);
    files.chain(examples).for_each(|said| text = format!("{text} {said}"));
    let is_word = |after: &str| after.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '-');
    let named = |name: &str| {
        let words = format!("git puff {name}");
        text.match_indices(&words).any(|(at, _)| is_word(&text[at + words.len()..]))
    };
    names.iter().copied().filter(|name| *name != verb.get_name() && named(name)).collect()
}

fn see_also(page: &mut Page, verbs: &[&str]) {
    page.section("see also");
    let verbs: String = verbs.iter().map(|verb| format!("{}(1), ", bold(&format!("git-puff-{verb}")))).collect();
    page.words(&format!("{verbs}{}(1)", bold("git-puff")));
}

/// Every verb that a user sees says how it is called; and nothing is said of what is no verb.
pub(super) fn without_examples(command: &Command) -> Vec<String> {
    let mut wanted = Vec::new();
    leaves(command, "", &mut wanted);
    let listed = manual::listed(MANUALS);
    let has = |name: &String| listed.iter().any(|(known, manual)| known == name && !manual.examples.is_empty());
    let missing = wanted.iter().filter(|name| !has(name)).map(|name| format!("'{name}' has no examples"));
    let is_verb =
        |name: &str| name.split(' ').try_fold(command, |command, word| command.find_subcommand(word)).is_some();
    let strays = listed.iter().filter(|(name, _)| !is_verb(name)).map(|(name, _)| format!("'{name}' is no verb"));
    missing.chain(strays).collect()
}

fn leaves(command: &Command, above: &str, found: &mut Vec<String>) {
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = format!("{above}{}", verb.get_name());
        match verb.get_subcommands().any(|below| !below.is_hide_set()) {
            true => leaves(verb, &format!("{name} "), found),
            false => found.push(name),
        }
    }
}
