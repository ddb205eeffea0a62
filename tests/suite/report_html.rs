//! The report as a page, and what a real browser makes of it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::browser::Visit;
use crate::support::export::{Export, patch_of};
use crate::support::judged::{self, HOSTILE, HOSTILE_FILE, PROMPT, RUN};
use crate::support::test_repo::{TestRepo, run};

/// A size at which everything stands side by side.
const DESK: (u32, u32) = (1280, 900);

const PHONE: (u32, u32) = (390, 844);

/// The page of the run, beside the clone: a pick wants the worktree as it was.
fn page(repo: &TestRepo) -> PathBuf {
    repo.puff(&["report", RUN, "--format", "html", "-o", ".."]).ok();
    repo.path("report.html")
}

fn desk() -> Visit {
    Visit::new(DESK.0, DESK.1, false)
}

/// Asks for the text of an element as a reader sees it, stretches of white space made one space.
fn text(selector: &str) -> String {
    format!("document.querySelector({}).innerText.replace(/\\s+/g, ' ').trim()", json!(selector))
}

/// Asks for what is shown of two sides: a row a line, its cells parted by `|`, marked parts in brackets.
fn rows(file: &str) -> String {
    format!(
        "[...document.querySelectorAll('#files details.file')].find((it) => it.querySelector('code').textContent === {})\
        ?.querySelectorAll('tr:not(.gap)').values().filter((row) => row.querySelector('.del, .add')).map((row) => \
        [...row.cells].map((cell) => [...cell.childNodes].map((it) => it.nodeName === 'MARK' ? `[${{it.textContent}}]` : \
        it.textContent).join('').trim()).join('|')).toArray().join('\\n')",
        json!(file)
    )
}

fn choose(a: &str, b: &str) -> String {
    let one = |id: &str, name: &str| {
        format!(
            "{{ const it = document.querySelector('#{id}'); it.value = [...it.options].find((o) => o.text === '{name}').value; \
            it.dispatchEvent(new Event('change')); }}"
        )
    };
    format!("{}{}null", one("side-a", a), one("side-b", b))
}

