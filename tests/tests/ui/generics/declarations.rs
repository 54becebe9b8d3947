use layercake::prelude::*;

network! {
    pub A<const H: u32>: [H] -> [H] { ReLU }
    pub B<H: usize>: [8] -> [H] { Linear(H) }
    pub C<const H>: [H] -> [H] { ReLU }
    pub D<const H: usize, const H: usize>: [H] -> [H] { ReLU }
    pub F<const H: usize = 3>: [H] -> [H] { ReLU }
    pub M<const H N>: [3] -> [3] { ReLU }
    pub G<'a>: [3] -> [3] { ReLU }
    pub I<const self: usize>: [3] -> [3] { ReLU }
    pub J<const H: usize; const K: usize>: [H] -> [H] { Linear(K), Linear(H) }
    pub L<const H: usize: [3] -> [3] { ReLU }
}

fn main() {}
