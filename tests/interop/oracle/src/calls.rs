//! Calls on encrypted tables as an application makes them: the SDK's client with the official library's interceptor, before a
//! service that answers from the request. Requests and responses are the JSON of DynamoDB's protocol.
use crate::av::{self, Item};
use crate::ddb::table_config;
use aws_db_esdk::intercept::DbEsdkInterceptor;
use aws_sdk_dynamodb::types as t;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    http_client_fn, HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

fn e<E: std::fmt::Debug>(x: E) -> String {
    format!("{x:?}")
}

// ---- the JSON of requests ----
type R<T> = Result<Option<T>, String>;
fn string(v: &Value) -> R<String> {
    Ok(v.as_str().map(String::from))
}
fn flag(v: &Value) -> R<bool> {
    Ok(v.as_bool())
}
fn number(v: &Value) -> R<i32> {
    Ok(v.as_i64().map(|n| n as i32))
}
fn kind<T: for<'a> From<&'a str>>(v: &Value) -> R<T> {
    Ok(v.as_str().map(T::from))
}
fn list<T>(v: &Value, each: impl Fn(&Value) -> Result<T, String>) -> R<Vec<T>> {
    v.as_array().map(|a| a.iter().map(each).collect()).transpose()
}
fn map<T>(v: &Value, each: impl Fn(&Value) -> Result<T, String>) -> R<HashMap<String, T>> {
    v.as_object().map(|o| o.iter().map(|(k, x)| Ok((k.clone(), each(x)?))).collect()).transpose()
}
fn text(v: &Value) -> Result<String, String> {
    v.as_str().map(String::from).ok_or_else(|| format!("not a string: {v}"))
}
fn texts(v: &Value) -> R<Vec<String>> {
    list(v, text)
}
fn names(v: &Value) -> R<HashMap<String, String>> {
    map(v, text)
}
fn item(v: &Value) -> R<Item> {
    if v.is_null() {
        Ok(None)
    } else {
        av::item_from_json(v).map(Some)
    }
}
fn value(v: &Value) -> R<t::AttributeValue> {
    if v.is_null() {
        Ok(None)
    } else {
        av::from_json(v).map(Some)
    }
}
fn values(v: &Value) -> R<Vec<t::AttributeValue>> {
    list(v, av::from_json)
}

/// Sets members of a builder from those of a JSON object: `setter: reader "Member"`.
macro_rules! fill { ($b:expr, $v:expr, { $($set:ident: $read:path, $name:literal;)* }) => {{ let b = $b; $(let b = b.$set($read(&$v[$name])?);)* b }} }

