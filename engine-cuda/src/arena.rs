//! One allocation for all buffers of a pass. A buffer is used from the first task that names it to the last, and two whose times do not overlap may
//! have the same place.

use crate::kernel::{Place, Task};

/// Elements: buffers begin at multiples of 256 bytes, as allocations do.
const ALIGNED: usize = 64;

/// The begin of each buffer, and the number of elements of all. A buffer that no task names is nowhere.
pub fn assign(lens: &[usize], tasks: &[Task]) -> (Vec<usize>, usize) {
    let mut lives: Vec<Option<(usize, usize)>> = vec![None; lens.len()];
    for (time, task) in tasks.iter().enumerate() {
        for place in task.work.places() {
            if let Place::Buffer(buffer) = place {
                let from = lives[buffer].map_or(time, |(from, _)| from);
                lives[buffer] = Some((from, time));
            }
        }
    }
    // The largest first, each at the lowest place that is free while it is used (Pisarchyk and Lee, 2020, "greedy by size").
    let mut order: Vec<usize> = (0..lens.len()).filter(|&buffer| lives[buffer].is_some()).collect();
    order.sort_by_key(|&buffer| (usize::MAX - lens[buffer], buffer));
    let (mut begins, mut total) = (vec![0; lens.len()], 0);
    let mut placed: Vec<usize> = Vec::new();
    for buffer in order {
        let meets = |other: &usize| lives[buffer].zip(lives[*other]).is_some_and(|(a, b)| a.0 <= b.1 && b.0 <= a.1);
        let len = lens[buffer].next_multiple_of(ALIGNED);
        let mut begin = 0;
        // `placed` is in the order of begins.
        for &other in placed.iter().filter(|other| meets(other)) {
            if begin + len <= begins[other] {
                break;
            }
            begin = begin.max(begins[other] + lens[other].next_multiple_of(ALIGNED));
        }
        begins[buffer] = begin;
        total = total.max(begin + len);
        let at = placed.partition_point(|&other| begins[other] <= begin);
        placed.insert(at, buffer);
    }
    (begins, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Work;

    fn copy(from: usize, to: usize) -> Task {
        Task { node: 0, work: Work::Copy { from: Place::Buffer(from), to: Place::Buffer(to), len: 1 } }
    }

    #[test]
    fn a_chain_alternates_between_two_places() {
        let tasks: Vec<Task> = (0..5).map(|i| copy(i, i + 1)).collect();
        let (begins, total) = assign(&[100; 6], &tasks);
        assert_eq!(total, 256);
        assert!((0..5).all(|i| begins[i] != begins[i + 1]), "{begins:?}");
    }

    #[test]
    fn what_is_used_at_the_same_time_is_apart() {
        let lens = [10, 200, 64, 65, 1, 300, 128];
        let tasks = [copy(0, 1), copy(1, 2), copy(2, 3), copy(0, 4), copy(4, 5), copy(5, 6), copy(3, 6)];
        let (begins, total) = assign(&lens, &tasks);
        let life = |buffer: usize| {
            let used = |task: &Task| task.work.places().contains(&Place::Buffer(buffer));
            (tasks.iter().position(used).unwrap(), tasks.iter().rposition(used).unwrap())
        };
        for a in 0..lens.len() {
            assert!(begins[a] + lens[a] <= total && begins[a] % ALIGNED == 0);
            for b in 0..a {
                let (of_a, of_b) = (life(a), life(b));
                let together = of_a.0 <= of_b.1 && of_b.0 <= of_a.1;
                assert!(!together || begins[a] + lens[a] <= begins[b] || begins[b] + lens[b] <= begins[a], "{a} and {b}: {begins:?}");
            }
        }
    }

    #[test]
    fn a_buffer_that_is_not_used_needs_no_place() {
        assert_eq!(assign(&[100, 5], &[copy(1, 1)]).1, ALIGNED);
    }
}
