//! What the examples in the documentation of `fieldseal` run with, in lines that readers do not see: an executor, and a
//! network at whose other end KMS and DynamoDB are this process. They are only as much as the examples need, and protect
//! nothing.

mod answer;
mod cache_host;
mod dynamodb;
mod kms;
mod network;

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use fieldseal::error::Result;

pub use cache_host::cache_host;
pub use kms::{KEY, P256_KEY, RSA_KEY, p256_public_key, rsa_private_key, rsa_public_key};
pub use network::network;

/// Runs an example, which waits for nothing outside of this process.
///
/// # Panics
/// If it fails or waits.
pub fn run(example: impl Future<Output = Result<()>>) {
    let polled = pin!(example).poll(&mut Context::from_waker(Waker::noop()));
    match polled {
        Poll::Ready(done) => done.unwrap_or_else(|error| panic!("{}: {error}", error.code())),
        Poll::Pending => panic!("the example waits for something that nobody will do"),
    }
}
