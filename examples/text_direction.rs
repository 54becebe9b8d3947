//! Reads the direction of a line of text with a network that others trained: PaddleOCR's classifier of directions, an ONNX file.
//!
//!     cargo run --release -p layercake-examples --example text_direction -- ppocr_mobile_cls.onnx
//!
//! The package `rapidocr-onnxruntime` 1.4.4 has the file (Apache-2.0), under the name `ch_ppocr_mobile_v2.0_cls_infer.onnx`. Without an argument the file is
//! looked for in `../shared/models`; if it is not there, the example says so and does nothing.

use std::path::PathBuf;
use std::process::ExitCode;

use layercake::io::onnx::{LoadOptions, OnnxError};
use layercake::prelude::*;

/// The height and the width that the network was trained on.
const SIZE: [usize; 2] = [48, 192];

/// The width and the height of one dot of a letter.
const DOT: [usize; 2] = [3, 5];

/// Letters of 5x7 dots, one number for each row.
const LETTERS: [(char, [u8; 7]); 7] = [
    ('A', [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('C', [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110]),
    ('E', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111]),
    ('K', [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001]),
    ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
    ('R', [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
    ('Y', [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100]),
];

fn main() -> ExitCode {
    let path = std::env::args()
        .nth(1)
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/models/ppocr_mobile_cls.onnx"));
    if !path.exists() {
        eprintln!("SKIPPED: {} is not here; name the file as an argument", path.display());
        return ExitCode::SUCCESS;
    }
    match directions(path) {
        Ok(right) if right => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Draws lines, turns each upside down, and asks the network. Returns whether all answers are right.
fn directions(path: PathBuf) -> Result<bool, OnnxError> {
    // The file leaves height and width open.
    let shapes = [("x".to_owned(), vec![None, Some(3), Some(SIZE[0]), Some(SIZE[1])])].into();
    let model = io::onnx::load_with(path, &LoadOptions { shapes, ..LoadOptions::default() })?;
    println!("{}: {} parameters", model.graph().name(), model.parameter_count());
    show(&drawn("LAYER"));

    let mut all_right = true;
    for word in ["LAYER", "LAYERCAKE", "CLEAR", "REAL"] {
        let upright = drawn(word);
        let mut turned = upright.clone();
        turned.reverse();
        for (image, is_upright) in [(upright, true), (turned, false)] {
            let [up, down] = chances(&model, &image);
            let answer = if up > down { "upright" } else { "upside down" };
            println!("{word:10} {answer:12} {:5.1} %", 100.0 * up.max(down));
            all_right &= (up > down) == is_upright;
        }
    }
    Ok(all_right)
}

/// The probabilities that a line is upright and that it is upside down.
fn chances(model: &GraphModel, image: &[f32]) -> [f32; 2] {
    // Pixels between -1 and 1, the same in red, green and blue.
    let pixels: Vec<f32> = image.iter().map(|pixel| 2.0 * pixel - 1.0).collect();
    let input: Tensor<Rank4<1, 3, { SIZE[0] }, { SIZE[1] }>, f32, _> =
        Cpu::default().tensor_from_vec(pixels.repeat(3), (Const, Const, Const, Const));
    let output: Tensor<Rank2<1, 2>, f32, _> = model.forward(input);
    output.array()[0]
}

/// A line of black letters on white: 1 is white.
fn drawn(text: &str) -> Vec<f32> {
    let [height, width] = SIZE;
    let [dot_width, dot_height] = DOT;
    let mut image = vec![1.0; height * width];
    for (place, letter) in text.chars().enumerate() {
        let rows = LETTERS.iter().find(|(other, _)| *other == letter).map_or([0; 7], |(_, rows)| *rows);
        for y in 0..7 * dot_height {
            for x in 0..5 * dot_width {
                if rows[y / dot_height] >> (4 - x / dot_width) & 1 == 1 {
                    image[(6 + y) * width + 4 + place * 6 * dot_width + x] = 0.0;
                }
            }
        }
    }
    image
}

/// Prints an image, a character for each dot of its letters.
fn show(image: &[f32]) {
    for row in 1..8 {
        let y = 6 + row * DOT[1] - DOT[1] / 2 - 1;
        let line: String = (0..30).map(|column| if image[y * SIZE[1] + 5 + column * DOT[0]] < 0.5 { '#' } else { ' ' }).collect();
        println!("  {}", line.trim_end());
    }
}
