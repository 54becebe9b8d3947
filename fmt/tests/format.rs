//! What `format` makes of blocks, and what it leaves alone.

use std::fs;
use std::path::{Path, PathBuf};

use layercake_fmt::{FormatError, format};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn lays_out(before: &str, after: &str) {
    let found = format(before, 100).unwrap();
    assert_eq!(found, after, "\n{found}");
    assert_eq!(format(after, 100).unwrap(), after, "laid out twice");
}

#[test]
fn spaces_and_indentation() {
    lays_out(
        "network!{\npub Net:[1,28,28]->[10]{\nconv1:Conv2d( 6,kernel_size=5 , padding = 2 ) ,Tanh,AvgPool2d (2),\n      Flatten , fc : Linear(10)\n}\n}\n",
        "network!{\n    pub Net: [1, 28, 28] -> [10] {\n        conv1: Conv2d(6, kernel_size = 5, padding = 2), Tanh, AvgPool2d(2),\n        Flatten, fc: Linear(10),\n    }\n}\n",
    );
    lays_out(
        "    network! {\n  pub(crate)   Net<const H:usize,T : Dim=3>:{a:[T,4],b:[H]}->{out:[2*H-1]}{\nfrom a,x:Linear(-1)as(h,c),Add{ {},{from b,Linear(H/2)}},output  out\n}}\n",
        "    network! {\n        pub(crate) Net<const H: usize, T: Dim = 3>: { a: [T, 4], b: [H] } -> { out: [2 * H - 1] } {\n            from a, x: Linear(-1) as (h, c), Add { {}, { from b, Linear(H / 2) } }, output out,\n        }\n    }\n",
    );
}

#[test]
fn control_flow_generics_and_attributes() {
    lays_out(
        "network! {\n    use super :: blocks::{ Basic,First };\n    block b(n,act=ReLU){if n==1||n<4{act}else{Linear(n),}}\n\n\n\n    #[cfg( test )]\n    /// A doc.\n    pub A : [4]->[4] { for i in[1,2]{b(i)} for i in 0 .. 3 { Mlp<32> as x, Mlp::<4> } }\n}\n",
        "network! {\n    use super::blocks::{Basic, First};\n    block b(n, act = ReLU) { if n == 1 || n < 4 { act } else { Linear(n), } }\n\n    #[cfg(test)]\n    /// A doc.\n    pub A: [4] -> [4] { for i in [1, 2] { b(i) } for i in 0..3 { Mlp<32> as x, Mlp::<4> } }\n}\n",
    );
}

/// Comments stay where they are, strings and everything outside blocks as they are.
#[test]
fn comments() {
    lays_out(
        "fn  f( ) { /* network! { */ }\nlet s = \"network! { \";\nnetwork! {   // one\n  // two\n  pub A: [4] -> [4] { // three\n\n    ReLU, /* four */ Tanh // five\n    // six\n  }\n  // seven\n}\n",
        "fn  f( ) { /* network! { */ }\nlet s = \"network! { \";\nnetwork! { // one\n    // two\n    pub A: [4] -> [4] { // three\n        ReLU, /* four */ Tanh, // five\n        // six\n    }\n    // seven\n}\n",
    );
}

/// Lines that are too long are broken at commas, then after a bracket.
#[test]
fn long_lines() {
    let step = "conv1: Conv2d(64, kernel = 3, padding = 1, bias = false)";
    let before = format!("network! {{\n    pub A: [4] -> [4] {{ {step}, {step}, {step}, ReLU }}\n}}\n");
    let after = format!("network! {{\n    pub A: [4] -> [4] {{\n        {step},\n        {step},\n        {step}, ReLU,\n    }}\n}}\n");
    lays_out(&before, &after);
    let names: Vec<String> = (0..12).map(|i| format!("option_{i} = {i}")).collect();
    let before = format!("network! {{\n    pub A: [4] -> [4] {{\n        Layer({}),\n    }}\n}}\n", names.join(", "));
    let after = format!(
        "network! {{\n    pub A: [4] -> [4] {{\n        Layer(\n            {},\n            {}\n        ),\n    }}\n}}\n",
        names[..6].join(", "),
        names[6..].join(", ")
    );
    lays_out(&before, &after);
}