#[test]
fn the_page_names_the_recommended_variant_and_the_pick_command() {
    needs!("chromium");
    let repo = judged::reviewed(|_, _| {});
    let seen = desk().open(&page(&repo)).ask(&text("#decision")).ask(&text("#checks table")).ask(&text("#var2"));
    let seen = seen.ask(&text("#variants tbody tr")).ask(&text("#asked pre")).ask("document.title").go().stays_quiet();
    let [decision, checks, details, first, asked, title] = &seen.values[..] else { panic!("{:?}", seen.values) };
    let has = |text: &Value, words: &[&str]| {
        for word in words {
            assert!(text.as_str().unwrap().contains(word), "'{word}' is not in: {text}");
        }
    };
    has(decision, &["Pick var2 by claude", "the only one that adds a test", "git puff pick trim-input:2"]);
    has(decision, &["Follow-ups", "repair it there", "Residual risk", "rule_7 and rule_9"]);
    has(checks, &["check base var1 var2 var3", "✓ passed 12s", "✗ failed 12s, 22/24 tests, 1 skipped"]);
    has(checks, &["2.3s, fails on the base too", "kept from an earlier review"]);
    has(
        details,
        &["Class A: backed", "passes all 24 tests of the base", "Tests added: trims", "9 of 10. The smallest change"],
    );
    has(details, &["I trim the input before it is read", "git puff patch trim-input:2"]);
    has(first, &["1 var2 ★ recommended claude", "+9 -5", "A, backed"]);
    assert_eq!(asked.as_str().unwrap(), PROMPT.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(title, "Trim white space around the input before it is read · trim-input");
}

#[test]
fn any_two_variants_are_shown_side_by_side() {
    needs!("chromium");
    let repo = judged::reviewed(|_, _| {});
    let visit = desk().open(&page(&repo)).ask(&text(".status")).ask(&rows("src/parse.rs"));
    let visit = visit.ask(&choose("var1", "var2")).ask(&text(".status")).ask(&rows("src/parse.rs"));
    let visit = visit.ask(&rows("README.md")).press("s").ask(&text(".status")).ask(&rows("README.md"));
    let visit = visit.ask(&choose("var2", "var2")).ask(&text(".status"));
    let seen = visit.ask(&choose("var3", "base")).ask(&text(".status")).ask(&rows("notes.txt")).go().stays_quiet();
    let mut values = seen.values.into_iter().filter(|value| !value.is_null());
    let mut next = || values.next().unwrap().as_str().unwrap().to_owned();

    assert_eq!(next(), "From base to var2: 3 files, +9 −5. git puff diff trim-input 2 Copy");
    let parse = "\
23|−|/// Reads rule 3.|23|+|/// Reads rule 3[, white space around it aside].
25|−|let value = input.parse::<u32>()?;|25|+|let value = input.[trim().]parse::<u32>()?;
29|−|/// Reads rule 4.|29|+|/// Reads rule 4[, white space around it aside].
31|−|let value = input.parse::<u32>()?;|31|+|let value = input.[trim().]parse::<u32>()?;";
    assert_eq!(next(), parse);

    // What two variants have in common is no difference between them.
    assert_eq!(next(), "From var1 to var2: 4 files, +10 −49. git puff diff trim-input 1 2 Copy");
    let parse = "\
11|−|/// The first one.|||
26|−|let value = input.[trim_start().trim_end]().parse::<u32>()?;|25|+|let value = input.[trim]().parse::<u32>()?;
30|−|/// Reads rule 4.|29|+|/// Reads rule 4[, white space around it aside].
32|−|let value = input.parse::<u32>()?;|31|+|let value = input.[trim().]parse::<u32>()?;
60|−|/// Reads rule 9[, white space around it aside].|59|+|/// Reads rule 9.
62|−|let value = input.[trim_start().trim_end().]parse::<u32>()?;|61|+|let value = input.parse::<u32>()?;";
    assert_eq!(next(), parse);
    let readme = "3|−|Reads numbers, [trimmed].|3|+|Reads numbers, [white space aside].\n4|−||||\n5|−|More to come.|||";
    assert_eq!(next(), readme);

    assert_eq!(next(), "From var2 to var1: 4 files, +49 −10. git puff diff trim-input 2 1 Copy");
    let readme = "3|−|Reads numbers, [white space aside].|3|+|Reads numbers, [trimmed].\n|||4|+|\n|||5|+|More to come.";
    assert_eq!(next(), readme);
    assert_eq!(next(), "var2 and var2 are the same.");

    // Line ends are seen, too.
    assert!(next().starts_with("From var3 to base: 4 files, "));
    let notes = "\
1|−|one[␍]|1|+|one\n2|−|two[␍]|2|+|two\n3|−|three[ ⟨no line end at the end of the file⟩]|3|+|three";
    assert_eq!(next(), notes);
}

#[test]
fn every_pair_that_the_script_puts_together_is_what_git_shows() {
    needs!("chromium");
    let repo = judged::reviewed(|_, _| {});
    let page = page(&repo);
    let side = |place: usize| if place == 0 { "base".to_owned() } else { format!("var{place}") };
    let commit = |place: usize| if place == 0 { "main".to_owned() } else { format!("puff/{RUN}/var{place}") };
    // How many lines come and go in every file, and every line that is shown, by its number.
    let shown = "[...document.querySelectorAll('#files details.file')].map((it) => { it.open = true; it.dispatchEvent(new \
        Event('toggle')); const text = (what) => it.querySelector(what).textContent; const lines = (at) => \
        [...it.querySelectorAll('tbody tr:not(.gap)')].filter((row) => row.cells[at]?.textContent).map((row) => \
        [+row.cells[at].textContent, row.cells[at + 2].textContent]); return { file: \
        `${text('code')} ${text('.plus').slice(1)} ${text('.minus').slice(1)}`, path: text('code'), lines: [lines(0), lines(3)] }; })";
    let pairs: Vec<(usize, usize)> = (0..4).flat_map(|a| (0..4).map(move |b| (a, b))).filter(|(a, b)| a != b).collect();
    let visit =
        pairs.iter().fold(desk().open(&page), |visit, (a, b)| visit.ask(&choose(&side(*a), &side(*b))).ask(shown));
    let seen = visit.go().stays_quiet();
    let seen = seen.values.iter().filter_map(Value::as_array);
    for ((a, b), files) in pairs.into_iter().zip(seen) {
        let stat = ["-c", "core.quotePath=off", "diff", "-z", "--no-renames", "--numstat", &commit(a), &commit(b)];
        let stat = repo.git(&stat);
        let wanted = stat.split_terminator('\0').map(|line| {
            let [plus, minus, path] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let number = |text: &str| if text == "-" { "0".to_owned() } else { text.to_owned() };
            format!("{} {} {}", visible(path), number(plus), number(minus))
        });
        let mut wanted: Vec<String> = wanted.collect();
        let mut shown: Vec<&str> = files.iter().map(|file| file["file"].as_str().unwrap()).collect();
        wanted.sort_unstable();
        shown.sort_unstable();
        assert_eq!(shown, wanted, "{} and {}", side(a), side(b));
        let parsers = files.iter().filter(|file| file["path"] == "src/parse.rs");
        for (place, shown) in parsers.flat_map(|file| [(a, &file["lines"][0]), (b, &file["lines"][1])]) {
            let text = repo.git(&["show", &format!("{}:src/parse.rs", commit(place))]);
            let lines: Vec<String> = text.lines().map(visible).collect();
            for line in shown.as_array().unwrap() {
                let number = line[0].as_u64().unwrap() as usize;
                assert_eq!(
                    line[1].as_str(),
                    lines.get(number - 1).map(String::as_str),
                    "line {number} of {}",
                    side(place)
                );
            }
        }
    }
}

/// The hostile text as a page shows it.
fn visible(text: &str) -> String {
    text.replace('\u{202e}', "⟨U+202E⟩").replace('\u{1b}', "␛").replace('\u{200b}', "⟨U+200B⟩")
}

#[test]
fn hostile_text_is_escaped_on_the_page() {
    needs!("chromium");
    let repo = judged::reviewed(|run, review| {
        for field in ["title", "base", "reason", "task_id", "env"] {
            run[field] = HOSTILE.into();
        }
        run["variants"][1]["reason"] = HOSTILE.into();
        run["variants"][1]["message"] = HOSTILE.into();
        run["decision"] = json!({"variant": 2, "how": "merge", "onto": HOSTILE, "before": null, "after": run["base_oid"],
            "decided_at": "2026-11-20T10:06:00Z", "reasons": [HOSTILE]});
        for field in ["reasons", "follow_ups", "residual_risk"] {
            review["recommendation"][field][0] = HOSTILE.into();
        }
        review["commands"][0] = HOSTILE.into();
        review["base"][0]["command"] = HOSTILE.into();
        review["judges"][1]["error"] = HOSTILE.into();
        review["judges"][0]["command"] = HOSTILE.into();
        review["comparison"]["left_out"][0]["why"] = HOSTILE.into();
        review["comparison"]["variants"][0]["name"] = HOSTILE.into();
    });
    let page = page(&repo);
    let everything =
        "(document.querySelectorAll('details').forEach((it) => { it.open = true; }), document.body.innerText)";
    let visit = desk().open(&page).ask(&choose("base", "var3")).ask(everything).ask(&rows("src/parse.rs"));
    let visit = visit.ask("[document.scripts.length, document.images.length, document.querySelectorAll('[onload], [onerror], b b').length]");
    let seen = visit.ask("typeof pwned").press("?").go().stays_quiet();
    let [text, parse, counts, pwned] = &seen.values[1..] else { panic!("{:?}", seen.values) };
    let shown = visible(HOSTILE);
    let text = text.as_str().unwrap();
    assert!(text.matches(&shown).count() >= 15, "{}", text.matches(&shown).count());
    assert!(text.contains(&visible(HOSTILE_FILE)) && text.contains("<b>codex</b>"));
    assert!(parse.as_str().unwrap().contains(&shown), "{parse}");
    // Its own script, and the data that is none.
    assert_eq!((counts, pwned.as_str()), (&json!([2, 0, 0]), Some("undefined")));
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(!html.contains(['\u{1b}', '\u{202e}', '\u{200b}']));

    // And if something got in after all, the page's policy forbids it.
    let injected = html.replacen(
        "<main",
        "<script>window.pwned = 1</script><img src=\"http://203.0.113.7/x\" onerror=\"pwned = 2\"><main",
        1,
    );
    std::fs::write(&page, injected).unwrap();
    let seen = desk().open(&page).ask("typeof pwned").go();
    assert_eq!(seen.values, ["undefined"]);
    assert!(
        seen.errors.iter().filter(|error| error.contains("Content Security Policy")).count() >= 2,
        "{:?}",
        seen.errors
    );
}

#[test]
fn the_page_is_readable_without_scripts() {
    needs!("chromium");
    let repo = judged::reviewed(|_, _| {});
    let visit = desk().without_scripts().open(&page(&repo)).ask(&text("#decision"));
    let visit =
        visit.ask("document.querySelector('#compare').hidden").ask("document.querySelector('#f0p2').textContent");
    let visit = visit.ask(
        "[...document.querySelectorAll('#static > details > summary')].map((it) => it.innerText.trim()).join('; ')",
    );
    let seen = visit.go().stays_quiet();
    assert!(seen.values[0].as_str().unwrap().contains("git puff pick trim-input:2"));
    assert_eq!(seen.values[1], true);
    assert!(
        seen.values[3].as_str().unwrap().starts_with("var1 against the base 3 files; var2"),
        "{:?}",
        seen.values[3]
    );
    let readme = "@@ -1,3 +1,3 @@ \n # Units\n \n-Reads numbers.\n+Reads numbers, white space aside.\n";
    assert_eq!(seen.values[2], readme);
    let html = std::fs::read_to_string(repo.path("report.html")).unwrap();
    let hunk =
        "<del>-/// Reads rule 3.</del>\n<ins>+/// Reads rule 3<mark>, white space around it aside</mark>.</ins>\n";
    assert!(html.contains(hunk));
}

#[test]
fn the_page_works_with_the_keyboard_alone() {
    needs!("chromium");
    let repo = judged::reviewed(|_, _| {});
    let current = "document.querySelector('details.current code')?.textContent + ' ' + document.querySelector('details.current')?.open";
    let focus = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName";
    let visit = desk().open(&page(&repo)).press("Tab").ask(focus).press("Enter").ask(focus);
    let visit = visit.press("j").ask(current).press("j").ask(current).press("o").ask(current).press("k").ask(current);
    let visit = visit.press("u").ask("document.querySelectorAll('table.side').length").press("u");
    let visit = visit.press("b").ask(focus).press("?").ask("document.querySelector('#help').open").press("Escape");
    let visit = visit.ask("document.querySelector('#help').open");
    // The table of likeness: one stop, arrows between its cells, and a cell leads to the two.
    let table = "(() => { const it = document.querySelector('.numbers'); it.closest('details').open = true; \
        it.querySelector('button').focus(); return it.querySelectorAll('button[tabindex=\"0\"]').length; })()";
    let visit = visit.ask(table).press("ArrowRight").press("Enter").ask(&text(".status"));
    let seen = visit.go().stays_quiet();
    let wanted = [
        json!("skip"),
        json!("main"),
        json!("README.md true"),
        json!("src/parse.rs true"),
        json!("src/parse.rs false"),
        json!("README.md true"),
        json!(0),
        json!("side-b"),
        json!(true),
        json!(false),
        json!(1),
    ];
    assert_eq!(seen.values[..wanted.len()], wanted);
    assert!(seen.values[wanted.len()].as_str().unwrap().starts_with("From var1 to var3: "), "{:?}", seen.values);
}

#[test]
fn the_page_fits_phone_and_desktop_in_dark_and_light() {
    needs!("chromium");
    let repo = judged::reviewed(|_, _| {});
    let page = page(&repo);
    // For people to look at.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-html");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&page, folder.join("report.html")).unwrap();
    for ((width, height), side) in [(DESK, true), (PHONE, false)] {
        for dark in [false, true] {
            let shot = folder.join(format!("{width}-{}.png", if dark { "dark" } else { "light" }));
            let open = "document.querySelectorAll('details').forEach((it) => { it.open = true; })";
            let visit = Visit::new(width, height, dark).open(&page).shot(&shot, true).ask(open);
            let visit = visit.ask("document.documentElement.scrollWidth").ask("!!document.querySelector('table.side')");
            // Text on what is behind it, as the guidelines for readable pages count contrast: 4.5 is enough.
            let seen = visit.ask(CONTRAST).go().stays_quiet();
            assert_eq!(seen.values[1..], [json!(width), json!(side), json!([])], "{width} {dark}");
        }
    }
}

/// Asks which texts have too little contrast, in a page in which everything is open.
const CONTRAST: &str = r"(() => {
    const parse = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = (it) => {
        for (; it; it = it.parentElement) {
            const color = parse(getComputedStyle(it).backgroundColor);
            if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
    };
    const bad = new Set();
    for (const it of document.querySelectorAll('body *:not(svg, svg *, script, dialog, dialog *)')) {
        if (![...it.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || !it.checkVisibility()) continue;
        const [one, two] = [light(parse(getComputedStyle(it).color)), light(behind(it))].sort((a, b) => b - a);
        if ((one + 0.05) / (two + 0.05) < 4.5) bad.add(it.tagName + '.' + it.className);
    }
    for (const it of document.querySelectorAll('svg .cell text')) {
        const [one, two] = [it, it.previousSibling].map((it) => light(parse(getComputedStyle(it).fill))).sort((a, b) => b - a);
        if ((one + 0.05) / (two + 0.05) < 4.5) bad.add('svg ' + it.className.baseVal);
    }
    return [...bad];
})()";

#[test]
fn the_page_of_an_unreviewed_run_names_the_review_command() {
    needs!("chromium");
    let repo = judged::harvested();
    let seen = desk().open(&page(&repo)).ask(&text("#decision")).ask(&text(".status"));
    let seen = seen.ask("document.querySelectorAll('.matrix .cell').length").ask("!!document.querySelector('#checks')");
    let seen = seen.go().stays_quiet();
    assert!(seen.values[0].as_str().unwrap().contains("git puff review trim-input"), "{:?}", seen.values[0]);
    assert!(seen.values[1].as_str().unwrap().starts_with("From base to var1: "));
    assert!(seen.values[2].as_u64().unwrap() >= 9);
    assert_eq!(seen.values[3], false);
}

#[test]
fn a_review_of_something_else_recommends_nothing() {
    needs!("chromium");
    let repo = judged::reviewed(|run, _| run["variants"][0]["commit"] = run["variants"][1]["commit"].clone());
    let seen = desk().open(&page(&repo)).ask(&text("#decision")).ask(&text("#variants")).ask(&text("#var1"));
    let seen = seen.go().stays_quiet().values;
    let decision = seen[0].as_str().unwrap();
    assert!(
        decision.contains("var1 has changed since the review") && decision.contains("git puff review trim-input"),
        "{decision}"
    );
    assert!(!decision.contains("pick") && !seen[1].as_str().unwrap().contains("recommended"), "{seen:?}");
    assert!(!seen[2].as_str().unwrap().contains("Class"), "{}", seen[2]);
}

#[test]
fn the_same_run_is_the_same_page_wherever_it_goes() {
    let repo = judged::reviewed(|_, _| {});
    let one = std::fs::read_to_string(page(&repo)).unwrap();
    let other = repo.puff(&["report", RUN, "--format", "html"]).ok().stdout;
    assert_eq!(one, other);
    repo.puff(&["report", RUN, "--format", "html", "-o", "choice.html"]).ok();
    assert_eq!(one, std::fs::read_to_string(repo.work().join("choice.html")).unwrap());
    repo.puff(&["report", RUN, "--format", "html", "-o", "no/such/folder.html"])
        .exits(1)
        .complains(&["no/such/folder.html"]);
    repo.puff(&["report", RUN, "--format", "htm"]).exits(129);
}

#[test]
fn what_is_too_large_is_named_with_the_command_that_shows_it() {
    needs!("chromium");
    let repo = TestRepo::new();
    let export = Export::new(&repo, "large");
    for variant in 1..=3 {
        export.patch(
            variant,
            patch_of(&repo, || {
                repo.write(
                    "big/a lot.txt",
                    format!("line of variant {variant}, as good as any other\n").repeat(60_000),
                );
                repo.write("small.txt", format!("variant {variant}\n"));
            }),
        );
    }
    export.harvest(&repo, &["--name", RUN]).ok();
    let page = page(&repo);
    let size = std::fs::metadata(&page).unwrap().len();
    assert!(size < 1 << 20, "{size} bytes");
    let seen = desk()
        .open(&page)
        .ask(&text("#files"))
        .ask(&choose("var1", "var3"))
        .ask("document.querySelectorAll('details.file').forEach((it) => { it.open = true; })");
    let seen = seen.ask("new Promise((done) => setTimeout(done, 0))").ask(&text("#files")).go().stays_quiet();
    let texts: Vec<_> = seen.values.iter().filter_map(Value::as_str).collect();
    let named = |which: &str| format!("git puff diff trim-input {which} -- 'big/a lot.txt'");
    assert!(texts[0].contains("big/a lot.txt too large for this page") && texts[0].contains("small.txt"), "{texts:?}");
    assert!(texts[1].contains(&named("1 3")), "{texts:?}");
    assert!(std::fs::read_to_string(&page).unwrap().contains(&named("1").replace('\'', "&#39;")));
}

#[test]
fn the_page_shows_the_command_that_picks_a_variant() {
    needs!("chromium");
    let repo = judged::harvested();
    // The second one alone has the test that is asked for.
    repo.puff(&["review", RUN, "--check", "test -f tests/trims.rs"]).ok();
    let command = "document.querySelector('.take .cmd').textContent";
    let seen = desk().open(&page(&repo)).ask(&text("#decision h2")).ask(command).go().stays_quiet();
    assert_eq!(seen.values[0], "Pick var2");
    let command = seen.values[1].as_str().unwrap();
    run(repo.command("sh").args(["-c", command])).ok();
    assert_eq!(repo.git(&["show", "HEAD:tests/trims.rs"]), repo.git(&["show", "puff/trim-input/var2:tests/trims.rs"]));
    let seen = desk().open(&page(&repo)).ask(&text("#decision .taken")).go().stays_quiet();
    let taken = seen.values[0].as_str().unwrap();
    assert!(taken.contains("Picked: var2 by cherry-pick onto main"), "{taken}");
}
