//! How many KMS calls a piece of work makes.

use core::cell::Cell;
use core::future::{Future, poll_fn};
use core::pin::pin;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Takes note of a call; one that is retried is still one.
pub(super) fn note_call() {
    CALLS.set(CALLS.get() + 1);
}

/// Runs `work`; returns its output and the number of KMS calls that it made.
///
/// A call that several pieces of work share (a public key that is being fetched) counts where it began. Work on one
/// thread takes turns, so that what happens during a poll belongs to what is polled.
///
/// ```
/// use fieldseal::kms::{DescribeKeyRequest, count_calls};
/// # use fieldseal::{aws::ClientConfig, kms::KmsClient};
///
/// # fieldseal_doctest::run(async {
/// # let config = ClientConfig { region: Some("eu-central-1".into()), ..ClientConfig::default() };
/// # let kms = KmsClient::new(config.into(), fieldseal_doctest::network())?;
/// let work = async {
///     let request = DescribeKeyRequest { key_id: "alias/shop".into(), ..Default::default() };
///     kms.describe_key(request.clone()).await?;
///     kms.describe_key(request).await
/// };
/// let (described, calls) = count_calls(work).await;
/// assert!(described?.enabled);
/// assert_eq!(calls, 2);
/// # Ok(())
/// # });
/// ```
pub async fn count_calls<T>(work: impl Future<Output = T>) -> (T, u64) {
    let mut work = pin!(work);
    let mut count = 0;
    let output = poll_fn(|context| {
        let before = CALLS.get();
        let polled = work.as_mut().poll(context);
        count += CALLS.get() - before;
        polled
    })
    .await;
    (output, count)
}
