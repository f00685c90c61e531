//! When a call is sent again, and after how long.

use crate::crypto::random_array;
use crate::error::Result;

use super::failure::FailureKind;

/// The first wait is up to this long, in milliseconds; each further one up to twice the one before.
const BASE_MS: u64 = 50;
/// No wait of our own is longer, in milliseconds.
const CAP_MS: u64 = 5_000;
/// No wait that the service asks for is longer, in milliseconds: a user is waiting.
const RETRY_AFTER_CAP_MS: u64 = 20_000;

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

/// Milliseconds to wait after the attempt number `attempt` (from 1): exponential backoff with full
/// jitter, that is, anything from 0 to the bound, so that clients that failed together do not come
/// back together.
pub(super) fn backoff_ms(attempt: u32, retry_after_s: Option<u64>) -> Result<u32> {
    let bound = bound_ms(attempt);
    // The remainder's bias is below 2^-50.
    let jitter = u64::from_be_bytes(random_array()?) % (bound + 1);
    let asked = retry_after_s.unwrap_or(0).saturating_mul(1000).min(RETRY_AFTER_CAP_MS);
    Ok(u32::try_from(jitter.max(asked)).unwrap_or(u32::MAX))
}

fn bound_ms(attempt: u32) -> u64 {
    BASE_MS.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(CAP_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_cap() {
        let bounds: Vec<u64> = (0..12).map(bound_ms).collect();
        assert_eq!(bounds, [50, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
        assert_eq!(bound_ms(u32::MAX), 5000);
    }

    #[test]
    fn full_jitter_stays_in_bounds_and_uses_them() {
        for attempt in 1..10 {
            let bound = bound_ms(attempt);
            let waits: Vec<u64> =
                (0..400).map(|_| backoff_ms(attempt, None).unwrap().into()).collect();
            assert!(waits.iter().all(|w| *w <= bound));
            // Each of these fails by chance less than once in 10^40 runs.
            assert!(waits.iter().any(|w| *w < bound / 4));
            assert!(waits.iter().any(|w| *w > bound / 4 * 3));
        }
    }

    #[test]
    fn retry_after_is_a_capped_floor() {
        assert!(backoff_ms(1, Some(2)).unwrap() >= 2000);
        assert_eq!(backoff_ms(1, Some(u64::MAX)).unwrap(), 20_000);
        assert!(backoff_ms(1, Some(0)).unwrap() <= 50);
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
