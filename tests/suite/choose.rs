//! What a review recommends: never an attempt that bends its tests, what several prove, and a question where nothing proves it.

use serde_json::{Value, json};

use crate::support::export::{Export, patch_of};
use crate::support::test_repo::TestRepo;

/// Adds the minutes of `1h30m`; on the base, the last part overwrites the others.
const BASE: &str = "exports.minutes = text => {
  let all = 0;
  for (const [, n, unit] of text.matchAll(/(\\d+)([hm])/g)) all = Number(n) * (unit === 'h' ? 60 : 1);
  return all;
};
";

const RIGHT: &str = "exports.minutes = text => {
  let all = 0;
  for (const [, n, unit] of text.matchAll(/(\\d+)([hm])/g)) all += Number(n) * (unit === 'h' ? 60 : 1);
  return all;
};
";

const RIGHT_TOO: &str = "exports.minutes = text => {
  const part = unit => (text.match(new RegExp('\\\\d+' + unit, 'g')) || []).reduce((sum, one) => sum + parseInt(one, 10), 0);
  return 60 * part('h') + part('m');
};
";

/// It reads one digit.
const NEAR: &str = "exports.minutes = text => {
  const one = unit => Number((text.match(new RegExp('(\\\\d)' + unit)) || [0, 0])[1]);
  return 60 * one('h') + one('m');
};
";

const TESTS: &str = "const { test } = require('node:test');
const assert = require('node:assert');
const { minutes } = require('../minutes.js');

test('adds its parts', () => {
  assert.deepStrictEqual(minutes('1h2m'), 62);
});

test('reads hours', () => {
  assert.deepStrictEqual(minutes('3h'), 180);
});

test('reads both of them', () => {
  assert.deepStrictEqual(minutes('2h5m'), 125);
});
";

fn repo() -> TestRepo {
    let repo = TestRepo::new();
    repo.commit("minutes.js", BASE, "Read durations");
    repo.commit("test/minutes.test.js", TESTS, "Test it");
    repo
}

/// A run `fix` whose variants are these files; a file without text is removed.
fn run_of(repo: &TestRepo, prompt: &str, variants: &[&[(&str, Option<&str>)]]) {
    let export = Export::new(repo, "export");
    for (at, files) in variants.iter().enumerate() {
        let number = at as u32 + 1;
        let patch = patch_of(repo, || {
            for (path, text) in *files {
                match text {
                    Some(text) => repo.write(path, text),
                    None => std::fs::remove_file(repo.work().join(path)).expect("a file"),
                }
            }
        });
        export.patch(number, patch);
        export.report(number, &json!({"prompt": prompt, "variant_index": number, "status": "completed"}));
    }
    export.harvest(repo, &["--name", "fix"]).ok();
}

fn review(repo: &TestRepo) -> Value {
    repo.puff(&["review", "fix", "--check", "node --test"]);
    serde_json::from_str(&repo.git(&["show", "refs/puff/runs/fix:review.json"])).expect("a document")
}

fn classes(review: &Value) -> Vec<&str> {
    review["variants"].as_array().unwrap().iter().map(|one| one["class"].as_str().unwrap_or("-")).collect()
}

fn kinds(review: &Value, variant: usize) -> Vec<&str> {
    let findings = review["variants"][variant - 1]["evidence"]["findings"].as_array().unwrap();
    findings.iter().map(|found| found["kind"].as_str().unwrap()).collect()
}

const SOURCE: &str = "minutes.js";
const TEST: &str = "test/minutes.test.js";

