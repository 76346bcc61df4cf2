//! What stars are worth together. `docs/concepts/ratings.md` explains the formula.

/// The mean that a plugin without ratings is assumed to have.
pub const PRIOR_MEAN: f64 = 3.5;

/// How many ratings of [`PRIOR_MEAN`] every plugin starts with: few enough that ten users can be
/// heard, enough that one friend can't make a plugin the best of all.
pub const PRIOR_RATINGS: f64 = 4.0;

/// The stars that a plugin got and that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stars {
    /// How many of each, one star first.
    pub counts: [u64; 5],
}

impl Stars {
    /// Adds so many ratings; stars outside 1 to 5 are none.
    pub fn add(&mut self, stars: i64, ratings: u64) {
        let at = stars.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        if let Some(count) = at.and_then(|at| self.counts.get_mut(at)) {
            *count += ratings;
        }
    }

    /// How many ratings there are.
    #[must_use]
    pub fn ratings(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The Bayesian mean, `(PRIOR_RATINGS × PRIOR_MEAN + sum) / (PRIOR_RATINGS + ratings)`; absent
    /// without any rating.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let ratings = self.ratings() as f64;
        let weighted = self.counts.iter().zip(1_u32..);
        let sum: f64 = weighted
            .map(|(count, stars)| *count as f64 * f64::from(stars))
            .sum();
        let mean = (PRIOR_RATINGS * PRIOR_MEAN + sum) / (PRIOR_RATINGS + ratings);
        (ratings > 0.0).then_some(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(counts: [u64; 5]) -> f64 {
        Stars { counts }.mean().unwrap_or(f64::NAN)
    }

    #[test]
    fn one_friend_does_not_beat_ten_users() {
        assert!(mean([0, 0, 0, 0, 1]) < mean([0, 0, 0, 4, 6]));
    }

    #[test]
    fn many_ratings_speak_for_themselves() {
        assert!((mean([0, 0, 0, 0, 4000]) - 5.0).abs() < 0.01);
        assert!((mean([4000, 0, 0, 0, 0]) - 1.0).abs() < 0.02);
    }

    #[test]
    fn nothing_is_no_mean_and_foreign_stars_are_none() {
        let mut stars = Stars::default();
        for wrong in [i64::MIN, -1, 0, 6, i64::MAX] {
            stars.add(wrong, 1);
        }
        assert_eq!((stars.ratings(), stars.mean()), (0, None));
        stars.add(5, 2);
        assert_eq!(stars.mean(), Some((4.0 * 3.5 + 10.0) / 6.0));
    }
}
