//! The rules P1 to P22 as far as they are about requests' expressions; the id stands in each name.

use super::*;

use crate::dynamodb::PlaintextOverride;

/// A table with an attribute of each kind.
fn config() -> TableRulesConfig {
    let action = |name: &str, action| (name.to_owned(), action);
    TableRulesConfig {
        attribute_actions: vec![
            action("id", CryptoAction::SignOnly),
            action("at", CryptoAction::SignOnly),
            action("ssn", CryptoAction::EncryptAndSign),
            action("city", CryptoAction::SignOnly),
            action("views", CryptoAction::DoNothing),
            action(":note", CryptoAction::DoNothing),
        ],
        allowed_unsigned_attributes: vec!["views".into()],
        allowed_unsigned_attribute_prefix: Some(":".into()),
        partition_key_name: "id".into(),
        sort_key_name: Some("at".into()),
        plaintext_override: PlaintextOverride::default(),
        ..TableRulesConfig::default()
    }
}

/// Code, attribute and message of a refusal.
type Refusal = (String, Option<String>, String);

fn check(operation: &str, parts: RequestParts<'_>) -> Result<(), Refusal> {
    TableRules::new(config()).check(operation, &parts).map_err(|error| {
        assert!(!error.next().is_empty());
        (error.code().to_owned(), error.attribute().map(str::to_owned), error.to_string())
    })
}

/// `text` as one of the request's expressions, with placeholders for names that are not words.
fn with<'a>(put: fn(&mut RequestParts<'a>, &'a str), text: &'a str) -> RequestParts<'a> {
    let known = [
        ("#ssn", "ssn"),
        ("#n", ":note"),
        ("#m", ":more"),
        ("#dot", "ssn.x"),
        ("#key", "id"),
        ("#head", "aws_dbe_head"),
        ("#foot", "aws_dbe_foot"),
        ("#new", "unheard_of"),
    ];
    let (names, values) = placeholders_in(text);
    let names: Vec<_> = known.into_iter().filter(|(name, _)| names.contains(name)).collect();
    let mut parts = request(&names, &values);
    put(&mut parts, text);
    parts
}

fn refused(operation: &str, parts: RequestParts<'_>, attribute: &str, says: &str) {
    let text = format!("{operation} {parts:?}");
    let (code, named, message) = check(operation, parts).expect_err(&text);
    assert_eq!(
        (code.as_str(), named.as_deref()),
        ("TABLE_REQUEST_REFUSED", Some(attribute)),
        "{text}"
    );
    assert!(
        message.contains(says) && message.contains(&format!("'{attribute}'")),
        "{text}: {message}"
    );
}

const UPDATE: fn(&mut RequestParts<'static>, &'static str) =
    |parts, text| parts.update = Some(text);
const CONDITION: fn(&mut RequestParts<'static>, &'static str) =
    |parts, text| parts.condition = Some(text);
const FILTER: fn(&mut RequestParts<'static>, &'static str) =
    |parts, text| parts.filter = Some(text);
const KEYS: fn(&mut RequestParts<'static>, &'static str) =
    |parts, text| parts.key_condition = Some(text);
const PROJECTION: fn(&mut RequestParts<'static>, &'static str) =
    |parts, text| parts.projection = Some(text);

#[test]
fn p19_updates_of_unsigned_attributes_pass() {
    for text in [
        "SET views = :v",
        "SET views = views + :one, #n = if_not_exists(#n, :v) REMOVE #m ADD #dot.x :v",
        "REMOVE views",
        "ADD views :v",
        "DELETE views :v",
        "SET #n.ssn[3].city = :v",
    ]
    .map(|text| text.replace(" ADD #dot.x :v", ""))
    {
        let text: &'static str = text.leak();
        for operation in ["UpdateItem", "Update"] {
            assert_eq!(check(operation, with(UPDATE, text)), Ok(()), "{text}");
        }
    }
}

#[test]
fn p19_updates_of_signed_attributes_are_refused() {
    for (text, attribute, says) in [
        ("SET ssn = :v", "ssn", "changes an attribute that is encrypted"),
        ("SET city = :v", "city", "changes an attribute that is signed"),
        ("SET views = :v, city = :v", "city", "changes"),
        ("REMOVE ssn", "ssn", "changes"),
        ("ADD ssn :v", "ssn", "changes"),
        ("DELETE city :v", "city", "changes"),
        ("SET views = ssn", "ssn", "reads an attribute that is encrypted"),
        ("SET views = city", "city", "reads an attribute that is signed"),
        ("SET views = if_not_exists(city, :v)", "city", "reads"),
        ("SET views = list_append(:v, city)", "city", "reads"),
        ("SET views = :v - city", "city", "reads"),
        ("SET id = :v", "id", "is a key"),
        ("REMOVE #key", "id", "is a key"),
        ("SET views = at", "at", "is a key"),
    ] {
        refused("UpdateItem", with(UPDATE, text), attribute, says);
        refused("Update", with(UPDATE, text), attribute, says);
    }
}

