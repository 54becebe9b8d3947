//! Tests that the code in each `help:` line, pasted in its place, fixes the mistake.
//!
//! Advice has one of a few forms, which [`read`] distinguishes; a line with code in another form fails the tests.

mod cases;
mod flat;
mod read;
mod single;
mod slips;

use flat::Flat;
use read::{Advice, Verb};

use crate::testing;

/// A message: the underlined tokens and the text.
#[derive(Clone, Debug)]
pub struct Said {
    pub place: Flat,
    pub text: String,
}

/// The messages about a block.
pub fn said(block: &str) -> Vec<Said> {
    let report = testing::report(block);
    report.list().into_iter().map(|(tokens, text)| Said { place: flat::flat(tokens), text }).collect()
}

/// The block with a piece of advice applied, in every way in which a reader may understand it.
fn applied(block: &Flat, said: &Said, advice: &Advice) -> Vec<Flat> {
    let code = &advice.code;
    let mut out = Vec::new();
    let mut places = flat::occurrences(block, &said.place);
    // Several tags are underlined without the commas between them.
    if let (true, Some(first)) = (places.is_empty(), said.place.first()) {
        places = flat::occurrences(block, std::slice::from_ref(first));
    }
    for place in places {
        let step = flat::item(block, place.start);
        match advice.verb {
            Verb::Before => {
                // The step around the place.
                let mut at = place.start;
                while let Some(open) = flat::around(block, at) {
                    if block[open] == "{" {
                        break;
                    }
                    at = open;
                }
                let start = flat::item(block, at).start;
                out.push(flat::replaced(block, start..start, &[code.clone(), vec![",".to_owned()]].concat()));
                continue;
            }
            Verb::Input => {
                for open in (0..block.len()).filter(|&i| block[i] == "[") {
                    out.push(flat::replaced(block, open..flat::closing(block, open) + 1, code));
                }
                continue;
            }
            Verb::Nothing => {
                let end = step.end + usize::from(block.get(step.end).is_some_and(|token| token == ","));
                let start = step.start - usize::from(end == step.end && block[step.start - 1] == ",");
                out.push(flat::replaced(block, start..end, &[]));
                continue;
            }
            Verb::Behind => {
                let mut end = step.end;
                if code[0] == "as"
                    && let Some(old) = (step.start..step.end).rev().find(|&i| block[i] == "as")
                {
                    out.push(flat::replaced(block, old..step.end, code));
                }
                if code[0] == "->"
                    && let Some(tag) = (step.start..step.end).rev().find(|&i| block[i] == "as")
                {
                    end = tag;
                }
                out.push(flat::replaced(block, end..end, code));
                continue;
            }
            Verb::Write => {}
        }
        let option = code.len() > 2 && code[1] == "=";
        let layer = code.len() > 1 && flat::is_layer(&code[0]);
        // A layer or option may be larger than its underlined part.
        let inside = (layer && !flat::is_layer(&block[place.start])) || (option && place.start > 0 && block[place.start - 1] == "=");
        if !inside {
            out.push(flat::replaced(block, place.clone(), code));
        }
        if code[0] == "->" {
            if place.start > 0 && block[place.start - 1] == "->" {
                out.push(flat::replaced(block, place.start - 1..place.end, code));
            }
            continue;
        }
        if code[0] == "as" {
            if let Some(old) = (step.start..step.end).rev().find(|&i| block[i] == "as") {
                out.push(flat::replaced(block, old..step.end, code));
            }
            // After any step.
            for i in 0..block.len() {
                let end = flat::item(block, i).end;
                out.push(flat::replaced(block, end..end, code));
            }
            continue;
        }
        for call in flat::calls(block, &place) {
            if !option {
                out.push(flat::replaced(block, call, code));
                continue;
            }
            let open = (call.start..call.end).find(|&i| block[i] == "(");
            let old = open.and_then(|open| {
                let mut at = open + 1;
                while at < call.end - 1 {
                    let argument = flat::item(block, at);
                    if block[argument.start] == code[0] && block[argument.start + 1] == "=" {
                        return Some(argument);
                    }
                    at = argument.end + 1;
                }
                None
            });
            out.push(match (old, open) {
                (Some(old), _) => flat::replaced(block, old, code),
                (None, Some(open)) if open + 2 == call.end => flat::replaced(block, open + 1..open + 1, code),
                (None, Some(_)) => flat::replaced(block, call.end - 1..call.end - 1, &[vec![",".to_owned()], code.clone()].concat()),
                (None, None) => {
                    flat::replaced(block, call.end..call.end, &[vec!["(".to_owned()], code.clone(), vec![")".to_owned()]].concat())
                }
            });
        }
        // The whole argument, or the whole step.
        out.push(flat::replaced(block, step, code));
        if inside {
            out.push(flat::replaced(block, place, code));
        }
    }
    out
}

