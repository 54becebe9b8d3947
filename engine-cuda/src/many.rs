//! Kernels over many tensors at once: the step of an optimizer, the norm of all gradients, averages of parameters.
//!
//! The addresses are in the launch's own parameters, which the driver copies: nothing is uploaded, and addresses may be others in each step. A launch has 4 KiB
//! for them, so a model with more tensors than [`Many::most`] takes more than one.

use std::ops::Range;

use crate::kernel::Kernel;

/// Elements of a block.
const CHUNK: usize = 4096;
/// Threads of a block.
const THREADS: u32 = 256;
/// Words of 8 bytes for all rows of a launch; the other parameters need less than the rest of 4 KiB.
const WORDS: usize = 480;

/// A kernel over many tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Many {
    /// The kernel. Its first parameters are the rows and their number.
    pub kernel: Kernel,
    /// The addresses of a row.
    pub places: usize,
}

/// What a launch of a [`Many`] gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The tensors of the launch, by their numbers among the given ones.
    pub tensors: Range<usize>,
    /// The rows, as the kernel reads them, filled up with zeros.
    pub words: Vec<u64>,
    /// Blocks.
    pub blocks: u32,
    /// Threads of a block.
    pub block: u32,
    /// The blocks of the launches before this one.
    pub first: u32,
}

impl Many {
    /// A step of an optimizer by a formula, which is statements of CUDA C on the parameter `p`, its gradient `g`, its averages `s0`, `s1`, .. and the numbers `a0`, `a1`, ..
    ///
    /// The parameters besides the rows: `const float *factor, float scale, float most`, and the numbers. A row has the addresses of parameter, gradient and averages. The
    /// gradient is multiplied by `scale` and by the number at `factor`, and limited to `most`.
    pub fn update(formula: &str, averages: usize, numbers: usize) -> Self {
        let (read, write): (Vec<String>, Vec<String>) = (0..averages)
            .map(|i| (format!("float s{i} = ((float *)row[{}])[i];", i + 2), format!("((float *)row[{}])[i] = s{i};", i + 2)))
            .unzip();
        let body = include_str!("kernels/many_update.cu");
        let body = body.replace("READ", &read.join(" ")).replace("WRITE", &write.join(" ")).replace("FORMULA", formula);
        let numbers: String = (0..numbers).map(|i| format!(", float a{i}")).collect();
        Self::new("many_update", &format!("const float *factor, float scale, float most{numbers}"), 2 + averages, &body)
    }

    /// The sum of squares of each block. Besides the rows: `float *parts, int first`.
    pub fn squares() -> Self {
        Self::new("many_squares", "float *parts, int first", 1, include_str!("kernels/many_squares.cu"))
    }

    /// Averages of parameters: `average = keep average + add parameter`. Besides the rows: `float keep, float add`. A row has the addresses of both.
    pub fn average() -> Self {
        Self::new("many_average", "float keep, float add", 2, include_str!("kernels/many_average.cu"))
    }

    fn new(name: &'static str, signature: &str, places: usize, body: &str) -> Self {
        let (row, most) = (places + 1, WORDS / (places + 1));
        let head = format!("#define ROW {row}\n#define MOST {most}\n#define CHUNK {CHUNK}\n{}", include_str!("kernels/many.cuh"));
        Self { kernel: Kernel::new(name, &format!("Rows rows, int count, {signature}"), &head, body), places }
    }

    /// The most tensors of a launch.
    pub fn most(&self) -> usize {
        WORDS / (self.places + 1)
    }

    /// The launches for tensors of these lengths, none of them empty, with the addresses of each.
    ///
    /// # Panics
    /// Panics if a tensor has another number of addresses, is empty, or has more elements than 32 bits count.
    pub fn launches(&self, tensors: &[(Vec<u64>, usize)]) -> Vec<Rows> {
        let mut all = 0;
        let launch = |(number, tensors): (usize, &[(Vec<u64>, usize)])| {
            let (first, mut blocks, mut words) = (all, 0_u32, Vec::with_capacity(self.most() * (self.places + 1)));
            for (addresses, len) in tensors {
                assert!(addresses.len() == self.places && *len > 0, "a row of `{}` has {} addresses", self.kernel.name, self.places);
                let len = i32::try_from(*len).expect("tensors of a network have fewer elements").cast_unsigned();
                words.extend(addresses);
                words.push(u64::from(blocks) << 32 | u64::from(len));
                blocks += len.div_ceil(CHUNK as u32);
            }
            words.resize(self.most() * (self.places + 1), 0);
            all += blocks;
            let begin = number * self.most();
            Rows { tensors: begin..begin + tensors.len(), words, blocks, block: THREADS, first }
        };
        tensors.chunks(self.most()).enumerate().map(launch).collect()
    }
}

/// From sums of squares to the factor of clipping by norm: `const float *parts, float *factor, int n, float scale, float most`, for one block of 256 threads.
pub fn norm_factor() -> Kernel {
    let signature = "const float *parts, float *factor, int n, float scale, float most";
    Kernel::new("norm_factor", signature, "", include_str!("kernels/norm_factor.cu"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_apart_by_their_first_blocks() {
        let many = Many::average();
        let tensors: Vec<(Vec<u64>, usize)> = [1, CHUNK, CHUNK + 1, 7].map(|len| (vec![8, 16], len)).into();
        let [rows] = &many.launches(&tensors)[..] else { panic!("four tensors fit") };
        let firsts: Vec<u64> = rows.words.chunks(3).take(4).map(|row| row[2] >> 32).collect();
        assert_eq!((firsts, rows.blocks, rows.tensors.clone()), (vec![0, 1, 2, 4], 5, 0..4));
    }

    #[test]
    fn more_tensors_than_fit_take_more_launches() {
        let many = Many::update("p = p - a0 * g;", 2, 1);
        assert_eq!(many.most(), 96);
        let tensors: Vec<(Vec<u64>, usize)> = (0..200).map(|_| (vec![0; 4], 10)).collect();
        let launches = many.launches(&tensors);
        assert_eq!(launches.iter().map(|rows| rows.tensors.clone()).collect::<Vec<_>>(), [0..96, 96..192, 192..200]);
        assert_eq!(launches[2].first, 192);
        assert!(launches.iter().all(|rows| rows.words.len() == 480));
    }
}
