//! The two forms of each rule agree: the one on slices, which is compared with PyTorch elsewhere, and the one in dfdx's operations for other devices.

use dfdx::optim::{Momentum, WeightDecay};
use dfdx::tensor::{Cpu, TensorFromVec};
use dfdx::tensor_ops::TrySub;

use super::clip::Action;
use super::rule::{At, Flat, Rule};
use super::state::Buffers;
use super::{AdagradConfig, AdamConfig, RMSpropConfig, SgdConfig};

fn agrees<R: Rule>(rule: R) {
    let device = Cpu::default();
    let tensor = |numbers: Vec<f64>| -> Flat<f64, Cpu> {
        let len = numbers.len();
        device.tensor_from_vec(numbers, (len,))
    };
    let start: Vec<f64> = (0..7).map(|i| f64::from(i * 5 % 7) - 2.5).collect();
    let (mut fast, mut slow) = (start.clone(), tensor(start));
    let mut buffers = Buffers::<f64, Cpu>::first(&rule, 7);
    let mut tensors: Vec<Flat<f64, Cpu>> = buffers.iter().cloned().map(tensor).collect();
    for step in 1..=6 {
        let g: Vec<f64> = (0..7u64).map(|i| ((i * 3 + step * 5) % 11) as f64 * 0.3 - 1.4).collect();
        let at = At::new(step, 0.1, rule.weight_decay());
        rule.update(at, &mut fast, &g, &mut buffers.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
        slow = slow.clone().try_sub(rule.portable(at, &slow, tensor(g), &mut tensors).unwrap()).unwrap();
        for (fast, slow) in fast.iter().zip(slow.as_vec()) {
            assert!((fast - slow).abs() < 1e-13, "{} in step {step}: {fast} and {slow}", R::NAME);
        }
        for (fast, slow) in buffers.iter().flatten().zip(tensors.iter().flat_map(|tensor| tensor.as_vec())) {
            assert!((fast - slow).abs() < 1e-13, "a buffer of {} in step {step}: {fast} and {slow}", R::NAME);
        }
    }
}

#[test]
fn all_rules() {
    for weight_decay in [None, Some(WeightDecay::L2(0.1)), Some(WeightDecay::Decoupled(0.3))] {
        for momentum in [None, Some(Momentum::Classic(0.9)), Some(Momentum::Nesterov(0.8))] {
            agrees(SgdConfig { momentum, weight_decay, ..Default::default() });
        }
        agrees(SgdConfig { momentum: Some(Momentum::Classic(0.9)), dampening: 0.4, weight_decay, ..Default::default() });
        agrees(AdamConfig { weight_decay, ..Default::default() });
        agrees(AdamConfig { weight_decay, bias_correction: false, ..Default::default() });
        agrees(AdagradConfig { lr_decay: 0.1, initial_accumulator_value: 0.3, weight_decay, ..Default::default() });
        for momentum in [None, Some(0.7)] {
            agrees(RMSpropConfig { momentum, centered: false, weight_decay, ..Default::default() });
            agrees(RMSpropConfig { momentum, centered: true, weight_decay, alpha: 0.9, ..Default::default() });
        }
    }
}

#[test]
fn clipping() {
    for action in [Action::Scale(0.3), Action::Scale(1.0), Action::Cut(0.5)] {
        let mut fast = vec![-3.0, -0.5, 0.0, 0.2, 0.7];
        let slow = action.portable(Cpu::default().tensor_from_vec(fast.clone(), (5,))).unwrap();
        action.apply(&mut fast);
        assert_eq!(fast, slow.as_vec());
    }
    let mut bad = [f64::NAN];
    Action::Cut(1.0).apply(&mut bad);
    assert!(bad[0].is_nan(), "NaN stays NaN");
}
