//! A text drawing of the network for its documentation: the connections between layers.
//!
//! ```text
//! ●     input    [4]
//! ├─●   fc1      [4]
//! │ ●   tanh_1   [4]
//! ●─╯   mul_1    [4]
//! ○     output   [4]
//! ```
//!
//! Each tensor has a lane from the layer that produces it to the last layer that uses it. A line that meets a lane with `├`, `┤`, `┼`, `┴`, `╯` or
//! `╰` uses its tensor; a line interrupted by `│` passes below.

use crate::shape::Model;

/// Networks with more layers have no drawing in their documentation: it would be unreadable and still cost compile time.
const MOST: usize = 48;

/// One line: an input, a layer or an output.
struct Row {
    /// The value that is produced here; None for an output.
    gives: Option<usize>,
    takes: Vec<usize>,
    name: String,
    shape: String,
}

/// The lines of the drawing; None if the network is too large.
pub fn lines(model: &Model) -> Option<Vec<String>> {
    (model.nodes.len() <= MOST).then(|| draw(&rows(model)))
}

fn rows(model: &Model) -> Vec<Row> {
    let inputs = model.inputs.iter().enumerate().map(|(value, port)| Row {
        gives: Some(value),
        takes: Vec::new(),
        name: port.name.clone(),
        shape: port.flow.text(),
    });
    // One row per output.
    let nodes = model.nodes.iter().flat_map(|node| {
        node.outputs.iter().enumerate().map(|(index, output)| Row {
            gives: Some(node.value + index),
            takes: node.inputs.clone(),
            name: node.output_name(index),
            shape: output.text(),
        })
    });
    let outputs =
        model.outputs.iter().map(|port| Row { gives: None, takes: vec![port.value], name: port.name.clone(), shape: port.flow.text() });
    inputs.chain(nodes).chain(outputs).collect()
}

fn draw(rows: &[Row]) -> Vec<String> {
    // How many later rows use a value.
    let values = rows.iter().flat_map(|row| row.gives.iter().chain(&row.takes)).max().map_or(0, |last| last + 1);
    let mut left = vec![0; values];
    for row in rows {
        distinct(&row.takes).for_each(|value| left[value] += 1);
    }
    let mut lanes: Vec<Option<usize>> = Vec::new();
    let mut pictures = Vec::new();
    for row in rows {
        distinct(&row.takes).for_each(|value| left[value] -= 1);
        pictures.push(step(row, &mut lanes, &left));
    }
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let drawn = width(&mut pictures.iter().map(|picture| picture.chars().count()));
    let named = width(&mut rows.iter().map(|row| row.name.chars().count()));
    let line = |(picture, row): (&String, &Row)| format!("{picture:drawn$}   {:named$}   {}", row.name, row.shape);
    pictures.iter().zip(rows).map(line).collect()
}

fn distinct(values: &[usize]) -> impl Iterator<Item = usize> {
    values.iter().enumerate().filter(|(i, value)| !values[..*i].contains(value)).map(|(_, value)| *value)
}

