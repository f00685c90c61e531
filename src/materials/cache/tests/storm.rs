//! The storm-tracking cache: grace period, fan-out, consistency of settings.

use super::super::CacheEventKind as Kind;
use super::*;
use crate::error::{Fault, Rule};

/// A cache with an entry that has `left_ms` to live.
fn aged(left_ms: u64) -> Bench {
    let bench = storm();
    bench.get(&entry("a")).unwrap();
    bench.host.advance(TTL_MS - left_ms);
    bench.seen.take();
    bench
}

#[test]
fn before_the_grace_period_nothing_is_fetched() {
    let bench = aged(10_001);
    for _ in 0..100 {
        assert_eq!(bench.get(&entry("a")), Ok(1));
    }
    assert_eq!(bench.fetches(), 1);
    assert_eq!(bench.seen.count(&Kind::Refresh), 0);
}

#[test]
fn in_the_grace_period_one_fetches_and_nobody_waits() {
    let bench = aged(10_000);
    let asked: Vec<_> = (0..1000).map(|_| bench.ask(&entry("a"))).collect();
    bench.host.go();
    assert!(asked.into_iter().all(|one| one.result() == Ok(1)), "served at once");
    bench.host.advance(50);
    assert_eq!(bench.fetches(), 2);
    assert_eq!(bench.seen.count(&Kind::Refresh), 1);
    assert_eq!(bench.seen.count(&Kind::Hit), 999);
    assert_eq!(bench.get(&entry("a")), Ok(2), "the new one serves from then on");
    bench.host.advance(TTL_MS - 10_001);
    assert_eq!(bench.get(&entry("a")), Ok(2), "for a whole time to live");
    assert_eq!(bench.fetches(), 2);
}

#[test]
fn an_outage_in_the_grace_period_loses_no_request() {
    let bench = aged(10_000);
    bench.source.down.set(true);
    // A hundred requests a second until the very end.
    for _ in 0..1000 {
        let asked = bench.ask(&entry("a"));
        bench.host.go();
        assert_eq!(asked.result(), Ok(1));
        bench.host.advance(10);
        if bench.host.unix_ms() >= super::host::START_MS + TTL_MS + 40 {
            break;
        }
    }
    // One attempt in each grace interval, not one for each request.
    assert!((10..=11).contains(&(bench.fetches() - 1)), "{} attempts", bench.fetches() - 1);
    bench.host.advance(100);
    assert_eq!(bench.get(&entry("a")), Err(Error::host("down")), "the end is the end");
    bench.source.down.set(false);
    assert!(bench.get(&entry("a")).is_ok());
}

#[test]
fn a_store_that_hangs_in_the_grace_period_holds_nobody_up() {
    let bench = aged(10_000);
    bench.source.latency_ms.set(1_000_000);
    for _ in 0..99 {
        let asked = bench.ask(&entry("a"));
        bench.host.go();
        assert_eq!(asked.result(), Ok(1));
        bench.host.advance(100);
    }
    assert_eq!(bench.fetches(), 2, "it is still in flight");
}

#[test]
fn after_the_end_requests_wait_for_the_fetch_of_the_grace_period() {
    let bench = aged(20);
    assert_eq!(bench.get(&entry("a")), Ok(1));
    bench.host.advance(30);
    let asked: Vec<_> = (0..100).map(|_| bench.ask(&entry("a"))).collect();
    bench.host.go();
    assert!(asked.iter().all(|one| !one.is_done()), "the entry has ended");
    bench.host.advance(20);
    assert!(asked.into_iter().all(|one| one.result() == Ok(2)));
    assert_eq!(bench.fetches(), 2);
}

#[test]
fn a_shorter_time_to_live_has_its_own_grace_period() {
    let bench = storm();
    let short = Lookup { ttl_ms: 30_000, ..entry("a") };
    bench.get(&entry("a")).unwrap();
    bench.host.advance(19_000);
    assert_eq!((bench.get(&short), bench.fetches()), (Ok(1), 1));
    bench.host.advance(1_500);
    assert_eq!(bench.get(&entry("a")), Ok(1));
    bench.host.advance(100);
    assert_eq!(bench.fetches(), 1, "the long one is far from its end");
    assert_eq!(bench.get(&short), Ok(1));
    bench.host.advance(100);
    assert_eq!(bench.fetches(), 2);
}

