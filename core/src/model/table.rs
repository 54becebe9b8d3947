//! The table of a model's parameters.

use std::fmt;

use layercake_ir::grouped;

/// A model's parameters and buffers with their paths, shapes and sizes; `Display` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterTable {
    rows: Vec<Row>,
    element_bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub path: String,
    pub shape: Vec<usize>,
    pub trained: bool,
}

impl Row {
    fn count(&self) -> u64 {
        self.shape.iter().map(|&size| size as u64).product()
    }
}

impl ParameterTable {
    pub(super) fn new(rows: Vec<Row>, element_bytes: usize) -> Self {
        Self { rows, element_bytes }
    }
}

impl fmt::Display for ParameterTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cells = vec![["parameter".to_owned(), "shape".to_owned(), "elements".to_owned(), String::new()]];
        for row in &self.rows {
            let note = if row.trained { "" } else { "buffer" };
            cells.push([row.path.clone(), format!("{:?}", row.shape), grouped(row.count()), note.to_owned()]);
        }
        let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let [a, b, c] = [0, 1, 2].map(width);
        let line = "-".repeat(a + b + c + 4);
        for (i, [path, shape, count, note]) in cells.iter().enumerate() {
            let row = format!("{path:a$}  {shape:b$}  {count:>c$}  {note}");
            writeln!(f, "{}", row.trim_end())?;
            if i == 0 {
                writeln!(f, "{line}")?;
            }
        }
        let sum = |trained: bool| self.rows.iter().filter(|row| row.trained == trained).map(Row::count).sum::<u64>();
        let (parameters, buffers) = (sum(true), sum(false));
        writeln!(f, "{line}")?;
        writeln!(f, "trained parameters  {}", grouped(parameters))?;
        if buffers > 0 {
            writeln!(f, "buffers             {}", grouped(buffers))?;
        }
        write!(f, "size                {:.2} MB", ((parameters + buffers) * self.element_bytes as u64) as f64 / 1e6)
    }
}
