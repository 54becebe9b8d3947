//! Numbers over a plane as colors.

use super::Canvas;

/// The side of a cell in pixels.
const CELL: usize = 7;
/// The colors from the lowest to the highest number: dark blue, green, yellow, even in brightness.
const COLORS: [[f64; 3]; 5] = [[68.0, 1.0, 84.0], [59.0, 82.0, 139.0], [33.0, 145.0, 140.0], [94.0, 201.0, 98.0], [253.0, 231.0, 37.0]];

/// A picture of numbers in `low ..= high`, row by row from the top, with `columns` in each row. A number is a square of 7x7 pixels.
///
/// # Panics
/// Panics if the number of numbers is not a multiple of `columns`, or there are none.
pub fn heat_map(numbers: &[f32], columns: usize, range: [f32; 2]) -> Canvas {
    heat_picture(numbers, columns, range).enlarged(CELL)
}

/// [`heat_map`] with one pixel for each number. The colors are as even in brightness as in hue: they can be told apart in gray, and with color blindness.
///
/// # Panics
/// Panics if the number of numbers is not a multiple of `columns`, or there are none.
pub fn heat_picture(numbers: &[f32], columns: usize, [low, high]: [f32; 2]) -> Canvas {
    assert!(columns > 0 && !numbers.is_empty() && numbers.len().is_multiple_of(columns), "{} numbers in rows of {columns}", numbers.len());
    let span = f64::from(high - low).max(f64::MIN_POSITIVE);
    let bytes = numbers.iter().flat_map(|&number| heat_map_color(f64::from(number - low) / span)).collect();
    Canvas::from_rgb([numbers.len() / columns, columns], bytes)
}

/// The color of a number in 0..=1; white for NaN.
pub(crate) fn heat_map_color(share: f64) -> [u8; 3] {
    if share.is_nan() {
        return [255; 3];
    }
    let place = share.clamp(0.0, 1.0) * (COLORS.len() - 1) as f64;
    let below = (place as usize).min(COLORS.len() - 2);
    let rest = place - below as f64;
    std::array::from_fn(|i| (COLORS[below][i] * (1.0 - rest) + COLORS[below + 1][i] * rest).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(
            [0.0, 0.125, 1.0, 2.0, f64::NAN].map(heat_map_color),
            [[68, 1, 84], [64, 42, 112], [253, 231, 37], [253, 231, 37], [255; 3]]
        );
        let map = heat_map(&[1.0, 3.0, 2.0, 1.0, 1.0, 1.0], 3, [1.0, 3.0]);
        assert_eq!(map.size(), [2 * CELL, 3 * CELL]);
        assert_eq!(
            (&map.bytes()[..3], &map.bytes()[3 * CELL..][..3], &map.bytes()[6 * CELL..][..3]),
            (&[68, 1, 84][..], &[253, 231, 37][..], &[33, 145, 140][..])
        );
        heat_map(&[1.0, 1.0], 2, [1.0, 1.0]);
    }
}
