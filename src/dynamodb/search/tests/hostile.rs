//! Whatever a stranger configures or asks: no panic, no error of our own, and work that grows with what was given.

use super::super::*;
use super::support::*;
use crate::util::steps::counted;

/// Eight times as much takes eight times the steps, and sorting's logarithm.
#[track_caller]
fn is_linear(steps: impl Fn(usize) -> u64) {
    let (few, many) = (steps(40), steps(320));
    assert!(few > 0 && many < 8 * 2 * few, "{few} {many}");
}

#[test]
fn work_grows_with_the_configuration() {
    is_linear(|n| {
        let secrets: Vec<String> = (0..n).map(|i| format!("a{i}")).collect();
        let signed: Vec<String> = (0..n).map(|i| format!("y{i}")).collect();
        let mut actions: Vec<(&str, _)> = secrets.iter().map(|name| (&**name, SECRET)).collect();
        actions.extend(signed.iter().map(|name| (&**name, SIGNED)));
        let prefixes: Vec<String> = (0..2 * n).map(|i| format!("{i:04}-")).collect();
        let parts = |names: &[String], from: usize| -> Vec<(String, String)> {
            names.iter().cloned().zip(prefixes[from..].iter().cloned()).collect()
        };
        let (encrypted, plain) = (parts(&secrets, 0), parts(&signed, n));
        let pairs = |list: &[(String, String)]| -> Vec<(String, String)> { list.to_vec() };
        let mut beacon = compound("c", &[], &[]);
        beacon.encrypted_parts = pairs(&encrypted)
            .into_iter()
            .map(|(name, prefix)| EncryptedPart { name, prefix })
            .collect();
        beacon.signed_parts = pairs(&plain)
            .into_iter()
            .map(|(name, prefix)| SignedPart { name, prefix, location: None })
            .collect();
        beacon.constructors = secrets.iter().map(|name| constructor(&[name])).collect();
        let fields = secrets.iter().zip(&signed).map(|(secret, signed)| {
            virtual_field(&format!("v{secret}"), &[(secret, &[]), (signed, &[])])
        });
        let mut standard_beacons: Vec<StandardBeacon> =
            secrets.iter().map(|name| shared(name, "a0")).collect();
        standard_beacons[0].style = BeaconStyle::Plain;
        standard_beacons.extend(secrets.iter().map(|name| standard(&format!("v{name}"))));
        let config = SearchConfig {
            compound_beacons: vec![beacon],
            virtual_fields: fields.collect(),
            ..beacons(standard_beacons)
        };
        let table = table(&actions);
        counted(|| drop(made(table, config)))
    });
}

fn encryptor(partitions: u8) -> ItemEncryptor {
    let search = SearchConfig {
        maximum_number_of_partitions: partitions,
        compound_beacons: vec![compound("c", &[("ssn", "S-")], &[("y", "Y_")])],
        ..beacons(vec![standard("ssn")])
    };
    made(table(&[("ssn", SECRET), ("y", SIGNED), ("d", PLAIN)]), search)
}

/// A filter of many values, each by a name, and how many steps its request takes.
fn steps_of_values(partitions: u8, n: usize, sep: &str) -> u64 {
    let values: Vec<String> = (0..n).map(|i| format!(":{i}")).collect();
    let names: Vec<String> = (0..n).map(|i| format!("#{i}")).collect();
    let tests: Vec<String> = (0..n).map(|i| format!("#{i}=:{i}")).collect();
    let filter = tests.join(sep);
    let values: Vec<(&str, AttributeValue<'_>)> =
        values.iter().map(|name| (name.as_str(), s(name))).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "ssn")).collect();
    let made = encryptor(partitions);
    let ask = Ask { names: &names, ..scan(&filter, &values) };
    counted(|| drop(ask.sent(&made)))
}

#[test]
fn work_grows_with_the_request() {
    is_linear(|n| steps_of_values(1, n / 4, " OR "));
    is_linear(|n| {
        // One long value of many pieces, none of which a constructor puts behind the one before.
        let value = ["S-x"].repeat(n).join(".");
        let made = encryptor(1);
        counted(|| drop(scan("c = :v", &[(":v", s(&value))]).sent(&made)))
    });
}

#[test]
fn partitions_cost_no_more_than_an_expression_may_have() {
    // 150 tests for each of 254 partitions would be 38,100: it ends when there is too much.
    let (one, many) = (steps_of_values(1, 150, " OR "), steps_of_values(254, 150, " OR "));
    assert!(many < 8 * one, "{one} {many}");
}

