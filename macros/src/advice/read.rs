//! The instructions in a `help:` line.

use super::flat::{self, Flat};
use crate::layers;

/// Where the code of an advice goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verb {
    /// It replaces the underlined tokens, or the layer, argument or step around them; an option is added to the layer.
    Write,
    /// It is a separate step before the underlined one.
    Before,
    /// It replaces the network's input.
    Input,
    /// Nothing replaces the underlined step or argument.
    Nothing,
    /// It goes after the underlined step.
    Behind,
}

/// Code and where it goes.
#[derive(Clone, Debug)]
pub struct Advice {
    pub verb: Verb,
    pub code: Flat,
}

/// Messages whose advice is not applied, and why.
const EXCEPTIONS: [(&str, &str); 1] = [("\nnote: ", "the use of a template is underlined, but the advice belongs in its body")];

/// The pieces of advice in a message; code in an unknown form is an error.
pub fn read(text: &str, block: &Flat) -> Result<Vec<Advice>, String> {
    let mut all = Vec::new();
    if EXCEPTIONS.iter().any(|(part, _)| text.contains(part)) {
        return Ok(all);
    }
    for line in text.lines().filter_map(|line| line.strip_prefix("help: ")) {
        if line.starts_with("leave the ") && line.contains(" out") {
            all.push(Advice { verb: Verb::Nothing, code: Flat::new() });
            continue;
        }
        let parts: Vec<&str> = line.split('`').collect();
        for i in (1..parts.len()).step_by(2) {
            let (before, code) = (parts[i - 1].trim_end(), parts[i]);
            let behind = parts.get(i + 1).copied().unwrap_or_default();
            let ends = |words: &[&str]| words.iter().any(|word| before == *word || before.ends_with(&format!(" {word}")));
            let input = behind.starts_with(" for the network's input");
            let or = all.last().map(|advice: &Advice| advice.verb).filter(|_| ends(&["or"]) && before.len() <= 24);
            let verb = if input {
                Verb::Input
            } else if ends(&["write", "for example", "use"]) && behind.starts_with(" after it") {
                Verb::Behind
            } else if ends(&["put", "write"]) && behind.starts_with(" before it") {
                Verb::Before
            } else if ends(&["write", "for example", "use", "with"]) {
                Verb::Write
            } else if let Some(verb) = or {
                verb
            } else if is_mention(code, block) {
                continue;
            } else {
                return Err(format!("it is not clear what to do with `{code}`"));
            };
            let code = flat::parsed(code).filter(|code| !code.is_empty()).ok_or_else(|| format!("`{code}` is not code"))?;
            all.push(Advice { verb, code });
        }
    }
    Ok(all)
}

/// Whether code is only mentioned: one word, or code that the user wrote.
fn is_mention(code: &str, block: &Flat) -> bool {
    let Some(code) = flat::parsed(code) else { return false };
    // A path, or the steps of none.
    let path = code.iter().all(|token| flat::is_word(token) || matches!(token.as_str(), "::" | ".") || token.parse::<f64>().is_ok());
    code.len() == 1
        || path
        || flat::text(&code) == "{ }"
        || code.last().is_some_and(|last| last == "::")
        || !flat::occurrences(block, &code).is_empty()
}

/// A word in the code of an advice that is not declared anywhere.
pub fn unknown<'a>(code: &'a Flat, block: &Flat) -> Option<&'a String> {
    let declares = |i: usize| code[0] == "as" || code.get(i + 1).is_some_and(|next| next == ":");
    code.iter().enumerate().find(|(i, word)| is_unknown(word, block) && !declares(*i)).map(|(_, word)| word)
}

fn is_unknown(word: &str, block: &Flat) -> bool {
    const WORDS: [&str; 22] = [
        "as",
        // PyTorch's option, which layers with an axis have too.
        "dim",
        "block",
        "from",
        // The name of an unnamed input.
        "input",
        "output",
        "reuse",
        "const",
        "usize",
        "true",
        "false",
        "_",
        "Dim",
        "Residual",
        "Repeat",
        "Sequential",
        "shortcut",
        "drop",
        "state",
        "init",
        "mode",
        "layercake",
    ];
    let option = |row: &layers::Row| {
        let varies = row.variation.is_some_and(|variation| variation.option == word);
        varies
            || row.options().any(|option| {
                option.name == word
                    || matches!(option.kind, layers::Kind::Word(words) if words.list.iter().any(|(known, _)| *known == word))
            })
    };
    let word = word.strip_prefix("r#").unwrap_or(word);
    flat::is_word(word)
        && !WORDS.contains(&word)
        && !block.iter().any(|token| token == word)
        && layers::find(word).is_none()
        && !layers::all().any(option)
        && !crate::init::WORDS.contains(&word)
}
