//! `classes.md`: how well each class is told from the others.

use std::fmt::Write;

use crate::ConfusionMatrix;

/// A Markdown table with a line for each class: how many images it has, the share of them that was recognized (recall), the share of right ones
/// among all that were taken for it (precision), and what its images were most often taken for instead. The last line is all of them.
///
/// # Panics
/// If there are fewer names than classes.
pub fn class_table(confusion: &ConfusionMatrix, names: &[String]) -> String {
    let mut table =
        String::from("| class | images | recognized | right, of those taken for it | else most often taken for |\n|--|--:|--:|--:|--|\n");
    let all = 0..confusion.classes();
    for class in all.clone() {
        let images: u64 = all.clone().map(|other| confusion.count_of(class, other)).sum();
        let taken: u64 = all.clone().map(|other| confusion.count_of(other, class)).sum();
        let right = confusion.count_of(class, class);
        // The first of equals.
        let wrong = all.clone().filter(|&other| other != class).rev().max_by_key(|&other| confusion.count_of(class, other));
        let wrong = wrong.filter(|&other| confusion.count_of(class, other) > 0);
        let wrong = wrong.map_or(String::new(), |other| format!("{} ({})", names[other], confusion.count_of(class, other)));
        let _ = writeln!(table, "| {} | {images} | {} | {} | {wrong} |", names[class], share(right, images), share(right, taken));
    }
    let right = all.map(|class| confusion.count_of(class, class)).sum();
    let _ = writeln!(table, "| all | {} | {} | | |", confusion.total(), share(right, confusion.total()));
    table
}

/// In per cent; nothing of nothing.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { String::new() } else { format!("{:.2} %", 100.0 * part as f64 / whole as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0: two right, one taken for class 2. Class 1: one taken for class 0. Class 2 has no images.
    #[test]
    fn by_hand() {
        let mut confusion = ConfusionMatrix::new(3);
        confusion.count_classes(&[0, 0, 2, 0], &[0, 0, 0, 1], None);
        let table = class_table(&confusion, &["cat", "dog", "owl"].map(str::to_owned));
        let lines: Vec<&str> = table.lines().skip(2).collect();
        let expected = [
            "| cat | 3 | 66.67 % | 66.67 % | owl (1) |",
            "| dog | 1 | 0.00 % |  | cat (1) |",
            "| owl | 0 |  | 0.00 % |  |",
            "| all | 4 | 50.00 % | | |",
        ];
        assert_eq!(lines, expected);
    }
}
