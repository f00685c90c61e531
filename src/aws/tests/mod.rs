//! A scripted host.

pub(crate) mod host;