fn expected(v: &Value) -> R<HashMap<String, t::ExpectedAttributeValue>> {
    map(v, |x| {
        Ok(fill!(t::ExpectedAttributeValue::builder(), x, { set_value: value, "Value"; set_exists: flag, "Exists";
        set_comparison_operator: kind, "ComparisonOperator"; set_attribute_value_list: values, "AttributeValueList"; }).build())
    })
}
fn updates(v: &Value) -> R<HashMap<String, t::AttributeValueUpdate>> {
    map(v, |x| {
        Ok(fill!(t::AttributeValueUpdate::builder(), x, { set_value: value, "Value"; set_action: kind, "Action"; }).build())
    })
}
fn conditions(v: &Value) -> R<HashMap<String, t::Condition>> {
    map(v, |x| {
        fill!(t::Condition::builder(), x, { set_comparison_operator: kind, "ComparisonOperator"; set_attribute_value_list: values, "AttributeValueList"; }).build().map_err(e)
    })
}
fn keys_and_attributes(v: &Value) -> R<HashMap<String, t::KeysAndAttributes>> {
    map(v, |x| {
        fill!(t::KeysAndAttributes::builder(), x, { set_keys: items, "Keys"; set_attributes_to_get: texts, "AttributesToGet"; set_consistent_read: flag, "ConsistentRead";
        set_projection_expression: string, "ProjectionExpression"; set_expression_attribute_names: names, "ExpressionAttributeNames"; }).build().map_err(e)
    })
}
fn items(v: &Value) -> R<Vec<Item>> {
    list(v, av::item_from_json)
}
fn writes(v: &Value) -> R<HashMap<String, Vec<t::WriteRequest>>> {
    map(v, |x| {
        Ok(list(x, |w| {
            let mut b = t::WriteRequest::builder();
            if w["PutRequest"].is_object() {
                b = b.put_request(
                    t::PutRequest::builder()
                        .set_item(item(&w["PutRequest"]["Item"])?)
                        .build()
                        .map_err(e)?,
                );
            }
            if w["DeleteRequest"].is_object() {
                b = b.delete_request(
                    t::DeleteRequest::builder()
                        .set_key(item(&w["DeleteRequest"]["Key"])?)
                        .build()
                        .map_err(e)?,
                );
            }
            Ok(b.build())
        })?
        .unwrap_or_default())
    })
}
fn gets(v: &Value) -> R<Vec<t::TransactGetItem>> {
    list(v, |x| {
        let g = &x["Get"];
        let get = fill!(t::Get::builder(), g, { set_table_name: string, "TableName"; set_key: item, "Key"; set_projection_expression: string, "ProjectionExpression";
            set_expression_attribute_names: names, "ExpressionAttributeNames"; }).build().map_err(e)?;
        Ok(t::TransactGetItem::builder().get(get).build())
    })
}
fn entries(v: &Value) -> R<Vec<t::TransactWriteItem>> {
    list(v, |x| {
        let mut b = t::TransactWriteItem::builder();
        macro_rules! entry { ($builder:expr, $v:expr, { $($more:tt)* }) => { fill!($builder, $v, { set_table_name: string, "TableName"; set_condition_expression: string, "ConditionExpression";
            set_expression_attribute_names: names, "ExpressionAttributeNames"; set_expression_attribute_values: item, "ExpressionAttributeValues";
            set_return_values_on_condition_check_failure: kind, "ReturnValuesOnConditionCheckFailure"; $($more)* }).build().map_err(e)? } }
        let (p, u, d, c) = (&x["Put"], &x["Update"], &x["Delete"], &x["ConditionCheck"]);
        if p.is_object() {
            b = b.put(entry!(t::Put::builder(), p, { set_item: item, "Item"; }));
        }
        if u.is_object() {
            b = b.update(entry!(t::Update::builder(), u, { set_key: item, "Key"; set_update_expression: string, "UpdateExpression"; }));
        }
        if d.is_object() {
            b = b.delete(entry!(t::Delete::builder(), d, { set_key: item, "Key"; }));
        }
        if c.is_object() {
            b = b.condition_check(
                entry!(t::ConditionCheck::builder(), c, { set_key: item, "Key"; }),
            );
        }
        Ok(b.build())
    })
}
fn batch_statements(v: &Value) -> R<Vec<t::BatchStatementRequest>> {
    list(v, |x| {
        fill!(t::BatchStatementRequest::builder(), x, { set_statement: string, "Statement"; set_parameters: values, "Parameters"; }).build().map_err(e)
    })
}
fn transact_statements(v: &Value) -> R<Vec<t::ParameterizedStatement>> {
    list(v, |x| {
        fill!(t::ParameterizedStatement::builder(), x, { set_statement: string, "Statement"; set_parameters: values, "Parameters"; }).build().map_err(e)
    })
}

// ---- the service ----
/// Keeps what it is sent and answers with what the request says. `"$unprocessed": [[table, index]]` names requests of a
/// BatchWriteItem that it gives back.
#[derive(Clone, Debug)]
struct Service {
    response: Value,
    sent: Arc<Mutex<Vec<Value>>>,
}
impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = request
            .body()
            .bytes()
            .and_then(|b| serde_json::from_slice(b).ok())
            .unwrap_or(Value::Null);
        let mut answer = self.response.clone();
        if let Some(places) = answer.as_object_mut().and_then(|o| o.remove("$unprocessed")) {
            let mut lists = Map::new();
            for place in places.as_array().into_iter().flatten() {
                let (table, index) =
                    (place[0].as_str().unwrap_or(""), place[1].as_u64().unwrap_or(0) as usize);
                let list = lists.entry(table).or_insert_with(|| json!([]));
                list.as_array_mut()
                    .expect("a list")
                    .push(body["RequestItems"][table][index].clone());
            }
            answer["UnprocessedItems"] = Value::Object(lists);
        }
        self.sent.lock().expect("no panic before").push(body);
        let mut response =
            HttpResponse::new(200.try_into().expect("a status"), SdkBody::from(answer.to_string()));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

// ---- the JSON of responses ----
fn list_json(v: &[Item]) -> Value {
    Value::Array(v.iter().map(av::item_to_json).collect())
}
fn put(o: &mut Value, name: &str, v: Option<Value>) {
    if let Some(v) = v {
        o[name] = v;
    }
}
fn write_json(w: &t::WriteRequest) -> Value {
    let mut o = json!({});
    put(
        &mut o,
        "PutRequest",
        w.put_request.as_ref().map(|p| json!({"Item": av::item_to_json(&p.item)})),
    );
    put(
        &mut o,
        "DeleteRequest",
        w.delete_request.as_ref().map(|d| json!({"Key": av::item_to_json(&d.key)})),
    );
    o
}

