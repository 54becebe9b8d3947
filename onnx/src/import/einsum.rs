//! `Einsum` of one or two values: transposes, sums and a matrix product.

use layercake_ir::ops::{MatMul, Permute, Sizes, Sum};

use super::attributes::Op;
use super::importer::Importer;
use super::reduce::reduced;
use super::value::{Data, Outcome, Value};

pub(super) fn convert(i: &mut Importer, op: &Op<'_>) -> Option<Outcome> {
    (op.kind() == "Einsum").then(|| einsum(i, op))
}

/// A value with a letter for each axis of its samples.
#[derive(Clone, Debug)]
struct Lettered {
    value: usize,
    letters: Vec<char>,
}

fn einsum(i: &mut Importer, op: &Op<'_>) -> Outcome {
    let equation: String = op.text("equation", "").chars().filter(|letter| !letter.is_whitespace()).collect();
    let (inputs, output) = equation.split_once("->").ok_or("an equation without `->` is not supported")?;
    let inputs: Vec<&str> = inputs.split(',').collect();
    let all = inputs.iter().flat_map(|input| input.chars()).chain(output.chars());
    if let Some(sign) = all.clone().find(|letter| !letter.is_ascii_alphabetic()) {
        return Err(format!("`{sign}` in `{equation}` is not supported").into());
    }
    if inputs.len() != op.node.input.len() || !(1..=2).contains(&inputs.len()) {
        return Err(format!("`{equation}` is not one of one or two inputs").into());
    }
    let twice = |letters: &str| letters.chars().enumerate().any(|(at, letter)| letters[..at].contains(letter));
    if inputs.iter().any(|letters| twice(letters)) || twice(output) {
        return Err(format!("`{equation}` names an axis of one value twice, which is not supported").into());
    }
    let mut batch = None;
    let mut operands = Vec::new();
    for (at, letters) in inputs.iter().enumerate() {
        operands.push(operand(i, op, at, letters, &mut batch)?);
    }
    let wanted: Vec<char> = output.chars().filter(|letter| Some(*letter) != batch).collect();
    if batch.is_some_and(|letter| !output.contains(letter)) {
        return Err("it sums over the batch".into());
    }
    let mut operands = operands.into_iter();
    let first = operands.next().ok_or("it has no inputs")?;
    let result = match operands.next() {
        None => without(i, op, first, |letter| wanted.contains(&letter))?,
        Some(second) => product(i, op, first, second, &wanted)?,
    };
    let value = ordered(i, op, &result, &wanted)?;
    let batch = batch.and_then(|batch| output.chars().position(|letter| letter == batch));
    Ok(vec![Value::Data(Data::of(value, batch))])
}

/// An input without the letter of its batch, which must be the same in both.
fn operand(i: &mut Importer, op: &Op<'_>, at: usize, letters: &str, batch: &mut Option<char>) -> Outcome<Lettered> {
    let mut letters: Vec<char> = letters.chars().collect();
    if let Value::Const(constant) = i.input(op, at)? {
        if constant.dims.len() != letters.len() {
            return Err(format!("input {at} has {} axes", constant.dims.len()).into());
        }
        if letters.iter().any(|&letter| Some(letter) == *batch) {
            return Err("a constant differs from sample to sample".into());
        }
        let value = i.parameter(&constant, constant.dims.clone())?;
        return Ok(Lettered { value, letters });
    }
    let x = i.data(op, at)?;
    if i.rank(x) != letters.len() || x.merged {
        return Err(format!("input {at} has {} axes", i.rank(x)).into());
    }
    if let Some(place) = x.batch {
        let letter = letters.remove(place);
        if batch.is_some_and(|other| other != letter) {
            return Err("its inputs have the batch at different axes".into());
        }
        *batch = Some(letter);
    }
    if letters.iter().any(|&letter| Some(letter) == *batch) {
        return Err("it works along the batch".into());
    }
    Ok(Lettered { value: x.value, letters })
}

