//! Client for an endpoint that speaks DynamoDB's JSON protocol (AWS JSON 1.0), as much of it as a
//! branch key store needs. How it is reached, signed, repeated and observed is what it shares with
//! the KMS client ([`kms`](crate::kms)).

mod client;
mod protocol;
mod service;
#[cfg(test)]
mod tests;

pub use client::{
    DynamoDbClient, DynamoDbConfig, Item, ItemValue, KeyElement, Put, TableDescription,
};
