//! What the live comparison with AWS's library found (`tests/interop/random-search.mjs`).

use super::support::*;

#[test]
fn filters_of_partitions_have_no_parentheses_that_dynamodb_refuses() {
    let mut config = beacons(vec![standard("city"), standard("ssn")]);
    config.maximum_number_of_partitions = 2;
    let encryptor = made(table(&[("city", SECRET), ("ssn", SECRET)]), config);
    let values = [(":k", s("k")), (":a", s("a")), (":b", s("b"))];
    let ask = |filter| {
        let ask = query("pk = :k", &values);
        Ask { filter: Some(filter), ..ask }.request(&encryptor).filter.unwrap()
    };
    let enclosed = "( aws_dbe_b_city = :a OR aws_dbe_b_ssn = :b ) OR \
                    ( aws_dbe_b_city = :aAA OR aws_dbe_b_ssn = :bAA )";
    assert_eq!(ask("(city = :a OR ssn = :b)"), enclosed);
    let bare = "(aws_dbe_b_city = :a OR aws_dbe_b_ssn = :b) OR \
                (aws_dbe_b_city = :aAA OR aws_dbe_b_ssn = :bAA)";
    assert_eq!(ask("city = :a OR ssn = :b"), bare);
    // In parentheses at both ends, and not as a whole.
    let two = "(( aws_dbe_b_city = :a ) AND ( aws_dbe_b_ssn = :b )) OR \
               (( aws_dbe_b_city = :aAA ) AND ( aws_dbe_b_ssn = :bAA ))";
    assert_eq!(ask("(city = :a) AND (ssn = :b)"), two);
}
