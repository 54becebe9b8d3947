//! Lines that PyTorch's users type, layer by layer: each line of `slips.txt` must get one message, and its advice must lead to a valid
//! network.

use super::{follow, said};

const SLIPS: &str = include_str!("slips.txt");

/// The steps of each line in its network.
fn blocks() -> Vec<(String, String)> {
    let mut shapes = "";
    let mut blocks = Vec::new();
    for line in slips().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        match line.strip_prefix("# ") {
            Some(stated) => shapes = Box::leak(stated.to_owned().into_boxed_str()),
            None => blocks.push((line.to_owned(), format!("N: {shapes} {{ {line} }}"))),
        }
    }
    blocks
}

fn slips() -> String {
    std::env::var("SLIPS").ok().map_or_else(|| SLIPS.to_owned(), |path| std::fs::read_to_string(path).unwrap())
}

#[test]
fn each_is_answered() {
    let mut wrong = Vec::new();
    for (line, block) in blocks() {
        // Lines that begin with a dash get a message without code.
        // Lines that begin with a plus sign are valid.
        if let Some(line) = line.strip_prefix("+ ") {
            let all = said(&block.replace("{ + ", "{ "));
            if !all.is_empty() {
                wrong.push(format!("{line}: {:#?}", all.iter().map(|said| &said.text).collect::<Vec<_>>()));
            }
            continue;
        }
        let (line, dash) = line.strip_prefix("- ").map_or((line.as_str(), false), |line| (line, true));
        let block = block.replace("{ - ", "{ ");
        let all = said(&block);
        if std::env::var_os("SHOW").is_some() {
            println!("\n{line}");
            all.iter().for_each(|said| println!("    [{}] {}", said.place.join(" "), said.text.replace('\n', "\n        ")));
        }
        match follow(&block) {
            Ok((_, left)) if left.is_empty() != dash => {}
            Ok((block, left)) => wrong.push(format!("{line}: {block} leaves {:?}", left.iter().map(|said| &said.text).collect::<Vec<_>>())),
            Err(why) => wrong.push(format!("{line}: {why}")),
        }
        if all.len() != 1 {
            wrong.push(format!("{line}: {} messages: {:#?}", all.len(), all.iter().map(|said| &said.text).collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
