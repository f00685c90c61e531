//! Partitions (`beacons.md#beacon-partition-encoding`, `ddb-support.md`, `ddb-get-number-of-queries.md`).

use super::super::*;
use super::support::*;

const ACTIONS: [(&str, crate::structured::CryptoAction); 4] =
    [("ssn", SECRET), ("b", SECRET), ("e", SECRET), ("y", SIGNED)];

fn in_partitions(name: &str, number: Option<u8>) -> StandardBeacon {
    StandardBeacon { number_of_partitions: number, ..standard(name) }
}

/// `ssn` in `ssn` partitions, and so on, of `maximum`.
fn encryptor(maximum: u8, [ssn, b, e]: [Option<u8>; 3]) -> ItemEncryptor {
    let search = SearchConfig {
        maximum_number_of_partitions: maximum,
        compound_beacons: vec![compound("c", &[("ssn", "S-"), ("b", "B-")], &[("y", "Y_")])],
        ..beacons(vec![in_partitions("ssn", ssn), in_partitions("b", b), in_partitions("e", e)])
    };
    made(table(&ACTIONS), search)
}

fn ssn_in(made: &ItemEncryptor, partition: u8) -> String {
    let plain = item([("pk", s("1")), ("ssn", s("078-05-1120"))]);
    string(&sealed_in(made, &plain, partition).unwrap(), "aws_dbe_b_ssn").unwrap().to_owned()
}

#[test]
fn q22_the_number_of_the_partition_is_hashed_unless_it_is_0() {
    let made = encryptor(6, [Some(3), None, None]);
    for (partition, beacon) in
        [(0, "bd6"), (1, "830"), (2, "8db"), (3, "bd6"), (4, "830"), (5, "8db")]
    {
        assert_eq!(ssn_in(&made, partition), beacon, "{partition}");
    }
    // In one partition: as without any.
    assert_eq!(ssn_in(&encryptor(6, [Some(1), None, None]), 5), "bd6");
}

#[test]
fn q22_the_default_number_is_of_beacons_that_have_none() {
    let search = SearchConfig {
        maximum_number_of_partitions: 6,
        default_number_of_partitions: Some(2),
        ..beacons(vec![standard("ssn"), in_partitions("b", Some(5))])
    };
    let made = made(table(&ACTIONS), search);
    assert_eq!(ssn_in(&made, 1), ssn_in(&made, 5));
    assert_ne!(ssn_in(&made, 1), ssn_in(&made, 2));
    assert_eq!(query("ssn = :v", &[(":v", s("x"))]).number_of_queries(&made), 2);
    assert_eq!(query("b = :v", &[(":v", s("x"))]).number_of_queries(&made), 5);
}

#[test]
fn q22_one_partition_of_an_item_is_that_of_all_its_beacons() {
    let made = encryptor(4, [None, None, None]);
    let plain = item([("pk", s("1")), ("ssn", s("x")), ("b", s("x")), ("y", s("2"))]);
    for partition in 0..4 {
        let stored = sealed_in(&made, &plain, partition).unwrap();
        let (ssn, b) = ("aws_dbe_b_ssn", "aws_dbe_b_b");
        let parts =
            format!("Y_2.S-{}.B-{}", string(&stored, ssn).unwrap(), string(&stored, b).unwrap());
        assert_eq!(string(&stored, "aws_dbe_b_c"), Some(parts.as_str()));
    }
}

#[test]
fn q23_a_partition_that_there_is_not_is_refused() {
    let made = encryptor(4, [None, None, None]);
    let plain = item([("pk", s("1")), ("ssn", s("x"))]);
    for partition in [4, 5, 255] {
        let error = told(&sealed_in(&made, &plain, partition).unwrap_err());
        assert!(error.starts_with("INVALID_ARGUMENT"), "{error}");
        assert!(error.contains("less than 4"), "{error}");
    }
    assert_eq!(made.search().unwrap().partitions(), 4);
}

#[test]
fn q23_without_a_selector_each_partition_is_as_likely() {
    // 255 is a multiple of 5, and not of 7: some bytes of the random numbers are passed over.
    for partitions in [1, 2, 5, 7, 254] {
        let made = encryptor(partitions, [None, None, None]);
        let (mut seen, draws) = (vec![0; usize::from(partitions)], 400 * usize::from(partitions));
        for _ in 0..draws {
            seen[usize::from(made.search().unwrap().partition(None).unwrap())] += 1;
        }
        // 400 each: nine standard deviations.
        assert!(seen.iter().all(|n| (220..580).contains(n)), "{partitions}: {seen:?}");
    }
    let made = encryptor(2, [None, None, None]);
    let plain = item([("pk", s("1")), ("ssn", s("078-05-1120"))]);
    let mut found: Vec<String> = Vec::new();
    for _ in 0..64 {
        let sealed = crate::crypto::test_host::now(made.encrypt(&plain)).unwrap().unwrap();
        let stored = sealed.into_item(plain.clone());
        found.push(string(&stored, "aws_dbe_b_ssn").unwrap().to_owned());
    }
    found.sort();
    found.dedup();
    assert_eq!(found, ["830", "bd6"]);
}

