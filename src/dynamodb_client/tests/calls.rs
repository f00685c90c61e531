use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::aws::tests::host::{Provider, Script, block_on};
use crate::aws::{Auth, ClientConfig, Event};
use crate::dynamodb_client::{DynamoDbClient, Item, ItemValue, Put, TableDescription};
use crate::error::{DynamoDbFailure, DynamoDbKind, Error, Fault, Result};
use crate::host::HttpFailure;

const KEY: [(&str, &str); 2] = [("branch-key-id", "b"), ("type", "branch:ACTIVE")];

fn client(script: &Rc<Script>) -> DynamoDbClient {
    client_with(script, ClientConfig::default())
}

fn client_with(script: &Rc<Script>, mut config: ClientConfig) -> DynamoDbClient {
    config.endpoint.get_or_insert_with(|| "http://localhost:8000".to_owned());
    DynamoDbClient::new(config, Rc::clone(script) as _).unwrap()
}

fn failure<T: core::fmt::Debug>(result: Result<T>) -> DynamoDbFailure {
    match result.unwrap_err().into_fault() {
        Fault::DynamoDb(failure) => *failure,
        other => panic!("not a DynamoDB failure: {other:?}"),
    }
}

fn write(client: &DynamoDbClient) -> Result<()> {
    let item: Item = vec![
        ("branch-key-id".into(), ItemValue::S("b\"\n".into())),
        ("hierarchy-version".into(), ItemValue::N("1".into())),
        ("enc".into(), ItemValue::B(vec![1, 2, 3])),
    ];
    let puts = [
        Put { item: &item, condition: "attribute_not_exists(#k)", key_name: "id", value: None },
        Put { item: &item, condition: "#v = :v", key_name: "id", value: Some(("enc", &[9])) },
    ];
    block_on(client.transact_put("keys", "token", &puts))
}

#[test]
fn requests_as_the_api_reference_has_them() {
    let script =
        Script::new().then(200, json!({})).then(200, json!({})).then(200, json!({ "Item": {} }));
    let client = client(&script);
    assert_eq!(block_on(client.get_item("keys", KEY)).unwrap(), None);
    write(&client).unwrap();
    assert_eq!(block_on(client.get_item("keys", KEY)).unwrap(), Some(Vec::new()));

    let sent = script.sent.borrow();
    assert_eq!(sent[0].header("x-amz-target"), Some("DynamoDB_20120810.GetItem"));
    assert_eq!(sent[0].header("content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(
        sent[0].json(),
        json!({
            "TableName": "keys",
            "ConsistentRead": true,
            "Key": { "branch-key-id": { "S": "b" }, "type": { "S": "branch:ACTIVE" } },
        })
    );
    let item = json!({
        "branch-key-id": { "S": "b\"\n" },
        "hierarchy-version": { "N": "1" },
        "enc": { "B": "AQID" },
    });
    assert_eq!(
        sent[1].json(),
        json!({
            "ClientRequestToken": "token",
            "TransactItems": [
                { "Put": {
                    "TableName": "keys",
                    "Item": item,
                    "ConditionExpression": "attribute_not_exists(#k)",
                    "ExpressionAttributeNames": { "#k": "id" },
                } },
                { "Put": {
                    "TableName": "keys",
                    "Item": item,
                    "ConditionExpression": "#v = :v",
                    "ExpressionAttributeNames": { "#k": "id", "#v": "enc" },
                    "ExpressionAttributeValues": { ":v": { "B": "CQ==" } },
                } },
            ],
        })
    );
}

#[test]
fn items_with_all_that_a_record_may_hold() {
    let script = Script::new().then(
        200,
        json!({ "Item": {
            "s": { "S": "ä" }, "n": { "N": "01" }, "b": { "B": "AQID" },
            "l": { "L": [] }, "m": { "M": {} }, "z": { "NULL": true },
        } }),
    );
    let mut item = block_on(client(&script).get_item("keys", KEY)).unwrap().unwrap();
    item.sort_by(|a, b| a.0.cmp(&b.0));
    let values: Vec<ItemValue> = item.into_iter().map(|(_, value)| value).collect();
    let other = ItemValue::Other;
    assert_eq!(
        values,
        [
            ItemValue::B(vec![1, 2, 3]),
            other.clone(),
            other.clone(),
            ItemValue::N("01".into()),
            ItemValue::S("ä".into()),
            other,
        ]
    );
}

#[test]
fn tables() {
    let described = json!({
        "TableArn": "arn:t",
        "TableStatus": "CREATING",
        "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "a", "AttributeType": "N" }],
    });
    let in_use = json!({ "__type": "ResourceInUseException", "message": "m" });
    let missing = json!({ "__type": "ResourceNotFoundException", "message": "m" });
    let script = Script::new()
        .then(400, missing)
        .then(200, json!({ "TableDescription": described }))
        .then(400, in_use)
        .then(200, json!({ "Table": described }));
    let client = client(&script);
    let describe = || block_on(client.describe_table("keys"));
    let create = || block_on(client.create_table("keys", ["a", "b"]));
    assert_eq!(describe().unwrap(), None);
    let made: TableDescription = create().unwrap().unwrap();
    assert_eq!((made.arn.as_str(), made.status.as_str()), ("arn:t", "CREATING"));
    assert_eq!(made.key_schema[0].attribute_type, "N");
    assert_eq!(create().unwrap(), None);
    assert_eq!(describe().unwrap(), Some(made));
    assert_eq!(
        script.sent.borrow()[1].json(),
        json!({
            "TableName": "keys",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                { "AttributeName": "a", "AttributeType": "S" },
                { "AttributeName": "b", "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": "a", "KeyType": "HASH" },
                { "AttributeName": "b", "KeyType": "RANGE" },
            ],
        })
    );
}

