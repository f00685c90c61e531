//! Offline stand-in for the KMS + DynamoDB endpoints used by the key store: one static branch key, and those of other tenants.
//! KMS Decrypt returns the key given in the spec, whatever the ciphertext; no sockets are opened.
use crate::av;
use aws_smithy_runtime_api::client::http::{
    http_client_fn, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{json, Value};
pub const ARN: &str = "arn:aws:kms:us-west-2:111122223333:key/11111111-2222-3333-4444-555555555555";
#[derive(Clone, Debug)]
pub struct Mock {
    pub spec: Value,
}
impl Mock {
    fn answer(&self, target: &str, body: &Value) -> Result<Value, (u16, Value)> {
        let asked = body["Key"]["branch-key-id"]["S"].as_str();
        let asked = asked.or(body["EncryptionContext"]["branch-key-id"].as_str()).unwrap_or("");
        let others = self.spec["tenants"].as_array().into_iter().flatten();
        let spec = others
            .chain([&self.spec])
            .find(|spec| spec["branch_key_id"].as_str() == Some(asked))
            .unwrap_or(&self.spec);
        let id = spec["branch_key_id"].as_str().unwrap_or("");
        let ver = spec["version"].as_str().unwrap_or("");
        let mk = |ty: &str, extra: bool| {
            let mut it = json!({"branch-key-id": {"S": id}, "type": {"S": ty}, "enc": {"B": av::b64e(&[7u8; 64])},
                "kms-arn": {"S": ARN}, "create-time": {"S": "2024-01-01T00:00:00.000000Z"}, "hierarchy-version": {"N": "1"}});
            if extra {
                it["version"] = json!({"S": format!("branch:version:{ver}")});
            }
            if let Some(ec) = spec["encryption_context"].as_object() {
                for (k, v) in ec {
                    it[format!("aws-crypto-ec:{k}")] = json!({"S": v});
                }
            }
            it
        };
        match target.rsplit('.').next().unwrap_or("") {
            "GetItem" => {
                let key = &body["Key"];
                let (kid, ty) = (
                    key["branch-key-id"]["S"].as_str().unwrap_or(""),
                    key["type"]["S"].as_str().unwrap_or(""),
                );
                if kid != id {
                    return Ok(json!({}));
                }
                Ok(match ty {
                    "branch:ACTIVE" => json!({"Item": mk(ty, true)}),
                    "beacon:ACTIVE" => json!({"Item": mk(ty, false)}),
                    t if t == format!("branch:version:{ver}") => json!({"Item": mk(ty, false)}),
                    _ => json!({}),
                })
            }
            "Decrypt" => {
                let ec = &body["EncryptionContext"];
                let beacon = ec["type"].as_str() == Some("beacon:ACTIVE");
                let k = if beacon { &spec["beacon_key"] } else { &spec["branch_key"] };
                let k = hex::decode(k.as_str().unwrap_or("")).unwrap_or_default();
                Ok(
                    json!({"KeyId": ARN, "Plaintext": av::b64e(&k), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}),
                )
            }
            x => Err((
                400,
                json!({"__type": "com.amazonaws#ValidationException", "message": format!("mock: no {x}")}),
            )),
        }
    }
}
impl HttpConnector for Mock {
    fn call(&self, req: HttpRequest) -> HttpConnectorFuture {
        let target = req.headers().get("x-amz-target").unwrap_or("").to_string();
        let body: Value =
            req.body().bytes().and_then(|b| serde_json::from_slice(b).ok()).unwrap_or(Value::Null);
        if std::env::var("ORACLE_TRACE").is_ok() {
            eprintln!("MOCK {target} {body}");
        }
        let (st, v) = match self.answer(&target, &body) {
            Ok(v) => (200, v),
            Err((s, v)) => (s, v),
        };
        let ct = if target.starts_with("Trent") {
            "application/x-amz-json-1.1"
        } else {
            "application/x-amz-json-1.0"
        };
        let mut r = HttpResponse::new(st.try_into().unwrap(), SdkBody::from(v.to_string()));
        r.headers_mut().insert("content-type", ct);
        HttpConnectorFuture::ready(Ok(r))
    }
}
pub fn http(spec: &Value) -> SharedHttpClient {
    let m = Mock { spec: spec.clone() };
    http_client_fn(move |_, _| SharedHttpConnector::new(m.clone()))
}