#[test]
fn only_so_many_entries_are_fetched_at_once() {
    let bench = storm();
    let names: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let asked: Vec<_> = names.iter().map(|name| bench.ask(&entry(name))).collect();
    bench.host.go();
    assert_eq!(bench.fetches(), 20);
    bench.host.advance(50);
    assert_eq!(bench.fetches(), 40);
    assert_eq!(asked.iter().filter(|one| one.is_done()).count(), 20);
    bench.host.advance(50);
    assert_eq!(bench.fetches(), 50);
    bench.host.advance(50);
    assert!(asked.into_iter().all(|one| one.result().is_ok()));
}

#[test]
fn with_all_fetches_taken_an_entry_serves_through_its_grace_period() {
    let bench = aged(5_000);
    bench.source.latency_ms.set(2_000);
    let others: Vec<_> = (0..20).map(|n| bench.ask(&entry(&format!("other {n}")))).collect();
    bench.host.go();
    assert_eq!(bench.get(&entry("a")), Ok(1));
    assert_eq!(bench.fetches(), 21, "no more than 20 at once");
    bench.host.advance(2_000);
    assert!(others.into_iter().all(|one| one.result().is_ok()));
    assert_eq!(bench.get(&entry("a")), Ok(1));
    bench.host.go();
    assert_eq!(bench.fetches(), 22);
}

#[test]
fn fetches_that_hang_do_not_block_the_others_for_ever() {
    let bench = storm();
    bench.source.latency_ms.set(1_000_000);
    let hung: Vec<_> = (0..20).map(|n| bench.ask(&entry(&n.to_string()))).collect();
    bench.host.go();
    bench.source.latency_ms.set(50);
    let waiting = bench.ask(&entry("x"));
    bench.host.advance(9_000);
    assert!(!waiting.is_done());
    bench.host.advance(1_100);
    assert!(waiting.result().is_ok(), "after the in-flight time its turn has come");
    drop(hung);
}

#[test]
fn failures_free_their_places() {
    let bench = storm();
    bench.source.down.set(true);
    let failing: Vec<_> = (0..60).map(|n| bench.ask(&entry(&n.to_string()))).collect();
    bench.host.advance(150);
    assert!(failing.into_iter().all(|one| one.result().is_err()));
    bench.source.down.set(false);
    assert!(bench.get(&entry("x")).is_ok());
}

#[test]
fn a_cold_storm_during_an_outage_fails_together() {
    let bench = storm();
    bench.source.down.set(true);
    let asked: Vec<_> = (0..1000).map(|_| bench.ask(&entry("a"))).collect();
    bench.host.advance(50);
    assert!(asked.into_iter().all(|one| one.result().is_err()));
    assert_eq!(bench.fetches(), 1);
}

fn config(storm: StormConfig) -> Result<MaterialsCache> {
    MaterialsCache::new(CacheConfig { capacity: 1, storm: Some(storm) }, FakeHost::new(), None)
}

#[test]
fn settings_must_fit_together() {
    let default = StormConfig::default;
    assert!(config(default()).is_ok());
    let least =
        StormConfig { grace_period_ms: 1, grace_interval_ms: 1, fan_out: 1, in_flight_ttl_ms: 1 };
    assert!(config(least).is_ok());
    for wrong in [
        StormConfig { grace_period_ms: 0, ..default() },
        StormConfig { grace_interval_ms: 0, ..default() },
        StormConfig { fan_out: 0, ..default() },
        StormConfig { in_flight_ttl_ms: 0, ..default() },
        // Longer than the grace period.
        StormConfig { grace_interval_ms: 10_001, ..default() },
        // What the specification gives as default.
        StormConfig { in_flight_ttl_ms: 20_000, ..default() },
        StormConfig { grace_period_ms: 9_999, ..default() },
        // Longer than the in-flight time.
        StormConfig { grace_interval_ms: 5_000, in_flight_ttl_ms: 4_999, ..default() },
    ] {
        let about = format!("{wrong:?}");
        let Err(error) = config(wrong) else { panic!("{about}") };
        assert!(matches!(error.fault(), Fault::Misuse { rule: Rule::Config, .. }), "{about}");
    }
}

