//! Keyrings.
