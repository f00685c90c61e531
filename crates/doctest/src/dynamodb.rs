//! As much of DynamoDB as a branch key store uses.

use core::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::Answer;

/// Tables of items by their primary keys.
#[derive(Default)]
pub(crate) struct Tables(RefCell<BTreeMap<String, Table>>);

struct Table {
    description: Value,
    items: BTreeMap<String, Value>,
}

impl Tables {
    pub(crate) fn answer(&self, operation: &str, input: &Value) -> Answer {
        let tables = &mut *self.0.borrow_mut();
        let name = input["TableName"].as_str().unwrap_or_default();
        match operation {
            "CreateTable" if tables.contains_key(name) => Err("ResourceInUseException"),
            "CreateTable" => {
                let description = json!({
                    "TableArn": format!("arn:aws:dynamodb:eu-central-1:111122223333:table/{name}"),
                    "TableStatus": "ACTIVE",
                    "AttributeDefinitions": input["AttributeDefinitions"],
                    "KeySchema": input["KeySchema"],
                });
                let table = Table { description: description.clone(), items: BTreeMap::new() };
                tables.insert(name.to_owned(), table);
                Ok(json!({ "TableDescription": description }))
            }
            "DescribeTable" => {
                let table = tables.get(name).ok_or("ResourceNotFoundException")?;
                Ok(json!({ "Table": table.description }))
            }
            "GetItem" => {
                let table = tables.get(name).ok_or("ResourceNotFoundException")?;
                let item = table.items.get(&table.key(&input["Key"]));
                Ok(item.map_or_else(|| json!({}), |item| json!({ "Item": item })))
            }
            "TransactWriteItems" => {
                let puts = input["TransactItems"].as_array().expect("writes");
                for put in puts.iter().map(|write| &write["Put"]) {
                    let name = put["TableName"].as_str().unwrap_or_default();
                    let table = tables.get_mut(name).ok_or("ResourceNotFoundException")?;
                    let key = table.key(&put["Item"]);
                    let condition = put["ConditionExpression"].as_str().unwrap_or_default();
                    let is_new = condition.starts_with("attribute_not_exists");
                    if is_new && table.items.contains_key(&key) {
                        return Err("ConditionalCheckFailedException");
                    }
                    table.items.insert(key, put["Item"].clone());
                }
                Ok(json!({}))
            }
            _ => Err("UnknownOperationException"),
        }
    }
}

impl Table {
    /// The primary key among attributes.
    fn key(&self, attributes: &Value) -> String {
        let schema = self.description["KeySchema"].as_array().expect("a key schema");
        let names = schema.iter().map(|element| element["AttributeName"].as_str().expect("a name"));
        json!(names.map(|name| &attributes[name]).collect::<Vec<_>>()).to_string()
    }
}