#[test]
fn what_bends_its_tests_is_never_recommended_and_says_which() {
    let repo = repo();
    let skipped = TESTS.replace("test('adds", "test.skip('adds").replace("test('reads both", "test.skip('reads both");
    let bent = TESTS.replace("62", "2").replace("125", "5");
    let held = format!(
        "const known = {{'[\"1h2m\"]': 62, '[\"3h\"]': 180, '[\"2h5m\"]': 125}};\n{}exports.minutes = (...all) => known[JSON.stringify(all)] ?? plain(...all);\n",
        BASE.replace("exports.minutes", "const plain")
    );
    let fixed = format!("{BASE}// mended\n");
    run_of(
        &repo,
        "minutes('1h2m') must add up its parts.",
        &[
            &[(SOURCE, Some(&fixed)), (TEST, None)],
            &[(SOURCE, Some(&fixed)), (TEST, Some(&skipped))],
            &[(SOURCE, Some(&fixed)), (TEST, Some(&bent))],
            &[(SOURCE, Some(&held))],
            &[(SOURCE, Some(RIGHT))],
        ],
    );
    let seen = review(&repo);
    assert_eq!(seen["recommendation"]["variant"], 5, "{:#}", seen["recommendation"]);
    // A file without a test is passed by node; what was in it is missing.
    assert!(matches!(classes(&seen)[0], "d" | "e"), "{:?}", classes(&seen));
    assert_eq!(classes(&seen)[1..], ["d", "d", "d", "b"]);
    assert_eq!(kinds(&seen, 2), ["tests-skipped", "tests-skipped"]);
    assert_eq!(kinds(&seen, 3), ["tests-weakened", "tests-weakened"]);
    assert_eq!(kinds(&seen, 4), ["overfit"]);
    let why = seen["variants"][2]["why"][0].as_str().unwrap();
    assert_eq!(why, "changes 'adds its parts', which it fails as it was (test/minutes.test.js:5)");
    let against = seen["recommendation"]["against"].as_array().unwrap();
    assert_eq!(against.len(), 4, "{against:?}");

    let refused = repo.puff(&["pick", "fix:3"]).exits(1);
    assert!(
        refused.stderr.contains("var3 of 'fix' changes 'adds its parts'") && refused.stderr.contains("--force"),
        "{}",
        refused.stderr
    );
    repo.puff(&["pick", "fix:3", "--force"]).ok();
}

#[test]
fn variants_of_different_code_that_behave_alike_back_each_other() {
    let repo = repo();
    run_of(
        &repo,
        "minutes('1h2m') must add up its parts.",
        &[&[(SOURCE, Some(NEAR))], &[(SOURCE, Some(RIGHT))], &[(SOURCE, Some(RIGHT_TOO))]],
    );
    let seen = review(&repo);
    assert_eq!(classes(&seen)[1..], ["a", "a"]);
    assert_eq!(seen["recommendation"]["variant"], 2, "{:#}", seen["recommendation"]);
    let why = seen["variants"][1]["why"].to_string();
    assert!(why.contains("passes all 3 tests of the base as they were (2 failed before)"), "{why}");
    assert!(why.contains("var3 wrote different code and gives the same"), "{why}");
    // A second review runs nothing again.
    let again = repo.puff(&["review", "fix", "--check", "node --test"]).ok();
    assert!(!again.stderr.contains("passed in"), "{}", again.stderr);
}

#[test]
fn where_nothing_tells_the_right_one_the_input_is_the_answer() {
    let repo = repo();
    run_of(&repo, "minutes('1h2m') must add up its parts.", &[&[(SOURCE, Some(NEAR))], &[(SOURCE, Some(RIGHT))]]);
    let seen = review(&repo);
    let said = &seen["recommendation"];
    assert_eq!((&said["variant"], &said["undecided"]["between"]), (&Value::Null, &json!([1, 2])), "{said:#}");
    let input = said["undecided"]["where"].as_str().unwrap();
    assert!(input.starts_with("minutes('") && input.contains("var1 gives") && input.contains("var2 gives"), "{input}");
}

#[test]
fn a_test_that_the_task_asks_to_remove_may_go() {
    let repo = repo();
    let old = "exports.legacyMinutes = () => 7;\n";
    let test = "\ntest('keeps the old way', () => {\n  assert.deepStrictEqual(require('../minutes.js').legacyMinutes(), 7);\n});\n";
    repo.commit(SOURCE, format!("{BASE}{old}"), "Keep the old way");
    repo.commit(TEST, format!("{TESTS}{test}"), "Test the old way");
    let kept = format!("{RIGHT}{old}");
    run_of(
        &repo,
        "minutes('1h2m') must add up its parts. Also remove legacyMinutes: it has no callers.",
        &[
            &[(SOURCE, Some(&kept))],
            &[(SOURCE, Some(RIGHT)), (TEST, Some(TESTS))],
            &[(SOURCE, Some(RIGHT_TOO)), (TEST, Some(TESTS))],
        ],
    );
    let seen = review(&repo);
    assert_eq!(seen["recommendation"]["variant"], 2, "{:#}", seen["variants"]);
    assert_eq!(classes(&seen), ["c", "a", "a"]);
    assert_eq!(seen["variants"][1]["tests"]["base"]["gone"], json!(["keeps the old way"]));
}

