//! Strings that are looked up. The library's maps are compiled for each type of key and value, at ten times the code.

use crate::util::steps::tick;
use crate::util::text::join;

/// Strings, each once and with a number, in order.
#[derive(Debug, Default)]
pub(crate) struct Index(Vec<(String, usize)>);

impl Index {
    fn search(&self, wanted: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| {
            tick();
            known.as_str().cmp(wanted)
        })
    }

    /// The number of a string.
    pub(crate) fn get(&self, wanted: &str) -> Option<usize> {
        self.search(wanted).ok().and_then(|at| self.0.get(at)).map(|(_, number)| *number)
    }

    /// Whether the string is there.
    pub(crate) fn has(&self, wanted: &str) -> bool {
        self.search(wanted).is_ok()
    }

    /// The strings with `separator` between them.
    pub(crate) fn join(&self, separator: &str) -> String {
        join(&mut self.0.iter().map(|(string, _)| string.as_str()), separator)
    }

    /// Adds a string; if it is there already, the number that it has, which stays.
    pub(crate) fn add(&mut self, string: &str, number: usize) -> Option<usize> {
        match self.search(string) {
            Ok(at) => self.0.get(at).map(|(_, number)| *number),
            Err(at) => {
                self.0.insert(at, (string.to_owned(), number));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_string_once() {
        let mut index = Index::default();
        assert_eq!(index.add("b", 1), None);
        assert_eq!(index.add("a", 2), None);
        assert_eq!(index.add("b", 3), Some(1));
        assert_eq!((index.get("a"), index.get("b"), index.get("c")), (Some(2), Some(1), None));
        assert!(index.has("a") && !index.has(""));
        assert_eq!((index.join(", "), Index::default().join(", ")), ("a, b".into(), "".into()));
    }
}
