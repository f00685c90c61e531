//! Values under numbers: adding, finding and removing one takes the same time however many there are.

/// A number is a place and, above it, how often that place was used before, so that a number which is out of date finds
/// nothing. Numbers have 30 bits.
pub struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

struct Place<T> {
    /// Wraps after 256 uses.
    used: u8,
    value: Option<T>,
}

const PLACE_BITS: u32 = 22;

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Slab<T> {
    /// None.
    pub const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Adds a value; `None` if there are 2^22 already.
    pub fn insert(&mut self, value: T) -> Option<u32> {
        if let Some(at) = self.free.pop() {
            let place = self.places.get_mut(at as usize)?;
            place.value = Some(value);
            return Some(u32::from(place.used) << PLACE_BITS | at);
        }
        let at = u32::try_from(self.places.len()).ok().filter(|at| *at < 1 << PLACE_BITS)?;
        self.places.push(Place { used: 0, value: Some(value) });
        Some(at)
    }

    fn place(&mut self, number: u32) -> Option<&mut Place<T>> {
        #[cfg(test)]
        tests::LOOKED_UP.with(|n| n.set(n.get() + 1));
        let at = number & ((1 << PLACE_BITS) - 1);
        let place = self.places.get_mut(at as usize)?;
        (u32::from(place.used) == number >> PLACE_BITS).then_some(place)
    }

    /// The value of this number, if it is there still.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.place(number)?.value.as_mut()
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        #[cfg(test)]
        tests::LOOKED_UP.with(|n| n.set(n.get() + self.places.len() as u64));
        self.places.iter_mut().filter_map(|place| place.value.as_mut())
    }

    /// Takes the value of this number out; `None` if it is gone.
    pub fn remove(&mut self, number: u32) -> Option<T> {
        let place = self.place(number)?;
        let value = place.value.take()?;
        place.used = place.used.wrapping_add(1);
        self.free.push(number & ((1 << PLACE_BITS) - 1));
        Some(value)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use core::cell::Cell;

    use super::*;

    thread_local! {
        /// How often a value was looked up: what grows with the work, in tests that count it.
        pub(crate) static LOOKED_UP: Cell<u64> = const { Cell::new(0) };
    }

    #[test]
    fn finds_what_was_added_and_not_what_was_removed() {
        let mut slab = Slab::new();
        let a = slab.insert('a').unwrap();
        let b = slab.insert('b').unwrap();
        assert_eq!(slab.remove(a), Some('a'));
        let c = slab.insert('c').unwrap();
        assert_ne!(a, c, "the place is used again, the number is not");
        assert_eq!(slab.get_mut(a), None);
        assert_eq!(slab.remove(a), None);
        assert_eq!(slab.get_mut(b), Some(&mut 'b'));
        assert_eq!(slab.get_mut(c), Some(&mut 'c'));
        assert_eq!(slab.get_mut(u32::MAX), None);
    }

    #[test]
    fn places_are_used_again() {
        let mut slab = Slab::new();
        for i in 0..1000 {
            let number = slab.insert(i).unwrap();
            assert_eq!(slab.remove(number), Some(i));
        }
        assert_eq!(slab.places.len(), 1);
    }
}
