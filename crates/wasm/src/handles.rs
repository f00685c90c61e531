//! The core's objects that JavaScript holds by number.

use core::cell::RefCell;
use std::rc::Rc;

use fieldseal::dynamodb::ItemEncryptor;
#[cfg(feature = "tables")]
use fieldseal::dynamodb::expressions::TableRules;
#[cfg(feature = "branch-keys")]
use fieldseal::dynamodb_client::DynamoDbClient;
use fieldseal::error::{Error, Result};
use fieldseal::kms::KmsClient;
#[cfg(feature = "branch-keys")]
use fieldseal::materials::cache::MaterialsCache;
#[cfg(feature = "branch-keys")]
use fieldseal::materials::{BranchKeyStore, DynamoDbBranchKeyStore};
use fieldseal::materials::{Cmm, DefaultCmm, Keyring};
use fieldseal::slab::Slab;

#[cfg(feature = "messages")]
use super::session::Session;

/// An object of the core.
#[derive(Clone)]
pub(super) enum Object {
    Kms(KmsClient),
    Keyring(Rc<dyn Keyring>),
    Cmm(Rc<dyn Cmm>),
    Encryptor(Rc<ItemEncryptor>),
    #[cfg(feature = "branch-keys")]
    KeyStore(Rc<dyn BranchKeyStore>),
    #[cfg(feature = "branch-keys")]
    DynamoDbKeyStore(Rc<DynamoDbBranchKeyStore>),
    #[cfg(feature = "branch-keys")]
    DynamoDb(DynamoDbClient),
    #[cfg(feature = "branch-keys")]
    Cache(MaterialsCache),
    #[cfg(feature = "messages")]
    Session(Session),
    #[cfg(feature = "tables")]
    TableRules(Rc<TableRules>),
}

thread_local! {
    static OBJECTS: RefCell<Slab<Object>> = const { RefCell::new(Slab::new()) };
}

pub(super) fn add(object: Object) -> Result<u32> {
    OBJECTS
        .with_borrow_mut(|objects| objects.insert(object))
        .ok_or_else(|| Error::limit("objects of the core at once", 1 << 22, 1 << 22))
}

fn find<T>(handle: u32, pick: impl FnOnce(Object) -> Option<T>) -> Result<T> {
    OBJECTS
        .with_borrow_mut(|objects| objects.get_mut(handle).cloned())
        .and_then(pick)
        .ok_or_else(|| Error::bug("a handle that names no object of its kind"))
}

/// Lets an object go.
pub(super) fn release(handle: u32) {
    let object = OBJECTS.with_borrow_mut(|objects| objects.remove(handle));
    drop(object);
}

pub(super) fn kms(handle: u32) -> Result<KmsClient> {
    find(handle, |o| if let Object::Kms(kms) = o { Some(kms) } else { None })
}

pub(super) fn keyring(handle: u32) -> Result<Rc<dyn Keyring>> {
    find(handle, |o| if let Object::Keyring(keyring) = o { Some(keyring) } else { None })
}

/// A CMM, or the default CMM over a keyring.
pub(super) fn cmm(handle: u32) -> Result<Rc<dyn Cmm>> {
    find(handle, |o| match o {
        Object::Cmm(cmm) => Some(cmm),
        Object::Keyring(keyring) => Some(Rc::new(DefaultCmm::new(keyring))),
        _ => None,
    })
}

pub(super) fn encryptor(handle: u32) -> Result<Rc<ItemEncryptor>> {
    find(handle, |o| if let Object::Encryptor(e) = o { Some(e) } else { None })
}

#[cfg(feature = "branch-keys")]
pub(super) fn cache(handle: u32) -> Result<MaterialsCache> {
    find(handle, |o| if let Object::Cache(cache) = o { Some(cache) } else { None })
}

#[cfg(feature = "branch-keys")]
pub(super) fn dynamodb(handle: u32) -> Result<DynamoDbClient> {
    find(handle, |o| if let Object::DynamoDb(client) = o { Some(client) } else { None })
}

#[cfg(feature = "branch-keys")]
pub(super) fn dynamodb_key_store(handle: u32) -> Result<Rc<DynamoDbBranchKeyStore>> {
    find(handle, |o| if let Object::DynamoDbKeyStore(store) = o { Some(store) } else { None })
}

/// A key store of either kind.
#[cfg(feature = "branch-keys")]
pub(super) fn any_key_store(handle: u32) -> Result<Rc<dyn BranchKeyStore>> {
    find(handle, |o| match o {
        Object::KeyStore(store) => Some(store),
        Object::DynamoDbKeyStore(store) => Some(store as Rc<dyn BranchKeyStore>),
        _ => None,
    })
}

#[cfg(feature = "messages")]
pub(super) fn session(handle: u32) -> Result<Session> {
    find(handle, |o| if let Object::Session(session) = o { Some(session) } else { None })
}

#[cfg(feature = "tables")]
pub(super) fn table_rules(handle: u32) -> Result<Rc<TableRules>> {
    find(handle, |o| if let Object::TableRules(rules) = o { Some(rules) } else { None })
}