async fn send(c: &Client, operation: &str, i: &Value) -> Result<Value, String> {
    let mut o = json!({});
    macro_rules! call { ($b:expr, { $($fields:tt)* }) => { fill!($b, i, { $($fields)* }).send().await.map_err(e)? } }
    match operation {
        "PutItem" => {
            let x = call!(c.put_item(), { set_table_name: string, "TableName"; set_item: item, "Item"; set_expected: expected, "Expected"; set_conditional_operator: kind, "ConditionalOperator";
                set_return_values: kind, "ReturnValues"; set_condition_expression: string, "ConditionExpression"; set_expression_attribute_names: names, "ExpressionAttributeNames";
                set_expression_attribute_values: item, "ExpressionAttributeValues"; set_return_consumed_capacity: kind, "ReturnConsumedCapacity";
                set_return_item_collection_metrics: kind, "ReturnItemCollectionMetrics"; set_return_values_on_condition_check_failure: kind, "ReturnValuesOnConditionCheckFailure"; });
            put(&mut o, "Attributes", x.attributes.as_ref().map(av::item_to_json));
        }
        "DeleteItem" => {
            let x = call!(c.delete_item(), { set_table_name: string, "TableName"; set_key: item, "Key"; set_expected: expected, "Expected"; set_conditional_operator: kind, "ConditionalOperator";
                set_return_values: kind, "ReturnValues"; set_condition_expression: string, "ConditionExpression"; set_expression_attribute_names: names, "ExpressionAttributeNames";
                set_expression_attribute_values: item, "ExpressionAttributeValues"; set_return_consumed_capacity: kind, "ReturnConsumedCapacity";
                set_return_values_on_condition_check_failure: kind, "ReturnValuesOnConditionCheckFailure"; });
            put(&mut o, "Attributes", x.attributes.as_ref().map(av::item_to_json));
        }
        "UpdateItem" => {
            let x = call!(c.update_item(), { set_table_name: string, "TableName"; set_key: item, "Key"; set_expected: expected, "Expected"; set_attribute_updates: updates, "AttributeUpdates";
                set_conditional_operator: kind, "ConditionalOperator"; set_return_values: kind, "ReturnValues"; set_update_expression: string, "UpdateExpression";
                set_condition_expression: string, "ConditionExpression"; set_expression_attribute_names: names, "ExpressionAttributeNames";
                set_expression_attribute_values: item, "ExpressionAttributeValues"; set_return_consumed_capacity: kind, "ReturnConsumedCapacity";
                set_return_values_on_condition_check_failure: kind, "ReturnValuesOnConditionCheckFailure"; });
            put(&mut o, "Attributes", x.attributes.as_ref().map(av::item_to_json));
        }
        "GetItem" => {
            let x = call!(c.get_item(), { set_table_name: string, "TableName"; set_key: item, "Key"; set_attributes_to_get: texts, "AttributesToGet"; set_consistent_read: flag, "ConsistentRead";
                set_return_consumed_capacity: kind, "ReturnConsumedCapacity"; set_projection_expression: string, "ProjectionExpression"; set_expression_attribute_names: names, "ExpressionAttributeNames"; });
            put(&mut o, "Item", x.item.as_ref().map(av::item_to_json));
        }
        "Query" => {
            let x = call!(c.query(), { set_table_name: string, "TableName"; set_index_name: string, "IndexName"; set_select: kind, "Select"; set_attributes_to_get: texts, "AttributesToGet"; set_limit: number, "Limit";
                set_consistent_read: flag, "ConsistentRead"; set_key_conditions: conditions, "KeyConditions"; set_query_filter: conditions, "QueryFilter"; set_conditional_operator: kind, "ConditionalOperator";
                set_scan_index_forward: flag, "ScanIndexForward"; set_exclusive_start_key: item, "ExclusiveStartKey"; set_projection_expression: string, "ProjectionExpression";
                set_filter_expression: string, "FilterExpression"; set_key_condition_expression: string, "KeyConditionExpression"; set_expression_attribute_names: names, "ExpressionAttributeNames";
                set_expression_attribute_values: item, "ExpressionAttributeValues"; });
            o = json!({"Count": x.count, "ScannedCount": x.scanned_count});
            put(&mut o, "Items", x.items.as_deref().map(list_json));
            put(&mut o, "LastEvaluatedKey", x.last_evaluated_key.as_ref().map(av::item_to_json));
        }
        "Scan" => {
            let x = call!(c.scan(), { set_table_name: string, "TableName"; set_index_name: string, "IndexName"; set_select: kind, "Select"; set_attributes_to_get: texts, "AttributesToGet"; set_limit: number, "Limit";
                set_consistent_read: flag, "ConsistentRead"; set_scan_filter: conditions, "ScanFilter"; set_conditional_operator: kind, "ConditionalOperator"; set_segment: number, "Segment"; set_total_segments: number, "TotalSegments";
                set_exclusive_start_key: item, "ExclusiveStartKey"; set_projection_expression: string, "ProjectionExpression"; set_filter_expression: string, "FilterExpression";
                set_expression_attribute_names: names, "ExpressionAttributeNames"; set_expression_attribute_values: item, "ExpressionAttributeValues"; });
            o = json!({"Count": x.count, "ScannedCount": x.scanned_count});
            put(&mut o, "Items", x.items.as_deref().map(list_json));
            put(&mut o, "LastEvaluatedKey", x.last_evaluated_key.as_ref().map(av::item_to_json));
        }
        "BatchGetItem" => {
            let x = call!(c.batch_get_item(), { set_request_items: keys_and_attributes, "RequestItems"; set_return_consumed_capacity: kind, "ReturnConsumedCapacity"; });
            put(
                &mut o,
                "Responses",
                x.responses.as_ref().map(|r| {
                    json!(r
                        .iter()
                        .map(|(k, v)| (k.clone(), list_json(v)))
                        .collect::<HashMap<_, _>>())
                }),
            );
        }
        "BatchWriteItem" => {
            let x = call!(c.batch_write_item(), { set_request_items: writes, "RequestItems"; set_return_consumed_capacity: kind, "ReturnConsumedCapacity"; });
            put(
                &mut o,
                "UnprocessedItems",
                x.unprocessed_items.as_ref().map(|r| {
                    json!(r
                        .iter()
                        .map(|(k, v)| (
                            k.clone(),
                            json!(v.iter().map(write_json).collect::<Vec<_>>())
                        ))
                        .collect::<HashMap<_, _>>())
                }),
            );
        }
        "TransactGetItems" => {
            let x = call!(c.transact_get_items(), { set_transact_items: gets, "TransactItems"; set_return_consumed_capacity: kind, "ReturnConsumedCapacity"; });
            put(
                &mut o,
                "Responses",
                x.responses.as_ref().map(|r| {
                    json!(r
                        .iter()
                        .map(|x| {
                            let mut o = json!({});
                            put(&mut o, "Item", x.item.as_ref().map(av::item_to_json));
                            o
                        })
                        .collect::<Vec<_>>())
                }),
            );
        }
        "TransactWriteItems" => {
            call!(c.transact_write_items(), { set_transact_items: entries, "TransactItems"; set_client_request_token: string, "ClientRequestToken"; set_return_consumed_capacity: kind, "ReturnConsumedCapacity"; });
        }
        "ExecuteStatement" => {
            let x = call!(c.execute_statement(), { set_statement: string, "Statement"; set_parameters: values, "Parameters"; set_consistent_read: flag, "ConsistentRead"; });
            put(&mut o, "Items", x.items.as_deref().map(list_json));
        }
        "BatchExecuteStatement" => {
            call!(c.batch_execute_statement(), { set_statements: batch_statements, "Statements"; });
        }
        "ExecuteTransaction" => {
            call!(c.execute_transaction(), { set_transact_statements: transact_statements, "TransactStatements"; set_client_request_token: string, "ClientRequestToken"; });
        }
        x => return Err(format!("operation {x}")),
    }
    Ok(o)
}

