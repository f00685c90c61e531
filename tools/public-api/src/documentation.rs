//! What every exported name must have: a comment, what it errors with, and an example that runs. The rule is that of the
//! package (`tests/documentation/rules.mjs`).

use std::collections::HashMap;

use public_api::PublicApi;
use rustdoc_types::{Crate, Id, Impl, Item, ItemEnum, Type};

/// An exported name, as its documentation is judged.
#[derive(Default)]
pub struct Name {
    /// Its declaration, as the list of the interface has it.
    declaration: String,
    name: String,
    kind: Kind,
    docs: String,
    /// What its comment links to.
    links: Vec<Id>,
    /// The type or the trait whose function or constant it is.
    owner: Option<Id>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Function,
    #[default]
    Other,
}

/// Every exported name, once. Those of other crates are documented there; functions of a trait, where the trait is.
pub fn names(krate: &Crate, interface: &PublicApi) -> HashMap<Id, Name> {
    let owners = owners(krate);
    let mut names = HashMap::new();
    for public in interface.items() {
        let Some(item) = krate.index.get(&public.id()) else { continue };
        let Some(kind) = kind(item) else { continue };
        let owner = match owners.get(&item.id) {
            Some(Owner::OfTrait) => continue,
            Some(Owner::Inherent(owner)) => Some(*owner),
            None => None,
        };
        names.entry(item.id).or_insert_with(|| Name {
            declaration: public.to_string(),
            name: item.name.clone().unwrap_or_default(),
            kind,
            docs: item.docs.clone().unwrap_or_default(),
            links: item.links.values().copied().collect(),
            owner,
        });
    }
    names
}

fn kind(item: &Item) -> Option<Kind> {
    match item.inner {
        ItemEnum::Module(_) => Some(Kind::Module),
        ItemEnum::Function(_) => Some(Kind::Function),
        ItemEnum::Struct(_)
        | ItemEnum::Union(_)
        | ItemEnum::Enum(_)
        | ItemEnum::Trait(_)
        | ItemEnum::TypeAlias(_)
        | ItemEnum::Constant { .. }
        | ItemEnum::Static(_)
        | ItemEnum::AssocConst { .. }
        | ItemEnum::Macro(_) => Some(Kind::Other),
        _ => None,
    }
}

enum Owner {
    Inherent(Id),
    OfTrait,
}

/// Whose each function and constant of an `impl` or a trait is.
fn owners(krate: &Crate) -> HashMap<Id, Owner> {
    let mut owners = HashMap::new();
    for item in krate.index.values() {
        match &item.inner {
            ItemEnum::Trait(one) => {
                owners.extend(one.items.iter().map(|id| (*id, Owner::Inherent(item.id))));
            }
            ItemEnum::Impl(Impl { trait_: Some(_), items, .. }) => {
                owners.extend(items.iter().map(|id| (*id, Owner::OfTrait)));
            }
            ItemEnum::Impl(Impl { for_: Type::ResolvedPath(path), items, .. }) => {
                owners.extend(items.iter().map(|id| (*id, Owner::Inherent(path.id))));
            }
            _ => {}
        }
    }
    owners
}

/// What is missing, a sentence each, in order.
pub fn faults(names: &HashMap<Id, Name>) -> Vec<String> {
    let mut faults: Vec<String> =
        names.iter().flat_map(|(id, name)| faults_of(*id, name, names)).collect();
    faults.sort();
    faults
}

fn faults_of(id: Id, name: &Name, names: &HashMap<Id, Name>) -> Vec<String> {
    let title = title(&name.declaration);
    if name.docs.trim().is_empty() {
        return vec![format!("{title} has no comment")];
    }
    let mut faults = Vec::new();
    if name.kind == Kind::Module {
        return faults;
    }
    if fails(&name.declaration) && !name.docs.contains("Errors") {
        faults.push(format!("{title} does not say when it errors"));
    }
    if !is_shown(id, name, names) {
        let why = match name.kind {
            Kind::Function => "is in no example: of its own, of its type or of what that links to",
            _ => "has neither an example nor a link to something whose example names it",
        };
        faults.push(format!("{title} {why}"));
    }
    faults
}

/// The path of a declaration, with what it is.
fn title(declaration: &str) -> &str {
    let end = declaration.find(['(', '=', '{']).unwrap_or(declaration.len());
    let head = declaration.get(..end).unwrap_or_default();
    head.split(": ").next().unwrap_or_default().trim_end()
}

fn fails(declaration: &str) -> bool {
    declaration.rsplit_once(" -> ").is_some_and(|(_, output)| output.contains("Result<"))
}

