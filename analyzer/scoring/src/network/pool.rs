//! Pooling: the rows of an entry's features become one vector.

use crate::features::Blocks;

/// Features of a block that count in the pooling, at least one: an empty block pools to zero.
const MIN_POOLED: f32 = 1.0;
/// The usual width, for which the loop is unrolled.
const USUAL_DIM: usize = 16;

/// Each block's rows added up over the root of their number: one telling word in a long entry is not drowned, and the
/// many n-grams do not drown the words. Buckets beyond the table are a caller's error and panic.
pub fn pool(bag: &[f32], blocks: Blocks<'_>, pooled: &mut [f32]) {
    pooled.fill(0.0);
    for block in blocks.each() {
        let scale = pool_scale(block.len());
        if let Ok(pooled) = <&mut [f32; USUAL_DIM]>::try_from(&mut *pooled) {
            let (rows, _) = bag.as_chunks::<USUAL_DIM>();
            let mut sum = [0.0; USUAL_DIM];
            for &feature in block {
                for (sum, value) in sum.iter_mut().zip(&rows[feature as usize]) {
                    *sum += value;
                }
            }
            for (pooled, sum) in pooled.iter_mut().zip(sum) {
                *pooled += scale * sum;
            }
        } else {
            let dim = pooled.len();
            for &feature in block {
                let row = &bag[feature as usize * dim..(feature as usize + 1) * dim];
                for (pooled, value) in pooled.iter_mut().zip(row) {
                    *pooled += scale * value;
                }
            }
        }
    }
}

/// What [`pool`] multiplies the rows of a block of that many features by.
pub fn pool_scale(features: usize) -> f32 {
    1.0 / (features as f32).max(MIN_POOLED).sqrt()
}

/// The same for rows of one number: the wide part's logit without its bias.
pub fn pool_wide(wide: &[f32], blocks: Blocks<'_>) -> f32 {
    let blocks = blocks.each();
    blocks.iter().map(|block| pool_block(wide, block)).sum()
}

/// The same of one block.
pub fn pool_block(wide: &[f32], block: &[u32]) -> f32 {
    let sum: f32 = block.iter().map(|&at| wide[at as usize]).sum();
    pool_scale(block.len()) * sum
}
