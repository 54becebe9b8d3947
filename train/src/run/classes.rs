//! `classes.md`: precision and recall of each class.

use std::fmt::Write;

use crate::ConfusionMatrix;

/// A Markdown table of the classes: number of items, which are called `unit`, recall, precision, and the class it is most often confused with. The last line is the
/// total, with the accuracy.
///
/// # Panics
/// Panics if there are fewer names than classes.
pub fn class_table(confusion: &ConfusionMatrix, names: &[String], unit: &str) -> String {
    let mut table = format!("| class | {unit} | recall | precision | most often confused with |\n|--|--:|--:|--:|--|\n");
    let all = 0..confusion.classes();
    for class in all.clone() {
        // Of equal counts the first class.
        let wrong = all.clone().filter(|&other| other != class).rev().max_by_key(|&other| confusion.count_of(class, other));
        let wrong = wrong.filter(|&other| confusion.count_of(class, other) > 0);
        let wrong = wrong.map_or(String::new(), |other| format!("{} ({})", names[other], confusion.count_of(class, other)));
        let (recall, precision) = (percent(confusion.recall(class)), percent(confusion.precision(class)));
        let _ = writeln!(table, "| {} | {} | {recall} | {precision} | {wrong} |", names[class], confusion.support(class));
    }
    let _ =
        writeln!(table, "| all | {} | {} | | |", confusion.total(), percent(Some(confusion.accuracy()).filter(|share| share.is_finite())));
    table
}

fn percent(share: Option<f64>) -> String {
    share.map_or(String::new(), |share| format!("{:.2} %", 100.0 * share))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0: two correct, one predicted as class 2. Class 1: one predicted as class 0. Class 2 has no images.
    #[test]
    fn by_hand() {
        let mut confusion = ConfusionMatrix::new(3);
        confusion.count_classes(&[0, 0, 2, 0], &[0, 0, 0, 1], None);
        let table = class_table(&confusion, &["cat", "dog", "owl"].map(str::to_owned), "images");
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
