//! A placeholder hides no real secret that stands beside it: in a harvest, before a push, and in a sync.

use serde_json::json;

use crate::support::export::Export;
use crate::support::hooks::push;
use crate::support::two_clones::TwoClones;
use crate::support::two_clones::Who::Ours;

/// Put together here, so that no scanner takes it for a real one.
fn token() -> String {
    ["gh", "p_", "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2"].concat()
}

#[test]
fn a_secret_beside_a_placeholder_is_found_everywhere() {
    let sample = "AKIAIOSFODNN7EXAMPLE";
    let line = json!({"password": "changeme-please", "id": sample, "note": format!("x\n{}", token())});
    for (name, text) in [
        ("one", format!("{sample} {}\n", token())),
        ("two", format!("{line}\n")),
        ("three", format!("{{\"password\":\"changeme-please\",\"password\":\"{}\"}}\n", &token()[4..30])),
    ] {
        let pair = TwoClones::new();
        let export = Export::new(&pair.repo, name);
        export.patch(1, pair.repo.patch("notes.txt", text));
        pair.puff(Ours, &["harvest", "--from", export.path(), "--base", "main", "--name", name]).ok();
        let risks = pair.show(Ours, name)["variants"][0]["risks"].to_string();
        assert!(risks.contains("secret") && !risks.contains(&token()), "{name}: {risks}");
        let ran = pair.puff(Ours, &["sync"]).exits(3);
        assert!(ran.stderr.contains(&format!("{name}: it stays here")), "{}", ran.stderr);
        pair.puff(Ours, &["hook", "install"]).ok();
        let refused = push(&pair.repo, &["origin", &format!("puff/{name}/var1:x")]).exits(1);
        assert!(refused.stderr.contains("[secret]"), "{name}: {}", refused.stderr);
    }
}

#[test]
fn an_old_secret_does_not_excuse_a_new_one_of_that_name() {
    let pair = TwoClones::new();
    let export = Export::new(&pair.repo, "leaky");
    export.patch(1, pair.repo.patch("notes.txt", "password = \"Ab1Cd2Ef3Gh4Ij5\"\n"));
    pair.puff(Ours, &["harvest", "--from", export.path(), "--base", "main", "--name", "leaky"]).ok();
    pair.puff(Ours, &["sync", "--allow-secret", "leaky"]).ok();
    let other = "printf 'password = \"Qr9St0Uv1Wx2Yz3\"\\n'";
    pair.puff(Ours, &["review", "leaky", "--check", other]).ok();
    assert!(pair.puff(Ours, &["sync"]).exits(3).stderr.contains("leaky: it stays here"));
}
