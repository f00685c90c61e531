//! DynamoDB JSON <-> aws_sdk_dynamodb::AttributeValue
use aws_sdk_dynamodb::types::AttributeValue as AV;
use aws_smithy_types::Blob;
use base64::{engine::general_purpose::STANDARD as B64, Engine};
use serde_json::{json, Map, Value};
use std::collections::HashMap;
pub type Item = HashMap<String, AV>;
pub fn b64d(s: &str) -> Result<Vec<u8>, String> {
    B64.decode(s).map_err(|e| format!("base64: {e}"))
}
pub fn b64e(b: &[u8]) -> String {
    B64.encode(b)
}
fn s(v: &Value) -> Result<String, String> {
    v.as_str().map(|x| x.to_string()).ok_or_else(|| format!("expected string, got {v}"))
}
fn arr(v: &Value) -> Result<&Vec<Value>, String> {
    v.as_array().ok_or_else(|| format!("expected array, got {v}"))
}
pub fn from_json(v: &Value) -> Result<AV, String> {
    let o = v.as_object().ok_or("attribute value must be an object")?;
    if o.len() != 1 {
        return Err("attribute value must have one member".into());
    }
    let (t, x) = o.iter().next().unwrap();
    Ok(match t.as_str() {
        "S" => AV::S(s(x)?),
        "N" => AV::N(s(x)?),
        "B" => AV::B(Blob::new(b64d(&s(x)?)?)),
        "BOOL" => AV::Bool(x.as_bool().ok_or("BOOL")?),
        "NULL" => AV::Null(x.as_bool().ok_or("NULL")?),
        "SS" => AV::Ss(arr(x)?.iter().map(s).collect::<Result<_, _>>()?),
        "NS" => AV::Ns(arr(x)?.iter().map(s).collect::<Result<_, _>>()?),
        "BS" => AV::Bs(
            arr(x)?
                .iter()
                .map(|y| Ok::<_, String>(Blob::new(b64d(&s(y)?)?)))
                .collect::<Result<_, _>>()?,
        ),
        "L" => AV::L(arr(x)?.iter().map(from_json).collect::<Result<_, _>>()?),
        "M" => AV::M(item_from_json(x)?),
        _ => return Err(format!("unknown type {t}")),
    })
}
pub fn item_from_json(v: &Value) -> Result<Item, String> {
    v.as_object()
        .ok_or("item must be an object")?
        .iter()
        .map(|(k, x)| Ok((k.clone(), from_json(x)?)))
        .collect()
}
pub fn to_json(v: &AV) -> Value {
    match v {
        AV::S(x) => json!({"S": x}),
        AV::N(x) => json!({"N": x}),
        AV::B(b) => json!({"B": b64e(b.as_ref())}),
        AV::Bool(b) => json!({"BOOL": b}),
        AV::Null(b) => json!({"NULL": b}),
        AV::Ss(x) => json!({"SS": x}),
        AV::Ns(x) => json!({"NS": x}),
        AV::Bs(x) => json!({"BS": x.iter().map(|b| b64e(b.as_ref())).collect::<Vec<_>>()}),
        AV::L(x) => json!({"L": x.iter().map(to_json).collect::<Vec<_>>()}),
        AV::M(x) => json!({"M": item_to_json(x)}),
        _ => json!({"UNKNOWN": true}),
    }
}
pub fn item_to_json(i: &Item) -> Value {
    let mut ks: Vec<_> = i.keys().collect();
    ks.sort();
    Value::Object(ks.into_iter().map(|k| (k.clone(), to_json(&i[k]))).collect::<Map<_, _>>())
}
pub fn smap_json(m: &HashMap<String, String>) -> Value {
    let mut ks: Vec<_> = m.keys().collect();
    ks.sort();
    Value::Object(ks.into_iter().map(|k| (k.clone(), json!(m[k]))).collect())
}
