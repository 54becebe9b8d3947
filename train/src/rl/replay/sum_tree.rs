//! Sums over ranges of numbers that change.

/// A binary tree whose leaves are weights and whose inner nodes are the sums of their children: a leaf is drawn in proportion to its weight, and a weight
/// is changed, in a time that grows with the logarithm of their number.
///
/// A sum is always computed from its two children, so the tree is a function of its leaves, whatever changed before.
#[derive(Clone, Debug, PartialEq)]
pub struct SumTree {
    /// The root is at 1, the children of `i` at `2 i` and `2 i + 1`, the leaves in the second half.
    nodes: Vec<f64>,
}

impl SumTree {
    /// `len` weights of 0.
    pub fn new(len: usize) -> Self {
        Self { nodes: vec![0.0; 2 * len.max(1).next_power_of_two()] }
    }

    fn first_leaf(&self) -> usize {
        self.nodes.len() / 2
    }

    /// The sum of all weights.
    pub fn total(&self) -> f64 {
        self.nodes[1]
    }

    /// The weight of a leaf.
    pub fn get(&self, leaf: usize) -> f64 {
        self.nodes[self.first_leaf() + leaf]
    }

    /// Changes the weight of a leaf; not negative.
    pub fn set(&mut self, leaf: usize, weight: f64) {
        let mut node = self.first_leaf() + leaf;
        self.nodes[node] = weight;
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.nodes[2 * node] + self.nodes[2 * node + 1];
        }
    }

    /// The leaf where the running sum of the weights exceeds `sum`, in `0.0..total`.
    pub fn find(&self, mut sum: f64) -> usize {
        let mut node = 1;
        while node < self.first_leaf() {
            node *= 2;
            // Rounding may lead past the last weight; a leaf without weight is never chosen.
            if sum >= self.nodes[node] && self.nodes[node + 1] > 0.0 {
                sum -= self.nodes[node];
                node += 1;
            }
        }
        node - self.first_leaf()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut tree = SumTree::new(5);
        [1.0, 0.0, 3.0, 2.0, 4.0].iter().enumerate().for_each(|(leaf, &weight)| tree.set(leaf, weight));
        assert_eq!(tree.total(), 10.0);
        let found = [0.0, 0.99, 1.0, 3.99, 4.0, 5.99, 6.0, 9.99, 10.0].map(|sum| tree.find(sum));
        assert_eq!(found, [0, 0, 2, 2, 3, 3, 4, 4, 4]);
        tree.set(2, 0.0);
        assert_eq!((tree.total(), tree.get(4), tree.find(1.5)), (7.0, 4.0, 3));
        // The order of changes leaves no trace.
        let mut other = SumTree::new(5);
        [(4, 0.1), (3, 2.0), (4, 4.0), (0, 1.0)].iter().for_each(|&(leaf, weight)| other.set(leaf, weight));
        assert_eq!(other, tree);
    }
}
