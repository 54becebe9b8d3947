//! The compiler's messages about mistakes in networks, and valid networks that compile.
//!
//! After a change of a message: `TRYBUILD=overwrite cargo test -p layercake-tests --test ui`, twice where cases under `symbolic/` are
//! new; then read the diff as a user would.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The topics under `ui/` whose networks are refused by a shape rule. Each has a twin under `symbolic/`.
const RULES: [&str; 7] = ["catalogue", "joins", "outputs", "ranks", "sharing", "sizes", "windows"];

/// Without passing cases, so that `cargo check` is used: a passing case would build all dependencies once more. The programs under `pass/` are tests
/// outside trybuild.
#[test]
fn mistakes() {
    provide_files();
    let cases = trybuild::TestCases::new();
    for topic in topics() {
        if topic != "pass" {
            cases.compile_fail(format!("tests/ui/{topic}/*.rs"));
        }
    }
}

/// Cases read ONNX files from the folder of the package that trybuild makes.
fn provide_files() {
    // trybuild asks cargo for the folder from this package's folder, which is what a relative path is relative to.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned(),
        |folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
    );
    let to = target.join("tests/trybuild/layercake-tests/onnx/models");
    fs::create_dir_all(&to).unwrap();
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("onnx/models"), "onnx") {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn every_program_that_has_to_compile_is_a_test() {
    let manifest = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let programs = files(&ui().join("pass"), "rs");
    let shared = read(&ui().join("pass/main.rs"));
    assert!(programs.len() > 10);
    for program in programs {
        let name = program.file_stem().unwrap().to_str().unwrap();
        let alone = manifest.contains(&format!("path = \"tests/ui/pass/{name}.rs\""));
        assert!(alone || shared.contains(&format!("mod {name};")), "{name} is neither in tests/Cargo.toml nor in pass/main.rs");
    }
}

/// Every mistake with numbers is a mistake with named constants too: with the same message, at the same part.
#[test]
fn constants_are_checked_as_numbers_are() {
    let mut compared = 0;
    for case in RULES.into_iter().flat_map(|topic| files(&ui().join(topic), "rs")) {
        let source = read(&case);
        let topic = case.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let twin = ui().join("symbolic").join(format!("{topic}_{}", case.file_name().unwrap().to_str().unwrap()));
        let expected = with_constants(&source);
        if std::env::var_os("TRYBUILD").is_some() {
            fs::write(&twin, &expected).unwrap();
            continue;
        }
        assert_eq!(read(&twin), expected, "{} is not the twin of {}", twin.display(), case.display());
        let (numbers, constants) = (mistakes_in(&case), mistakes_in(&twin));
        assert!(!numbers.is_empty(), "{}", case.display());
        assert_eq!(numbers.len(), constants.len(), "{}", case.display());
        for ((message, part), (same_message, same_part)) in numbers.iter().zip(&constants) {
            assert_eq!(message, same_message, "{}", case.display());
            // Of an input's sizes, the macro can underline a single one.
            assert!(same_part.contains(part), "{}: `{same_part}` is underlined, and not `{part}`", case.display());
        }
        compared += 1;
    }
    assert!(compared >= 30 || std::env::var_os("TRYBUILD").is_some(), "{compared}");
}

/// Every message has a case that shows it.
#[test]
fn every_message_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let shown: String = topics().iter().flat_map(|topic| files(&ui().join(topic), "stderr")).map(|file| squeezed(&read(&file))).collect();
    let macros = ["check.rs", "params.rs", "value.rs", "layers/habits.rs", "model/attributes.rs", "model/structure.rs", "model/typing.rs"]
        .map(|file| root.join("macros/src").join(file));
    let stages = ["ir/src/ops", "ir/src/rules", "macros/src/lower", "macros/src/parse", "macros/src/resolve", "macros/src/shape"];
    let stages = stages.into_iter().flat_map(|folder| files(&root.join(folder), "rs")).filter(|file| !file.ends_with("tests.rs"));
    let mut texts = 0;
    let (mut missing, mut exempt) = (Vec::new(), BTreeSet::new());
    for file in stages.chain(["ir/src/graph.rs", "ir/src/shared.rs"].map(|file| root.join(file))).chain(macros) {
        for text in texts_of(&without_specification(&read(&file))) {
            texts += 1;
            if shown.contains(&text) {
                continue;
            }
            match EXEMPT.iter().find(|row| **row == text) {
                Some(row) => _ = exempt.insert(*row),
                None => missing.push(format!("{}: {text}", file.strip_prefix(root).unwrap().display())),
            }
        }
    }
    assert!(missing.is_empty(), "no case shows these texts:\n{}", missing.join("\n"));
    let idle: Vec<_> = EXEMPT.iter().filter(|row| !exempt.contains(*row)).collect();
    assert!(idle.is_empty(), "these rows of the list exempt no text: {idle:?}");
    assert!(texts > 400, "only {texts} texts were found");
}

/// A file of an operation without its declaration and its label, which have no messages.
fn without_specification(source: &str) -> String {
    let mut rest = source.to_owned();
    for (begin, end) in [("\noperation! {", "\n}\n"), ("    pub(crate) fn label(", "\n    }\n")] {
        if let Some(at) = rest.find(begin) {
            let behind = rest[at..].find(end).map_or(rest.len(), |length| at + length + end.len());
            rest.replace_range(at..behind, "\n");
        }
    }
    rest
}

