//! The classes of a column of labels.

use std::borrow::Cow;

use super::decimal::Decimal;

/// Labels as class indices, and the names of the classes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Classes {
    pub labels: Vec<usize>,
    pub names: Vec<String>,
}

/// Whether the label is a number, including infinity and NaN.
pub(super) fn is_number(label: &str) -> bool {
    Decimal::parse(label).is_some() || label.parse::<f64>().is_ok()
}

/// The distinct labels in sorted order. If all are numbers, they are compared as numbers: `1`, `1.0` and `01` are one class with the shortest
/// name.
///
/// # Errors
/// The position of an infinite or NaN label if all labels are numbers.
pub(super) fn classes(labels: &[Cow<'_, str>]) -> Result<Classes, usize> {
    let numeric = labels.iter().all(|label| is_number(label));
    if numeric && let Some(at) = labels.iter().position(|label| Decimal::parse(label).is_none()) {
        return Err(at);
    }
    // Row indices sorted by label, so that equal labels are adjacent: four bytes per row, whatever the labels.
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| labels[a as usize].cmp(&labels[b as usize]));
    let mut groups: Vec<&[u32]> = order.chunk_by(|&a, &b| labels[a as usize] == labels[b as usize]).collect();
    let text = |group: &[u32]| &*labels[group[0] as usize];
    if numeric {
        groups.sort_by_cached_key(|group| (Decimal::parse(text(group)), text(group).len()));
    }
    let same = |a: &[u32], b: &[u32]| numeric && Decimal::parse(text(a)) == Decimal::parse(text(b));
    let mut found = Classes { labels: vec![0; labels.len()], names: Vec::new() };
    for (i, group) in groups.iter().enumerate() {
        if i == 0 || !same(groups[i - 1], group) {
            found.names.push(text(group).to_owned());
        }
        group.iter().for_each(|&row| found.labels[row as usize] = found.names.len() - 1);
    }
    Ok(found)
}

/// The indices of labels among known classes.
///
/// # Errors
/// The position of an unknown label.
pub(super) fn known(labels: &[Cow<'_, str>], names: &[String]) -> Result<Vec<usize>, usize> {
    let numbers: Option<Vec<Decimal<'_>>> = names.iter().map(|name| Decimal::parse(name)).collect();
    let mut sorted: Vec<usize> = (0..names.len()).collect();
    sorted.sort_by(|&a, &b| names[a].cmp(&names[b]));
    let position = |label: &str| match &numbers {
        Some(numbers) => numbers.binary_search(&Decimal::parse(label)?).ok(),
        None => sorted.binary_search_by(|&at| names[at].as_str().cmp(label)).ok().map(|at| sorted[at]),
    };
    labels.iter().enumerate().map(|(row, label)| position(label).ok_or(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[&str]) -> Result<(Vec<usize>, Vec<String>), usize> {
        let labels: Vec<Cow<'_, str>> = labels.iter().map(|&label| label.into()).collect();
        let found = classes(&labels)?;
        assert_eq!(known(&labels, &found.names), Ok(found.labels.clone()), "labels are found among their own classes");
        Ok((found.labels, found.names))
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(of(&["1.0", "1", "01", "10", "9"]).unwrap(), (vec![0, 0, 0, 2, 1], ["1", "9", "10"].map(str::to_owned).to_vec()));
        assert_eq!(of(&["-0", "0.0", "-1"]).unwrap(), (vec![1, 1, 0], ["-1", "-0"].map(str::to_owned).to_vec()));
        // With other labels, numbers are compared as text.
        assert_eq!(of(&["1", "one", "1.0"]).unwrap().1, ["1", "1.0", "one"]);
        assert_eq!(of(&["nan", "zho"]).unwrap().1, ["nan", "zho"]);
        assert_eq!(of(&["1", "2", "NaN"]), Err(2));
        assert_eq!(of(&["inf", "2"]), Err(0));
        assert_eq!(known(&["2.0".into(), "4".into()], &["1".to_owned(), "2".to_owned()]), Err(1));
    }
}