/// Blocks on one line, empty blocks and macros with other brackets.
#[test]
fn small_blocks() {
    lays_out("network! {}\nnetwork! { pub A:[4]->[4]{} }\n", "network! {}\nnetwork! { pub A: [4] -> [4] {} }\n");
    lays_out("network!(pub  A);\nother! { a  b }\n", "network!(pub  A);\nother! { a  b }\n");
}

#[test]
fn brackets_that_do_not_match() {
    for (text, error) in [
        ("fn f() {}\nnetwork! {\n  pub A: [4 {\n", FormatError::Unclosed { line: 3, bracket: '{' }),
        ("network! {\n  pub A: [4) -> [4] {}\n}\n", FormatError::Unopened { line: 2, bracket: ')' }),
    ] {
        assert_eq!(format(text, 100), Err(error));
    }
    assert_eq!(format("network! {", 100).unwrap_err().to_string(), "line 1: `{` is not closed");
    assert!(format("fn f( {", 100).is_ok(), "outside blocks nothing is read");
}

/// The Rust files of a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("ui") {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The networks of the zoo and of the examples are laid out already.
#[test]
fn the_gallery() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in ["models/src/networks", "examples"] {
        files(&root.join(folder), &mut found);
    }
    let mut blocks = 0;
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let laid_out = format(&text, 140).unwrap();
        blocks += text.matches("network! {").count();
        if std::env::var_os("LAYERCAKE_WRITE").is_some() {
            fs::write(&path, &laid_out).unwrap();
        } else {
            assert!(laid_out == text, "{} is not laid out; run `layercake fmt`", path.display());
        }
    }
    assert!(blocks > 40, "{blocks}");
}

/// Mutations of each file; override with `LAYERCAKE_MUTATIONS=100`.
const ROUNDS: usize = 6;

/// The white space of every block of the zoo is replaced at random, and tokens are removed: what is laid out has the same tokens, and stays as it is when it is laid
/// out again.
#[test]
fn mutations() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    files(&root.join("models/src/networks"), &mut found);
    let rounds = std::env::var("LAYERCAKE_MUTATIONS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut random = StdRng::seed_from_u64(1);
    let (mut laid_out, mut refused) = (0, 0);
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let Some((before, block)) = text.split_once("network! {") else { continue };
        for round in 0..rounds {
            let mut mutated = format!("{before}network! {{");
            for piece in block.split_inclusive([' ', '\n', ',', '(', ')', '{', '}']) {
                // A line comment must end with its line.
                let line = mutated.rsplit('\n').next().unwrap();
                let comment = line.contains("//") && !line.contains('"');
                match random.gen_range(0..12) {
                    0 if !comment => mutated.push_str(&format!("{}\n\n\n  ", piece.trim_end())),
                    1 if !comment && !piece.contains('\n') => mutated.push_str(&format!("   {piece}")),
                    2 if round % 2 == 1 && !comment && !piece.contains('\n') => {}
                    _ => mutated.push_str(piece),
                }
            }
            match format(&mutated, 100) {
                Ok(once) => {
                    laid_out += 1;
                    let twice = format(&once, 100).unwrap();
                    assert!(once == twice, "{}: laid out twice\n{once}\n{twice}", path.display());
                    let words = |text: &str| text.chars().filter(|letter| !letter.is_whitespace() && *letter != ',').collect::<String>();
                    assert_eq!(words(&mutated), words(&once));
                }
                Err(FormatError::Changed { .. }) => panic!("{}: other tokens\n{mutated}", path.display()),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(laid_out > 60 && refused > 15, "{laid_out} and {refused}");
}