#[test]
fn a_table_has_two_keys_and_each_member_once() {
    let key = r#"{"AttributeName":"a","KeyType":"HASH"}"#;
    let table = |keys: &str, more: &str| {
        format!(
            r#"{{"Table":{{"TableArn":"arn:t","TableStatus":"ACTIVE","AttributeDefinitions":[],"KeySchema":[{keys}]{more}}}}}"#
        )
    };
    for (keys, more, good) in [
        (format!("{key},{key}"), "", true),
        (format!("{key},{key},{key}"), "", false),
        (key.to_owned(), r#","TableArn":"arn:u""#, false),
        (key.to_owned(), r#","KeySchema":[]"#, false),
        (key.replace("}", r#","KeyType":"RANGE"}"#), "", false),
    ] {
        let body = table(&keys, more);
        let script = Script::new().then_raw(200, &[], body.as_str());
        match block_on(client(&script).describe_table("keys")) {
            Ok(_) => assert!(good, "{body}"),
            Err(error) => {
                assert!(!good, "{body}");
                assert_eq!(error.code(), "MALFORMED_DYNAMODB_RESPONSE", "{body}");
            }
        }
    }
}

#[test]
fn signed_for_dynamodb_at_its_own_endpoint() {
    let script = Script::new().then(200, json!({}));
    let config = ClientConfig {
        region: Some("eu-central-1".into()),
        auth: Auth::SigV4(Provider::new().then("AKID", None)),
        ..Default::default()
    };
    let client = DynamoDbClient::new(config, Rc::clone(&script) as _).unwrap();
    block_on(client.get_item("keys", KEY)).unwrap();
    let sent = script.sent.borrow();
    assert_eq!(sent[0].url, "https://dynamodb.eu-central-1.amazonaws.com/");
    let authorization = sent[0].header("authorization").unwrap();
    let scope = "Credential=AKID/20240229/eu-central-1/dynamodb/aws4_request";
    assert!(authorization.contains(scope), "{authorization}");
}

#[test]
fn failures_by_name() {
    use DynamoDbKind::*;
    for (status, name, kind, attempts) in [
        (400, "ResourceNotFoundException", TableNotFound, 1),
        (400, "AccessDeniedException", AccessDenied, 1),
        (400, "UnrecognizedClientException", Credentials, 1),
        (400, "ConditionalCheckFailedException", ConditionFailed, 1),
        (400, "ValidationException", Rejected, 1),
        (400, "LimitExceededException", Rejected, 1),
        (400, "ResourceInUseException", Rejected, 1),
        (400, "IdempotentParameterMismatchException", Rejected, 1),
        (400, "ProvisionedThroughputExceededException", Throttled, 4),
        (400, "ThrottlingException", Throttled, 4),
        (400, "TransactionInProgressException", Failed, 4),
        (400, "TransactionConflictException", Failed, 4),
        (500, "InternalServerError", Failed, 4),
    ] {
        let script = Script::new();
        (0..attempts).for_each(|_| drop(script.then_refuse(status, name)));
        let failure = failure(write(&client(&script)));
        assert_eq!((failure.kind, failure.attempts), (kind, attempts), "{name}");
        assert_eq!((failure.operation, failure.table.as_str()), ("TransactWriteItems", "keys"));
        assert_eq!(failure.name.as_deref(), Some(name));
        assert_eq!(script.count(), attempts as usize);
        // Repetitions are the same request to the letter: the token makes them one write.
        assert!(script.sent.borrow().windows(2).all(|two| two[0].raw == two[1].raw));
    }
    for (network, kind) in
        [(HttpFailure::TimedOut, TimedOut), (HttpFailure::Unreachable("x".into()), Unreachable)]
    {
        let script = Script::new().then_fail(network);
        let config = ClientConfig { max_attempts: Some(1), ..Default::default() };
        let client = client_with(&script, config);
        assert_eq!(failure(block_on(client.get_item("keys", KEY))).kind, kind);
    }
}

#[test]
fn why_a_transaction_was_cancelled() {
    use DynamoDbKind::*;
    let reasons = |codes: &[Value]| {
        let codes: Vec<Value> = codes.iter().map(|code| json!({ "Code": code })).collect();
        json!({ "CancellationReasons": codes })
    };
    let listed = |list: &str| json!({ "message": format!("Transaction cancelled [{list}]") });
    for (body, kind, attempts, said) in [
        (
            reasons(&[json!("None"), json!("ConditionalCheckFailed")]),
            ConditionFailed,
            1,
            "None, Cond",
        ),
        (
            listed("ConditionalCheckFailed, None"),
            ConditionFailed,
            1,
            "ConditionalCheckFailed, None",
        ),
        // A condition that failed is final, whatever else there is.
        (listed("ConditionalCheckFailed, TransactionConflict"), ConditionFailed, 1, "Conflict"),
        (
            reasons(&[json!("TransactionConflict"), json!("None")]),
            Throttled,
            4,
            "TransactionConflict",
        ),
        (listed("ThrottlingError, ProvisionedThroughputExceeded"), Throttled, 4, "Throttling"),
        (listed("TransactionConflict, ValidationError"), Rejected, 1, "ValidationError"),
        (reasons(&[json!(5), json!(null)]), Throttled, 4, "None, None"),
        (reasons(&[]), Rejected, 1, ""),
        (json!({ "message": "because" }), Rejected, 1, "because"),
        (json!({ "CancellationReasons": "x", "message": "]because[" }), Rejected, 1, "because"),
    ] {
        let mut body = body;
        body["__type"] = json!("TransactionCanceledException");
        let script = Script::new();
        (0..attempts).for_each(|_| drop(script.then(400, body.clone())));
        let failure = failure(write(&client(&script)));
        assert_eq!((failure.kind, failure.attempts), (kind, attempts), "{body}");
        assert!(failure.message.contains(said), "{body}: {}", failure.message);
    }
    // Values of items come back in reasons where a request asked for them: they are not repeated.
    let body = json!({
        "__type": "TransactionCanceledException",
        "CancellationReasons": [{ "Code": "ConditionalCheckFailed", "Item": { "a": { "S": "SECRET" } },
            "Message": "SECRET" }],
    });
    let failure = failure(write(&client(&Script::new().then(400, body))));
    assert!(!Error::from(Fault::DynamoDb(Box::new(failure))).to_string().contains("SECRET"));
}

#[test]
fn credentials_that_cannot_be_had_are_the_call_s_failure() {
    let script = Script::new();
    let provider = Provider::new().then_result(Err(Error::host("no role")));
    let config = ClientConfig {
        region: Some("eu-central-1".into()),
        auth: Auth::SigV4(provider),
        ..Default::default()
    };
    let failure = failure(block_on(client_with(&script, config).get_item("keys", KEY)));
    assert_eq!(failure.kind, DynamoDbKind::Credentials);
    assert_eq!((failure.operation, failure.table.as_str()), ("GetItem", "keys"));
    assert_eq!((failure.attempts, script.count()), (0, 0));
}

#[test]
fn nonsense_is_named_as_such() {
    for body in [
        "",
        "x",
        "[]",
        "5",
        "{\"Item\":[]}",
        "{\"Item\":{\"a\":{\"S\":null}}}",
        "{\"Item\":{\"a\":{\"B\":\"!\"}}}",
        "{\"Item\":{\"a\":{\"S\":\"1\"},\"a\":{\"S\":\"1\"}}}",
        "{\"Item\":{\"b\":{\"S\":\"1\"},\"a\":{\"S\":\"1\"},\"b\":{\"S\":\"1\"}}}",
        "{\"Item\":null,\"Item\":{}}",
        "{\"Item\":{},\"Item\":{}}",
    ] {
        let script = Script::new().then_raw(200, &[], body);
        let error = block_on(client(&script).get_item("keys", KEY)).unwrap_err();
        assert_eq!(error.code(), "MALFORMED_DYNAMODB_RESPONSE", "{body}");
    }
}

#[test]
fn events_name_the_table_and_dynamodb_s_own_codes() {
    let script = Script::new().then(200, json!({})).then_refuse(400, "AccessDeniedException");
    let events = Rc::new(RefCell::new(Vec::<Event>::new()));
    let sink = Rc::clone(&events);
    let config = ClientConfig {
        on_event: Some(Rc::new(move |event| sink.borrow_mut().push(event.clone()))),
        ..Default::default()
    };
    let client = client_with(&script, config);
    block_on(client.get_item("keys", KEY)).unwrap();
    write(&client).unwrap_err();
    let seen: Vec<_> = events
        .borrow()
        .iter()
        .map(|e| (e.operation, e.about.clone().unwrap(), e.outcome))
        .collect();
    let keys = || "keys".to_owned();
    assert_eq!(
        seen,
        [
            ("GetItem", keys(), Ok(())),
            ("TransactWriteItems", keys(), Err("DYNAMODB_ACCESS_DENIED")),
        ]
    );
}

#[test]
fn configurations_that_cannot_be_used() {
    for config in [
        ClientConfig::default(),
        ClientConfig { endpoint: Some("ftp://x".into()), ..Default::default() },
        ClientConfig { region: Some("a/b".into()), ..Default::default() },
    ] {
        let error = DynamoDbClient::new(config, Script::new() as _).unwrap_err();
        assert_eq!(error.code(), "INVALID_CONFIG");
        assert!(!error.to_string().contains("KMS"), "{error}");
    }
}
