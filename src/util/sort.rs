//! Sorting by any rule. The formats sort many kinds of things, all of them short lists; the sort
//! itself is compiled once, over positions, and not once for each kind.

use core::cmp::Ordering;

use crate::util::steps::tick;

/// The positions 0 to `n` - 1 in ascending order of what `compare` says of them; equals keep their
/// order.
pub(crate) fn ascending(n: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    // A merge sort from below: the library's sorts are tuned for long lists, at twenty times the code.
    let mut order: Vec<usize> = (0..n).collect();
    let mut merged = Vec::with_capacity(n);
    let mut width = 1;
    while width < n {
        for runs in order.chunks(2 * width) {
            let (mut left, mut right) = runs.split_at(width.min(runs.len()));
            while let ([a, rest_left @ ..], [b, rest_right @ ..]) = (left, right) {
                tick();
                if compare(*b, *a).is_lt() {
                    merged.push(*b);
                    right = rest_right;
                } else {
                    merged.push(*a);
                    left = rest_left;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        core::mem::swap(&mut order, &mut merged);
        merged.clear();
        width *= 2;
    }
    order
}

/// `items` in ascending order; equals keep their order.
pub(crate) fn sorted<T>(mut items: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let order = ascending(items.len(), &|a, b| compare(&items[a], &items[b]));
    for (a, b) in swaps(order) {
        items.swap(a, b);
    }
    items
}

/// The swaps, one after another, that put items into an order of their positions.
fn swaps(mut order: Vec<usize>) -> Vec<(usize, usize)> {
    let mut swaps = Vec::new();
    for start in 0..order.len() {
        // A cycle of items that take each other's places; places that are done hold themselves.
        let mut at = start;
        while order[at] != start {
            let next = core::mem::replace(&mut order[at], at);
            swaps.push((at, next));
            at = next;
        }
        order[at] = at;
    }
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_keeps_the_order_of_equals() {
        let words = vec!["b1", "a", "c", "b2", "", "b3"];
        let first = |a: &&str, b: &&str| a.get(..1).cmp(&b.get(..1));
        assert_eq!(sorted(words, first), ["", "a", "b1", "b2", "b3", "c"]);
        assert!(sorted(Vec::<u8>::new(), u8::cmp).is_empty());
    }

    #[test]
    fn long_lists_too() {
        let numbers: Vec<u32> = (0..1000u32).map(|i| i.wrapping_mul(2_654_435_761) >> 20).collect();
        let mut want = numbers.clone();
        want.sort();
        assert_eq!(sorted(numbers, u32::cmp), want);
        // The tens' digits repeat: equals, at every length around the powers of two.
        for n in 0..70u32 {
            let numbers: Vec<u32> = (0..n).map(|i| i.wrapping_mul(2_654_435_761) >> 23).collect();
            let mut want = numbers.clone();
            want.sort_by_key(|number| number / 10);
            assert_eq!(sorted(numbers, |a, b| (a / 10).cmp(&(b / 10))), want, "{n}");
        }
    }
}
