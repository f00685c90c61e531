//! Searching by rule, with the rule's id in the test's name, and against a model.

mod compounds;
mod config;
mod hostile;
mod items;
mod keys;
mod model;
mod official;
mod partitions;
mod requests;
mod results;
mod standard;
mod support;
mod virtual_fields;
