//! Ranks that are threads of one process.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::link::Link;

/// A rank among threads: a channel to and from each other one.
pub(super) struct Threads {
    rank: usize,
    /// By the number of the rank.
    to: Vec<Mutex<Sender<Vec<u8>>>>,
    from: Vec<Mutex<Receiver<Vec<u8>>>>,
}

const GONE: &str = "another rank has ended";

impl Threads {
    pub fn team(size: usize) -> Vec<Self> {
        let mut ranks: Vec<Self> = (0..size).map(|rank| Self { rank, to: Vec::new(), from: Vec::new() }).collect();
        for from in 0..size {
            for to in 0..size {
                let (sender, receiver) = channel();
                ranks[from].to.push(Mutex::new(sender));
                ranks[to].from.push(Mutex::new(receiver));
            }
        }
        ranks
    }
}

impl Link for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn are_threads(&self) -> bool {
        true
    }

    fn send(&self, to: usize, data: &[u8]) {
        self.to[to].lock().expect(GONE).send(data.to_vec()).expect(GONE);
    }

    fn receive(&self, from: usize, data: &mut [u8]) {
        data.copy_from_slice(&self.from[from].lock().expect(GONE).recv().expect(GONE));
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) {
        if self.rank != root {
            return self.receive(root, data);
        }
        (0..self.size()).filter(|&rank| rank != root).for_each(|rank| self.send(rank, data));
    }

    fn gather(&self, data: &mut [u8], bounds: &[usize]) {
        let others = || (0..self.size()).filter(|&rank| rank != self.rank);
        others().for_each(|rank| self.send(rank, &data[bounds[self.rank]..bounds[self.rank + 1]]));
        others().for_each(|rank| self.receive(rank, &mut data[bounds[rank]..bounds[rank + 1]]));
    }
}
