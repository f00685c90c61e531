//! Expressions written from their trees, and read again.

use super::*;

/// A path as an expression has it: names that are words stay, others have placeholders of their own.
fn write_path(path: &Path<'_>) -> String {
    let mut out = path.attribute.to_owned();
    for step in &path.steps {
        match step {
            Step::Member(name) => out += &format!(".{name}"),
            Step::Element(index) => out += &format!("[{index}]"),
        }
    }
    out
}

fn write_operand(operand: &Operand<'_>) -> String {
    let term = match &operand.term {
        Term::Path(path) => write_path(path),
        Term::Value(value) => value.placeholder.to_owned(),
    };
    if operand.size { format!("size({term})") } else { term }
}

fn write_test(test: &Test<'_>) -> String {
    let o = write_operand;
    match test {
        Test::Compare(a, comparator, b) => format!("{} {} {}", o(a), comparator.symbol(), o(b)),
        Test::Between(a, low, high) => format!("{} BETWEEN {} AND {}", o(a), o(low), o(high)),
        Test::In(a, list) => {
            let list: Vec<String> = list.iter().map(o).collect();
            format!("{} IN ({})", o(a), list.join(", "))
        }
        Test::Exists(path) => format!("attribute_exists({})", write_path(path)),
        Test::NotExists(path) => format!("attribute_not_exists({})", write_path(path)),
        Test::Type(a, b) => format!("attribute_type({}, {})", o(a), o(b)),
        Test::BeginsWith(a, b) => format!("begins_with({}, {})", o(a), o(b)),
        Test::Contains(a, b) => format!("contains({}, {})", o(a), o(b)),
    }
}

/// The condition, with as few parentheses as it can have.
pub(super) fn write_condition(condition: &Condition<'_>) -> String {
    // How firmly what was written binds: OR 0, AND 1, NOT and tests 2.
    let mut written: Vec<(String, u8)> = Vec::new();
    let within = |(text, binds): (String, u8), needed: u8| {
        if binds < needed { format!("({text})") } else { text }
    };
    for node in &condition.nodes {
        let next = match node {
            Node::Test(test) => (write_test(test), 2),
            Node::Not => (format!("NOT {}", within(written.pop().unwrap(), 2)), 2),
            Node::And | Node::Or => {
                let (word, binds) = if *node == Node::And { ("AND", 1) } else { ("OR", 0) };
                let (right, left) = (written.pop().unwrap(), written.pop().unwrap());
                // From the left.
                let (left, right) = (within(left, binds), within(right, binds + 1));
                (format!("{left} {word} {right}"), binds)
            }
        };
        written.push(next);
    }
    written.pop().unwrap().0
}

pub(super) fn write_update(update: &Update<'_>) -> String {
    let mut sections: Vec<(&str, Vec<String>)> = Vec::new();
    for Action { path, change } in &update.actions {
        let path = write_path(path);
        let (section, action) = match change {
            Change::Set(terms) => ("SET", format!("{path} = {}", write_terms(terms))),
            Change::Remove => ("REMOVE", path),
            Change::Add(value) => ("ADD", format!("{path} {}", value.placeholder)),
            Change::Delete(value) => ("DELETE", format!("{path} {}", value.placeholder)),
        };
        match sections.iter_mut().find(|(known, _)| *known == section) {
            Some((_, actions)) => actions.push(action),
            None => sections.push((section, vec![action])),
        }
    }
    let sections: Vec<String> = sections
        .iter()
        .map(|(section, actions)| format!("{section} {}", actions.join(", ")))
        .collect();
    sections.join(" ")
}

