//! Which literals share a bucket, and by which window each is known.
//!
//! A bucket takes a place for a candidate when each of its bytes occurs, at that position, in a window of the bucket: low
//! and high halves of bytes apart. Windows that are alike should share one: else each bucket takes nearly everything.

use super::window::{WINDOW, Window, frequency};

/// After the first partition every window is moved to where it does best, as many times over.
const ROUNDS: usize = 2;

/// A literal in a group: its number, and which of its windows it is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    pub(super) literal: usize,
    pub(super) window: usize,
}

/// A partition of literals, each with the windows it may be known by, into at most `most` groups that take few places of
/// ordinary logs.
pub(super) fn groups(literals: &[Vec<Window>], most: usize) -> Vec<Vec<Member>> {
    let shapes: Vec<Vec<Shape>> = literals
        .iter()
        .map(|windows| windows.iter().map(Shape::of).collect())
        .collect();
    let singles = shapes.iter().enumerate().filter_map(|(literal, windows)| {
        let costs = windows.iter().map(Shape::cost).enumerate();
        let (window, _) = costs.min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Group::of(vec![Member { literal, window }], &shapes))
    });
    let mut groups = joined(singles.collect(), most);
    for _ in 0..ROUNDS {
        for literal in 0..literals.len() {
            move_one(&mut groups, &shapes, literal);
        }
    }
    groups.into_iter().map(|group| group.members).collect()
}

/// Joins two groups again and again, those that together take the fewest places more than apart.
fn joined(mut groups: Vec<Group>, most: usize) -> Vec<Group> {
    let more = |a: &Group, b: &Group| a.shape.with(&b.shape).cost() - a.cost - b.cost;
    let row = |groups: &[Group], first: usize| -> Vec<f64> {
        let before = groups[..first].iter();
        before.map(|group| more(group, &groups[first])).collect()
    };
    let mut costs: Vec<Vec<f64>> = (0..groups.len()).map(|first| row(&groups, first)).collect();
    while groups.len() > most {
        let pairs = (0..groups.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let Some((a, b)) = pairs.min_by(|x, y| costs[x.1][x.0].total_cmp(&costs[y.1][y.0])) else {
            break;
        };
        let taken = groups.swap_remove(b);
        let kept = &mut groups[a];
        kept.members.extend(taken.members);
        kept.shape = kept.shape.with(&taken.shape);
        kept.cost = kept.shape.cost();
        costs.pop();
        // The last group now lies at `b`.
        for changed in [a, b] {
            if changed < groups.len() {
                costs[changed] = row(&groups, changed);
                for later in changed + 1..groups.len() {
                    costs[later][changed] = more(&groups[changed], &groups[later]);
                }
            }
        }
    }
    groups
}

/// Moves a literal to the group, and the window, by which the fewest places are taken.
fn move_one(groups: &mut [Group], shapes: &[Vec<Shape>], literal: usize) {
    for group in groups.iter_mut() {
        if group.members.iter().any(|member| member.literal == literal) {
            let mut members = std::mem::take(&mut group.members);
            members.retain(|member| member.literal != literal);
            *group = Group::of(members, shapes);
        }
    }
    let mut best = (f64::INFINITY, 0, 0);
    for (window, shape) in shapes[literal].iter().enumerate() {
        for (number, group) in groups.iter().enumerate() {
            let more = group.shape.with(shape).cost() - group.cost;
            if more < best.0 {
                best = (more, number, window);
            }
        }
    }
    let (_, number, window) = best;
    if let Some(group) = groups.get_mut(number) {
        let mut members = std::mem::take(&mut group.members);
        members.push(Member { literal, window });
        *group = Group::of(members, shapes);
    }
}

struct Group {
    members: Vec<Member>,
    shape: Shape,
    cost: f64,
}

impl Group {
    fn of(members: Vec<Member>, shapes: &[Vec<Shape>]) -> Group {
        let each = members.iter().map(|m| &shapes[m.literal][m.window]);
        let shape = each.fold(Shape::default(), |sum, shape| sum.with(shape));
        Group {
            members,
            cost: shape.cost(),
            shape,
        }
    }
}

/// What passes at each position: the halves of its bytes, a bit each.
#[derive(Clone, Default)]
struct Shape {
    low: [u16; WINDOW],
    high: [u16; WINDOW],
}

impl Shape {
    fn of(window: &Window) -> Shape {
        Shape {
            low: window.bytes.each_ref().map(|set| set.low_halves()),
            high: window.bytes.each_ref().map(|set| set.high_halves()),
        }
    }

    fn with(&self, other: &Shape) -> Shape {
        Shape {
            low: std::array::from_fn(|at| self.low[at] | other.low[at]),
            high: std::array::from_fn(|at| self.high[at] | other.high[at]),
        }
    }

    /// How often it takes a place of ordinary text, from 0 to 1.
    fn cost(&self) -> f64 {
        (0..WINDOW)
            .map(|at| frequency(self.low[at], self.high[at]))
            .product()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Literal, window};
    use super::*;

    #[test]
    fn what_is_alike_shares_a_group() {
        let texts = [
            "AKIA", "token", "ghp_", "xoxa", "ASIA", "gho_", "xoxb", "secret",
        ];
        let windows: Vec<Vec<Window>> = texts
            .iter()
            .map(|text| {
                window::all(&Literal {
                    text,
                    any_case: false,
                    then: b"",
                    rule: (),
                })
            })
            .collect();
        let mut found: Vec<Vec<usize>> = groups(&windows, 5)
            .iter()
            .map(|group| group.iter().map(|member| member.literal).collect())
            .collect();
        found.iter_mut().for_each(|group| group.sort_unstable());
        found.sort();
        assert_eq!(
            found,
            [vec![0, 4], vec![1], vec![2, 5], vec![3, 6], vec![7]]
        );
        assert!(groups(&[], 5).is_empty());
    }
}