/// Whether there is an example: the name's own; else one that uses it, of its type, of what the type links to or of what
/// the name itself links to.
fn is_shown(id: Id, name: &Name, names: &HashMap<Id, Name>) -> bool {
    if examples(&name.docs).next().is_some() {
        return true;
    }
    let owner = name.owner.and_then(|owner| names.get(&owner));
    // A function is called: to link to an example that does is not enough, if it is not that of its type.
    let links = owner.map_or(&name.links, |owner| &owner.links);
    name.owner
        .iter()
        .chain(links)
        .filter(|other| **other != id)
        .filter_map(|other| names.get(other))
        .flat_map(|other| examples(&other.docs))
        .any(|code| uses(&code, name))
}

/// The blocks of a comment that `cargo test --doc` compiles and runs.
fn examples(docs: &str) -> impl Iterator<Item = String> {
    let mut blocks = Vec::new();
    let mut lines = docs.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.trim().strip_prefix("```") else { continue };
        let code: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
        if language.is_empty() || language == "rust" {
            // Hidden lines are set-up, which shows nothing.
            let shown = code.into_iter().filter(|line| *line != "#" && !line.starts_with("# "));
            blocks.push(shown.collect::<Vec<_>>().join("\n"));
        }
    }
    blocks.into_iter()
}

/// Whether code calls a function, or names anything else.
fn uses(code: &str, name: &Name) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    code.match_indices(name.name.as_str()).any(|(at, found)| {
        let (before, after) = code.split_at(at);
        let after = after.get(found.len()..).unwrap_or_default();
        let called = after.starts_with('(') || after.starts_with("::<");
        !word(before.as_bytes().last())
            && !word(after.as_bytes().first())
            && (name.kind != Kind::Function
                || (called
                    && (before.ends_with('.') || before.ends_with("::") || name.owner.is_none())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCS: &str =
        "Does.\n\n# Errors\nNever.\n\n```\nlet one = Key::new();\none.turn();\n```\n";

    fn name(declaration: &str, kind: Kind, docs: &str) -> Name {
        let (declaration, name) = declaration.split_once(' ').unwrap();
        Name {
            declaration: declaration.replace('_', " "),
            name: name.into(),
            kind,
            docs: docs.into(),
            ..Name::default()
        }
    }

    /// A type with an example, and one name more.
    fn faults_with(other: Name) -> String {
        let key = name("pub_struct_Key Key", Kind::Other, DOCS);
        faults(&HashMap::from([(Id(0), key), (Id(1), other)])).join("\n")
    }

    fn method(called: &str, docs: &str) -> Name {
        let one = name(&format!("pub_fn_Key::{called}() {called}"), Kind::Function, docs);
        Name { owner: Some(Id(0)), ..one }
    }

    #[test]
    fn examples_are_those_that_run() {
        let docs = "```text\na\n```\n```\n# hidden\n#\nb\n```\n```no_run\nc\n```\n```rust\nd\n```";
        assert_eq!(examples(docs).collect::<Vec<_>>(), ["b", "d"]);
    }

    #[test]
    fn what_is_there_is_found() {
        for right in [
            method("turn", "Turns."),
            method("new", "Makes."),
            name("pub_fn_f() f", Kind::Function, "Calls.\n```\nf();\n```"),
            name("pub_mod_m m", Kind::Module, "Holds."),
            Name { links: vec![Id(0)], ..name("pub_const_one one", Kind::Other, "See it.") },
            name("pub_fn_f()_->_Result<()> f", Kind::Function, DOCS),
        ] {
            assert_eq!(faults_with(right), "");
        }
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let linked = |one: Name| Name { links: vec![Id(0)], ..one };
        for (wrong, said) in [
            (method("turn", " "), "pub fn Key::turn has no comment"),
            (name("pub_mod_m m", Kind::Module, ""), "pub mod m has no comment"),
            (method("on", "Is not called: `one` ends with it."), "pub fn Key::on is in no example"),
            (method("Key", "Named, and not called."), "pub fn Key::Key is in no example"),
            (
                name("pub_fn_f() f", Kind::Function, "```text\nf()\n```"),
                "pub fn f is in no example",
            ),
            (name("pub_struct_A A", Kind::Other, "Is."), "pub struct A has neither an example"),
            (
                linked(name("pub_const_A A", Kind::Other, "Is.")),
                "pub const A has neither an example",
            ),
            (
                name("pub_fn_f()_->_Result<()> f", Kind::Function, "Calls.\n```\nf();\n```"),
                "pub fn f does not say when it errors",
            ),
        ] {
            let found = faults_with(wrong);
            assert!(found.starts_with(said) && found.lines().count() == 1, "{found}: {said}");
        }
    }
}
