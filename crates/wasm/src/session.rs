//! Messages that are worked on piece by piece.

use core::cell::RefCell;
use std::rc::Rc;

use fieldseal::materials::Cmm;
use fieldseal::message::{Decryptor, Encryptor, Resealer};

/// A message in the middle, between two pieces. Empty while a piece is being worked on, and after an error.
pub(super) enum MessageState {
    Encrypting(Box<Encryptor>),
    Decrypting(Box<Decryptor>, Rc<dyn Cmm>),
    /// With the number of KMS calls so far.
    Resealing(Box<Resealer>, u64),
    /// With the number of KMS calls in all.
    Resealed(u64),
}

/// Where a message in the middle is kept.
pub(super) type Session = Rc<RefCell<Option<MessageState>>>;
