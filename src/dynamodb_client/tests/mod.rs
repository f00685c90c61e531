//! Tests of the client on the scripted network of the KMS client's tests.

mod calls;
