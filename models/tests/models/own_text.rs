//! The command on the user's own texts.

use crate::support::{Place, killed};

/// A text with other characters than those of tiny-shakespeare.
fn verses(lines: usize) -> String {
    const WORDS: [&str; 8] = ["über", "Straße", "läuft", "das", "Käse", "früh", "größer", "im"];
    let line = |i: usize| (0..6).map(|j| WORDS[(i * i + 3 * j * i + j) % 8]).collect::<Vec<_>>().join(" ");
    (0..lines).map(|i| line(i) + "\n").collect()
}

#[test]
fn a_text_of_ones_own() {
    let place = Place::new();
    place.put("verse.txt", verses(200).as_bytes()).put("more.txt", verses(60).as_bytes());
    let train = "train char_lstm --data verse.txt --epochs 4 --batch-size 4 --lr 0.01 --seed 3";
    let said = place.works(&format!("{train} --out r"));
    assert!(said.contains(" parameters) on verse: ") && said.contains(" training windows; run folder r\n"), "{said}");
    let (summary, config) = (place.json("r/summary.json"), place.json("r/config.json"));
    let characters = config["classes"].as_array().unwrap();
    assert!(characters.len() == 20 && characters.contains(&"ß".into()), "{config}");
    assert_eq!((config["data"].as_str(), config["text"]["path"].as_str()), (Some("verse"), place.path("verse.txt").to_str()));
    let nats = summary["test_nats_per_char"].as_f64().unwrap();
    assert!(nats < 20_f64.ln(), "{summary}");

    let found = |command: &str| -> serde_json::Value { serde_json::from_str(&place.works(&format!("{command} --json"))).unwrap() };
    assert!((found("eval char_lstm --checkpoint r")["test_nats_per_char"].as_f64().unwrap() - nats).abs() < 1e-6);
    let more = found("eval char_lstm --checkpoint r --data more.txt");
    assert_eq!((more["data"].as_str(), more["characters"].as_u64()), (Some("more"), Some(verses(60).chars().count() as u64)));

    let written = place.works("sample char_lstm --checkpoint r --prompt Straße --count 20");
    assert!(written.starts_with("Straße") && written.chars().count() == 27, "{written}");
    assert!(place.text("r/samples.txt").chars().filter(|c| *c != '\n').all(|c| characters.contains(&c.to_string().into())));
    assert!(place.works("summary r").contains("1,280"));

    // Interrupted, it goes on to the same bits.
    killed(&place, &format!("{train} --out k --checkpoint-every 3"), "k");
    place.works("train --resume k");
    assert_eq!(std::fs::read(place.path("k/model.safetensors")).unwrap(), std::fs::read(place.path("r/model.safetensors")).unwrap());
}

#[test]
fn a_transformer_reads_and_writes_other_characters() {
    let place = Place::new();
    place.put("verse.txt", verses(40).as_bytes()).put("test.txt", verses(8).as_bytes());
    let said = place.works("train char_transformer --data verse.txt --test test.txt --epochs 1 --batch-size 8 --out r");
    assert!(said.contains(" on verse: "), "{said}");
    let found = place.works("eval char_transformer --checkpoint r");
    assert!(
        found.starts_with("verse: test nats per char ") && found.contains(&format!(" of {} characters", verses(8).chars().count())),
        "{found}"
    );
    let written = place.works("sample char_transformer --checkpoint r --prompt Käse --count 10 --seed 2");
    assert!(written.starts_with("Käse") && written.chars().count() == 15, "{written}");
}

#[test]
fn mistakes_in_texts() {
    let place = Place::new();
    place.put("verse.txt", verses(80).as_bytes()).put("short.txt", verses(8).as_bytes()).put("other.txt", "das\nZorn\n".as_bytes());
    place.put("latin1.txt", b"Stra\xdfe").put("empty.txt", b"").put("runs/notes.txt", b"x");
    let line = "error: other.txt: expected only the 20 characters of the training text, found 'Z' in line 2";
    place.fails("train char_lstm --data verse.txt --test other.txt", 1, line);
    place.fails("train char_lstm --data latin1.txt", 1, "error: latin1.txt: expected text in UTF-8, found invalid UTF-8 at byte 4");
    place.fails("train char_lstm --data empty.txt", 1, "error: empty.txt: expected text, found nothing");
    place.fails(
        "train char_lstm --data runs",
        1,
        "error: runs: expected a text file, found a folder; several texts can be joined to one file",
    );
    let line = format!(
        "error: the training part: a text of {} characters is too short for 32 streams with windows of 64; a smaller `--batch-size` has fewer streams",
        (verses(8).chars().count() as f64 * 0.9).round()
    );
    place.fails("train char_lstm --data short.txt", 1, &line);
    let known = "supported options: --data, --test and those of every training run";
    let line = |option| format!("error: `{option}` has no effect on `char_lstm`: it reads a text; {known}");
    place.fails("train char_lstm --data verse.txt --hidden 5", 1, &line("--hidden"));
    place.fails("train char_lstm --data verse.txt --folds 3", 1, &line("--folds"));
    place.fails("search char_lstm --data verse.txt --hidden 4..8", 1, &line("--hidden"));
    let line = "error: `--target` has no effect on a text: it is for columns of a table";
    place.fails("train char_lstm --data verse.txt --target x", 1, line);
    let line = "error: `--augment` has no effect on a text: it is for pictures";
    place.fails("train char_lstm --data verse.txt --augment flip", 1, line);
    let line = "error: `char_lstm` cannot be used to predict: it continues a text: layercake sample MODEL --checkpoint RUN --prompt TEXT";
    place.fails("predict char_lstm --checkpoint r verse.txt", 1, line);
}