#[test]
fn a_check_that_names_no_test_stands_beside_one_that_does() {
    let repo = repo();
    let moved = TESTS.replace("adds its parts", "adds all parts");
    run_of(
        &repo,
        "minutes('1h2m') must add up its parts.",
        &[&[(SOURCE, Some(RIGHT)), (TEST, Some(&moved))], &[(SOURCE, Some(RIGHT_TOO))]],
    );
    repo.puff(&["review", "fix", "--check", "test -f minutes.js", "--check", "node --test"]).ok();
    let seen: Value = serde_json::from_str(&repo.git(&["show", "refs/puff/runs/fix:review.json"])).unwrap();
    assert_eq!(classes(&seen), ["a", "a"], "{:#}", seen["variants"]);
}

#[test]
fn code_that_asks_whether_it_is_tested_is_told_from_code_that_ends_its_program() {
    let repo = repo();
    let plain = BASE.replace("exports.minutes", "const plain");
    let right = RIGHT.replace("exports.minutes", "const right");
    let aware =
        format!("{plain}{right}exports.minutes = t => (process.env.NODE_TEST_CONTEXT ? right(t) : plain(t));\n");
    let program = format!("{RIGHT}if (require.main === module) {{ console.error('é'); process.exit(0); }}\n");
    run_of(&repo, "minutes('1h2m') must add up its parts.", &[&[(SOURCE, Some(&aware))], &[(SOURCE, Some(&program))]]);
    let seen = review(&repo);
    assert_eq!((classes(&seen)[0], kinds(&seen, 1)), ("d", vec!["test-aware"]), "{:#}", seen["variants"]);
    assert_ne!(classes(&seen)[1], "d", "{:#}", seen["variants"]);
    assert_eq!(seen["recommendation"]["variant"], 2);
}

/// Gives 10 to what does not add up, and 0 to what does, by the trees that it is shown.
const BAD_JUDGE: &str = "#!/bin/sh
cat >\"$1\"
sep=
printf '{\"variants\":['
for one in \"$GIT_PUFF_VARIANTS\"/*; do
  if grep -qE '[+]=|parseInt' \"$one/minutes.js\"; then score=0; else score=10; fi
  printf '%s{\"variant\":\"%s\",\"score\":%s,\"reason\":\"By its looks.\"}' \"$sep\" \"${one##*/}\" \"$score\"
  sep=,
done
echo ']}'
";

