//! Proposals that do not look at the photo: windows of three sizes in steps of half their size.

use layercake_train::detection::{AnchorGenerator, BBox, DetectionError};

use super::photos::SIZE;

/// About the sizes of platelets, red cells and white cells.
const WINDOWS: [f32; 3] = [20.0, 50.0, 95.0];
/// The places of the windows of each size.
const PLACES: [[usize; 2]; 3] = [[24, 32], [10, 13], [6, 8]];

/// 946 windows.
pub fn windows() -> Result<Vec<BBox>, DetectionError> {
    let generator = AnchorGenerator { sizes: WINDOWS.map(|size| vec![size]).to_vec(), aspect_ratios: vec![vec![1.0]; 3] };
    let windows = generator.anchors(SIZE, &PLACES)?;
    Ok(windows.into_iter().map(|window| window.clipped(SIZE)).filter(BBox::has_area).collect())
}
