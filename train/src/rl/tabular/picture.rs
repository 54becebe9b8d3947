//! A world with its values and a policy.

use super::grid::Cell;
use super::{Action, GridWorld};
use crate::run::{Canvas, heat_map_color};

/// The side of a cell in pixels.
const SIDE: usize = 44;

/// A picture of a world: the color of a free cell is its value between -1 (dark blue) and 1 (yellow), its arrow the action. Walls are gray, pits black, the goal
/// is green.
pub fn draw(world: &GridWorld, values: &[f64], policy: &[Action]) -> Canvas {
    let mut canvas = cells(world, |state| heat_map_color(0.5 * (values[state] + 1.0)));
    for state in (0..world.states()).filter(|&state| world.is_free(state)) {
        arrow(&mut canvas, corner(world, state).map(|edge| edge + SIDE as f64 / 2.0), policy[state]);
    }
    canvas
}

/// A picture of a world and the place in it, a disk. Its free cells are light.
pub(super) fn draw_place(world: &GridWorld, place: usize) -> Canvas {
    let mut canvas = cells(world, |_| [235; 3]);
    canvas.disk(corner(world, place).map(|edge| edge + SIDE as f64 / 2.0), 0.3 * SIDE as f64, [230, 159, 0]);
    canvas
}

/// The upper left corner of a cell: row and column in pixels.
fn corner(world: &GridWorld, state: usize) -> [f64; 2] {
    [state / world.columns, state % world.columns].map(|place| (place * SIDE) as f64)
}

/// The cells of a world, the free ones in these colors.
fn cells(world: &GridWorld, free: impl Fn(usize) -> [u8; 3]) -> Canvas {
    let rows = world.states() / world.columns;
    let mut canvas = Canvas::blank([rows * SIDE, world.columns * SIDE]);
    for (state, cell) in world.cells.iter().enumerate() {
        let color = match cell {
            Cell::Free => free(state),
            Cell::Wall => [120; 3],
            Cell::Pit => [0; 3],
            Cell::Goal => [0, 158, 115],
        };
        let corner = corner(world, state);
        canvas.rectangle(corner.map(|edge| edge + 1.0), corner.map(|edge| edge + SIDE as f64 - 1.0), color);
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