#[test]
fn the_default_fits_any_time_to_live() {
    for ttl_ms in [1, 2, 3, 5, 999, 1000, 1001, 2000, 9_999, 20_000, 20_001, 3_600_000] {
        let config = CacheConfig::for_ttl(ttl_ms);
        let cache = MaterialsCache::new(config, FakeHost::new(), None).unwrap();
        cache.check_ttl(ttl_ms).unwrap();
    }
    assert_eq!(CacheConfig::for_ttl(3_600_000), CacheConfig::default());
    let cache = config(StormConfig::default()).unwrap();
    assert!(cache.check_ttl(10_000).is_err(), "the grace period would never end");
    assert!(cache.check_ttl(10_001).is_ok());
}

/// Operations that `work` takes: comparisons and polls.
fn operations(bench: &Bench, work: impl FnOnce()) -> u64 {
    let polls = bench.host.polls.get();
    let counted = crate::util::steps::counted(work);
    counted + (bench.host.polls.get() - polls) as u64
}

#[test]
fn filling_a_cache_at_once_costs_what_sorting_costs() {
    let operations = |n: u32, same: bool| {
        let bench = bench(CacheConfig { capacity: 10_000, ..CacheConfig::default() });
        let name = |i: u32| if same { format!("{}", i % 40) } else { i.to_string() };
        operations(&bench, || {
            let asked: Vec<_> = (0..n).map(|i| bench.ask(&entry(&name(i)))).collect();
            bench.host.go();
            bench.host.advance(50 * u64::from(n));
            assert!(asked.into_iter().all(|one| one.result().is_ok()));
        })
    };
    for same in [false, true] {
        let (few, many) = (operations(100, same), operations(800, same));
        assert!(few > 100 && many < 8 * few * 2, "{same} {few} {many}");
    }
}

#[test]
fn a_full_cache_goes_on_at_the_same_cost() {
    let operations = |capacity: usize| {
        let bench = bench(CacheConfig { capacity, storm: None });
        bench.source.latency_ms.set(0);
        (0..capacity).for_each(|i| drop(bench.get(&entry(&i.to_string()))));
        operations(&bench, || (0..200).for_each(|i| drop(bench.get(&entry(&format!("x{i}"))))))
    };
    let (small, large) = (operations(250), operations(2000));
    assert!(small > 200 && large < 2 * small, "{small} {large}");
}

#[test]
fn a_place_goes_to_the_next_when_who_was_woken_is_gone() {
    let storm = StormConfig { fan_out: 1, ..StormConfig::default() };
    let bench = bench(CacheConfig { capacity: 10, storm: Some(storm) });
    let first = bench.ask(&entry("first"));
    bench.host.go();
    // Waits for a place, is woken by the end of the first, and is dropped before it is polled again.
    let (source, lookup) = (Rc::clone(&bench.source), entry("dropped"));
    let fetch: Fetch<'_> = &|| fetch(&source);
    let mut dropped = Box::pin(bench.cache.get(&lookup, fetch));
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    assert!(dropped.as_mut().poll(&mut context).is_pending());
    let last = bench.ask(&entry("last"));
    bench.host.go();
    bench.host.advance(50);
    assert!(first.is_done() && !last.is_done());
    drop(dropped);
    bench.host.advance(50);
    assert_eq!(last.result(), Ok(2), "long before its own time is up");
}

#[test]
fn who_waits_for_a_place_shares_the_failure_of_the_flight_for_its_entry() {
    let storm = StormConfig { fan_out: 1, ..StormConfig::default() };
    let bench = bench(CacheConfig { capacity: 10, storm: Some(storm) });
    bench.source.down.set(true);
    let first = bench.ask(&entry("first"));
    bench.host.go();
    let waiting: Vec<_> = (0..100).map(|_| bench.ask(&entry("second"))).collect();
    bench.host.advance(100);
    assert!(first.result().is_err() && waiting.into_iter().all(|one| one.result().is_err()));
    assert_eq!(bench.fetches(), 2, "one for all who wait");
}