#[test]
fn p19_new_attributes_would_be_missing_in_the_signature() {
    refused("UpdateItem", with(UPDATE, "SET #new = :v"), "unheard_of", "has no action");
    refused("UpdateItem", with(UPDATE, "ADD unheard.of :v"), "unheard", "has no action");
    // An item with another header or footer is not this item.
    refused("UpdateItem", with(UPDATE, "REMOVE #foot"), "aws_dbe_foot", "belongs to the format");
    refused("UpdateItem", with(UPDATE, "SET #head = :v"), "aws_dbe_head", "belongs to the format");
    let everything =
        TableRulesConfig { allowed_unsigned_attribute_prefix: Some("a".into()), ..config() };
    let rules = TableRules::new(everything);
    assert!(rules.check("UpdateItem", &with(UPDATE, "SET abc = :v")).is_ok());
    assert!(rules.check("UpdateItem", &with(UPDATE, "REMOVE #foot")).is_err());
}

#[test]
fn p20_names_are_resolved_and_paths_judged_by_their_first_segment() {
    refused("UpdateItem", with(UPDATE, "SET #ssn = :v"), "ssn", "changes");
    refused("UpdateItem", with(UPDATE, "SET #ssn.x[1] = :v"), "ssn", "changes");
    refused("UpdateItem", with(UPDATE, "REMOVE city.#n"), "city", "changes");
    // A dot in a name is a part of it.
    refused("UpdateItem", with(UPDATE, "SET #dot = :v"), "ssn.x", "has no action");
    refused("PutItem", with(CONDITION, "#ssn.x = :v"), "ssn", "compares");
    assert_eq!(check("PutItem", with(CONDITION, "#dot = :v AND #n.ssn = :v")), Ok(()));
    refused("Scan", with(FILTER, "contains(#ssn.x, :v)"), "ssn", "ciphertext");
    assert_eq!(check("Scan", with(FILTER, "#n.ssn = :v")), Ok(()));
}

const WRITES: [&str; 8] =
    ["PutItem", "UpdateItem", "DeleteItem", "Put", "Update", "Delete", "ConditionCheck", "PutItem"];

#[test]
fn p18_conditions_on_encrypted_attributes_are_refused() {
    for text in [
        "ssn = :v",
        ":v = ssn",
        "ssn <> :v",
        "ssn < city",
        "views BETWEEN :v AND ssn",
        "ssn BETWEEN :v AND :w",
        "views IN (:v, ssn)",
        "ssn IN (:v)",
        "begins_with(ssn, :v)",
        "begins_with(city, ssn)",
        "contains(ssn, :v)",
        "contains(city, ssn)",
        "attribute_type(ssn, :v)",
        "attribute_exists(id) AND NOT (views = :v OR ssn = :w)",
        // Ciphertexts have another size, and nothing within.
        "size(ssn) > :v",
        "attribute_exists(ssn.x)",
        "attribute_not_exists(#ssn[0])",
    ] {
        for operation in WRITES {
            refused(operation, with(CONDITION, text), "ssn", "compares an encrypted attribute");
        }
    }
}

#[test]
fn p18_other_conditions_pass() {
    for text in [
        "attribute_exists(ssn)",
        "attribute_not_exists(#ssn)",
        "attribute_not_exists(id) AND city <> :v",
        "size(city) > :v",
        "begins_with(city, :v) OR contains(#n, :v) OR views IN (:v)",
        "#new = :v",
        "#foot = :v",
        "attribute_exists(#n.ssn)",
    ] {
        for operation in WRITES {
            assert_eq!(check(operation, with(CONDITION, text)), Ok(()), "{operation} {text}");
        }
    }
}

#[test]
fn p5_the_condition_of_an_update_is_checked_as_well() {
    let both =
        |update, condition| RequestParts { condition: Some(condition), ..with(UPDATE, update) };
    assert_eq!(check("UpdateItem", both("SET views = :v", "views = :v")), Ok(()));
    refused(
        "UpdateItem",
        both("SET views = :v", "ssn = :v"),
        "ssn",
        "ConditionExpression compares",
    );
    refused("UpdateItem", both("SET city = :v", "ssn = :v"), "city", "UpdateExpression changes");
}

