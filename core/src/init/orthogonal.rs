//! Orthogonal matrices.

/// Makes the rows of a matrix of random normal numbers orthonormal, or its columns if there are fewer of them. The result is uniformly distributed
/// among such matrices.
///
/// Gram-Schmidt, applied twice to each vector, which is orthogonal up to rounding (Giraud and others, 2005).
pub(super) fn orthogonal(matrix: &mut [f64], rows: usize) {
    let columns = matrix.len() / rows.max(1);
    let (count, len) = if rows <= columns { (rows, columns) } else { (columns, rows) };
    let at = |vector: usize, i: usize| if rows <= columns { vector * columns + i } else { i * columns + vector };
    for vector in 0..count {
        for _ in 0..2 {
            for other in 0..vector {
                let along: f64 = (0..len).map(|i| matrix[at(vector, i)] * matrix[at(other, i)]).sum();
                (0..len).for_each(|i| matrix[at(vector, i)] -= along * matrix[at(other, i)]);
            }
            let norm = (0..len).map(|i| matrix[at(vector, i)].powi(2)).sum::<f64>().sqrt();
            (0..len).for_each(|i| matrix[at(vector, i)] /= norm);
        }
    }
}