fn count(all: &[Said], text: &str) -> usize {
    all.iter().filter(|said| said.text == text).count()
}

/// Applies one piece of advice; returns the resulting block with the fewest mistakes.
fn mended(block: &Flat, all: &[Said], said: &Said, advice: &Advice, before: &[String]) -> Result<Flat, String> {
    let shown = if advice.code.is_empty() { "nothing".to_owned() } else { flat::text(&advice.code) };
    if let Some(word) = read::unknown(&advice.code, block) {
        return Err(format!("`{shown}` has the word `{word}`, which is nowhere declared"));
    }
    let mut candidates = applied(block, said, advice);
    let mut seen = std::collections::HashSet::new();
    candidates.retain(|candidate| seen.insert(candidate.clone()));
    if candidates.is_empty() {
        return Err(format!("`{shown}`: nothing is underlined that it could replace"));
    }
    let fits = |candidate: &Flat| {
        // A bracket may be unbalanced.
        flat::parsed(&flat::text(candidate))?;
        let now = self::said(&flat::text(candidate));
        let gone = count(&now, &said.text) < count(all, &said.text);
        let back = now.iter().any(|said| before.contains(&said.text) && count(all, &said.text) == 0);
        (gone && !back).then_some(now.len())
    };
    let best = candidates.into_iter().filter_map(|candidate| fits(&candidate).map(|left| (left, candidate))).min_by_key(|(left, _)| *left);
    best.map(|(_, candidate)| candidate).ok_or_else(|| format!("`{shown}` does not mend it"))
}

/// Applies all advice, message by message. Returns the final block with its remaining messages, or why a piece of advice is wrong.
pub fn follow(block: &str) -> Result<(String, Vec<Said>), String> {
    let mut block = flat::parsed(block).ok_or("no tokens")?;
    let mut before: Vec<String> = Vec::new();
    for _ in 0..60 {
        let all = said(&flat::text(&block));
        let (mut next, mut unfit) = (None, None);
        for said in &all {
            let fail = |why: String| format!("{}\n  {}\n  {why}", flat::text(&block), said.text);
            let advice = read::read(&said.text, &block).map_err(fail)?;
            for (i, advice) in advice.iter().enumerate() {
                match mended(&block, &all, said, advice, &before) {
                    Ok(mended) if i == 0 && next.is_none() => next = Some((mended, said.text.clone())),
                    Ok(_) => {}
                    // An earlier message about the same place may have to be fixed first.
                    Err(why) => unfit = unfit.or(Some(fail(why))),
                }
            }
            if next.is_some() {
                break;
            }
        }
        if let (None, Some(why)) = (&next, unfit) {
            return Err(why);
        }
        let Some((mended, text)) = next else { return Ok((flat::text(&block), all)) };
        before.push(text);
        block = mended;
    }
    Err(format!("{}\n  advice without end: {before:#?}", flat::text(&block)))
}
