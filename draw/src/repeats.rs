//! Blocks that a network has several times, one behind the other.
//!
//! They are found by what they do: stretches of nodes, as they stand in the graph, that act alike and hand one to the next what the next
//! takes. The layers' paths say where such a stretch begins (`layer1.1.conv1`, not the activation before it), and how little is
//! worth folding: blocks of one path each (`layer1.1`, `layer1.2`) were written as blocks.

use std::collections::HashMap;

use layercake_ir::{Graph, Node, Op};

use super::family::Family;
use crate::shown::Shown;

/// Nodes that stand `times` times one behind the other, from `begin` on; those of the first time are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    pub begin: usize,
    pub length: usize,
    pub times: usize,
}

/// Longer blocks are not looked for.
const LONGEST: usize = 256;
/// So many nodes must be saved where the blocks have paths of their own, and where they have none.
const WITH_PATHS: usize = 2;
const WITHOUT_PATHS: usize = 8;

impl Repeat {
    pub fn end(&self) -> usize {
        self.begin + self.length * self.times
    }

    /// Is the node one that is drawn, of the first time?
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

/// All of them; one within the first time of another stands behind that one.
pub(super) fn repeats(shown: &Shown<'_>) -> Vec<Repeat> {
    let count = shown.graph.nodes().len();
    let mut users = vec![Vec::new(); shown.graph.inputs().len() + count];
    for (index, node) in shown.graph.nodes().iter().enumerate() {
        node.inputs().iter().for_each(|&value| users[value].push(index));
    }
    // An output is used behind everything.
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

/// For each node the one that is drawn in its place.
pub(super) fn drawn(count: usize, repeats: &[Repeat]) -> Vec<usize> {
    let mut drawn: Vec<usize> = (0..count).collect();
    // Within one another, the outer ones come first: what an inner one drops is found by going on from there.
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

    /// The repetitions in a range, those first that save the most nodes; what is within one is not looked into.
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

    /// The repetition in a run of nodes that are like those a length behind them: where it begins so that each block is a whole, and as many
    /// times as nobody else looks into it.
    fn placed(&self, begin: usize, length: usize, run: usize) -> Option<Repeat> {
        let most = run / length + 1;
        // How much of what belongs together by its path a cut between two blocks tears apart; and a block begins with a layer that weighs.
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

    /// Do two nodes act alike, on inputs that may be those of one block and of the next?
    fn alike(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.nodes()[one], &self.nodes()[other]);
        let graph = self.shown.graph;
        let (apart, value) = (other - one, graph.value_of(other));
        // What comes into the first block may come from far; what comes into the next comes from the first.
        let comes_in = |a: usize, b: usize| a < b && b + 2 * apart > value && graph.shape(a) == graph.shape(b);
        let inputs = || a.inputs().iter().zip(b.inputs()).all(|(&a, &b)| b == a + apart || a == b || comes_in(a, b));
        let sharing = match (a.shares, b.shares) {
            (None, None) => true,
            (Some(a), Some(b)) => b == a + apart || a == b,
            _ => false,
        };
        // Of a custom layer the graph says its output only; its name must tell the rest.
        let named = !matches!(a.op, Op::Custom(_)) || last(&a.name) == last(&b.name) && self.shown.kind(one) == self.shown.kind(other);
        a.output == b.output && a.inputs().len() == b.inputs().len() && sharing && inputs() && named && a.op == b.op
    }

    /// Does each block take what it takes from the one before it, or all from the same value; and does nobody else look into them, but behind
    /// the last?
    fn is_chain(&self, repeat: &Repeat) -> bool {
        let Repeat { length, times, .. } = *repeat;
        let graph = self.shown.graph;
        let first = graph.value_of(repeat.begin);
        let own = first..first + length;
        // For each value of the first block that the second takes, what the first takes in its place.
        let mut comes_in: HashMap<usize, usize> = HashMap::new();
        for offset in 0..length {
            let inputs = |time: usize| self.nodes()[repeat.begin + time * length + offset].inputs();
            for (entry, (&value, &next)) in inputs(0).iter().zip(inputs(1)).enumerate() {
                let begins = match value {
                    _ if value == next => value < first,
                    _ if own.contains(&value) => next == value + length,
                    _ => {
                        let known = *comes_in.entry(next).or_insert(value);
                        value < first && own.contains(&next) && known == value && graph.shape(value) == graph.shape(next)
                    }
                };
                let step = if value == next { 0 } else { length };
                let goes_on = (2..times).all(|time| inputs(time)[entry] == inputs(time - 1)[entry] + step);
                if !begins || !goes_on {
                    return false;
                }
            }
        }
        let torn = |index: usize| {
            let begin = index - (index - repeat.begin) % length;
            let further = matches!(self.nodes()[index].op, Op::Subgraph(op) if op.output > 0);
            self.shown.owner(index).is_some_and(|owner| owner < begin) || (further && index == begin)
        };
        let seen = |index: usize| {
            let time = (index - repeat.begin) / length;
            let allowed = repeat.begin + time * length..repeat.begin + (time + 2) * length;
            time + 1 < times && self.users[self.shown.graph.value_of(index)].iter().any(|user| !allowed.contains(user))
        };
        !(repeat.begin..repeat.end()).any(|index| torn(index) || seen(index))
    }
}

/// What the names in each block have in common before their last parts.
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

/// Has each a path, and a different one?
fn are_blocks(paths: &[String]) -> bool {
    let mut sorted: Vec<&String> = paths.iter().collect();
    sorted.sort();
    sorted.windows(2).all(|pair| pair[0] != pair[1]) && !paths.iter().any(String::is_empty)
}

/// How many parts of two paths are the same, from the first on.
fn common(a: &str, b: &str) -> usize {
    a.split('.').zip(b.split('.')).take_while(|(a, b)| a == b).count()
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}
