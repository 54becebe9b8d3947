//! A world with its values and a policy.

use super::grid::Cell;
use super::{Action, GridWorld};
use crate::run::{Canvas, heat_map_color};

/// The side of a cell in pixels.
const SIDE: usize = 44;

/// A picture of a world: the color of a free cell is its value between -1 (dark blue) and 1 (yellow), its arrow the action. Walls are gray, pits black, the goal
/// is green.
pub fn draw(world: &GridWorld, values: &[f64], policy: &[Action]) -> Canvas {
    let rows = world.states() / world.columns;
    let mut canvas = Canvas::blank([rows * SIDE, world.columns * SIDE]);
    for (state, cell) in world.cells.iter().enumerate() {
        let corner = [state / world.columns, state % world.columns].map(|place| (place * SIDE) as f64);
        let color = match cell {
            Cell::Free => heat_map_color(0.5 * (values[state] + 1.0)),
            Cell::Wall => [120; 3],
            Cell::Pit => [0; 3],
            Cell::Goal => [0, 158, 115],
        };
        canvas.rectangle(corner.map(|edge| edge + 1.0), corner.map(|edge| edge + SIDE as f64 - 1.0), color);
        if *cell == Cell::Free {
            arrow(&mut canvas, corner.map(|edge| edge + SIDE as f64 / 2.0), policy[state]);
        }
    }
    canvas
}

fn arrow(canvas: &mut Canvas, middle: [f64; 2], action: Action) {
    const LONG: f64 = 12.0;
    const HEAD: f64 = 7.0;
    let [down, right] = match action {
        Action::Up => [-1.0, 0.0],
        Action::Right => [0.0, 1.0],
        Action::Down => [1.0, 0.0],
        Action::Left => [0.0, -1.0],
    };
    let at = |along: f64, aside: f64| [middle[0] + along * down + aside * right, middle[1] + along * right + aside * down];
    let mut line = |from, to| canvas.stroke(from, to, 2.5, [255; 3]);
    line(at(-LONG, 0.0), at(LONG, 0.0));
    line(at(LONG, 0.0), at(LONG - HEAD, HEAD));
    line(at(LONG, 0.0), at(LONG - HEAD, -HEAD));
}
