//! The JSON bodies of the operations.

use crate::aws::{Json, Member, Writer};
use crate::error::{Error, Part, Result};
use crate::util::base64;
use crate::util::sort::ascending;

use super::types::{Item, ItemValue, KeyElement, Put, TableDescription};

type Members<'a> = [Member<'a>];

/// A primary key of strings.
pub(super) fn key(names_and_values: [(&str, &str); 2]) -> Writer {
    let mut key = Writer::new();
    for (name, value) in names_and_values {
        key.object(name, typed("S", value));
    }
    key
}

/// One Put of a transaction.
pub(super) fn put(table: &str, put: &Put<'_>) -> Result<Writer> {
    let mut item = Writer::new();
    for (name, value) in put.item {
        item.object(name, write_value(value)?);
    }
    let mut names = Writer::new();
    names.text("#k", put.key_name);
    let mut body = Writer::new();
    body.text("TableName", table);
    body.object("Item", item);
    body.text("ConditionExpression", put.condition);
    if let Some((name, bytes)) = put.value {
        names.text("#v", name);
        let mut values = Writer::new();
        values.object(":v", typed("B", &base64::encode(bytes)));
        body.object("ExpressionAttributeValues", values);
    }
    body.object("ExpressionAttributeNames", names);
    let mut write = Writer::new();
    write.object("Put", body);
    Ok(write)
}

fn write_value(value: &ItemValue) -> Result<Writer> {
    match value {
        ItemValue::S(text) => Ok(typed("S", text)),
        ItemValue::N(text) => Ok(typed("N", text)),
        ItemValue::B(bytes) => Ok(typed("B", &base64::encode(bytes))),
        ItemValue::Other => Err(Error::bug("an item value of a type that is never written")),
    }
}

fn typed(name: &str, text: &str) -> Writer {
    let mut value = Writer::new();
    value.text(name, text);
    value
}

/// Hands the object that an endpoint answered to `read`.
pub(super) fn read_answer(
    operation: &'static str,
    body: &[u8],
    read: &mut dyn FnMut(Answer<'_>) -> Result<()>,
) -> Result<()> {
    let members = Json::parse_response(body).map_err(|found| error(operation, &found))?;
    read(Answer { operation, members: &members })
}

fn error(operation: &str, found: &str) -> Error {
    let problem = format!("the endpoint answered {operation} with {found}");
    Error::malformed(Part::DynamoDbResponse, problem)
}

/// The object that an endpoint answered. Its errors name the operation and quote nothing.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    operation: &'static str,
    members: &'a Members<'a>,
}

impl<'a> Answer<'a> {
    fn new(operation: &'static str, json: &'a Json<'a>) -> Result<Self> {
        match json {
            Json::Object(members) => Ok(Self { operation, members }),
            _ => Err(error(operation, "something other than a JSON object")),
        }
    }

    /// The item of GetItem, if there is one.
    pub(super) fn item(self) -> Result<Option<Item>> {
        let Some(item) = self.object("Item")? else { return Ok(None) };
        let order = ascending(item.len(), &|a, b| item[a].0.cmp(&item[b].0));
        // A name that is there twice has a value for whoever reads, and another for who checks.
        if order.windows(2).any(|pair| item[pair[0]].0 == item[pair[1]].0) {
            return Err(self.error("an item with two attributes of one name"));
        }
        let mut read = Vec::with_capacity(item.len());
        for (name, value) in item {
            read.push((name.to_string(), self.value(value)?));
        }
        Ok(Some(read))
    }

    /// The table's description under `name`.
    pub(super) fn table(self, name: &str) -> Result<TableDescription> {
        let members = self.object(name)?.ok_or_else(|| self.error("no table"))?;
        let table = Self { members, ..self };
        let definitions = table.list("AttributeDefinitions")?;
        let schema = table.list("KeySchema")?;
        // DynamoDB has a partition key and a sort key; a longer list would be looked up for long.
        if schema.len() > 2 {
            return Err(self.error("a KeySchema of more than two keys"));
        }
        let mut key_schema = Vec::new();
        for element in schema {
            let element = Self::new(self.operation, element)?;
            let name = element.text("AttributeName")?;
            let mut attribute_type = String::new();
            for definition in definitions {
                let definition = Self::new(self.operation, definition)?;
                if definition.text("AttributeName")? == name {
                    attribute_type = definition.text("AttributeType")?;
                }
            }
            key_schema.push(KeyElement {
                name,
                key_type: element.text("KeyType")?,
                attribute_type,
            });
        }
        Ok(TableDescription {
            arn: table.text("TableArn")?,
            status: table.text("TableStatus")?,
            key_schema,
        })
    }

    fn value(self, value: &Json<'_>) -> Result<ItemValue> {
        let Json::Object(members) = value else { return Err(self.error("a value without a type")) };
        let [(kind, value)] = members.as_slice() else {
            return Err(self.error("a value without exactly one type"));
        };
        let text = || value.as_text().ok_or_else(|| self.error("a value of the wrong type"));
        Ok(match kind.as_str() {
            "S" => ItemValue::S(text()?.to_owned()),
            "N" => ItemValue::N(text()?.to_owned()),
            "B" => {
                let bytes = base64::decode(text()?);
                ItemValue::B(bytes.ok_or_else(|| self.error("a B that is not Base64"))?)
            }
            _ => ItemValue::Other,
        })
    }

    /// The member `name`; `None` when it is absent or null.
    fn member(self, name: &str) -> Result<Option<&'a Json<'a>>> {
        let mut found = self.members.iter().filter(|(n, _)| n.as_str() == name);
        match (found.next(), found.next()) {
            (None, _) | (Some((_, Json::Null)), None) => Ok(None),
            (Some((_, value)), None) => Ok(Some(value)),
            _ => Err(self.error(&format!("two members {name}"))),
        }
    }

    fn text(self, name: &str) -> Result<String> {
        let text = self.member(name)?.and_then(Json::as_text);
        text.map(str::to_owned).ok_or_else(|| self.error(&format!("no {name}")))
    }

    fn object(self, name: &str) -> Result<Option<&'a Members<'a>>> {
        match self.member(name)? {
            None => Ok(None),
            Some(Json::Object(members)) => Ok(Some(members)),
            Some(_) => Err(self.error(&format!("a {name} of the wrong type"))),
        }
    }

    fn list(self, name: &str) -> Result<&'a [Json<'a>]> {
        match self.member(name)? {
            Some(Json::List(members)) => Ok(members),
            _ => Err(self.error(&format!("{name} is not a list"))),
        }
    }

    fn error(self, found: &str) -> Error {
        error(self.operation, found)
    }
}
