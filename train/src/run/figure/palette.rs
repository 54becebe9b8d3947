//! Colors and dashes of series: they can be told apart in gray, and with color blindness.

/// A color.
pub(super) type Rgb = [u8; 3];

/// The colors of series. Their lightness differs as well as their hue.
pub(super) const COLORS: [Rgb; 6] = [[18, 28, 84], [226, 92, 20], [0, 105, 170], [60, 180, 140], [150, 20, 60], [240, 190, 60]];

/// The dashes of lines, in pixels: another cue beside the color.
const DASHES: [&str; 6] = ["", "8 3", "2 3", "9 3 2 3", "5 2", "14 4"];

/// The color of a series.
pub(super) fn color(series: usize) -> String {
    hex(COLORS[series % COLORS.len()])
}

/// The color of the region of a class: the same hue, light enough for points on it.
pub(super) fn tint(class: usize) -> String {
    hex(COLORS[class % COLORS.len()].map(|part| 255 - (255 - part) / 3))
}

/// The dashes of a series. After six series the colors come again, with other dashes.
pub(super) fn dashes(series: usize) -> &'static str {
    DASHES[(series + series / COLORS.len()) % DASHES.len()]
}

pub(super) fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linear light of a color.
    fn linear(color: Rgb) -> [f64; 3] {
        color.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// CIE L*a*b*.
    fn lab(light: [f64; 3]) -> [f64; 3] {
        let xyz = times([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], light);
        let root = |part: f64| if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 };
        let [x, y, z] = [xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089].map(root);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Machado, Oliveira and Fernandes (2009): what is seen without the middle, or the long waves.
    const BLIND: [[[f64; 3]; 3]; 2] = [
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ];

    #[test]
    fn colors_can_be_told_apart() {
        for (i, one) in COLORS.iter().enumerate() {
            for other in &COLORS[i + 1..] {
                let [a, b] = [one, other].map(|color| lab(linear(*color)));
                assert!((a[0] - b[0]).abs() > 9.0, "in gray: {one:?} and {other:?}");
                for matrix in BLIND {
                    let [a, b] = [one, other].map(|color| lab(times(matrix, linear(*color)).map(|part| part.clamp(0.0, 1.0))));
                    let distance = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
                    assert!(distance > 18.0, "color blind: {one:?} and {other:?}");
                }
            }
        }
    }
}
