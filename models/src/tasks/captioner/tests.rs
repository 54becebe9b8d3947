//! The decoder by steps, and training.

use layercake::AnyNetwork;
use layercake::optim::{Adam, AdamConfig};
use layercake::prelude::*;
use layercake_train::data::frame;
use layercake_train::sequence::{Decoder, PadSide};
use layercake_train::{Trainer, Until};

use super::strips::{CAPTION, StripBatch};
use super::*;
use crate::networks::CaptionDecoder;
use crate::tasks::writing::Writer;

fn some(count: usize) -> Images {
    let Split { train, .. } = layercake_train::data::digits();
    frame(&train.subset(&(0..count).collect::<Vec<_>>()), 28)
}

/// Words that are written one by one get the logits of all of them at once.
#[test]
fn steps_are_the_whole() {
    let device = Cpu::seed_from_u64(1);
    let net = Machine::build(&device, Captioner::GRAPH).unwrap();
    let StripBatch { pictures, captions } = measured_on(some(5), 1).test.epoch(1).next().unwrap().unwrap();
    let given = captions.starting_with(CAPTION.limits.start).padded(CAPTION.length(), CAPTION.pad, PadSide::Right).unwrap();
    let inputs = vec![pictures.clone().into_dynamic(&device).unwrap(), given.clone().into_ids(&device)];
    let whole = net.try_infer(inputs).unwrap()[0].to_vec();
    let writer = Writer::<Cpu>::new(&net, &device, CaptionDecoder::<1>::GRAPH).unwrap();
    let mut state = writer.read(pictures.into_dynamic(&device).unwrap(), None).unwrap();
    for at in 0..CAPTION.length() {
        let tokens: Vec<usize> = given.as_slice().iter().skip(at).step_by(CAPTION.length()).copied().collect();
        let (scores, next) = writer.step(&tokens, state).unwrap();
        for (row, scores) in scores.chunks_exact(CAPTION.tokens).enumerate() {
            let expected = &whole[(row * CAPTION.length() + at) * CAPTION.tokens..][..CAPTION.tokens];
            assert!(scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "step {at}");
        }
        state = next;
    }
}

#[test]
fn it_learns_and_draws() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Machine::build(&device, Captioner::GRAPH).unwrap();
    let (data, mut task) = (with_others(Loader::new(Digits(Arc::new(some(16))), 8).shuffle(1)), measured_on(some(16), 1));
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let history = Trainer::new(Until::Epochs(3)).fit(&mut net, &device, &mut optimizer, &mut task, &data).unwrap();
    let loss = |epoch: usize| history[epoch].train.get("loss").unwrap();
    assert!(loss(2) < 0.9 * loss(0), "{} {}", loss(0), loss(2));
    let [right, distance] = ["exact_match", "edit_distance"].map(|metric| history[2].test.get(metric).unwrap());
    assert!((0.0..=1.0).contains(&right) && distance > 0.0 && distance < 4.0);
    let folder = tempfile::tempdir().unwrap();
    Task::<_, Cpu>::draw(&mut task, &net, &device, folder.path(), true).unwrap();
    assert!(folder.path().join("captions.png").is_file());
    let picture = task.sample(&net, &device, 5).unwrap();
    assert!(picture.size()[1] > 3 * 3 * 112, "three in a row");
}
