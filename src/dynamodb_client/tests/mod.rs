//! Tests of the client on a scripted network, the one of the KMS client's tests.

#[path = "../../kms/tests/host.rs"]
#[allow(dead_code)]
mod host;

mod calls;
