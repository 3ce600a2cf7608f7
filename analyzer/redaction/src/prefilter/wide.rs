//! The pass over the text for 32 places at once.

use pulp::core_arch::x86::Avx2;
use pulp::x86::V3;
use pulp::{NullaryFnOnce, cast};
use std::arch::x86_64::__m256i;

use super::table::{BUCKETS, Table};
use super::window::WINDOW;

/// Places looked at in one step.
const LANES: usize = 32;
/// A look-up gives a byte, so half of the buckets.
const HALVES: usize = BUCKETS / 8;

/// The table as look-ups by the halves of bytes, and the instructions for it.
pub(super) struct Wide {
    simd: V3,
    low: [[[u8; LANES]; WINDOW]; HALVES],
    high: [[[u8; LANES]; WINDOW]; HALVES],
}

impl Wide {
    /// `None`: this processor has no AVX2.
    pub(super) fn new(table: &Table) -> Option<Wide> {
        // A look-up stays within 16 bytes, so all stand there twice.
        let spread = |rows: &[[u16; 16]; WINDOW], half: usize| {
            rows.map(|row| std::array::from_fn(|at| row[at % 16].to_le_bytes()[half]))
        };
        Some(Wide {
            simd: V3::try_new()?,
            low: std::array::from_fn(|half| spread(&table.low, half)),
            high: std::array::from_fn(|half| spread(&table.high, half)),
        })
    }

    /// Calls `candidate` with places from `from` on that some buckets take, and these; says where it ended, less than a
    /// step before the end of the text.
    pub(super) fn scan(
        &self,
        text: &[u8],
        from: usize,
        candidate: impl FnMut(usize, u16),
    ) -> usize {
        self.simd.vectorize(Pass {
            wide: self,
            text,
            from,
            candidate,
        })
    }
}

struct Pass<'a, C> {
    wide: &'a Wide,
    text: &'a [u8],
    from: usize,
    candidate: C,
}

impl<C: FnMut(usize, u16)> NullaryFnOnce for Pass<'_, C> {
    type Output = usize;

    #[inline(always)]
    fn call(mut self) -> usize {
        let avx2 = self.wide.simd.avx2;
        let tables = Tables::of(self.wide);
        let mut pos = self.from;
        while let Some(bytes) = self.text.get(pos..).and_then(<[u8]>::first_chunk) {
            let buckets = tables.look_up(avx2, bytes);
            let taken = avx2._mm256_or_si256(buckets[0], buckets[1]);
            let free = avx2._mm256_cmpeq_epi8(taken, cast([0u8; LANES]));
            let mut places = !(avx2._mm256_movemask_epi8(free) as u32);
            if places != 0 {
                let [first, second]: [[u8; LANES]; HALVES] = buckets.map(cast);
                while places != 0 {
                    let place = places.trailing_zeros() as usize;
                    places &= places - 1;
                    let buckets = u16::from_le_bytes([first[place], second[place]]);
                    (self.candidate)(pos + place, buckets);
                }
            }
            pos += LANES;
        }
        pos
    }
}

struct Tables {
    low: [[__m256i; WINDOW]; HALVES],
    high: [[__m256i; WINDOW]; HALVES],
}

impl Tables {
    #[inline(always)]
    fn of(wide: &Wide) -> Tables {
        Tables {
            low: wide.low.map(|half| half.map(cast)),
            high: wide.high.map(|half| half.map(cast)),
        }
    }

    /// The buckets that take each of the first [`LANES`] places.
    #[inline(always)]
    fn look_up(&self, avx2: Avx2, bytes: &[u8; LANES + WINDOW - 1]) -> [__m256i; HALVES] {
        let half: __m256i = cast([15u8; LANES]);
        let mut left = [cast([0xffu8; LANES]); HALVES];
        for at in 0..WINDOW {
            let Some(bytes) = bytes[at..].first_chunk::<LANES>() else {
                return left;
            };
            let bytes: __m256i = cast(*bytes);
            let low = avx2._mm256_and_si256(bytes, half);
            let high = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<4>(bytes), half);
            for (side, left) in left.iter_mut().enumerate() {
                let low = avx2._mm256_shuffle_epi8(self.low[side][at], low);
                let high = avx2._mm256_shuffle_epi8(self.high[side][at], high);
                *left = avx2._mm256_and_si256(*left, avx2._mm256_and_si256(low, high));
            }
        }
        left
    }
}
