//! A small world of cells.

use rand::Rng;
use rand::rngs::StdRng;

use super::picture::draw_place;
use crate::rl::environments::episode;
use crate::rl::{Environment, Space, Step};
use crate::run::Canvas;

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// One row up.
    Up,
    /// One column to the right.
    Right,
    /// One row down.
    Down,
    /// One column to the left.
    Left,
}

impl Action {
    /// All of them, clockwise.
    pub const ALL: [Self; 4] = [Self::Up, Self::Right, Self::Down, Self::Left];

    /// An arrow in this direction.
    pub const fn arrow(self) -> char {
        match self {
            Self::Up => '↑',
            Self::Right => '→',
            Self::Down => '↓',
            Self::Left => '←',
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Free,
    Wall,
    Pit,
    Goal,
}

/// A world of cells with walls, pits and a goal.
///
/// A step goes in the direction of the action, or with the probability `slip` to one of its two sides, each as likely; against a wall or the edge it stays
/// where it is. Each step has a reward of -0.04; one that ends in a pit -1, one that ends in the goal 1, and both terminate the episode. As an environment
/// its observations are `[states]`, 1 at the cell it is in; it begins in any free cell.
#[derive(Clone, Debug, PartialEq)]
pub struct GridWorld {
    pub(super) cells: Vec<Cell>,
    pub(super) columns: usize,
    slip: f64,
    place: usize,
    random: StdRng,
}

const STEP: f64 = -0.04;
const PIT: f64 = -1.0;
const GOAL: f64 = 1.0;

impl GridWorld {
    /// A world drawn with characters, a row on each line: `#` a wall, `x` a pit, `G` a goal, `.` a free cell.
    ///
    /// # Errors
    /// Returns an error if rows differ in length, a character is unknown, or there is no free cell.
    pub fn parse(map: &str, slip: f64) -> Result<Self, String> {
        let rows: Vec<&str> = map.split_whitespace().collect();
        let columns = rows.first().map_or(0, |row| row.chars().count());
        if let Some(row) = rows.iter().find(|row| row.chars().count() != columns) {
            return Err(format!("the row `{row}` does not have {columns} cells, as the first row has"));
        }
        let cell = |letter: char| match letter {
            '.' => Ok(Cell::Free),
            '#' => Ok(Cell::Wall),
            'x' => Ok(Cell::Pit),
            'G' => Ok(Cell::Goal),
            other => Err(format!("`{other}` is not a cell; write `.`, `#`, `x` or `G`")),
        };
        let cells = rows.iter().flat_map(|row| row.chars()).map(cell).collect::<Result<Vec<_>, _>>()?;
        if !(0.0..=1.0).contains(&slip) {
            return Err(format!("a probability of {slip} to slip; expected a number in 0..=1"));
        }
        let place = cells.iter().position(|cell| *cell == Cell::Free).ok_or("there is no free cell")?;
        Ok(Self { cells, columns, slip, place, random: episode(0) })
    }

    /// The world of the model zoo: 6 rows of 8 cells, with a slip of 0.1.
    pub fn small() -> Self {
        let map = "
            .......G
            .##.#.#.
            .#....x.
            ...x..#.
            .#.#.#..
            ...#.x..";
        Self::parse(map, 0.1).expect("a world that was tested")
    }

    /// The number of cells, which are numbered row by row.
    pub fn states(&self) -> usize {
        self.cells.len()
    }

    /// Whether the world can be in this cell before a step.
    pub fn is_free(&self, state: usize) -> bool {
        self.cells[state] == Cell::Free
    }

    /// Where an action leads from a free cell: the probability of each next cell, and the reward.
    pub fn outcomes(&self, state: usize, action: Action) -> [(f64, usize, f64); 3] {
        let direction = action as usize;
        let sides = [(1.0 - self.slip, direction), (self.slip / 2.0, (direction + 1) % 4), (self.slip / 2.0, (direction + 3) % 4)];
        sides.map(|(probability, direction)| {
            let next = self.moved(state, Action::ALL[direction]);
            (probability, next, self.reward(next))
        })
    }

    fn reward(&self, next: usize) -> f64 {
        match self.cells[next] {
            Cell::Pit => PIT,
            Cell::Goal => GOAL,
            Cell::Free | Cell::Wall => STEP,
        }
    }

    fn moved(&self, state: usize, action: Action) -> usize {
        let (row, column) = (state / self.columns, state % self.columns);
        let next = match action {
            Action::Up if row > 0 => state - self.columns,
            Action::Right if column + 1 < self.columns => state + 1,
            Action::Down if state + self.columns < self.cells.len() => state + self.columns,
            Action::Left if column > 0 => state - 1,
            _ => state,
        };
        if self.cells[next] == Cell::Wall { state } else { next }
    }

    /// Begins in any free cell.
    pub(super) fn begin(&mut self) -> usize {
        let free: Vec<usize> = (0..self.states()).filter(|&state| self.is_free(state)).collect();
        self.place = free[self.random.gen_range(0..free.len())];
        self.place
    }

    /// Takes a step: the next cell, the reward, and whether it ended.
    pub(super) fn take(&mut self, action: Action) -> (usize, f64, bool) {
        let mut left = self.random.r#gen::<f64>();
        let outcomes = self.outcomes(self.place, action);
        let chosen = outcomes.iter().find(|(probability, ..)| {
            left -= probability;
            left < 0.0
        });
        let (_, next, reward) = *chosen.unwrap_or(&outcomes[0]);
        self.place = next;
        (next, reward, !self.is_free(next))
    }

    pub(super) fn seeded(&self, random: StdRng) -> Self {
        Self { random, ..self.clone() }
    }

    /// The world with an arrow for the action of each free cell.
    pub fn arrows(&self, policy: &[Action]) -> String {
        let letter = |state: usize| match self.cells[state] {
            Cell::Free => policy[state].arrow(),
            Cell::Wall => '#',
            Cell::Pit => 'x',
            Cell::Goal => 'G',
        };
        let rows = (0..self.states() / self.columns).map(|row| {
            let letters = (0..self.columns).map(|column| letter(row * self.columns + column).to_string());
            letters.collect::<Vec<_>>().join(" ") + "\n"
        });
        rows.collect()
    }

    fn observation(&self) -> Vec<f32> {
        (0..self.states()).map(|state| f32::from(u8::from(state == self.place))).collect()
    }
}

impl Environment for GridWorld {
    fn observation_space(&self) -> Space {
        let size = self.states();
        Space::Real { shape: vec![size], low: vec![0.0; size], high: vec![1.0; size] }
    }

    fn actions(&self) -> usize {
        Action::ALL.len()
    }

    fn reset(&mut self, seed: u64) -> Vec<f32> {
        self.random = episode(seed);
        self.begin();
        self.observation()
    }

    fn step(&mut self, action: usize) -> Step {
        let (_, reward, terminated) = self.take(Action::ALL[action]);
        Step { observation: self.observation(), reward, terminated, truncated: false }
    }

    fn picture(&self) -> Option<Canvas> {
        Some(draw_place(self, self.place))
    }

    fn text(&self) -> Option<String> {
        let letter = |(state, cell): (usize, &Cell)| match cell {
            _ if state == self.place => '@',
            Cell::Free => '.',
            Cell::Wall => '#',
            Cell::Pit => 'x',
            Cell::Goal => 'G',
        };
        let letters: Vec<char> = self.cells.iter().enumerate().map(letter).collect();
        Some(letters.chunks(self.columns).map(|row| row.iter().collect::<String>() + "\n").collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_by_hand() {
        let world = GridWorld::parse("..x .#G", 0.2).unwrap();
        // To the right of the second cell is a pit, above it the edge, below it a wall.
        assert_eq!(world.outcomes(1, Action::Right), [(0.8, 2, PIT), (0.1, 1, STEP), (0.1, 1, STEP)]);
        assert_eq!(world.outcomes(3, Action::Up), [(0.8, 0, STEP), (0.1, 3, STEP), (0.1, 3, STEP)]);
        let certain = GridWorld::parse("..G", 0.0).unwrap();
        let mut walk = GridWorld { place: 0, ..certain };
        assert_eq!((walk.take(Action::Right), walk.take(Action::Right)), ((1, STEP, false), (2, GOAL, true)));
        assert_eq!(walk.text().unwrap(), "..@\n");
        for (map, says) in [
            ("..\n...", "does not have 2 cells"),
            ("a.", "`a` is not a cell"),
            ("##", "there is no free cell"),
            ("", "there is no free cell"),
        ] {
            assert!(GridWorld::parse(map, 0.1).unwrap_err().contains(says), "{map}");
        }
        assert!(GridWorld::parse("..", 1.5).is_err());
    }
}
