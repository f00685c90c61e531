//! Settings of caches and how they must fit together.

use crate::error::{Error, Result, Rule};
use crate::interop::STORM_IN_FLIGHT_TTL_MS;

/// Settings of a cache ([`MaterialsCache`](super::MaterialsCache)).
///
/// ```
/// use fieldseal::materials::cache::{CacheConfig, StormConfig};
///
/// let local = CacheConfig { capacity: 100, storm: None };
/// assert_ne!(local, CacheConfig::default());
///
/// // For entries that live 10 s, a grace period of 10 s would be too long.
/// let short = CacheConfig::for_ttl(10_000).storm.unwrap();
/// assert_eq!(short.grace_period_ms, 5_000);
/// assert_eq!(StormConfig::default().grace_period_ms, 10_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheConfig {
    /// The most entries, at least 1; one more evicts the one that was least recently used.
    pub capacity: usize,
    /// Protection of the key store from storms; without it this is the local cache.
    pub storm: Option<StormConfig>,
}

/// Settings of a storm-tracking cache (`storm-tracking-cryptographic-materials-cache.md`). Times are
/// in milliseconds and at least 1.
///
/// The specification's "sleep" has no counterpart: whoever waits for a fetch is woken by its end.
///
/// [`CacheConfig`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StormConfig {
    /// How long before an entry's end it is fetched anew, in the background.
    pub grace_period_ms: u64,
    /// How often that is tried in the grace period.
    pub grace_interval_ms: u64,
    /// The most fetches in flight at once, at least 1.
    pub fan_out: usize,
    /// How long a fetch in flight is waited for before the next request makes one of its own.
    pub in_flight_ttl_ms: u64,
}

impl Default for StormConfig {
    fn default() -> Self {
        Self {
            grace_period_ms: 10_000,
            grace_interval_ms: 1_000,
            fan_out: 20,
            in_flight_ttl_ms: STORM_IN_FLIGHT_TTL_MS,
        }
    }
}

impl Default for CacheConfig {
    /// The storm-tracking cache that the specification names as default: 1,000 entries.
    fn default() -> Self {
        Self { capacity: 1000, storm: Some(StormConfig::default()) }
    }
}

impl CacheConfig {
    /// The default cache for entries that live for `ttl_ms`: times that would be too long for them
    /// are shortened to half of it.
    pub fn for_ttl(ttl_ms: u64) -> Self {
        let half = (ttl_ms / 2).max(1);
        let default = StormConfig::default();
        let storm = StormConfig {
            grace_period_ms: default.grace_period_ms.min(half),
            grace_interval_ms: default.grace_interval_ms.min(half),
            in_flight_ttl_ms: default.in_flight_ttl_ms.min(half),
            ..default
        };
        // A grace period must be shorter than 1 ms to fit into 1 ms: there is none.
        Self { storm: (ttl_ms > 1).then_some(storm), ..Self::default() }
    }

    /// How long one request waits for the fetch of another.
    pub(super) fn in_flight_ttl_ms(&self) -> u64 {
        self.storm.as_ref().map_or(STORM_IN_FLIGHT_TTL_MS, |storm| storm.in_flight_ttl_ms)
    }

    /// Fails on settings that contradict each other.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |problem| Err(Error::misuse(Rule::Config, problem));
        if self.capacity == 0 {
            return wrong("a cache's capacity must be at least 1");
        }
        let Some(storm) = &self.storm else { return Ok(()) };
        let StormConfig { grace_period_ms, grace_interval_ms, fan_out, in_flight_ttl_ms } = *storm;
        if [grace_period_ms, grace_interval_ms, in_flight_ttl_ms].contains(&0) || fan_out == 0 {
            return wrong("a cache's times must be at least a millisecond, its fan-out at least 1");
        }
        if grace_interval_ms > grace_period_ms {
            return wrong("the grace interval must not be longer than the grace period");
        }
        if in_flight_ttl_ms > grace_period_ms {
            return wrong("the in-flight time must not be longer than the grace period");
        }
        if grace_interval_ms > in_flight_ttl_ms {
            return wrong("the grace interval must not be longer than the in-flight time");
        }
        Ok(())
    }
}
