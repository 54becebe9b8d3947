//! Environments around environments, as Gymnasium's wrappers.

mod frame_stack;
mod normalize;
mod recorder;
mod reward_scale;
mod time_limit;

pub use frame_stack::FrameStack;
pub use normalize::NormalizeObservation;
pub use recorder::Recorder;
pub use reward_scale::RewardScale;
pub use time_limit::TimeLimit;

/// The methods of an environment that a wrapper passes on.
macro_rules! passed_on {
    ($($method:ident)*) => {$(passed_on!(@ $method);)*};
    (@ observation_space) => {
        fn observation_space(&self) -> crate::rl::Space {
            self.inner.observation_space()
        }
    };
    (@ actions) => {
        fn actions(&self) -> usize {
            self.inner.actions()
        }
    };
    (@ memory) => {
        fn memory(&self) -> Vec<f64> {
            self.inner.memory()
        }

        fn restore(&mut self, memory: &[f64]) {
            self.inner.restore(memory);
        }
    };
    (@ drawings) => {
        fn picture(&self) -> Option<crate::run::Canvas> {
            self.inner.picture()
        }

        fn text(&self) -> Option<String> {
            self.inner.text()
        }
    };
}
use passed_on;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rl::{Environment, Space, Step};

    /// Counts its steps: observations `[n, -n]`, rewards `n`.
    #[derive(Clone, Default)]
    struct Counter(f32);

    impl Environment for Counter {
        fn observation_space(&self) -> Space {
            Space::symmetric(&[100.0; 2])
        }

        fn actions(&self) -> usize {
            2
        }

        fn reset(&mut self, seed: u64) -> Vec<f32> {
            self.0 = seed as f32;
            vec![self.0, -self.0]
        }

        fn step(&mut self, action: usize) -> Step {
            self.0 += action as f32;
            Step { observation: vec![self.0, -self.0], reward: f64::from(self.0), terminated: self.0 >= 9.0, truncated: false }
        }
    }

    #[test]
    fn a_time_limit_truncates_and_does_not_terminate() {
        let mut limited = TimeLimit::new(Counter::default(), 3);
        for _ in 0..2 {
            limited.reset(0);
            let ends: Vec<_> = (0..3).map(|_| limited.step(1)).map(|step| (step.terminated, step.truncated)).collect();
            assert_eq!(ends, [(false, false), (false, false), (false, true)]);
        }
        // An episode that ends in the last step allowed is terminated.
        limited.reset(6);
        let last = (0..3).map(|_| limited.step(1)).last().unwrap();
        assert!(last.terminated && !last.truncated);
    }

    #[test]
    fn the_newest_frame_is_the_last() {
        let mut stacked = FrameStack::new(Counter::default(), 3);
        assert_eq!((stacked.observation_space().shape(), stacked.observation_space().size()), (&[6][..], 6));
        assert_eq!(stacked.reset(1), [1.0, -1.0, 1.0, -1.0, 1.0, -1.0]);
        stacked.step(1);
        assert_eq!(stacked.step(1).observation, [1.0, -1.0, 2.0, -2.0, 3.0, -3.0]);
        assert_eq!(stacked.reset(7), [7.0, -7.0, 7.0, -7.0, 7.0, -7.0], "nothing is left of the episode before");
        let pictures = FrameStack::new(crate::rl::Catch::default(), 4);
        assert_eq!(pictures.observation_space(), Space::Picture { shape: [4, 10, 10] });
    }

    #[test]
    fn rewards_are_scaled() {
        let mut scaled = RewardScale::new(Counter::default(), 0.5);
        scaled.reset(2);
        assert_eq!(scaled.step(1).reward, 1.5);
    }

    /// The observations 0, 1, 2, 3 have mean 1.5 and variance 1.25.
    #[test]
    fn observations_are_normalized_by_those_so_far() {
        let mut normal = NormalizeObservation::new(Counter::default());
        assert_eq!(normal.reset(0), [0.0, 0.0]);
        normal.step(1);
        normal.step(1);
        let last = normal.step(1).observation;
        let expected = (3.0 - 1.5) / (1.25f64 + 1e-8).sqrt();
        assert!((f64::from(last[0]) - expected).abs() < 1e-6 && last[0] == -last[1], "{last:?}");
        // The means go on in the next episode; from the same memory they are the same.
        let memory = normal.memory();
        let mut other = NormalizeObservation::new(Counter::default());
        other.restore(&memory);
        assert_eq!(normal.reset(5), other.reset(5));
        assert_eq!(normal.step(1), other.step(1));
        // For evaluation they can stay as they are.
        let mut still = NormalizeObservation::new(Counter::default()).frozen();
        still.restore(&memory);
        still.reset(5);
        assert_eq!(still.memory(), memory);
    }

    #[test]
    fn a_recorder_sees_every_frame() {
        let mut recorder = Recorder::new(crate::rl::Catch::default());
        recorder.reset(1);
        while !recorder.step(1).is_last() {}
        assert_eq!(recorder.frames().len(), 10);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("episode.png");
        recorder.save(&path, 100).unwrap();
        let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&path).unwrap())).read_info().unwrap();
        assert_eq!(reader.info().animation_control().unwrap().num_frames, 10);
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        for frame in recorder.frames() {
            reader.next_frame(&mut pixels).unwrap();
            assert!(pixels == frame.bytes());
        }
    }
}