fn write_terms(terms: &[UpdateTerm<'_>]) -> String {
    let mut written: Vec<String> = Vec::new();
    for term in terms {
        let next = match term {
            UpdateTerm::Path(path) => write_path(path),
            UpdateTerm::Value(value) => value.placeholder.to_owned(),
            UpdateTerm::IfNotExists(path) => {
                format!("if_not_exists({}, {})", write_path(path), written.pop().unwrap())
            }
            UpdateTerm::ListAppend | UpdateTerm::Add | UpdateTerm::Subtract => {
                let (second, first) = (written.pop().unwrap(), written.pop().unwrap());
                match term {
                    UpdateTerm::ListAppend => format!("list_append({first}, {second})"),
                    UpdateTerm::Add => format!("{first} + {second}"),
                    _ => format!("{first} - {second}"),
                }
            }
        };
        written.push(next);
    }
    written.pop().unwrap()
}

/// Numbers that look random, from a seed that a failure names.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn path(&mut self) -> String {
        let mut path = ["a", "bc", "Color", "#n", "#2", "d_1"][self.below(6)].to_owned();
        for _ in 0..self.below(4).saturating_sub(1) {
            path += [".x", "[0]", "[17]", ".#n"][self.below(4)];
        }
        path
    }

    fn term(&mut self) -> String {
        match self.below(2) {
            0 => self.path(),
            _ => [":v", ":2", ":w_3"][self.below(3)].to_owned(),
        }
    }

    fn operand(&mut self) -> String {
        match self.below(6) {
            0 => format!("size({})", self.term()),
            1 => format!("( {} )", self.term()),
            _ => self.term(),
        }
    }

    fn test(&mut self) -> String {
        let (a, b) = (self.operand(), self.operand());
        match self.below(9) {
            0 => format!("attribute_exists({})", self.path()),
            1 => format!("attribute_not_exists ( {} )", self.path()),
            2 => format!("attribute_type({a}, :v)"),
            3 => format!("begins_with({a},{b})"),
            4 => format!("contains({a},\n{b})"),
            5 => format!("{a} BETWEEN {b} and {}", self.operand()),
            6 => format!("{a} in ({b}, {}, {})", self.operand(), self.operand()),
            _ => format!("{a}{}{b}", ["=", "<>", " < ", "<=", ">", " >="][self.below(6)]),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        match if depth == 0 { 0 } else { self.below(5) } {
            0 => self.test(),
            1 => format!("not {}", self.test()),
            2 => format!("NOT ({} Or {})", self.condition(depth - 1), self.test()),
            3 => format!("{} AND ({})", self.condition(depth - 1), self.test()),
            _ => format!("({} or {}) and {}", self.condition(depth - 1), self.test(), self.test()),
        }
    }

    fn assigned(&mut self, depth: usize) -> String {
        match if depth == 0 { 0 } else { self.below(3) } {
            0 => self.term(),
            1 => format!("if_not_exists({}, {})", self.path(), self.assigned(depth - 1)),
            _ => format!("list_append({}, ({}))", self.term(), self.term()),
        }
    }

    fn update(&mut self) -> String {
        let (one, two) = (self.assigned(3), self.assigned(2));
        let set = match self.below(4) {
            0 => format!("set u1 = {one}, u2 = {two} + {}", self.term()),
            1 => format!("SET u1 = ({one} - {two})"),
            2 => format!("SET u1.x[3]=({one}) - {two}, u2={two}"),
            _ => format!("Set u1 = {one}"),
        };
        let rest = ["", " REMOVE r1, r2[1], r2[0].x", " ADD k1 :v, k2 :2 delete e :w_3 "];
        format!("{set}{}", rest[self.below(3)])
    }
}

#[test]
fn what_is_written_reads_the_same() {
    let (mut read, mut clashes) = (0, 0);
    for seed in 0..4000 {
        let mut random = Seeded(seed);
        let text = random.condition(6);
        match condition(&text) {
            Ok(tree) => {
                let written = write_condition(&tree);
                assert_eq!(condition(&written).unwrap(), tree, "seed {seed}: {text} as {written}");
                read += 1;
            }
            Err(error) => {
                // The generator compares a path with itself now and then.
                let problem = error.to_string();
                assert!(problem.contains("must be distinct"), "seed {seed}: {text}: {problem}");
                clashes += 1;
            }
        }
        let text = random.update();
        let tree = update(&text).unwrap_or_else(|error| panic!("seed {seed}: {text}: {error}"));
        let written = write_update(&tree);
        assert_eq!(update(&written).unwrap(), tree, "seed {seed}: {text} as {written}");
    }
    assert!(read > 2000 && clashes > 10, "{read} {clashes}");
}