fn with_partition<'a>(partition: AttributeValue<'a>) -> [(&'a str, AttributeValue<'a>); 2] {
    [(":v", s("078-05-1120")), (PARTITION_VALUE, partition)]
}

#[test]
fn q24_a_query_says_which_partition_it_is_for() {
    let made = encryptor(3, [None, None, None]);
    for (partition, beacon) in [("0", "bd6"), ("1", "830"), ("2.0", "8db"), ("+1e0", "830")] {
        let values = with_partition(n(partition));
        let request = query("ssn = :v", &values).request(&made);
        assert_eq!(request.text(":v"), beacon);
        assert_eq!(request.values.len(), 1, "the partition is not sent");
    }
}

#[test]
fn q24_parts_of_compound_beacons_are_of_the_partition_too() {
    let made = encryptor(3, [None, Some(1), None]);
    let plain = item([("pk", s("1")), ("ssn", s("x")), ("b", s("x")), ("y", s("1"))]);
    for partition in 0..3_u8 {
        let stored = sealed_in(&made, &plain, partition).unwrap();
        let written = partition.to_string();
        let values = [(":v", s("Y_1.S-x.B-x")), (PARTITION_VALUE, n(&written))];
        let request = query("c = :v", &values).request(&made);
        assert_eq!(request.text(":v"), string(&stored, "aws_dbe_b_c").unwrap(), "{partition}");
        // A scan is for each of them.
        let request = scan("c = :v", &values[..1]).request(&made);
        assert!(finds(&request, None, &stored).unwrap(), "{partition}");
    }
}

#[test]
fn q24_partitions_that_there_are_not() {
    let made = encryptor(3, [Some(2), None, None]);
    for partition in [n("3"), n("-1"), n("1.5"), n("256"), s("1"), ss(&["1"]), n("2")] {
        let values = with_partition(partition.clone());
        let error = query("ssn = :v", &values).refused(&made);
        assert!(error.starts_with("TABLE_REQUEST_REFUSED"), "{partition:?} {error}");
        assert!(error.contains("from 0 to 1"), "{partition:?} {error}");
        assert!(error.ends_with("[:aws_dbe_partition]"), "{error}");
    }
    let values = with_partition(n("x"));
    assert_ne!(query("ssn = :v", &values).sent(&made).unwrap_err().code(), "INTERNAL");
}

#[test]
fn q24_without_a_partition_one_query_has_to_be_enough() {
    let made = encryptor(3, [None, Some(1), None]);
    let values = [(":v", s("x"))];
    let error = query("ssn = :v", &values).refused(&made);
    assert!(error.contains("which of its 3 partitions"), "{error}");
    let error = query("ssn = :v", &values).refused(&encryptor(2, [None, None, None]));
    assert!(error.contains("which of its 2 partitions"), "{error}");
    query("b = :v", &values).request(&made);
    query("pk = :v", &values).request(&made);
    // A table without partitions has none to name, and a scan is of all.
    let values = with_partition(n("0"));
    let one = encryptor(1, [None, None, None]);
    assert!(query("ssn = :v", &values).refused(&one).contains("has no partitions"));
    assert!(scan("ssn = :v", &values).refused(&made).contains("a scan is of all"));
}

#[test]
fn q25_the_least_common_multiple_and_no_more_than_there_are() {
    let number = |maximum, numbers, key: &str, text: &str| {
        let made = encryptor(maximum, numbers);
        query(key, &[(":v", s(text)), (":w", s("x"))]).number_of_queries(&made)
    };
    let both = "ssn = :v AND b = :w";
    for (ssn, b, want) in [(2, 3, 6), (4, 6, 12), (3, 3, 3), (1, 1, 1), (1, 7, 7), (12, 1, 12)] {
        assert_eq!(number(50, [Some(ssn), Some(b), None], both, "x"), want, "{ssn} {b}");
    }
    assert_eq!(number(5, [Some(2), Some(3), None], both, "x"), 5);
    assert_eq!(number(254, [Some(253), Some(252), None], both, "x"), 254);
    // Of a compound beacon those parts that the value has.
    let numbers = [Some(2), Some(3), None];
    let of =
        |text: &str| query("c = :v", &[(":v", s(text))]).number_of_queries(&encryptor(9, numbers));
    assert_eq!(of("Y_1"), 1);
    assert_eq!(of("Y_1.S-1"), 2);
    assert_eq!(of("Y_1.S-1.B-1"), 6);
    // What is compared with something else than a beacon counts nothing, nor do filters.
    let made = encryptor(9, numbers);
    let values = [(":v", s("1")), (":w", s("x"))];
    let ask = Ask { filter: Some("b = :w"), ..query("pk = :v", &values) };
    assert_eq!(ask.number_of_queries(&made), 1);
}