/// `{"op": "table-call", "tables": {name: config}, "operation", "input", "response"}` to `{"sent"?, "output"}` or `{"sent"?, "error"}`:
/// without `sent` the request was refused.
pub async fn call(r: &Value) -> Result<Value, String> {
    let mut configs = HashMap::new();
    for (name, config) in r["tables"].as_object().ok_or("tables")? {
        configs.insert(name.clone(), table_config(config).await?);
    }
    let config = aws_db_esdk::DynamoDbTablesEncryptionConfig::builder()
        .table_encryption_configs(configs)
        .build()
        .map_err(e)?;
    let interceptor = DbEsdkInterceptor::new(config).map_err(e)?;
    let service = Service { response: r["response"].clone(), sent: Arc::default() };
    let sent = service.sent.clone();
    let client = Client::from_conf(
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(aws_sdk_dynamodb::config::Region::new("eu-central-1"))
            .credentials_provider(aws_sdk_dynamodb::config::Credentials::new(
                "a", "b", None, None, "oracle",
            ))
            .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
            .interceptor(interceptor)
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(service.clone())))
            .build(),
    );
    let result = send(&client, r["operation"].as_str().unwrap_or(""), &r["input"]).await;
    let mut out = match result {
        Ok(output) => json!({"output": output}),
        Err(error) => json!({"error": error}),
    };
    if let Some(body) = sent.lock().expect("no panic before").first() {
        out["sent"] = body.clone();
    }
    Ok(out)
}
