use layercake_ir::ops::Tanh;

use super::{finish, on_threads, tails};
use crate::kernels::{
    channels::{
        pack::Panels,
        product::{Product, product, product_alone},
    },
    testing::{close, numbers},
};

fn reference(p: &Product, weight: &[f32], y: &mut [f32]) {
    let [images, lines, columns] = p.positions;
    let terms = p.segments.len() * p.len;
    for position in 0..images * lines * columns {
        let at = [position / (lines * columns), position / columns % lines, position % columns];
        let from: usize = at.iter().zip(&p.steps).map(|(at, step)| at * step).sum();
        for output in 0..p.panels.outputs {
            let mut sum = f64::from(p.bias[output]);
            for (i, segment) in p.segments.iter().enumerate() {
                for j in 0..p.len {
                    sum += f64::from(p.x[from + segment + j]) * f64::from(weight[output * terms + i * p.len + j]);
                }
            }
            y[position * p.out_row + p.out_first + output] = sum as f32;
        }
    }
    // Only this product's channels are finished.
    let before = y.to_vec();
    finish(p.tail, y);
    for (at, y) in y.iter_mut().enumerate() {
        if !(p.out_first..p.out_first + p.panels.outputs).contains(&(at % p.out_row)) {
            *y = before[at];
        }
    }
}

/// The positions, the step between two, the segments and their length, the outputs, and the channels of the result before and after them.
type Case = ([usize; 3], usize, usize, usize, usize, [usize; 2]);

#[test]
fn products_agree_with_their_definition() {
    let cases: [Case; 8] = [
        ([1, 1, 1], 3, 1, 3, 1, [0, 0]),
        ([2, 3, 7], 5, 1, 5, 16, [0, 0]),
        ([1, 4, 10], 6, 3, 4, 17, [0, 3]),
        ([3, 2, 5], 8, 2, 8, 33, [5, 2]),
        ([1, 1, 130], 4, 1, 4, 48, [0, 0]),
        ([1, 9, 19], 3, 3, 9, 50, [1, 0]),
        ([2, 1, 64], 20, 1, 20, 100, [0, 0]),
        ([1, 14, 14], 130, 1, 130, 260, [0, 0]),
    ];
    for (positions, step, count, len, outputs, [before, after]) in cases.into_iter().take(if cfg!(miri) { 4 } else { cases.len() }) {
        let [images, lines, columns] = positions;
        // Lines have more positions than are used, unless there is one segment.
        let line = (columns + if count > 1 { 2 } else { 0 }) * step;
        let steps = [(lines + count - 1) * line, line, step];
        let segments: Vec<usize> = (0..count).map(|i| i * line).collect();
        let terms = count * len;
        let x = numbers(images * steps[0] + len, 1);
        // Sums of the size of a number, whatever the number of terms.
        let weight: Vec<f32> = numbers(outputs * terms, 2).iter().map(|x| x / (terms as f32).sqrt()).collect();
        let panels = Panels::new(outputs);
        let mut packed = vec![0.0; terms * panels.padded()];
        panels.pack(terms, |output, term| weight[output * terms + term], &mut packed);
        let mut bias = numbers(panels.padded(), 3);
        bias[outputs..].fill(f32::NAN);
        let out_row = before + outputs + after;
        let old = numbers(images * lines * columns * out_row, 4);
        let residual = numbers(old.len(), 5);
        for tail in tails(&residual, &Tanh {}) {
            let of = Product {
                positions,
                steps,
                x: &x,
                segments: &segments,
                len,
                panels,
                weight: &packed,
                bias: &bias,
                out_row,
                out_first: before,
                tail,
            };
            let mut wanted = old.clone();
            reference(&of, &weight, &mut wanted);
            let found = on_threads(|| {
                let mut found = old.clone();
                product(of, &mut found);
                found
            });
            // Limits make results smaller than the sums, whose errors they have.
            close(&found, &wanted, 2e-5);
            let mut alone = old.clone();
            product_alone(of, &mut alone);
            assert_eq!(alone, found);
        }
    }
}

#[test]
#[should_panic(expected = "input too short")]
fn a_short_input_is_refused() {
    let panels = Panels::new(1);
    let padded = panels.padded();
    let (x, weight, bias) = (numbers(9, 1), vec![0.0; 2 * padded], vec![0.0; padded]);
    let (positions, steps, tail) = ([1, 2, 2], [0, 6, 2], super::Tail::default());
    let of =
        Product { positions, steps, x: &x, segments: &[0], len: 2, panels, weight: &weight, bias: &bias, out_row: 1, out_first: 0, tail };
    product(of, &mut [0.0; 4]);
}

/// `0 * NaN` must not reach outputs that do not depend on it, and a product that does must be NaN; limits keep it.
#[test]
fn nan_reaches_its_position_and_no_other() {
    let panels = Panels::new(20);
    let mut x = numbers(7 * 5, 1);
    x[3 * 5 + 2] = f32::NAN;
    let (weight, bias) = (numbers(5 * panels.padded(), 2), vec![0.0; panels.padded()]);
    let tail = super::Tail { limits: Some([0.0, 6.0]), ..super::Tail::default() };
    let (positions, steps) = ([1, 1, 7], [0, 0, 5]);
    let mut y = vec![0.0; 7 * 20];
    let of =
        Product { positions, steps, x: &x, segments: &[0], len: 5, panels, weight: &weight, bias: &bias, out_row: 20, out_first: 0, tail };
    product(of, &mut y);
    assert!(y.iter().enumerate().all(|(at, y)| y.is_nan() == (at / 20 == 3)));
}
