//! Finds consecutive equal blocks of a network.
//!
//! Blocks are found by what they do: ranges of nodes, in the order of the graph, that do the same, where each takes what the previous one
//! gives. The paths of the layers determine where a block begins (at `layer1.1.conv1`, not at the activation before it), and how small a
//! block may be: blocks with a path each (`layer1.1`, `layer1.2`) were declared as blocks.

use std::collections::HashMap;

use layercake_ir::{Graph, Node, Op};

use super::family::Family;
use crate::shown::Shown;

/// `times` consecutive blocks of `length` nodes from node `begin` on; the first one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    pub begin: usize,
    pub length: usize,
    pub times: usize,
}

/// The maximum number of nodes of a block.
const LONGEST: usize = 256;
/// The minimum number of nodes that must be saved, for blocks with paths of their own and for others.
const WITH_PATHS: usize = 2;
const WITHOUT_PATHS: usize = 8;

impl Repeat {
    pub fn end(&self) -> usize {
        self.begin + self.length * self.times
    }

    /// Whether the node is in the first block, which is drawn.
    pub fn shows(&self, index: usize) -> bool {
        (self.begin..self.begin + self.length).contains(&index)
    }

    /// The paths of the blocks, or the names of their first layers.
    pub fn names(&self, graph: &Graph) -> Vec<String> {
        let paths = paths(graph, self);
        let first = |time: usize| graph.nodes()[self.begin + time * self.length].name.to_string();
        if are_blocks(&paths) { paths } else { (0..self.times).map(first).collect() }
    }
}

/// All repetitions; one inside the first block of another comes after it.
pub(super) fn repeats(shown: &Shown<'_>) -> Vec<Repeat> {
    let count = shown.graph.nodes().len();
    let mut users = vec![Vec::new(); shown.graph.values()];
    for (index, node) in shown.graph.nodes().iter().enumerate() {
        node.inputs().iter().for_each(|&value| users[value].push(index));
    }
    // An output is used after all nodes.
    shown.graph.outputs().iter().for_each(|port| users[port.value].push(usize::MAX));
    let search = Search { shown, users };
    let (mut found, mut ranges) = (Vec::new(), vec![[0, count]]);
    while let Some([low, high]) = ranges.pop() {
        for repeat in search.within(low, high) {
            found.push(repeat);
            ranges.push([repeat.begin, repeat.begin + repeat.length]);
        }
    }
    found.sort_by_key(|repeat| (repeat.begin, std::cmp::Reverse(repeat.length)));
    found
}

/// For each node, the node that is drawn for it.
pub(super) fn drawn(count: usize, repeats: &[Repeat]) -> Vec<usize> {
    let mut drawn: Vec<usize> = (0..count).collect();
    // Outer repetitions come first. Nodes that an inner one drops are found by following the chain.
    for repeat in repeats.iter().rev() {
        for index in repeat.begin + repeat.length..repeat.end() {
            drawn[index] = drawn[repeat.begin + (index - repeat.begin) % repeat.length];
        }
    }
    drawn
}

