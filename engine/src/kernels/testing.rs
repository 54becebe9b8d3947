//! Helpers shared by the tests of kernels.

/// `count` reproducible numbers in -2..2, none of them round.
pub fn numbers(count: usize, seed: u64) -> Vec<f32> {
    (0..count as u64).map(|i| (crate::rng::hash(seed, 0, i) >> 40) as f32 / (1u64 << 22) as f32 - 2.0).collect()
}

/// Fails unless all elements agree within `tolerance` of the largest magnitude.
#[track_caller]
pub fn close(found: &[f32], wanted: &[f32], tolerance: f32) {
    assert_eq!(found.len(), wanted.len());
    let scale = wanted.iter().fold(1e-3f32, |most, x| most.max(x.abs()));
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - wanted).abs() <= tolerance * scale, "element {i}: {found} instead of {wanted}");
    }
}
