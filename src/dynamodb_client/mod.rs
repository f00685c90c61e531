//! Client for an endpoint that speaks DynamoDB's JSON protocol (AWS JSON 1.0), as much of it as a
//! branch key store needs. How it is reached, signed, repeated and observed is what it shares with
//! all clients ([`aws`](crate::aws)).

mod client;
mod protocol;
mod service;
#[cfg(test)]
mod tests;
mod types;

pub use client::DynamoDbClient;
pub(crate) use types::{Item, ItemValue, KeyElement, Put, TableDescription};
