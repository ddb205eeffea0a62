//! Ways of working, as prompts that a person gives to their agent.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};

use super::words::Args;

/// A way of working.
struct Way {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    /// The arguments, what each is, and what stands for one that is left out; none for one that has to be there.
    takes: &'static [(&'static str, &'static str, Option<&'static str>)],
    /// The text; `{name}` stands for an argument.
    text: &'static str,
}

const WAYS: &[Way] = &[
    Way {
        name: "best_of_n",
        title: "Best of N",
        about: "From a task to a picked branch: launch a run, watch, harvest, review, report, and let the user decide",
        takes: &[
            ("task", "What is to be done", None),
            ("best_of", "How many attempts", Some("as many as are usual here")),
            (
                "agents",
                "Agents on this machine, such as codex:2; left out: Codex Cloud, which costs money",
                Some("Codex Cloud"),
            ),
            ("check", "A command that tells whether an attempt is well", Some("the checks that are configured")),
        ],
        text: include_str!("texts/best_of_n.md"),
    },
    Way {
        name: "meta_review",
        title: "Meta-review",
        about: "Read what all variants of a run did, weigh them against each other, and recommend one with reasons",
        takes: &[("run", "The run", None)],
        text: include_str!("texts/meta_review.md"),
    },
];

/// All of them.
pub fn all() -> Vec<Prompt> {
    let argument = |(name, about, usual): &(&str, &str, Option<&str>)| {
        PromptArgument::new(*name).with_description(*about).with_required(usual.is_none())
    };
    let prompt = |way: &Way| {
        let arguments = way.takes.iter().map(argument).collect();
        Prompt::new(way.name, Some(way.about), Some(arguments)).with_title(way.title)
    };
    WAYS.iter().map(prompt).collect()
}

/// One of them, with its arguments put in.
pub fn get(name: &str, args: &Args) -> Result<GetPromptResult, ErrorData> {
    let way = WAYS.iter().find(|way| way.name == name);
    let way = way.ok_or_else(|| {
        ErrorData::invalid_params(format!("there is no prompt '{}'", name.chars().take(100).collect::<String>()), None)
    })?;
    let mut text = String::new();
    // Each is put in once: what an argument holds is not looked through for others.
    let mut rest = way.text;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').unwrap_or((after, ""));
        text += before;
        text += &value(way, slot, args)?;
        rest = after;
    }
    text += rest;
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(way.about))
}

fn value(way: &Way, slot: &str, args: &Args) -> Result<String, ErrorData> {
    let usual = way.takes.iter().find(|(name, ..)| *name == slot).and_then(|(_, _, usual)| *usual);
    let said = args.get(slot).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let said = said.filter(|said| !said.trim().is_empty()).or_else(|| usual.map(str::to_owned));
    said.ok_or_else(|| ErrorData::invalid_params(format!("the prompt '{}' needs '{slot}'", way.name), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_is_put_in_as_it_is() {
        let mut args = Args::new();
        assert!(get("best_of_n", &args).unwrap_err().message.contains("needs 'task'"));
        args.insert("task".into(), "Mend {check} {nothing}".into());
        args.insert("best_of".into(), 3.into());
        let text = serde_json::to_string(&get("best_of_n", &args).unwrap().messages).unwrap();
        assert!(text.contains("Mend {check} {nothing}") && text.contains("the checks that are configured"), "{text}");
        for way in WAYS {
            for (name, ..) in way.takes {
                assert!(way.text.contains(&format!("{{{name}}}")), "{}: {name}", way.name);
            }
        }
        assert!(get("no", &args).is_err());
    }
}
