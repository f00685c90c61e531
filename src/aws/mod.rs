//! What the clients of all AWS services share: endpoint, Signature Version 4, credentials, retries, JSON, failures, events.
//! A service adds what it alone has ([`kms`](crate::kms)).
//!
//! The clients do no I/O: a [`Network`](crate::host::Network) sends, waits and tells the time.

mod call;
mod client_config;
mod credentials;
mod endpoint;
mod event;
mod failure;
mod json;
#[cfg(feature = "kms-admin")]
mod rate;
mod retry;
mod service;
mod sigv4;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use call::{Call, Caller, Response};
pub(crate) use client_config::refuse;
#[cfg(test)]
pub(crate) use failure::from_response;
pub(crate) use failure::{Failure, FailureKind, named};
pub(crate) use json::{Json, Member, Writer};
#[cfg(test)]
pub(crate) use retry::is_retryable;
pub(crate) use service::Service;

pub use client_config::{ClientConfig, OnEvent};
pub use credentials::{Auth, StaticCredentials};
#[cfg(feature = "kms-admin")]
pub use endpoint::AwsEndpoints;
pub use event::Event;
#[cfg(feature = "kms-admin")]
pub use event::Repetition;
#[cfg(feature = "kms-admin")]
pub use retry::RetryMode;
