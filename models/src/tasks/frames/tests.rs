//! Training.

use layercake::optim::{Adam, AdamConfig};
use layercake_train::data::frame;
use layercake_train::{Trainer, Until};

use super::*;

#[test]
fn it_learns_and_draws() {
    let device = Cpu::seed_from_u64(1);
    let Split { train, .. } = layercake_train::data::digits();
    let some = frame(&train.subset(&(0..12).collect::<Vec<_>>()), 28);
    let mut net = build(&device).unwrap();
    let (data, mut task) = (moving(Loader::new(Digits(Arc::new(some.clone())), 4).shuffle(1)), measured_on(some));
    let mut optimizer = Adam::new(&net, AdamConfig { lr: 3e-3, ..Default::default() });
    let history = Trainer::new(Until::Epochs(3)).fit(&mut net, &device, &mut optimizer, &mut task, &data).unwrap();
    let loss = |epoch: usize| history[epoch].train.get("loss").unwrap();
    assert!(loss(2) < 0.9 * loss(0), "{} {}", loss(0), loss(2));
    for metric in ["accuracy", "accuracy_alone", "accuracy_cut", "accuracy_cut_alone"] {
        assert!((0.0..=1.0).contains(&history[2].test.get(metric).unwrap()), "{metric}");
    }
    let folder = tempfile::tempdir().unwrap();
    Task::<_, Cpu>::draw(&mut task, &net, &device, folder.path(), true).unwrap();
    assert!(folder.path().join("clips.png").is_file());
}
