//! Tests of the client on a scripted network.