struct Search<'a> {
    shown: &'a Shown<'a>,
    /// The nodes that use each value.
    users: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn nodes(&self) -> &[Node] {
        self.shown.graph.nodes()
    }

    /// The repetitions in a range, those first that save the most nodes. Inner ones are searched separately.
    fn within(&self, low: usize, high: usize) -> Vec<Repeat> {
        let mut runs = Vec::new();
        for length in 1..=LONGEST.min((high - low) / 2) {
            let mut begin = low;
            while begin + length < high {
                let mut end = begin;
                while end + length < high && self.alike(end, end + length) {
                    end += 1;
                }
                if end - begin >= length {
                    runs.push((begin, length, end - begin));
                }
                begin = end + 1;
            }
        }
        runs.sort_by_key(|&(begin, length, run)| (std::cmp::Reverse(run / length * length), length, begin));
        let mut taken: Vec<Repeat> = Vec::new();
        for (begin, length, run) in runs {
            let free = |begin: usize, end: usize| taken.iter().all(|other| end <= other.begin || other.end() <= begin);
            if free(begin, begin + run + length) {
                taken.extend(self.placed(begin, length, run));
            }
        }
        taken
    }

    /// The repetition in a range of nodes that equal the nodes `length` later: the position at which blocks are complete, with the largest
    /// number of blocks whose inner values have no other users.
    fn placed(&self, begin: usize, length: usize, run: usize) -> Option<Repeat> {
        let most = run / length + 1;
        // How much of what belongs together by its path a cut between two blocks would separate; and a block should begin with a layer that
        // is not slim.
        let rank = |repeat: &Repeat| {
            let cuts = (1..repeat.times).map(|time| repeat.begin + time * length);
            let torn: usize = cuts.map(|cut| common(&self.nodes()[cut - 1].name, &self.nodes()[cut].name)).sum();
            (torn, Family::of(&self.nodes()[repeat.begin].op).is_slim(), repeat.begin)
        };
        let fewer = (2..=most).rev().flat_map(|times| {
            let mut repeats: Vec<Repeat> =
                (begin..=begin + run - (times - 1) * length).map(|begin| Repeat { begin, length, times }).take(LONGEST).collect();
            repeats.sort_by_cached_key(rank);
            repeats
        });
        fewer.take(2 * LONGEST).find(|repeat| self.pays(repeat) && self.is_chain(repeat))
    }

    fn pays(&self, repeat: &Repeat) -> bool {
        let saved = repeat.length * (repeat.times - 1);
        saved >= WITHOUT_PATHS || (saved >= WITH_PATHS && are_blocks(&paths(self.shown.graph, repeat)))
    }

    /// Whether two nodes do the same, on inputs that may be those of one block and of the next.
    fn alike(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.nodes()[one], &self.nodes()[other]);
        let graph = self.shown.graph;
        let (apart, values) = (other - one, b.value - a.value);
        // The inputs of the first block may come from anywhere before it; those of the second block come from the first.
        let comes_in = |one: usize, other: usize| one < other && other + 2 * values > b.value && graph.shape(one) == graph.shape(other);
        let inputs = || a.inputs().iter().zip(b.inputs()).all(|(&a, &b)| b == a + values || a == b || comes_in(a, b));
        let sharing = match (a.shares, b.shares) {
            (None, None) => true,
            (Some(a), Some(b)) => b == a + apart || a == b,
            _ => false,
        };
        // The graph has only the output of a custom layer, so its name and kind must be equal too.
        let named = !matches!(a.op, Op::Custom(_)) || last(&a.name) == last(&b.name) && self.shown.kind(one) == self.shown.kind(other);
        a.output == b.output
            && a.further == b.further
            && a.inputs().len() == b.inputs().len()
            && sharing
            && inputs()
            && named
            && a.op == b.op
    }

    /// Whether each block takes its inputs from the block before it, or from one common value, and whether inner values have no users
    /// outside their block and the next, except after the last.
    fn is_chain(&self, repeat: &Repeat) -> bool {
        let Repeat { length, times, .. } = *repeat;
        let graph = self.shown.graph;
        let first = graph.value_of(repeat.begin);
        // The number of values of one block.
        let count = graph.value_of(repeat.begin + length) - first;
        let own = first..first + count;
        // For each value of the first block that the second takes, the value that the first takes in its place.
        let mut comes_in: HashMap<usize, usize> = HashMap::new();
        for offset in 0..length {
            let inputs = |time: usize| self.nodes()[repeat.begin + time * length + offset].inputs();
            for (entry, (&value, &next)) in inputs(0).iter().zip(inputs(1)).enumerate() {
                let begins = match value {
                    _ if value == next => value < first,
                    _ if own.contains(&value) => next == value + count,
                    _ => {
                        let known = *comes_in.entry(next).or_insert(value);
                        value < first && own.contains(&next) && known == value && graph.shape(value) == graph.shape(next)
                    }
                };
                let step = if value == next { 0 } else { count };
                let goes_on = (2..times).all(|time| inputs(time)[entry] == inputs(time - 1)[entry] + step);
                if !begins || !goes_on {
                    return false;
                }
            }
        }
        let seen = |index: usize| {
            let time = (index - repeat.begin) / length;
            let allowed = repeat.begin + time * length..repeat.begin + (time + 2) * length;
            time + 1 < times && self.nodes()[index].values().flat_map(|value| &self.users[value]).any(|user| !allowed.contains(user))
        };
        !(repeat.begin..repeat.end()).any(seen)
    }
}

/// The common beginning of the names in each block, without their last parts.
fn paths(graph: &Graph, repeat: &Repeat) -> Vec<String> {
    let path = |time: usize| {
        let begin = repeat.begin + time * repeat.length;
        let mut names = graph.nodes()[begin..begin + repeat.length].iter().map(|node| node.name.as_ref());
        let mut path: Vec<&str> = names.next().unwrap_or_default().split('.').collect();
        path.pop();
        for name in names {
            let kept = path.iter().zip(name.split('.')).take_while(|(a, b)| *a == b).count();
            path.truncate(kept.min(name.matches('.').count()));
        }
        path.join(".")
    };
    (0..repeat.times).map(path).collect()
}

/// Whether the paths exist and differ.
fn are_blocks(paths: &[String]) -> bool {
    let mut sorted: Vec<&String> = paths.iter().collect();
    sorted.sort();
    sorted.windows(2).all(|pair| pair[0] != pair[1]) && !paths.iter().any(String::is_empty)
}

/// The number of equal leading parts of two paths.
fn common(a: &str, b: &str) -> usize {
    a.split('.').zip(b.split('.')).take_while(|(a, b)| a == b).count()
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}
