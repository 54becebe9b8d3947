//! The random numbers of layers: dropout masks, noise, the windows of fractional pooling.

use std::cell::RefCell;

use dfdx::tensor::{Cpu, RandomU64};

thread_local! {
    static SCOPE: RefCell<Option<Cpu>> = const { RefCell::new(None) };
}

/// Runs `work`, within which the passes of this thread draw the random numbers of their layers as on a `Cpu` with this seed, whatever their device.
///
/// A device draws from one generator, which is seeded when it is opened, and dfdx cannot seed that of a CUDA device again. With this function the
/// numbers of a pass follow from a seed that the caller chooses: the same on every device, and the same again when a run is resumed. Numbers that a
/// program draws with dfdx's own functions (`sample_normal`) still come from the device's generator.
///
/// ```
/// use layercake::prelude::*;
/// use layercake::random::with_seed;
///
/// network! { Net: [4] -> [4] { Dropout(0.5) } }
///
/// let device = Cpu::default();
/// let mut net = Net::new(&device);
/// let x: Tensor<Rank2<3, 4>, f32, _> = device.ones();
/// let mut dropped = || with_seed(7, || net.forward_mut(x.leaky_trace()).array());
/// assert_eq!(dropped(), dropped());
/// ```
pub fn with_seed<R>(seed: u64, work: impl FnOnce() -> R) -> R {
    let _before = Before(SCOPE.replace(Some(Cpu::seed_from_u64(seed))));
    work()
}

/// Puts back what was before, also after a panic.
struct Before(Option<Cpu>);

impl Drop for Before {
    fn drop(&mut self) {
        SCOPE.set(self.0.take());
    }
}

/// The seed of a pass.
pub(crate) fn seed_of(device: &impl RandomU64) -> u64 {
    SCOPE.with_borrow(|scope| scope.as_ref().map_or_else(|| device.random_u64(), Cpu::random_u64))
}
