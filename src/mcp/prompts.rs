//! Workflows, as prompts that a user gives to an agent.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};

use super::arguments::Args;

/// A workflow.
struct Way {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    /// The arguments: name, description, and default; none if required.
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
            ("task", "The task", None),
            ("best_of", "Number of attempts", Some("the configured number")),
            (
                "agents",
                "Agents on this machine, such as codex:2; by default Codex Cloud, which costs money",
                Some("Codex Cloud"),
            ),
            ("check", "A command that checks an attempt", Some("the configured checks")),
        ],
        text: include_str!("texts/best_of_n.md"),
    },
    Way {
        name: "meta_review",
        title: "Meta-review",
        about: "Read all variants of a run, compare them, and recommend one with reasons",
        takes: &[("run", "The run", None)],
        text: include_str!("texts/meta_review.md"),
    },
];

/// Returns all prompts.
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

/// Returns a prompt with its arguments filled in.
pub fn get(name: &str, args: &Args) -> Result<GetPromptResult, ErrorData> {
    let way = WAYS.iter().find(|way| way.name == name);
    let way = way.ok_or_else(|| {
        ErrorData::invalid_params(format!("no prompt named '{}'", name.chars().take(100).collect::<String>()), None)
    })?;
    let mut text = String::new();
    // Each placeholder is replaced once; placeholders inside of an argument's value stay.
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
    said.ok_or_else(|| ErrorData::invalid_params(format!("prompt '{}' needs the argument '{slot}'", way.name), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_is_put_in_as_it_is() {
        let mut args = Args::new();
        assert!(get("best_of_n", &args).unwrap_err().message.contains("needs the argument 'task'"));
        args.insert("task".into(), "Mend {check} {nothing}".into());
        args.insert("best_of".into(), 3.into());
        let text = serde_json::to_string(&get("best_of_n", &args).unwrap().messages).unwrap();
        assert!(text.contains("Mend {check} {nothing}") && text.contains("the configured checks"), "{text}");
        for way in WAYS {
            for (name, ..) in way.takes {
                assert!(way.text.contains(&format!("{{{name}}}")), "{}: {name}", way.name);
            }
        }
        assert!(get("no", &args).is_err());
    }
}