#[test]
fn p7_and_p8_queries_and_scans_do_not_use_encrypted_attributes_at_all() {
    for text in
        ["ssn = :v", "attribute_exists(ssn)", "size(ssn) = :v", "city = :v AND NOT ssn = :v"]
    {
        for operation in ["Query", "Scan"] {
            refused(operation, with(FILTER, text), "ssn", "FilterExpression uses an encrypted");
        }
    }
    refused("Query", with(KEYS, "ssn = :v"), "ssn", "KeyConditionExpression uses an encrypted");
    refused("Query", with(KEYS, "id = :v AND begins_with(#ssn, :w)"), "ssn", "KeyCondition");
    assert_eq!(check("Query", with(KEYS, "id = :v AND at > :w")), Ok(()));
    assert_eq!(check("Query", with(KEYS, "city = :v")), Ok(()));
    assert_eq!(check("Scan", with(FILTER, "city = :v OR attribute_exists(views)")), Ok(()));
}

#[test]
fn p2_p5_p6_p7_p8_legacy_parameters_are_refused_by_name() {
    for legacy in [
        "Expected",
        "AttributeUpdates",
        "KeyConditions",
        "QueryFilter",
        "ScanFilter",
        "AttributesToGet",
        "ConditionalOperator",
    ] {
        for operation in
            ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"]
        {
            let parts = RequestParts { legacy: Some(legacy), ..Default::default() };
            let (code, attribute, message) = check(operation, parts).unwrap_err();
            assert_eq!((code.as_str(), attribute), ("TABLE_REQUEST_REFUSED", None));
            assert_eq!(
                message,
                format!("{operation} on an encrypted table has the legacy parameter {legacy}")
            );
        }
    }
}

#[test]
fn p9_projections_that_leave_out_what_is_signed_are_refused() {
    let all = "id, at, ssn, city, #head, #foot";
    for operation in ["GetItem", "BatchGetItem", "Get", "Query", "Scan"] {
        for (text, missing) in [
            ("id", "at"),
            ("views", "at"),
            ("id, at, city, views", "ssn"),
            ("id, at, ssn, city", "aws_dbe_head"),
            ("id, at, ssn, city, #head", "aws_dbe_foot"),
            ("id, at, ssn.x, city, #head, #foot", "ssn"),
            ("id, at, #ssn[0], city, #head, #foot", "ssn"),
        ] {
            refused(operation, with(PROJECTION, text), missing, "leaves out an attribute");
        }
        assert_eq!(check(operation, with(PROJECTION, all)), Ok(()));
        assert_eq!(check(operation, RequestParts::default()), Ok(()));
    }
}

#[test]
fn p11_what_an_update_gives_back_without_its_record_must_be_unsigned() {
    let rules = TableRules::new(config());
    assert!(rules.check_updated([]).is_ok());
    assert!(rules.check_updated(["views", ":note", ":more"]).is_ok());
    for signed in ["ssn", "city", "id", "unheard_of", "aws_dbe_foot"] {
        let error = rules.check_updated(["views", signed]).unwrap_err();
        assert_eq!((error.code(), error.attribute()), ("TABLE_REQUEST_REFUSED", Some(signed)));
    }
}

#[test]
fn p16_other_operations_are_not_taken_for_checked() {
    for operation in ["", "getitem", "ExecuteStatement", "BatchWriteItem", "TransactWriteItems"] {
        let (code, _, message) = check(operation, RequestParts::default()).unwrap_err();
        assert_eq!(code, "INVALID_ARGUMENT", "{message}");
    }
}

#[test]
fn p2_plaintext_is_put_as_it_comes_and_nothing_else_is() {
    let rules =
        |plaintext_override| TableRules::new(TableRulesConfig { plaintext_override, ..config() });
    let forced = rules(PlaintextOverride::ForcePlaintextWriteAllowPlaintextRead);
    let forbidden = rules(PlaintextOverride::ForbidPlaintextWriteAllowPlaintextRead);
    for put in ["PutItem", "Put"] {
        assert!(forced.check(put, &with(CONDITION, "ssn = :v")).is_ok());
        assert!(forbidden.check(put, &with(CONDITION, "ssn = :v")).is_err());
    }
    // Some of the records may be sealed.
    assert!(forced.check("UpdateItem", &with(UPDATE, "SET ssn = :v")).is_err());
    assert!(forced.check("GetItem", &with(PROJECTION, "ssn")).is_err());
    assert!(forced.check("Scan", &with(FILTER, "ssn = :v")).is_err());
}

#[test]
fn what_cannot_be_read_is_not_sent() {
    for (parts, code) in [
        (with(CONDITION, "ssn = "), "MALFORMED_EXPRESSION"),
        (with(UPDATE, "SET ssn"), "MALFORMED_EXPRESSION"),
        (with(PROJECTION, "#undefined"), "MALFORMED_EXPRESSION"),
        (RequestParts { names: vec![("#a", "a")], ..Default::default() }, "MALFORMED_EXPRESSION"),
        (
            with(FILTER, "a = :v                                  ".repeat(120).leak()),
            "LIMIT_EXCEEDED",
        ),
    ] {
        assert_eq!(check("UpdateItem", parts).unwrap_err().0, code);
    }
}