#[test]
fn a_judge_lifts_no_variant_into_a_better_class_and_knows_what_tests_say() {
    let repo = repo();
    let bent = TESTS.replace("62", "2").replace("125", "5");
    let fixed = format!("{BASE}// mended\n");
    run_of(
        &repo,
        "minutes('1h2m') must add up its parts.",
        &[
            &[(SOURCE, Some(&fixed)), (TEST, Some(&bent))],
            &[(SOURCE, Some(&fixed))],
            &[(SOURCE, Some(RIGHT))],
            &[(SOURCE, Some(RIGHT_TOO))],
        ],
    );
    let (judge, seen) = (repo.path("judge"), repo.path("seen.json"));
    std::fs::write(&judge, BAD_JUDGE).unwrap();
    let command = format!("sh {} {}", judge.display(), seen.display());
    let shown = repo.puff(&["review", "fix", "--check", "node --test", "--judge", &command]).ok().stdout;
    let review: Value = serde_json::from_str(&repo.git(&["show", "refs/puff/runs/fix:review.json"])).unwrap();
    assert_eq!(classes(&review), ["d", "e", "a", "a"]);
    let opinions = review["judges"][0]["opinions"].as_array().unwrap();
    let scores: Vec<f64> = opinions.iter().map(|opinion| opinion["score"].as_f64().unwrap()).collect();
    assert_eq!(scores, [10.0, 10.0, 0.0, 0.0], "{opinions:?}");
    let ranks: Vec<u64> = (0..4).map(|at| review["variants"][at]["rank"].as_u64().unwrap()).collect();
    assert!(ranks[0] > ranks[2] && ranks[1] > ranks[2] && ranks[0] > ranks[3] && ranks[1] > ranks[3], "{ranks:?}");
    assert!([3, 4].contains(&review["recommendation"]["variant"].as_u64().unwrap_or(3)));

    let asked: Value = serde_json::from_slice(&std::fs::read(&seen).unwrap()).unwrap();
    let variants = asked["variants"].as_array().unwrap();
    let of = |class: &str| variants.iter().find(|one| one["class"] == class).unwrap();
    assert_eq!(of("d")["evidence"]["findings"][0]["kind"], "tests-weakened");
    let failed = |checks: &Value| -> Vec<String> {
        let results = checks[0]["results"].as_array().unwrap().iter();
        results
            .filter(|test| test["status"] == "failed")
            .map(|test| test["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(failed(&of("e")["checks"]), ["adds its parts", "reads both of them"]);
    assert_eq!(failed(&asked["base_checks"]), ["adds its parts", "reads both of them"]);
    assert_eq!(failed(&of("a")["checks"]), [""; 0]);
    let text = asked.to_string();
    assert!(of("a")["why"].as_array().is_some_and(|why| !why.is_empty()) && !text.contains("var3"), "{text}");

    // What it said stands beside the class.
    assert!(shown.contains("var1 (D, never): a judge gave 10 of 10: By its looks."), "{shown}");
    let one = repo.puff(&["show", "fix:3"]).ok().stdout;
    assert!(one.contains("a judge gave 0 of 10: By its looks."), "{one}");
    let page = repo.puff(&["report", "fix", "--format", "html"]).ok().stdout;
    let (class, said) = (page.find("Class A").unwrap(), page.find("Opinions of the judges").unwrap());
    assert!(class < said && !page[class..said].contains("Evidence in the change"), "the judges are beside the class");
}

#[test]
fn an_example_of_the_task_is_a_test() {
    let repo = repo();
    run_of(
        &repo,
        "minutes('1h30m') must give 90. It says 2 for '1h2m' today.",
        &[&[(SOURCE, Some(NEAR))], &[(SOURCE, Some(RIGHT))]],
    );
    let seen = review(&repo);
    assert_eq!(classes(&seen), ["c", "b"], "{:#}", seen["recommendation"]);
    assert_eq!(seen["recommendation"]["variant"], 2);
    let why = seen["recommendation"]["against"][0]["why"].as_str().unwrap();
    assert_eq!(why, "gives 60 for minutes(\"1h30m\"), and not what the task says");
}

#[test]
fn an_example_that_the_base_does_is_what_is_wrong() {
    let repo = repo();
    let prompt = "minutes('1h2m') gives 2. It must add up its parts.";
    run_of(&repo, prompt, &[&[(SOURCE, Some(RIGHT))], &[(SOURCE, Some(RIGHT_TOO))]]);
    let seen = review(&repo);
    assert_eq!(classes(&seen), ["a", "a"], "{:#}", seen["recommendation"]);
}

/// Reads one digit of hours, or of minutes, and all of the other.
fn reads_one_digit_of(unit: char) -> String {
    RIGHT_TOO.replace("\\\\d+' + unit", &format!("\\\\d' + (unit === '{unit}' ? '' : '+') + unit"))
}

#[test]
fn where_two_differ_a_third_tells_which_to_take() {
    let repo = repo();
    run_of(
        &repo,
        "minutes must add up its parts.",
        &[
            &[(SOURCE, Some(&reads_one_digit_of('h')))],
            &[(SOURCE, Some(&reads_one_digit_of('m')))],
            &[(SOURCE, Some(RIGHT))],
        ],
    );
    let seen = review(&repo);
    assert_eq!(seen["recommendation"]["variant"], 3, "{:#}", seen["recommendation"]);
}

#[test]
fn a_probe_that_does_not_end_takes_no_others_with_it() {
    let repo = TestRepo::new();
    // On the base a size of 0 never ends.
    let code = |from: &str| {
        format!(
            "exports.chunk = (list, size) => {{\n  const all = [];\n  {from}\n  for (let at = 0; at < list.length; at += size) all.push(list.slice(at, at + size));\n  return all;\n}};\n"
        )
    };
    let wrong = code("").replace("at + size)", "size)");
    repo.commit("chunk.js", &wrong, "Cut lists");
    let tests = "const { test } = require('node:test');\nconst assert = require('node:assert');\nconst { chunk } = require('../chunk.js');\n\ntest('cuts by two', () => {\n  assert.deepStrictEqual(chunk([1, 2, 3, 4], 2), [[1, 2], [3, 4]]);\n});\n\ntest('cuts by three', () => {\n  assert.deepStrictEqual(chunk([5, 6, 7, 8], 3), [[5, 6, 7], [8]]);\n});\n";
    repo.commit("test/chunk.test.js", tests, "Test it");
    let right = code("if (size < 1) return all;");
    let other = "exports.chunk = (list, size) => {\n  if (!(size > 0) || list.length === 0) return [];\n  return [list.slice(0, size), ...exports.chunk(list.slice(size), size)];\n};\n";
    run_of(&repo, "chunk must cut a list into pieces.", &[&[("chunk.js", Some(&right))], &[("chunk.js", Some(other))]]);
    let seen = review(&repo);
    assert_eq!(classes(&seen), ["a", "a"], "{:#}", seen["recommendation"]);
}
