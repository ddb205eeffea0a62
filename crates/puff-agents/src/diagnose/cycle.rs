//! Finds out when a sequence goes round in circles, looking at each of its items once.

use std::time::Duration;

/// The longest circle that is found.
const LONGEST: usize = 12;

/// A sequence of which only the newest items are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Cycle {
    /// The newest items, each with the time it came at; `at` is the place of the next.
    items: [(u64, Duration); LONGEST],
    count: usize,
    /// For each length of a circle: how many items in a row were the same as the one so many before, and since when.
    runs: [(usize, Duration); LONGEST],
}

/// A circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Round {
    /// Of how many items.
    pub length: usize,
    /// How often it was gone round.
    pub times: usize,
    /// How long it is gone round.
    pub lasted: Duration,
}

impl Cycle {
    /// Takes the next item.
    pub fn push(&mut self, item: u64, at: Duration) {
        for length in 1..=LONGEST.min(self.count) {
            let (before, came) = self.items[(self.count - length) % LONGEST];
            let run = &mut self.runs[length - 1];
            if before == item {
                if run.0 == 0 {
                    run.1 = came;
                }
                run.0 += 1;
            } else {
                run.0 = 0;
            }
        }
        self.items[self.count % LONGEST] = (item, at);
        self.count += 1;
    }

    /// Returns the shortest circle that it goes round in, when that was gone round often enough.
    pub fn round(&self, enough: impl Fn(&Round) -> bool) -> Option<Round> {
        let (_, now) = self.items[self.count.checked_sub(1)? % LONGEST];
        let rounds = self.runs.iter().enumerate().map(|(at, (run, since))| {
            let length = at + 1;
            Round { length, times: run / length + 1, lasted: now.saturating_sub(*since) }
        });
        // Once round in three is twice round in six, and more of a circle.
        let within = |round: &Round| {
            let run = |length: usize| self.runs[length - 1].0;
            (1..round.length).any(|part| round.length.is_multiple_of(part) && run(part) >= run(round.length))
        };
        rounds.filter(|round| round.times > 1 && !within(round)).find(|round| enough(round))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(items: impl IntoIterator<Item = u64>) -> Option<(usize, usize)> {
        let mut cycle = Cycle::default();
        items.into_iter().zip(0..).for_each(|(item, second)| cycle.push(item, Duration::from_secs(second)));
        cycle.round(|round| round.times >= 3).map(|round| (round.length, round.times))
    }

    #[test]
    fn a_circle_is_found_by_its_shortest_length() {
        assert_eq!(found([1, 1, 1, 1]), Some((1, 4)));
        assert_eq!(found([9, 1, 2, 1, 2, 1, 2]), Some((2, 3)));
        assert_eq!(found([1, 1, 2, 1, 1, 2, 1, 1, 2]), Some((3, 3)));
        assert_eq!(found([1, 2, 1, 2, 1]), None);
        assert_eq!(found([1, 2, 3, 4, 5]), None);
        assert_eq!(found([1, 1, 1, 1, 2]), None);
        assert_eq!(found([]), None);
    }
}
