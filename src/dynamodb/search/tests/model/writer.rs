//! Random requests.

use super::*;

/// Writes a request.
pub(super) struct Writer<'w> {
    pub(super) world: &'w World,
    pub(super) names: BTreeMap<String, String>,
    pub(super) values: Vec<(String, AttributeValue<'static>)>,
}

impl Writer<'_> {
    fn name(&mut self, r: &mut Random, name: &str) -> String {
        if r.chance(60) {
            return name.to_owned();
        }
        let placeholder = match r.below(10) {
            // One that is made where something is left to be decided.
            0 => "#aws_dbe_none".to_owned(),
            1 => format!("#{name}AA"),
            _ => format!("#{name}"),
        };
        match self.names.get(&placeholder) {
            Some(known) if known != name => name.to_owned(),
            _ => {
                self.names.insert(placeholder.clone(), name.to_owned());
                placeholder
            }
        }
    }

    fn value(&mut self, r: &mut Random, value: AttributeValue<'static>) -> String {
        let known = self.values.iter().find(|(_, known)| *known == value);
        if let (Some((name, _)), true) = (known, r.chance(40)) {
            return name.clone();
        }
        let i = self.values.len();
        // Names that come of others, too.
        let name = match self.values.last() {
            Some((last, _)) if r.chance(20) => format!("{last}AA"),
            _ => format!(":v{i}"),
        };
        self.values.push((name.clone(), value));
        name
    }

    pub(super) fn given(&mut self, r: &mut Random, kind: Kind) -> String {
        let given = match kind {
            Kind::Compound(at) => {
                let beacon = &self.world.compounds[at];
                text(beacon.query_value(r, &self.world.plain, self.world.search()))
            }
            kind => value(r, kind),
        };
        self.value(r, given)
    }

    /// A name that may be tested, and what is behind it.
    fn target(&mut self, r: &mut Random) -> (String, Kind) {
        let mut all: Vec<(String, Kind)> = vec![("pk".into(), Kind::Key)];
        if self.world.multi {
            all.push(("tenant".into(), Kind::Tenant));
        }
        for (name, action, kind) in ATTRIBUTES {
            if action != SECRET {
                all.push((name.into(), kind));
            }
        }
        // More often what is searched.
        for _ in 0..2 {
            all.extend(self.world.standard.iter().cloned());
            for (i, beacon) in self.world.compounds.iter().enumerate() {
                for _ in 0..2 {
                    all.push((beacon.name.into(), Kind::Compound(i)));
                }
            }
        }
        r.of(&all).clone()
    }

    fn test(&mut self, r: &mut Random) -> String {
        let (target, kind) = self.target(r);
        let name = self.name(r, &target);
        let is_standard = self.world.standard.iter().any(|(known, _)| *known == target);
        match r.below(12) {
            0 => {
                let all = ["a", "b", "e", "n", "u", "v", "mx", "c", "signed", "d", "y", "none"];
                let target = *r.of(&all);
                let name = self.name(r, target);
                let not = if r.chance(50) { "" } else { "not_" };
                format!("attribute_{not}exists({name})")
            }
            1 => {
                // Two attributes.
                let (other, _) = self.target(r);
                let other = self.name(r, &other);
                format!("{name} {} {other}", r.of(&["=", "=", "<>", "<", ">="]))
            }
            2 => {
                let list: Vec<String> = (0..1 + r.below(3)).map(|_| self.given(r, kind)).collect();
                format!("{name} IN ({})", list.join(", "))
            }
            3 if !is_standard => match kind {
                Kind::Compound(at) => {
                    let beacon = &self.world.compounds[at];
                    let mut bounds = [0, 1]
                        .map(|_| beacon.query_value(r, &self.world.plain, self.world.search()));
                    bounds.sort();
                    let [low, high] = bounds.map(|bound| self.value(r, text(&bound)));
                    format!("{name} BETWEEN {low} AND {high}")
                }
                _ => {
                    let (low, high) = (self.value(r, text("2")), self.value(r, text("20")));
                    format!("{name} BETWEEN {low} AND {high}")
                }
            },
            4 if !is_standard && kind != Kind::Number && kind != Kind::PlainSet => {
                let given = self.given(r, kind);
                format!("begins_with({name}, {given})")
            }
            5 => match kind {
                Kind::SecretSet => {
                    let member = text(r.of(&SECRETS[..4]));
                    let member = self.value(r, member);
                    format!("contains({name}, {member})")
                }
                Kind::PlainSet => {
                    let member = text(r.of(&PLAIN_TEXTS));
                    let member = self.value(r, member);
                    format!("contains({name}, {member})")
                }
                kind => {
                    let given = self.given(r, kind);
                    format!("contains({name}, {given})")
                }
            },
            6 => {
                let (size, sized) = (number(r.of(&["1", "2", "3"])), *r.of(&["d", "ds", "y"]));
                let (size, sized) = (self.value(r, size), self.name(r, sized));
                format!("size({sized}) {} {size}", r.of(&["=", "<", ">=", "<>"]))
            }
            7 if r.chance(30) => {
                let given = self.given(r, kind);
                match r.below(3) {
                    0 => format!("contains({given}, {name})"),
                    1 => format!("{name} = size({given})"),
                    _ => format!("contains({name}, size({given}))"),
                }
            }
            8 if !is_standard && kind != Kind::PlainSet => {
                let given = self.given(r, kind);
                format!("{name} {} {given}", r.of(&["<", "<=", ">", ">=", "<>"]))
            }
            9 => {
                let given = self.given(r, kind);
                format!("{given} = {name}")
            }
            _ => {
                let given = self.given(r, kind);
                format!("{name} = {given}")
            }
        }
    }

    /// Leaves out what was drawn and not used.
    pub(super) fn keep_used(&mut self, texts: &[&Option<String>]) {
        let mut used: BTreeSet<&str> = BTreeSet::new();
        for text in texts.iter().copied().flatten() {
            used.extend(text.split(|c: char| !c.is_ascii_alphanumeric() && !"_#:".contains(c)));
        }
        self.names.retain(|name, _| used.contains(name.as_str()));
        self.values.retain(|(name, _)| used.contains(name.as_str()));
    }

    pub(super) fn condition(&mut self, r: &mut Random, depth: usize) -> String {
        if depth == 0 || r.chance(30) {
            return self.test(r);
        }
        if r.chance(25) {
            return format!("NOT ({})", self.condition(r, depth - 1));
        }
        let (left, right) = (self.condition(r, depth - 1), self.condition(r, depth - 1));
        format!("({left}) {} ({right})", r.of(&["AND", "OR", "and"]))
    }

    pub(super) fn key_condition(&mut self, r: &mut Random) -> String {
        let (target, kind) = self.target(r);
        let (name, given) = (self.name(r, &target), self.given(r, kind));
        let first = format!("{name} = {given}");
        let (other, kind) = self.target(r);
        let is_standard = self.world.standard.iter().any(|(known, _)| *known == other);
        if r.chance(40) || other == target || is_standard || kind == Kind::PlainSet {
            return first;
        }
        let name = self.name(r, &other);
        let given = self.given(r, kind);
        match (r.below(3), kind) {
            (0, Kind::Compound(_)) => format!("{first} AND begins_with({name}, {given})"),
            (1, Kind::Compound(at)) => {
                let beacon = &self.world.compounds[at];
                self.values.pop();
                let mut bounds =
                    [0, 1].map(|_| beacon.query_value(r, &self.world.plain, self.world.search()));
                bounds.sort();
                let [low, high] = bounds.map(|bound| self.value(r, text(&bound)));
                format!("{name} BETWEEN {low} AND {high} AND {first}")
            }
            _ => format!("{first} AND {name} {} {given}", r.of(&["=", "<", "<=", ">", ">="])),
        }
    }
}
