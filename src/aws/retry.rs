//! When a call is sent again, and after how long: the standard mode of AWS's SDKs as they have had it since 2026
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).

use core::cell::Cell;

use super::failure::FailureKind;

/// What the calls of one client may spend on repetitions. When most calls fail, it is used up, and the service is spared.
const TOKENS: u32 = 500;
/// What a repetition costs after a failure that may be over.
const TRANSIENT_COST: u32 = 14;
/// What a repetition costs after a throttle: the service says itself that it lives.
const THROTTLED_COST: u32 = 5;
/// The first wait after a throttle is up to this long, in milliseconds.
const THROTTLED_BASE_MS: u64 = 1_000;
/// No wait is longer, in milliseconds, whoever asks for it: a user is waiting.
const MAX_WAIT_MS: u64 = 20_000;

/// How a client spaces what it sends again.
///
/// ```
/// use fieldseal::aws::{AwsEndpoints, ClientConfig, RetryMode};
/// use fieldseal::kms::KmsClient;
///
/// # let network = fieldseal_doctest::network();
/// let config = ClientConfig {
///     region: Some("us-gov-west-1".into()),
///     endpoints: AwsEndpoints { fips: true, dualstack: true },
///     retry_mode: RetryMode::Adaptive, // one program makes most of the account's calls
///     operation_timeout_ms: Some(8_000),
///     ..ClientConfig::default()
/// };
/// KmsClient::new(config.clone().into(), network.clone())?;
///
/// let both = ClientConfig { endpoint: Some("http://localhost:4566".into()), ..config };
/// assert_eq!(KmsClient::new(both.into(), network).unwrap_err().code(), "INVALID_CONFIG");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[cfg(feature = "kms-admin")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RetryMode {
    /// Waits that grow, and a budget of repetitions for all calls of the client.
    #[default]
    Standard,
    /// The same, and after the first throttle all requests wait for a rate that the service allowed lately.
    Adaptive,
}

/// Whether the same request may succeed later. All calls made here can be repeated without
/// harm.
pub(crate) fn is_retryable(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Throttled
            | FailureKind::Failed
            | FailureKind::Unreachable
            | FailureKind::TimedOut
    )
}

/// What the calls of a client may still spend on repetitions.
pub(super) struct RetryTokens(Cell<u32>);

impl RetryTokens {
    pub(super) fn new() -> Self {
        Self(Cell::new(TOKENS))
    }

    /// Pays for a repetition; `None` if there is not enough left.
    pub(super) fn take(&self, kind: FailureKind) -> Option<u32> {
        let cost = if kind == FailureKind::Throttled { THROTTLED_COST } else { TRANSIENT_COST };
        self.0.set(self.0.get().checked_sub(cost)?);
        Some(cost)
    }

    /// Gives back after a success what its last repetition cost, or 1 if there was none.
    pub(super) fn give_back(&self, cost: Option<u32>) {
        self.0.set((self.0.get() + cost.unwrap_or(1)).min(TOKENS));
    }
}

/// Milliseconds to wait before the repetition number `repetition` (from 0): exponential backoff with full jitter, that is,
/// anything from 0 to the bound, so that clients that failed together do not come back together; and not less than the
/// service asks for. `base_ms` is the service's bound of the first wait unless it throttles.
pub(super) fn backoff_ms(
    repetition: u32,
    kind: FailureKind,
    base_ms: u64,
    asked_ms: u64,
    random: u64,
) -> u32 {
    let base = if kind == FailureKind::Throttled { THROTTLED_BASE_MS } else { base_ms };
    let bound = base.saturating_mul(1 << repetition.min(20)).min(MAX_WAIT_MS);
    // The remainder's bias is below 2^-49.
    let wait = (random % (bound + 1)).max(asked_ms.min(MAX_WAIT_MS));
    wait as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureKind::{Failed, Throttled, TimedOut, Unreachable};

    /// The longest wait that this randomness can give.
    fn bound(repetition: u32, kind: FailureKind, base_ms: u64) -> u32 {
        let waits =
            (0..=MAX_WAIT_MS).map(|random| backoff_ms(repetition, kind, base_ms, 0, random));
        waits.max().unwrap()
    }

    #[test]
    fn bounds_double_up_to_the_cap() {
        let of = |kind, base| (0..11).map(|n| bound(n, kind, base)).collect::<Vec<_>>();
        let growing = [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000];
        for kind in [Failed, TimedOut, Unreachable] {
            assert_eq!(of(kind, 50), growing, "{kind:?}");
        }
        assert_eq!(of(Failed, 25)[..4], [25, 50, 100, 200]);
        assert_eq!(of(Throttled, 25)[..6], [1000, 2000, 4000, 8000, 16_000, 20_000]);
        assert_eq!(bound(u32::MAX, Failed, 50), 20_000);
        assert_eq!(bound(u32::MAX, Failed, u64::MAX), 20_000);
    }

    #[test]
    fn full_jitter_begins_at_nothing() {
        assert_eq!(backoff_ms(9, Throttled, 50, 0, 0), 0);
        assert_eq!(backoff_ms(0, Failed, 50, 0, 51), 0);
        assert_eq!(backoff_ms(0, Failed, 50, 0, 50), 50);
        assert!(backoff_ms(0, Failed, 50, 0, u64::MAX) <= 50);
    }

    #[test]
    fn what_the_service_asks_for_is_a_capped_floor() {
        assert_eq!(backoff_ms(0, Failed, 50, 2000, 49), 2000);
        assert_eq!(backoff_ms(0, Throttled, 50, 300, 900), 900);
        assert_eq!(backoff_ms(0, Failed, 50, u64::MAX, 49), 20_000);
        assert_eq!(backoff_ms(0, Failed, 50, 0, 49), 49);
    }

    #[test]
    fn tokens_are_spent_and_come_back() {
        let tokens = RetryTokens::new();
        let spend = |kind| std::iter::from_fn(|| tokens.take(kind)).count();
        assert_eq!(spend(Throttled), 100);
        assert_eq!(tokens.take(Failed), None);
        tokens.give_back(None);
        assert_eq!((tokens.0.get(), tokens.take(Throttled)), (1, None));
        tokens.give_back(Some(14));
        assert_eq!(tokens.take(Failed), Some(14));
        (0..1000).for_each(|_| tokens.give_back(Some(5)));
        assert_eq!(tokens.0.get(), 500, "never more than at first");
        assert_eq!(spend(Unreachable), 35);
        assert_eq!(spend(Throttled), 2, "what is too little for one kind may do for another");
        assert_eq!(tokens.0.get(), 0);
    }

    #[test]
    fn a_definite_no_is_never_repeated() {
        for kind in [
            FailureKind::Credentials,
            FailureKind::AccessDenied,
            FailureKind::NotFound,
            #[cfg(feature = "branch-keys")]
            FailureKind::ConditionFailed,
            FailureKind::Rejected,
        ] {
            assert!(!is_retryable(kind), "{kind:?}");
        }
    }
}
