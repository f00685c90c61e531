//! A network that ends in this process.

use core::future::ready;
use std::rc::Rc;

use fieldseal::crypto::Secret;
use fieldseal::host::{HttpFailure, HttpRequest, HttpResponse, LocalFuture, Network};
use serde_json::json;

use crate::{dynamodb, kms};

/// A network with KMS and one DynamoDB, which begins without tables.
pub fn network() -> Rc<dyn Network> {
    Rc::new(Memory::default())
}

#[derive(Default)]
struct Memory {
    tables: dynamodb::Tables,
}

impl Network for Memory {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpResponse, HttpFailure>> {
        let target = request.headers.iter().find(|(name, _)| name == "x-amz-target");
        let (service, operation) =
            target.and_then(|(_, target)| target.split_once('.')).expect("an operation");
        let input = serde_json::from_slice(&request.body).expect("JSON");
        let answer = match service {
            "TrentService" => kms::answer(operation, &input),
            _ => self.tables.answer(operation, &input),
        };
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(name) => (400, json!({ "__type": name, "message": "refused" })),
        };
        let body = Secret::new(body.to_string().into_bytes());
        Box::pin(ready(Ok(HttpResponse { status, headers: vec![], body })))
    }

    fn now_ms(&self) -> u64 {
        1_772_323_200_000
    }

    fn sleep_ms(&self, _: u32) -> LocalFuture<'_, ()> {
        Box::pin(ready(()))
    }
}