/// Draws one row, and updates the lanes for the rows below.
fn step(row: &Row, lanes: &mut Vec<Option<usize>>, left: &[usize]) -> String {
    let taken: Vec<usize> = (0..lanes.len()).filter(|&lane| lanes[lane].is_some_and(|value| row.takes.contains(&value))).collect();
    let ends = |lanes: &[Option<usize>], lane: usize| lanes[lane].is_some_and(|value| left[value] == 0);
    // Continue a lane that ends here, else take the first free lane.
    let first = row.takes.first().and_then(|&value| lanes.iter().position(|lane| *lane == Some(value)));
    let own = first.into_iter().chain(taken.iter().copied()).find(|&lane| ends(lanes, lane)).unwrap_or_else(|| {
        let free = lanes.iter().position(Option::is_none).unwrap_or(lanes.len());
        if free == lanes.len() {
            lanes.push(None);
        }
        free
    });
    let low = taken.iter().copied().min().unwrap_or(own).min(own);
    let high = taken.iter().copied().max().unwrap_or(own).max(own);
    let mut picture = String::new();
    for lane in 0..lanes.len() {
        let inside = low < lane && lane < high;
        picture.push(if lane == own {
            if row.gives.is_some() { '●' } else { '○' }
        } else if taken.contains(&lane) {
            match (ends(lanes, lane), inside) {
                (true, true) => '┴',
                (true, false) if lane > own => '╯',
                (true, false) => '╰',
                (false, true) => '┼',
                (false, false) if lane > own => '┤',
                (false, false) => '├',
            }
        } else {
            match (lanes[lane].is_some(), inside) {
                (true, _) => '│',
                (false, true) => '─',
                (false, false) => ' ',
            }
        });
        picture.push(if low <= lane && lane < high { '─' } else { ' ' });
    }
    for &lane in &taken {
        if ends(lanes, lane) {
            lanes[lane] = None;
        }
    }
    lanes[own] = row.gives.filter(|&value| left[value] > 0);
    while lanes.last() == Some(&None) {
        lanes.pop();
    }
    picture.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::testing::with_model;

    #[track_caller]
    fn drawn(block: &str, expected: &[&str]) {
        let lines = with_model(block, |model, report| {
            assert_eq!(report.len(), 0, "{:?}", report.texts());
            super::lines(model).unwrap_or_default()
        });
        assert_eq!(lines, expected, "{}", lines.join("\n"));
    }

    #[test]
    fn a_chain_is_a_line() {
        drawn("N: [4] -> [3] { fc: Linear(3), ReLU }", &["●   input    [4]", "●   fc       [3]", "●   relu_1   [3]", "○   output   [3]"]);
    }

    #[test]
    fn branches_join() {
        drawn(
            "N: [4] -> [16] { Concat { {}, { a: Linear(4) }, { b: Linear(4), Tanh }, { c: Linear(4) } } }",
            &[
                "●         input      [4]",
                "├─●       a          [4]",
                "├─│─●     b          [4]",
                "│ │ ●     tanh_1     [4]",
                "├─│─│─●   c          [4]",
                "●─┴─┴─╯   concat_1   [16]",
                "○         output     [16]",
            ],
        );
    }

    #[test]
    fn several_inputs_and_outputs() {
        drawn(
            "N: { x: [4], h: [4] } -> { sum: [4], left: [4], state: [4] } {
                from x, a: Linear(4) as wx, from h, b: Linear(4), Add(wx) as s, output sum,
                from s, Chunk(2) as (p, q), Concat(q), Add(wx), output left, from s, Mul(h), output state,
            }",
            &[
                "●           x           [4]",
                "│ ●         h           [4]",
                "● │         a           [4]",
                "│ ├─●       b           [4]",
                "├─│─●       add_1       [4]",
                "│ │ ├─●     chunk_1.0   [2]",
                "│ │ ├─│─●   chunk_1.1   [2]",
                "│ │ │ ●─╯   concat_1    [4]",
                "╰─│─│─●     add_2       [4]",
                "  ●─┤ │     mul_1       [4]",
                "  │ ○ │     sum         [4]",
                "  │   ○     left        [4]",
                "  ○         state       [4]",
            ],
        );
    }

    #[test]
    fn states_are_outputs_of_their_layer() {
        drawn(
            "N: { x: [6, 4], h: [1, 4] } -> { y: [6, 4], last: [1, 4] } {
                from x, gru: GRU(4, state = h) as (all, new), output y, from new, output last,
            }",
            &[
                "●       x            [6, 4]",
                "│ ●     h            [1, 4]",
                "├─┼─●   gru.output   [6, 4]",
                "●─╯ │   gru.h_n      [1, 4]",
                "│   ○   y            [6, 4]",
                "○       last         [1, 4]",
            ],
        );
    }

    #[test]
    fn large_networks_have_none() {
        let none =
            |count: usize| with_model(&format!("N: [4] -> [4] {{ Repeat({count}) {{ ReLU }} }}"), |model, _| super::lines(model).is_none());
        assert!(!none(super::MOST) && none(super::MOST + 1));
    }
}
