//! Requests as they cross: an item with the expressions as strings, ExpressionAttributeNames as a map `names`, of
//! ExpressionAttributeValues the names as a set `values`, and the names of legacy parameters as a set `legacy`. Where more than the
//! values' names matters, an item of the values follows.

use fieldseal::dynamodb::expressions::RequestParts;
use fieldseal::dynamodb::{AttributeValue, Item};
use fieldseal::error::{Error, Part, Result};

pub(super) fn incomplete() -> Error {
    Error::malformed(Part::HostInput, "a request that is not complete")
}

/// What the request has; `values` are its ExpressionAttributeValues, where more than their names matter.
pub(super) fn parts<'a>(
    request: &'a Item<'a>,
    values: Option<&'a Item<'a>>,
) -> Result<RequestParts<'a>> {
    let mut parts = RequestParts::default();
    for (name, value) in request {
        match (&**name, value) {
            ("ConditionExpression", AttributeValue::S(text)) => parts.condition = Some(text),
            ("FilterExpression", AttributeValue::S(text)) => parts.filter = Some(text),
            ("KeyConditionExpression", AttributeValue::S(text)) => parts.key_condition = Some(text),
            ("UpdateExpression", AttributeValue::S(text)) => parts.update = Some(text),
            ("ProjectionExpression", AttributeValue::S(text)) => parts.projection = Some(text),
            ("ReturnValues", AttributeValue::S(_)) => {}
            ("names", AttributeValue::M(names)) => {
                for (placeholder, name) in names {
                    let AttributeValue::S(name) = name else { return Err(incomplete()) };
                    parts.names.push((placeholder, name));
                }
            }
            ("values", AttributeValue::Ss(names)) => {
                for name in names {
                    parts.values.push((name, None));
                }
            }
            ("legacy", AttributeValue::Ss(names)) => {
                parts.legacy = names.first().map(|name| &**name);
            }
            _ => return Err(incomplete()),
        }
    }
    if let Some(values) = values {
        for (name, value) in values {
            parts.values.push((name, Some(value)));
        }
    }
    Ok(parts)
}

#[cfg(feature = "search")]
/// The request that the items begin with, and the others.
pub(super) fn request_and_items<'i, 'a>(
    items: &'i [Item<'a>],
) -> Result<(RequestParts<'i>, &'i [Item<'a>])> {
    let [request, values, items @ ..] = items else { return Err(incomplete()) };
    Ok((parts(request, Some(values))?, items))
}