#[test]
fn three_hundred_operators_are_sent_and_no_more() {
    let made = encryptor(1);
    let filter = |n: usize| format!("{}ssn=:v", "not ".repeat(n));
    let values = [(":v", s("abc"))];
    scan(&filter(298), &values).request(&made);
    scan(&filter(299), &values).request(&made);
    let error = scan(&filter(300), &values).refused(&made);
    assert!(error.starts_with("LIMIT_EXCEEDED"), "{error}");
    // 150 tests, and 149 operators between them.
    let many = |n: usize| vec!["ssn=:v"; n].join(" OR ");
    scan(&many(150), &values).request(&made);
    assert!(scan(&many(151), &values).refused(&made).starts_with("LIMIT_EXCEEDED"));
}

#[test]
fn an_expression_that_grows_beyond_four_kilobytes_is_refused() {
    let name = "s".repeat(60);
    let search = beacons(vec![at(&name, "ssn")]);
    let made = made(table(&[("ssn", SECRET)]), search);
    let values = [(":v", s("abc"))];
    let filter = |n: usize| vec![format!("{name}=:v"); n].join(" OR ");
    assert!(filter(59).len() <= 4096);
    let error = scan(&filter(59), &values).refused(&made);
    assert!(error.contains("more bytes than DynamoDB takes"), "{error}");
    scan(&filter(50), &values).request(&made);
}

#[test]
fn placeholders_that_are_all_taken_leave_others() {
    // A value and every longer name that AWS's libraries would give it.
    let letters = || b'A'..=b'Z';
    let mut all = vec![":v".to_owned()];
    for a in letters() {
        all.extend(letters().map(|b| format!(":v{}{}", char::from(a), char::from(b))));
    }
    let values: Vec<(&str, AttributeValue<'_>)> =
        all.iter().map(|name| (name.as_str(), s(name))).collect();
    let filter = format!("d IN ({})", all[1..].join(","));
    let filter = format!("ssn = :v OR {filter}");
    let sent = scan(&filter, &values).sent(&encryptor(2));
    // It is too long for two partitions, and that is what is said.
    let error = told(&sent.unwrap_err());
    assert!(error.starts_with("TABLE_REQUEST_REFUSED"), "{error}");
    let found = [0, 27, 675, 676, 677].map(|number| super::super::render::variant("x", number));
    assert_eq!(found, ["xAA", "xBB", "xZZ", "x_0", "x_1"]);
}

#[test]
fn names_that_are_hard_to_write() {
    for name in ["a.b", "#x", ":x", "and", "size", " ", "\t\n", "ключ", "😀", "[0]", "a\u{0}b"]
    {
        let table = ItemEncryptorConfig {
            allowed_unsigned_attribute_prefix: None,
            ..table(&[("ssn", SECRET)])
        };
        let made = made(table, beacons(vec![at(name, "ssn")]));
        let names = [("#n", name)];
        let values = [(":v", s("abc"))];
        let request = Ask { names: &names, ..scan("#n = :v", &values) }.request(&made);
        assert_eq!(request.filter.as_deref(), Some("#n = :v"));
        assert_eq!(request.names, [("#n".to_owned(), format!("aws_dbe_b_{name}"))]);
        let stored = sealed(&made, &item([("pk", s("1")), ("ssn", s("abc"))]));
        assert!(finds(&request, None, &stored).unwrap());
    }
}

#[test]
fn values_that_are_not_given_are_the_callers_fault() {
    let made = encryptor(2);
    for (key, filter) in
        [(None, Some("ssn = :v")), (Some("ssn = :v"), None), (None, Some("d = :v"))]
    {
        let parts = RequestParts {
            key_condition: key,
            filter,
            values: vec![(":v", None)],
            ..RequestParts::default()
        };
        let operation = if key.is_some() { SearchOperation::Query } else { SearchOperation::Scan };
        let sent = crate::crypto::test_host::now(made.search_request(operation, &parts));
        assert_eq!(sent.unwrap_err().code(), "INVALID_ARGUMENT");
        assert_eq!(made.result_filter(&parts).err().unwrap().code(), "INVALID_ARGUMENT");
    }
}

#[test]
fn a_request_without_expressions_is_sent_as_it_is() {
    let request = Ask::default().request(&encryptor(3));
    assert_eq!(request.key_condition, None);
    assert_eq!(request.filter, None);
    assert!(request.names.is_empty() && request.values.is_empty());
}

#[test]
fn long_values_and_deep_places() {
    let deep = format!("m{}", ".x".repeat(1000));
    let made = made(table(&[("m", SECRET)]), beacons(vec![at("inner", &deep)]));
    sealed(&made, &item([("pk", s("1")), ("m", s("x"))]));
    let long = "é".repeat(200_000);
    let made = encryptor(1);
    let stored = sealed(&made, &item([("pk", s("1")), ("ssn", s(&long)), ("y", s("2"))]));
    assert_eq!(string(&stored, "aws_dbe_b_ssn").map(str::len), Some(3));
}
