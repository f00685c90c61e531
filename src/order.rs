//! Sorting by any rule. The formats sort many kinds of things, all of them short lists; the sort
//! itself is compiled once, over positions, and not once for each kind.

use core::cmp::Ordering;

/// The positions 0 to `n` - 1 in ascending order of what `compare` says of them; equals keep their
/// order.
pub(crate) fn ascending(n: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
    order
}

/// `items` in ascending order; equals keep their order.
pub(crate) fn sorted<T>(items: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let order = ascending(items.len(), &|a, b| compare(&items[a], &items[b]));
    let mut slots: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|i| slots.get_mut(i)?.take()).collect()
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
    }
}
