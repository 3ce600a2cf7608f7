//! The embedding bag: pooled outside autograd, and updated by a row-wise Adagrad that touches only the rows of a batch.

use logloop_scoring::features::{BUCKETS, Blocks};
use logloop_scoring::network::{pool, pool_scale};
use rayon::prelude::*;

/// Keeps the first step of a row from dividing by zero.
const EPSILON: f32 = 1e-12;

/// Entries of a batch for which another thread is worth waking.
const MIN_ENTRIES_PER_THREAD: usize = 64;

/// The table of rows, and how much each has moved.
#[derive(Clone, Debug)]
pub struct Bag {
    dim: usize,
    rows: Vec<f32>,
    squares: Vec<f32>,
}

impl Bag {
    /// All zero: a feature never trained on adds nothing.
    pub fn new(dim: usize) -> Self {
        Self::from_rows(dim, vec![0.0; BUCKETS as usize * dim])
    }

    /// Starts from trained rows.
    pub fn from_rows(dim: usize, rows: Vec<f32>) -> Self {
        Self {
            dim,
            squares: vec![0.0; rows.len() / dim],
            rows,
        }
    }

    /// The rows, one after the other.
    pub fn rows(&self) -> &[f32] {
        &self.rows
    }

    /// Takes the rows of another bag of the same width.
    pub fn set_rows(&mut self, rows: &[f32]) {
        self.rows.copy_from_slice(rows);
    }

    /// How much each row has moved.
    pub fn squares(&self) -> &[f32] {
        &self.squares
    }

    /// Takes the rows of a bag of the same width, and how much they have moved.
    pub fn restore(&mut self, rows: &[f32], squares: &[f32]) {
        self.rows.copy_from_slice(rows);
        self.squares.copy_from_slice(squares);
    }

    /// Pools each entry as serving does; one row of the result an entry.
    pub fn pool(&self, entries: &[Blocks<'_>]) -> Vec<f32> {
        let mut pooled = vec![0.0; entries.len() * self.dim];
        let pairs = pooled
            .par_chunks_mut(self.dim)
            .zip(entries)
            .with_min_len(MIN_ENTRIES_PER_THREAD);
        pairs.for_each(|(pooled, blocks)| pool(&self.rows, *blocks, pooled));
        pooled
    }

    /// Moves the rows against the gradient of the pooled entries. Each thread owns a range of rows and takes the
    /// entries in order: the result does not depend on the number of threads.
    pub fn step(&mut self, entries: &[Blocks<'_>], gradient: &[f32], rate: f32) {
        let dim = self.dim;
        let threads = rayon::current_num_threads().min(entries.len() / MIN_ENTRIES_PER_THREAD);
        let range = self.squares.len().div_ceil(threads.max(1));
        let ranges = self
            .rows
            .par_chunks_mut(range * dim)
            .zip(self.squares.par_chunks_mut(range))
            .enumerate();
        ranges.for_each(|(index, (rows, squares))| {
            let start = index * range;
            for (blocks, gradient) in entries.iter().zip(gradient.chunks(dim)) {
                let mean_square = gradient.iter().map(|g| g * g).sum::<f32>() / dim as f32;
                for block in blocks.each() {
                    let scale = pool_scale(block.len());
                    let square = scale * scale * mean_square;
                    for &feature in block {
                        let Some(row) = (feature as usize)
                            .checked_sub(start)
                            .filter(|row| *row < squares.len())
                        else {
                            continue;
                        };
                        squares[row] += square;
                        let step = rate * scale / (squares[row] + EPSILON).sqrt();
                        let row = &mut rows[row * dim..(row + 1) * dim];
                        for (value, g) in row.iter_mut().zip(gradient) {
                            *value -= step * g;
                        }
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Blocks<'_> {
        Blocks {
            words,
            ..Blocks::default()
        }
    }

    #[test]
    fn moves_only_the_rows_of_the_batch_whatever_the_threads() {
        let entries = [words(&[1, 5, 5]), words(&[5, BUCKETS - 1])];
        let gradient = [1.0, -2.0, 0.5, 0.25];
        let stepped = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("threads");
            let mut bag = Bag::new(2);
            pool.install(|| bag.step(&entries, &gradient, 0.1));
            bag
        };
        let bag = stepped(1);
        assert_eq!(bag.rows, stepped(3).rows);
        let moved: Vec<usize> = (0..BUCKETS as usize)
            .filter(|row| bag.rows[row * 2] != 0.0)
            .collect();
        assert_eq!(moved, [1, 5, BUCKETS as usize - 1]);
        assert!(
            bag.rows[2] < 0.0 && bag.rows[3] > 0.0,
            "against the gradient"
        );
    }

    #[test]
    fn an_empty_entry_pools_to_zero() {
        assert_eq!(
            Bag::from_rows(2, vec![1.0; BUCKETS as usize * 2]).pool(&[words(&[]), words(&[3])]),
            [0.0, 0.0, 1.0, 1.0]
        );
    }
}
