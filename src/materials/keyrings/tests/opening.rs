//! What a header of many encrypted data keys costs: operations are counted, not time.

use core::cell::Cell;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use super::*;
use crate::crypto::Secret;
use crate::error::{Check, MAX_REASONS};
use crate::materials::{EncryptionContext, Keyring, Suite};

fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

fn edk(provider_id: &str, info: &str) -> EncryptedDataKey {
    let (provider_id, provider_info) = (provider_id.into(), info.into());
    EncryptedDataKey { provider_id, provider_info, ciphertext: vec![0; 48] }
}

fn request<'a>(edks: &'a [EncryptedDataKey], context: &'a EncryptionContext) -> OpenRequest<'a> {
    let suite = Suite::by_id(0x0478).unwrap();
    OpenRequest { suite, context, aad: &[], encrypted_data_keys: edks }
}

/// Whose keys are those of the provider "mine"; counts what it is asked.
#[derive(Default)]
struct Counting {
    asked: Cell<usize>,
    explained: Cell<usize>,
    opened: Cell<usize>,
}

fn count(counter: &Cell<usize>) {
    counter.set(counter.get() + 1);
}

impl Opener for Counting {
    fn is_mine(&self, edk: &EncryptedDataKey) -> bool {
        count(&self.asked);
        edk.provider_id == "mine"
    }

    fn not_mine(&self, edk: &EncryptedDataKey) -> Error {
        count(&self.explained);
        not_mine(edk, "another")
    }

    fn open_one<'a>(
        &'a self,
        _: OpenRequest<'a>,
        _: &'a EncryptedDataKey,
    ) -> LocalFuture<'a, Result<OpenedKey>> {
        count(&self.opened);
        Box::pin(core::future::ready(Err(Error::unauthentic(Check::WrappedKey))))
    }
}

#[test]
fn each_key_is_looked_at_once_and_few_are_explained() {
    let mut edks = vec![edk("other", "k"); 65_535];
    edks[60_000] = edk("mine", "k");
    let (opener, context) = (Counting::default(), EncryptionContext::new());
    let error = run(first_opened(request(&edks, &context), &opener)).err().unwrap();
    let counts = [&opener.asked, &opener.explained, &opener.opened].map(Cell::get);
    assert_eq!(counts, [65_535, MAX_REASONS, 1]);
    let Fault::NoKey { reasons, omitted } = error.fault() else { panic!("{error}") };
    assert_eq!((reasons.len(), *omitted), (MAX_REASONS, 65_535 - MAX_REASONS));
    assert_eq!(reasons.last().map(Error::code), Some("WRAPPED_KEY_MISMATCH"));
}

#[test]
fn a_multi_keyring_keeps_as_few_reasons_as_one() {
    let raw_aes = |name: &str| -> Rc<dyn Keyring> {
        let key = Secret::new(vec![7; 32]);
        Rc::new(RawAesKeyring::new("ns".into(), name.into(), key).unwrap())
    };
    let names: Vec<String> = (0..10).map(|i| format!("k{i}")).collect();
    let multi = MultiKeyring::new(None, names.iter().map(|name| raw_aes(name)).collect()).unwrap();
    // The last keyring's own, which was changed.
    let info = ["k9".as_bytes(), &[0, 0, 0, 0x80, 0, 0, 0, 12], &[0; 12]].concat();
    let own =
        EncryptedDataKey { provider_id: "ns".into(), provider_info: info, ciphertext: vec![0; 48] };
    let hostile = "x\n".repeat(30_000);
    let edks = [vec![edk(&hostile, &hostile); 1000], vec![own]].concat();
    let context = EncryptionContext::new();
    let error = run(multi.open(request(&edks, &context))).err().unwrap();
    let Fault::NoKey { reasons, omitted } = error.fault() else { panic!("{error}") };
    assert_eq!((reasons.len(), *omitted), (MAX_REASONS, 10 * 1001 - MAX_REASONS));
    assert_eq!(reasons.last().map(Error::code), Some("WRAPPED_KEY_MISMATCH"));
    let message = error.to_string();
    assert!(message.len() < 30_000 && !message.contains('\n'), "{}", message.len());
    assert!(message.ends_with("and 9990 more"), "{message}");
}
