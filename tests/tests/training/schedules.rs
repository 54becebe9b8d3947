//! Schedules against `torch.optim.lr_scheduler`.

use layercake::schedule::*;

use layercake_tests::training::Fixture;

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs().max(1e-3)
}

#[test]
fn as_pytorch_says() {
    let fixture = Fixture::open("schedules");
    let check = |name: &str, schedule: &dyn Schedule| {
        for (step, &expected) in fixture.get(name).values.iter().enumerate() {
            let found = schedule.lr(0.1, step);
            assert!(close(found, expected), "{name}: {found} instead of {expected} in step {step}");
        }
    };
    check("step", &Step { step_size: 7, gamma: 0.3 });
    check("multi_step", &MultiStep { milestones: vec![3, 11, 11, 30], gamma: 0.5 });
    check("exponential", &Exponential { gamma: 0.93 });
    check("inverse_time", &InverseTime { k: 0.2 });
    check("cosine", &Cosine { steps: 39, min_lr: 0.01 });
    let warm_up = WarmUp { steps: 9, start_factor: 0.1 };
    check("warm_up", &warm_up);
    check("warm_up_then_cosine", &warm_up.then(9, Cosine { steps: 30, min_lr: 0.0 }));
    check("warm_up_times_exponential", &warm_up.times(Exponential { gamma: 0.95 }));
    let linear = OneCycle {
        pct_start: 0.45,
        div_factor: 10.0,
        final_div_factor: 100.0,
        annealing: Annealing::Linear,
        momentum: [0.8, 0.9],
        ..OneCycle::new(40)
    };
    for (name, cycle) in [("one_cycle", OneCycle::new(40)), ("one_cycle_linear", linear)] {
        check(name, &cycle);
        for (step, &expected) in fixture.get(&format!("{name}/momentum")).values.iter().enumerate() {
            assert!(close(cycle.momentum(step), expected), "{name}: a momentum of {} in step {step}", cycle.momentum(step));
        }
    }
    assert_eq!(Constant.lr(0.1, 1000), 0.1);
}

#[test]
fn on_a_plateau() {
    let fixture = Fixture::open("schedules");
    let check = |name: &str, mut plateau: ReduceOnPlateau| {
        let expected = &fixture.get(name).values;
        let mut changes = 0;
        for (step, &metric) in fixture.get(&format!("{name}/figures")).values.iter().enumerate() {
            assert!(close(plateau.lr, expected[step]), "{name}: {} instead of {} in step {step}", plateau.lr, expected[step]);
            // Half-way through a text and back: the state is all there.
            plateau = serde_json::from_str(&serde_json::to_string(&plateau).unwrap()).unwrap();
            changes += usize::from(plateau.step(metric) != expected[step]);
        }
        assert!(changes > 1, "{name}: the metrics test nothing");
    };
    let new = ReduceOnPlateau::new(0.1);
    check("plateau", ReduceOnPlateau { patience: 2, ..new });
    let all = ReduceOnPlateau { patience: 1, factor: 0.5, cooldown: 3, min_lr: 0.004, threshold: Change::Absolute(0.05), ..new };
    check("plateau_all", all);
    let higher = ReduceOnPlateau { patience: 1, factor: 0.5, better: Better::Higher, ..new };
    check("plateau_max", ReduceOnPlateau { threshold: Change::Relative(0.02), ..higher });
    check("plateau_max_absolute", ReduceOnPlateau { threshold: Change::Absolute(0.05), ..higher });
}

#[test]
fn what_is_no_number_is_no_progress() {
    let mut plateau = ReduceOnPlateau { patience: 0, ..ReduceOnPlateau::new(1.0) };
    assert_eq!([f64::NAN, 0.5, f64::NAN].map(|metric| plateau.step(metric)), [0.1, 0.1, 0.1 * 0.1]);
}
