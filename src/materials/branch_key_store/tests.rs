//! Tests on a scripted network.
