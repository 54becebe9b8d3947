//! Dropout in training. Its masks are random, so it is tested by statistics and invariants instead of PyTorch's numbers.

use dfdx::tensor::Cpu;
use layercake::prelude::*;
use layercake_tests::{Numbers, Random, Subject};

network! {
    pub Thinned: [7, 11] -> [7, 11] { Dropout(0.3) }
    pub Twice: [100] -> [100] { Dropout(0.5), Dropout(0.5) }
}
layercake_tests::subject!(Thinned);

const BATCH: usize = 200;
const COUNT: usize = BATCH * 7 * 11;

fn given() -> (Numbers, Numbers) {
    let mut random = Random::new(5);
    (random.numbers(&[BATCH, 7, 11], 0.5, 1.5), random.numbers(&[BATCH, 7, 11], 0.5, 1.5))
}

/// Kept elements are scaled by 1 / (1 - p), dropped ones are zero, and so are their gradients. Returns the mask.
fn mask(mut net: impl Subject) -> Vec<bool> {
    let (input, output_grad) = given();
    let outcome = net.train(&input, &output_grad);
    let mask: Vec<bool> = outcome["output"].values.iter().map(|&y| y != 0.0).collect();
    for (what, from) in [("output", &input), ("input_grad", &output_grad)] {
        for ((found, from), &kept) in outcome[what].values.iter().zip(&from.values).zip(&mask) {
            let expected = if kept { from / 0.7 } else { 0.0 };
            assert!((found - expected).abs() < 1e-6, "{what}: {found} instead of {expected}");
        }
    }
    mask
}

fn fraction(mask: impl Iterator<Item = bool>) -> f64 {
    let (mut kept, mut all) = (0, 0);
    mask.for_each(|keep| (kept, all) = (kept + usize::from(keep), all + 1));
    f64::from(kept as u32) / f64::from(all as u32)
}

/// Four standard deviations of the kept fraction of `count` draws with probability `keep`.
fn four_sigma(keep: f64, count: usize) -> f64 {
    4.0 * (keep * (1.0 - keep) / count as f64).sqrt()
}

#[test]
fn keeps_what_it_should() {
    let mask = mask(Thinned::new(&Cpu::default()));
    assert_eq!(mask.len(), COUNT);
    let kept = fraction(mask.iter().copied());
    assert!((kept - 0.7).abs() < four_sigma(0.7, COUNT), "{kept} of {COUNT} kept");
    // Neighbors, and equal positions in two samples, are independent: two are kept together as often as by chance.
    for (apart, whose) in [(1, "neighbors"), (11, "rows"), (77, "samples")] {
        let both = fraction(mask.iter().zip(&mask[apart..]).map(|(a, b)| *a && *b));
        assert!((both - 0.49).abs() < four_sigma(0.49, COUNT), "{whose}: {both} instead of 0.49");
    }
}

#[test]
fn both_paths_drop_the_same() {
    let device = Cpu::default();
    assert_eq!(mask(device.build_module::<Thinned, f32>()), mask(device.build_module::<Thinned, f64>()));
}

#[test]
fn every_pass_draws_anew_and_a_seed_repeats_it() {
    let passes = |seed| {
        let device = Cpu::seed_from_u64(seed);
        let mut net = Thinned::new(&device);
        let x = given().0.tensor(&device);
        [(); 2].map(|()| Numbers::of(&net.forward_mut::<usize>(x.leaky_trace())))
    };
    let [first, second] = passes(3);
    assert_ne!(first, second);
    assert_eq!(passes(3), [first.clone(), second]);
    assert_ne!(passes(4)[0], first);
}

#[test]
fn two_layers_draw_different_masks() {
    let device = Cpu::default();
    let mut net = Twice::new(&device);
    let x: Tensor<(usize, Const<100>), f32, _> = device.ones_like(&(BATCH, Const));
    let kept = fraction(net.forward_mut(x.leaky_trace()).as_vec().into_iter().map(|y| y != 0.0));
    assert!((kept - 0.25).abs() < four_sigma(0.25, BATCH * 100), "{kept} instead of 0.25: equal masks would keep 0.5");
}

#[test]
fn forward_and_forward_eval_drop_nothing() {
    let net = Thinned::new(&Cpu::default());
    let (input, output_grad) = given();
    assert_eq!(net.infer(&input)["output"], input);
    let outcome = net.eval(&input, &output_grad);
    assert_eq!((&outcome["output"], &outcome["input_grad"]), (&input, &output_grad));
}

layercake_tests::parity! { dropout2d:
    inference: [3, 4, 5] -> [3, 4, 5] { Dropout2d(0.4) }
    never: [3, 4, 5] -> [3, 4, 5] { Dropout2d(p = 0.0) }
}
