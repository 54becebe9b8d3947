//! What attention launches, and how large its buffers are.

use layercake_ir::{Builder, Op, Shape};

use super::*;
use crate::kernel::{Task, Work};
use crate::plan::Plan;

const BATCH: usize = 2;

fn plan(op: ops::MultiheadAttention, length: usize, mode: Mode) -> Plan {
    let mut builder = Builder::new("Net");
    let x = builder.input("input", Shape::new(&[length, op.features])).unwrap();
    let mut inputs = vec![x];
    if op.mask {
        inputs.push(builder.input("mask", Shape::new(&[length, length])).unwrap());
    }
    let y = builder.add("attend", Op::MultiheadAttention(op), &inputs).unwrap();
    Plan::new(&builder.finish(&[("output", y)]), Key { batch: BATCH, mode, input_grad: true }).unwrap()
}

fn attention(features: usize, heads: usize, mask: bool) -> ops::MultiheadAttention {
    ops::MultiheadAttention { features, heads, causal: !mask, dropout: 0.1, bias: true, key: false, value: false, mask }
}

#[test]
fn no_buffer_has_all_scores() {
    const LENGTH: usize = 1024;
    for mask in [false, true] {
        let plan = plan(attention(16, 4, mask), LENGTH, Mode::Train);
        let most = plan.lens.iter().max().unwrap();
        assert!(*most < BATCH * 4 * LENGTH * LENGTH / 32, "a buffer has {most} elements");
        assert!(plan.is_sound());
    }
}

/// Between the projections one launch forward and two backward, and one for the gradient of a mask.
#[test]
fn launches() {
    let count = |mask, mode| {
        let plan = plan(attention(16, 4, mask), 40, mode);
        let is_attention =
            |task: &&Task| matches!(task.work, Work::Launch { kernel, .. } if plan.kernels[kernel].name.starts_with("attention"));
        [&plan.forward, &plan.backward].map(|tasks| tasks.iter().filter(is_attention).count())
    };
    assert_eq!(count(false, Mode::Infer), [1, 0]);
    assert_eq!(count(false, Mode::Train), [1, 2]);
    assert_eq!(count(true, Mode::Train), [1, 3]);
}

#[test]
fn heads_with_more_features_than_tiles_hold_are_whole() {
    assert_eq!([1, 64, 65, 128, 256, 512, 513].map(tiles::tile), [Some(32), Some(32), Some(16), Some(16), Some(8), Some(4), None]);
    assert!(plan(attention(1026, 2, true), 9, Mode::Train).is_sound());
}