/// The errors in the guide are the compiler's.
#[test]
fn the_guide_shows_real_messages() {
    let shown: String = topics().iter().flat_map(|topic| files(&ui().join(topic), "stderr")).map(|file| read(&file)).collect();
    let guide = read(&Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("core/guide/errors.md"));
    let blocks: Vec<&str> = guide.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let ours: Vec<&&str> = blocks.iter().filter(|block| block.contains("--> tests/ui/")).collect();
    assert!(ours.len() >= 4, "{}", ours.len());
    for block in ours {
        assert!(shown.contains(block.trim_end()), "no case shows this:\n{block}");
    }
}

/// Messages that no block can cause, and texts that are not messages.
const EXEMPT: [&str; 17] = [
    // A shape with a zero, or too large for memory, is refused where it arises.
    "has 0 input channels; it must have at least 1",
    "has 0 input features; it must have at least 1",
    "cannot flatten",
    // For graphs that are built at run time.
    "expects one input, but receives",
    "expects a mean and a log-variance, but receives",
    "expects two inputs, the values and the pool's input, but receives",
    "expects two values, but receives",
    "two or more values, but receives",
    "splits into 0 parts; there must be at least 1",
    "parts; a network has at most",
    "there is no value of this number",
    "expects [channels, ..], but receives",
    "gives more",
    "than fit in memory",
    // Messages about lines of PyTorch, which `macros/src/advice/slips.txt` covers.
    "help: a step is a layer and its arguments, for example `Linear(10)`",
    "takes no argument without a name",
    "attention weights are not returned",
];

fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")
}

fn topics() -> BTreeSet<String> {
    fs::read_dir(ui()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn files(folder: &Path, extension: &str) -> BTreeSet<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Collapses white space: the compiler indents lines after the first.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A case with every number of its block replaced by a call of a `const fn`, which only the compiler can evaluate. The counts of `Split`
/// and `Repeat`, which the macro must know, are kept.
fn with_constants(source: &str) -> String {
    let (start, block) = source.split_at(source.find("network! {").unwrap());
    let (block, end) = block.split_at(block.find("fn main").unwrap());
    let mut out = String::new();
    let mut previous = ' ';
    let mut rest = block;
    while let Some(first) = rest.chars().next() {
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
        let count = out.ends_with("Chunk(") || out.ends_with("Repeat(");
        if first.is_ascii_digit() && !previous.is_alphanumeric() && !count {
            // The exponent of a float may have a sign.
            let signed = word.ends_with('e') && !word.starts_with("0x");
            let exponent = rest[word.len()..].chars().skip(1).take_while(char::is_ascii_digit).count();
            let word = if signed { &rest[..word.len() + 1 + exponent] } else { &word };
            let float = word.contains('.') || (word.contains('e') && !word.starts_with("0x"));
            out.push_str(&format!("{}({word})", if float { 'f' } else { 'n' }));
            rest = &rest[word.len()..];
            previous = '0';
        } else {
            let taken = if word.is_empty() { first.len_utf8() } else { word.len() };
            out.push_str(&rest[..taken]);
            previous = rest[..taken].chars().next_back().unwrap_or(' ');
            rest = &rest[taken..];
        }
    }
    let mut helpers = String::new();
    if out.contains("n(") {
        helpers.push_str("const fn n(size: usize) -> usize {\n    size\n}\n\n");
    }
    if out.contains("f(") {
        helpers.push_str("const fn f(number: f64) -> f64 {\n    number\n}\n\n");
    }
    format!("{start}{helpers}{out}{end}")
}

/// The mistakes in a case's expected output: the messages and the underlined source text, without the calls that
/// [`with_constants`] inserts.
fn mistakes_in(case: &Path) -> BTreeSet<(String, String)> {
    let output = read(&case.with_extension("stderr"));
    let mut mistakes = BTreeSet::new();
    for error in output.split("error").skip(1) {
        let Some((message, place)) = error.split_once("-->") else { continue };
        let message = message.trim_start_matches("[E0080]").trim_start_matches(": ").trim_start_matches("evaluation panicked: ");
        let mut lines = place.lines().skip(2);
        let (source, marks) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let from = marks.find('^').unwrap_or_default();
        let to = marks.rfind('^').map_or(from, |last| last + 1);
        let underlined = source.get(from..to).unwrap_or_default().replace("n(", "").replace("f(", "").replace(')', "");
        mistakes.insert((squeezed(message), underlined.replace('(', "")));
    }
    mistakes
}

/// The parts of a source file's message texts between placeholders, if long enough to be recognized.
fn texts_of(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    let mut texts = Vec::new();
    let mut literals = code.split('"');
    literals.next();
    while let (Some(literal), _) = (literals.next(), literals.next()) {
        let literal = literal.replace("\\\n", " ").replace("{{", "\u{1}").replace("}}", "\u{2}").replace("\\n", "{}");
        for (i, part) in literal.split(['{', '}']).enumerate() {
            let text = squeezed(&part.replace('\u{1}', "{").replace('\u{2}', "}"));
            if i % 2 == 0 && text.len() >= 8 && text.contains(' ') {
                texts.push(text);
            }
        }
    }
    texts
}