#[test]
fn q25_what_is_no_query_has_no_number() {
    let made = encryptor(9, [None, None, None]);
    let values = [(":v", s("1"))];
    for key in ["ssn > :v", "ssn", "nothing = :w", "ssn = :v OR b = :v"] {
        let parts = query(key, &values).parts();
        assert!(made.number_of_queries(&parts).is_err(), "{key}");
    }
    // On a table without search, one.
    let plain = ItemEncryptor::new(table(&ACTIONS)).unwrap();
    assert_eq!(plain.number_of_queries(&query("pk = :v", &values).parts()).unwrap(), 1);
}

#[test]
fn q26_filters_are_for_all_partitions_of_a_query() {
    let made = encryptor(6, [Some(3), Some(2), None]);
    let values =
        [(":s", s("078-05-1120")), (":b", s("x")), (":e", s("x")), (PARTITION_VALUE, n("1"))];
    let ask = Ask { filter: Some("b = :b and e = :e"), ..query("ssn = :s", &values) };
    let request = ask.request(&made);
    // 1 and 4 are left, for which `b` has the numbers 1 and 0.
    assert_eq!(
        request.filter.as_deref(),
        Some(
            "(aws_dbe_b_b = :b AND aws_dbe_b_e = :e) OR (aws_dbe_b_b = :bAA AND aws_dbe_b_e = :eAA)"
        )
    );
    assert_eq!(request.text(":s"), "830");
    assert_ne!(request.text(":b"), request.text(":bAA"));
    // One query of each partition: nothing to expand.
    let ask = Ask { filter: Some("b = :b"), ..query("e = :e", &values[1..]) };
    assert_eq!(ask.request(&made).filter.as_deref(), Some("aws_dbe_b_b = :b"));
}

#[test]
fn q26_a_scan_is_of_all_partitions_and_says_each_thing_once() {
    let made = encryptor(3, [None, Some(2), Some(1)]);
    let values = [(":v", s("x"))];
    let filter = |text| scan(text, &values).request(&made).filter.unwrap();
    assert_eq!(filter("e = :v"), "aws_dbe_b_e = :v");
    assert_eq!(filter("y = :v"), "y = :v");
    assert_eq!(filter("b = :v"), "(aws_dbe_b_b = :v) OR (aws_dbe_b_b = :vAA)");
    assert_eq!(
        filter("ssn = :v"),
        "(aws_dbe_b_ssn = :v) OR (aws_dbe_b_ssn = :vAA) OR (aws_dbe_b_ssn = :vAB)"
    );
}

#[test]
fn q26_new_names_of_values_are_new() {
    let made = encryptor(3, [None, None, None]);
    let values = [(":v", s("x")), (":vAA", s("y")), (":vAB", s("z"))];
    let request = scan("ssn IN (:v, :vAA) OR y = :vAB", &values).request(&made);
    let mut names: Vec<&str> = request.values.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 7, "{request:?}");
    assert_eq!(request.text(":vAB"), "z");
    for partition in 0..3 {
        let stored = sealed_in(&made, &item([("pk", s("1")), ("ssn", s("y"))]), partition).unwrap();
        assert!(finds(&request, None, &stored).unwrap());
    }
}

#[test]
fn q26_what_is_too_long_is_refused_with_the_reason() {
    let values = [(":v", s("x"))];
    let error = scan("ssn = :v", &values).refused(&encryptor(200, [None, None, None]));
    assert!(error.starts_with("TABLE_REQUEST_REFUSED"), "{error}");
    assert!(error.contains("200 partitions") && error.contains("FilterExpression"), "{error}");
    scan("ssn = :v", &values).request(&encryptor(100, [None, None, None]));
    // Of operators there may be 300, and 150 comparisons with OR between them are 299.
    let short = |partitions| {
        // So long that no two partitions have one beacon.
        let beacon = StandardBeacon { length: 63, ..standard("b") };
        let search =
            SearchConfig { maximum_number_of_partitions: partitions, ..beacons(vec![beacon]) };
        scan("b = :v", &values).sent(&made(table(&ACTIONS), search))
    };
    assert!(short(150).unwrap().filter.unwrap().len() < 3700);
    let error = told(&short(151).unwrap_err());
    assert!(error.contains("151 partitions") && error.contains("more operators"), "{error}");
}

#[test]
fn q26_what_is_as_long_as_dynamodb_takes_is_sent() {
    let made = encryptor(1, [None, None, None]);
    // Written with beacons it is longer by ten bytes for each name.
    let filter_of = |padding: usize| {
        let last = format!(":{}", "v".repeat(padding));
        let values = [(":v", s("x")), (last.as_str(), s("x"))];
        let filter = format!("{}ssn = {last}", "ssn = :v OR ".repeat(140));
        scan(&filter, &values).sent(&made).map(|request| request.filter.unwrap().len())
    };
    let padding = 2 + 4096 - filter_of(2).unwrap();
    assert_eq!(filter_of(padding).unwrap(), 4096);
    let error = told(&filter_of(padding + 1).unwrap_err());
    assert!(error.starts_with("TABLE_REQUEST_REFUSED"), "{error}");
    assert!(error.contains("FilterExpression"), "{error}");
}