/// The sum over the axes that are not kept.
fn without(i: &mut Importer, op: &Op<'_>, x: Lettered, keep: impl Fn(char) -> bool) -> Outcome<Lettered> {
    let gone: Vec<usize> = (0..x.letters.len()).filter(|&axis| !keep(x.letters[axis])).collect();
    if gone.is_empty() {
        return Ok(x);
    }
    let value = reduced(i, op, x.value, &gone, |axes| Sum { axes }.into())?;
    let dims = i.dims(Data::of(value, None));
    let left: Vec<usize> = (0..dims.len()).filter(|axis| !gone.contains(axis)).collect();
    let value = i.shaped(op, value, &left.iter().map(|&axis| dims[axis]).collect::<Vec<_>>())?;
    Ok(Lettered { value, letters: left.into_iter().map(|axis| x.letters[axis]).collect() })
}

/// The product of `[both.., left.., summed..]` and `[both.., summed.., right..]`.
fn product(i: &mut Importer, op: &Op<'_>, a: Lettered, b: Lettered, wanted: &[char]) -> Outcome<Lettered> {
    let a = without(i, op, a, |letter| wanted.contains(&letter) || b.letters.contains(&letter))?;
    let b = without(i, op, b, |letter| wanted.contains(&letter) || a.letters.contains(&letter))?;
    let size = |i: &Importer, x: &Lettered, letter: char| {
        let axis = x.letters.iter().position(|&other| other == letter).unwrap_or(0);
        i.dims(Data::of(x.value, None))[axis]
    };
    let shared = |letter: &&char| b.letters.contains(letter);
    let both: Vec<char> = a.letters.iter().filter(shared).filter(|letter| wanted.contains(letter)).copied().collect();
    let summed: Vec<char> = a.letters.iter().filter(shared).filter(|letter| !wanted.contains(letter)).copied().collect();
    let left: Vec<char> = a.letters.iter().filter(|letter| !b.letters.contains(letter)).copied().collect();
    let right: Vec<char> = b.letters.iter().filter(|letter| !a.letters.contains(letter)).copied().collect();
    if let Some(letter) = both.iter().chain(&summed).find(|&&letter| size(i, &a, letter) != size(i, &b, letter)) {
        return Err(format!("the axes `{letter}` have the sizes {} and {}", size(i, &a, *letter), size(i, &b, *letter)).into());
    }
    let len = |i: &Importer, x: &Lettered, letters: &[char]| letters.iter().map(|&letter| size(i, x, letter)).product::<usize>();
    let sizes = [len(i, &a, &both), len(i, &a, &left), len(i, &a, &summed), len(i, &b, &right)];
    let dims: Vec<usize> = [&both, &left].iter().flat_map(|letters| letters.iter()).map(|&letter| size(i, &a, letter)).collect();
    let dims: Vec<usize> = dims.into_iter().chain(right.iter().map(|&letter| size(i, &b, letter))).collect();
    let x = ordered(i, op, &a, &[&both[..], &left, &summed].concat())?;
    let x = i.shaped(op, x, &[sizes[0], sizes[1], sizes[2]])?;
    let y = ordered(i, op, &b, &[&both[..], &summed, &right].concat())?;
    let y = i.shaped(op, y, &[sizes[0], sizes[2], sizes[3]])?;
    let value = i.add(op, MatMul {}, &[x, y])?;
    let value = i.shaped(op, value, &dims)?;
    Ok(Lettered { value, letters: [both, left, right].concat() })
}

/// The axes in this order.
fn ordered(i: &mut Importer, op: &Op<'_>, x: &Lettered, letters: &[char]) -> Outcome<usize> {
    let axes: Option<Vec<usize>> = letters.iter().map(|letter| x.letters.iter().position(|other| other == letter)).collect();
    let axes = axes.filter(|axes| axes.len() == x.letters.len()).ok_or("an axis of the output is in no input")?;
    if axes.is_sorted() { Ok(x.value) } else { i.add(op, Permute { axes: Sizes::new(&axes) }, &[x.value]) }
}
