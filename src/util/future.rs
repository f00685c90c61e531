//! The futures of this crate.

use core::future::Future;
use core::pin::Pin;

/// A future that need not be `Send`: wasm has one thread, and native callers drive it on one.
///
/// ```
/// use fieldseal::host::LocalFuture;
///
/// fn length(text: &str) -> LocalFuture<'_, usize> {
///     Box::pin(async { text.len() })
/// }
///
/// # fieldseal_doctest::run(async {
/// assert_eq!(length("abc").await, 3);
/// # Ok(())
/// # });
/// ```
pub type LocalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
