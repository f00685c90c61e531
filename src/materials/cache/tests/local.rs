//! The local cache: eviction, expiry, limits, waiting for fetches, wiping.

use std::rc::Weak;

use super::super::CacheEventKind as Kind;
use super::*;
use crate::error::{Fault, Rule};

#[test]
fn keeps_what_it_fetched_until_its_end() {
    let bench = local(10);
    assert_eq!(bench.get(&entry("a")), Ok(1));
    bench.host.advance(TTL_MS - 1);
    assert_eq!(bench.get(&entry("a")), Ok(1));
    bench.host.advance(1);
    assert_eq!(bench.get(&entry("a")), Ok(2), "at the end, to the millisecond");
    assert_eq!(bench.fetches(), 2);
}

#[test]
fn evicts_the_least_recently_used() {
    let bench = local(3);
    for name in ["a", "b", "c"] {
        bench.get(&entry(name)).unwrap();
    }
    bench.get(&entry("a")).unwrap();
    bench.get(&entry("d")).unwrap();
    assert_eq!(bench.cache.len(), 3);
    let gone: Vec<_> = bench.seen.take().into_iter().filter(|e| e.kind == Kind::Evicted).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].branch_key_id.as_deref(), Some("b"), "c and d are younger, a was used");
    for (name, number) in [("a", 1), ("c", 3), ("d", 4), ("b", 5)] {
        assert_eq!(bench.get(&entry(name)), Ok(number), "{name}");
    }
}

#[test]
fn many_entries_come_and_go_in_order() {
    let bench = local(50);
    bench.source.latency_ms.set(0);
    let mut expected: Vec<u32> = Vec::new();
    let mut random = 12345u32;
    for _ in 0..5000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let name = (random >> 16) % 80;
        let known = expected.iter().position(|n| *n == name);
        let before = bench.seen.count(&Kind::Hit);
        bench.get(&entry(&name.to_string())).unwrap();
        assert_eq!(bench.seen.count(&Kind::Hit) - before, usize::from(known.is_some()), "{name}");
        if let Some(at) = known {
            expected.remove(at);
        }
        expected.push(name);
        if expected.len() > 50 {
            expected.remove(0);
        }
        assert_eq!(bench.cache.len(), expected.len());
    }
}

#[test]
fn an_eviction_wipes_and_so_does_all_else_that_ends_an_entry() {
    let bench = local(1);
    let value = |name| {
        let (cache, source) = (bench.cache.clone(), Rc::clone(&bench.source));
        bench.host.block_on(async move {
            cache.get(&entry(name), &|| fetch(&source)).await.unwrap().branch_key().unwrap()
        })
    };
    // The cache's reference is the last: with it the secret goes, which is wiped on drop.
    let weak = |name| Rc::downgrade(&value(name));
    let a: Weak<_> = weak("a");
    assert!(a.upgrade().is_some(), "control: the cache holds it");
    let b = weak("b");
    assert!(a.upgrade().is_none() && b.upgrade().is_some(), "evicted");
    let c = weak("c");
    bench.cache.clear();
    assert!(c.upgrade().is_none() && bench.cache.is_empty(), "cleared");
    let d = weak("d");
    bench.host.advance(TTL_MS + 1000);
    assert!(d.upgrade().is_none() && bench.cache.is_empty(), "expired, and nobody asked");
    let e = weak("e");
    drop(bench.cache);
    assert!(e.upgrade().is_none(), "dropped with the cache");
}

#[test]
fn a_user_of_materials_outlives_their_entry() {
    let bench = local(1);
    let (cache, source) = (bench.cache.clone(), Rc::clone(&bench.source));
    let held = bench.host.block_on(async move {
        cache.get(&entry("a"), &|| fetch(&source)).await.unwrap().branch_key().unwrap()
    });
    bench.cache.clear();
    assert_eq!(held.key[..], [1; 32]);
}

#[test]
fn idle_expired_entries_are_swept_and_then_nothing_runs() {
    let bench = local(10);
    bench.get(&entry("a")).unwrap();
    bench.host.advance(30_000);
    bench.get(&entry("b")).unwrap();
    bench.host.advance(30_500);
    assert_eq!(bench.cache.len(), 1, "a was swept, b was not");
    bench.host.advance(31_000);
    assert_eq!(bench.cache.len(), 0);
    assert_eq!(bench.seen.count(&Kind::Expired), 2);
    assert_eq!(bench.host.unfinished(), 0, "no sweep without an entry");
    bench.get(&entry("a")).unwrap();
    assert_eq!(bench.host.unfinished(), 1, "one sweep for all entries");
    drop(bench.cache);
    bench.host.advance(3_600_000);
    assert_eq!(bench.host.unfinished(), 0, "and none without a cache");
}

#[test]
fn a_thousand_cold_requests_cost_one_fetch_and_few_polls() {
    let bench = local(10);
    let asked: Vec<_> = (0..1000).map(|_| bench.ask(&entry("a"))).collect();
    bench.host.advance(49);
    assert!(asked.iter().all(|one| !one.is_done()));
    bench.host.advance(1);
    assert!(asked.into_iter().all(|one| one.result() == Ok(1)));
    assert_eq!(bench.fetches(), 1);
    // Each is polled where it starts and where it ends; nobody looks in between.
    assert!(bench.host.polls.get() <= 2010, "{} polls", bench.host.polls.get());
    assert_eq!(bench.seen.count(&Kind::Miss), 1);
    assert_eq!(bench.seen.count(&Kind::Joined), 999);
}

#[test]
fn requests_that_wait_for_one_fetch_get_its_error_and_it_is_not_kept() {
    let bench = local(10);
    bench.source.down.set(true);
    let asked: Vec<_> = (0..100).map(|_| bench.ask(&entry("a"))).collect();
    bench.host.advance(50);
    assert!(asked.into_iter().all(|one| one.result() == Err(Error::host("down"))));
    assert_eq!(bench.fetches(), 1);
    assert_eq!(bench.cache.len(), 0);
    bench.source.down.set(false);
    assert_eq!(bench.get(&entry("a")), Ok(2));
    let outcomes: Vec<_> = bench.seen.take().into_iter().map(|event| event.kind).collect();
    assert!(outcomes.contains(&Kind::Fetched { duration_ms: 50, outcome: Err("HOST_FAILED") }));
    assert!(outcomes.contains(&Kind::Fetched { duration_ms: 50, outcome: Ok(()) }));
}

#[test]
fn a_request_that_is_dropped_leaves_its_fetch_to_the_others() {
    let bench = local(10);
    let (cache, source) = (bench.cache.clone(), Rc::clone(&bench.source));
    let first = entry("a");
    let fetch_first = || fetch(&source);
    let mut dropped = Box::pin(cache.get(&first, &fetch_first));
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    assert!(core::future::Future::poll(dropped.as_mut(), &mut context).is_pending());
    let other = bench.ask(&entry("a"));
    bench.host.go();
    drop(dropped);
    bench.host.advance(50);
    assert_eq!(other.result(), Ok(1));
    assert_eq!(bench.fetches(), 1);
}

#[test]
fn a_fetch_that_nobody_waits_for_is_let_go() {
    let bench = local(10);
    let (cache, source) = (bench.cache.clone(), Rc::clone(&bench.source));
    let lookup = entry("a");
    let fetch_first = || fetch(&source);
    let mut dropped = Box::pin(cache.get(&lookup, &fetch_first));
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    assert!(core::future::Future::poll(dropped.as_mut(), &mut context).is_pending());
    drop(dropped);
    bench.host.advance(1000);
    assert_eq!(bench.cache.len(), 0);
    assert_eq!(bench.get(&lookup), Ok(2));
}

#[test]
fn a_fetch_that_hangs_is_waited_for_only_so_long() {
    let bench = local(10);
    bench.source.latency_ms.set(60_000);
    let (first, second) = (bench.ask(&entry("a")), bench.ask(&entry("a")));
    bench.host.advance(9_999);
    assert_eq!(bench.fetches(), 1);
    bench.source.latency_ms.set(50);
    bench.host.advance(51);
    assert_eq!(second.result(), Ok(2), "a fetch of its own");
    bench.host.advance(50_000);
    assert_eq!(first.result(), Ok(1), "the first is not cut off");
    assert_eq!(bench.get(&entry("a")), Ok(2), "but its late key replaces no newer one");
}

#[test]
fn each_requester_has_its_own_time_to_live_in_a_shared_cache() {
    let bench = local(10);
    let long = entry("a");
    let short = Lookup { ttl_ms: 10_000, ..entry("a") };
    assert_eq!(bench.get(&long), Ok(1));
    bench.host.advance(9_999);
    assert_eq!(bench.get(&short), Ok(1), "within its own time");
    bench.host.advance(1);
    assert_eq!(bench.get(&long), Ok(1));
    assert_eq!(bench.get(&short), Ok(2), "too old for it, although the entry lives");
    assert_eq!(bench.get(&long), Ok(2), "the newer one serves both");
    // Put in with the short time, it ends with it for all.
    bench.host.advance(10_000);
    assert_eq!(bench.get(&long), Ok(3));
}

#[test]
fn a_wall_clock_that_is_set_back_changes_no_life() {
    for bench in [local(10), storm()] {
        bench.host.advance(100_000);
        bench.get(&entry("a")).unwrap();
        bench.host.set_wall_clock(-50_000);
        assert_eq!(bench.get(&entry("a")), Ok(1), "ended early");
        bench.host.advance(TTL_MS - 10_001);
        assert_eq!(bench.get(&entry("a")), Ok(1), "ended early");
        bench.host.set_wall_clock(-1_000_000_000);
        bench.host.advance(10_001);
        assert_eq!(bench.cache.len(), 0, "swept late");
        assert_eq!(bench.get(&entry("a")), Ok(2), "ended late");
    }
}

#[test]
fn a_night_in_which_the_machine_sleeps_ends_entries() {
    for bench in [local(10), storm()] {
        bench.get(&entry("a")).unwrap();
        bench.host.sleep_machine(28_800_000);
        assert_eq!(bench.get(&entry("a")), Ok(2));
        // And is over: what is fetched after it lives its time.
        bench.host.advance(TTL_MS - 10_001);
        assert_eq!(bench.get(&entry("a")), Ok(2));
    }
}

#[test]
fn a_fetch_in_flight_is_waited_for_by_the_same_clock() {
    let bench = storm();
    bench.source.latency_ms.set(5_000);
    let first = bench.ask(&entry("a"));
    bench.host.advance(100);
    bench.host.set_wall_clock(-3_600_000);
    let second = bench.ask(&entry("a"));
    bench.host.advance(5_000);
    assert_eq!((first.result(), second.result()), (Ok(1), Ok(1)));
    assert_eq!(bench.fetches(), 1);
}

#[test]
fn a_dropped_cache_leaves_no_key_and_holds_no_host() {
    let Bench { host, cache, source, .. } = local(10);
    let cached = host.block_on({
        let (cache, source) = (cache.clone(), Rc::clone(&source));
        async move {
            let lookup = Lookup { ttl_ms: 3_600_000, ..entry("a") };
            let fetch: Fetch<'_> = &|| fetch(&source);
            let value = cache.get(&lookup, fetch).await.unwrap().branch_key().unwrap();
            Rc::downgrade(&value)
        }
    });
    host.go();
    assert!(cached.upgrade().is_some());
    drop((cache, source));
    // Its sweep waits, holding neither the key nor the host, and ends by itself.
    assert!(cached.upgrade().is_none());
    assert_eq!((Rc::strong_count(&host), host.unfinished()), (1, 1));
    host.advance(60_000);
    assert_eq!(host.unfinished(), 0);
}

#[test]
fn limits_of_messages_and_bytes() {
    let limited = |bytes, max_bytes, max_messages| Lookup {
        uses: Some(Uses { bytes, max_bytes, max_messages }),
        ..entry("a")
    };
    let bench = local(10);
    let numbers: Vec<_> = (0..7).map(|_| bench.get(&limited(1, 1000, 3)).unwrap()).collect();
    assert_eq!(numbers, [1, 1, 1, 2, 2, 2, 3]);
    assert_eq!(bench.seen.count(&Kind::Exhausted), 2);
    let bench = local(10);
    let sizes = [40, 60, 1, 99, 1, 0, 0, 100];
    let numbers: Vec<_> =
        sizes.iter().map(|n| bench.get(&limited(*n, 100, 1000)).unwrap()).collect();
    assert_eq!(numbers, [1, 1, 2, 2, 3, 3, 3, 4]);
}

#[test]
fn requests_at_once_keep_to_the_limits_too() {
    let bench = local(10);
    let lookup =
        Lookup { uses: Some(Uses { bytes: 1, max_bytes: 1000, max_messages: 4 }), ..entry("a") };
    let asked: Vec<_> = (0..10).map(|_| bench.ask(&lookup)).collect();
    bench.host.advance(200);
    let mut uses = [0; 4];
    asked.into_iter().for_each(|one| uses[usize::from(one.result().unwrap())] += 1);
    assert_eq!(uses[0], 0);
    assert!(uses.iter().all(|n| *n <= 4), "{uses:?}");
    assert_eq!(uses.iter().sum::<usize>(), 10);
    assert_eq!(bench.fetches(), 3);
}

#[test]
fn partitions_do_not_collide() {
    let (a, b) = (Partition::named("a"), Partition::named("b"));
    let id = |p: &Partition| ids::cache_id(&[p.bytes()]);
    assert!(id(&a) == id(&Partition::named("a")));
    assert!(id(&a) != id(&b));
    let (one, other) = (Partition::random().unwrap(), Partition::random().unwrap());
    assert!(id(&one) != id(&other));
    assert_eq!(one.bytes().len(), 16);
    // Its text names another partition than its bytes.
    let named = Partition::named(one.name());
    assert_eq!((named.name().len(), named.bytes().len()), (36, 36));
    assert!(id(&one) != id(&named));
    assert_eq!(&one.name()[14..15], "4", "a UUID of version 4");
}

#[test]
fn clearing_lets_fetches_in_flight_end_without_an_entry() {
    let bench = local(10);
    let asked = bench.ask(&entry("a"));
    bench.host.advance(20);
    bench.cache.clear();
    bench.host.advance(100);
    assert_eq!(asked.result(), Ok(1));
    assert_eq!(bench.cache.len(), 0);
    assert_eq!(bench.get(&entry("a")), Ok(2));
}

#[test]
fn an_observer_may_use_the_cache() {
    let (host, cell) = (FakeHost::new(), Rc::new(core::cell::RefCell::new(None)));
    let seen = Rc::clone(&cell);
    let observer = move |_: &super::super::CacheEvent| {
        let cache: Option<MaterialsCache> = seen.borrow().clone();
        cache.inspect(MaterialsCache::clear);
    };
    let config = CacheConfig { capacity: 5, storm: None };
    let cache =
        MaterialsCache::new(config, Rc::clone(&host) as _, Some(Rc::new(observer))).unwrap();
    cell.replace(Some(cache.clone()));
    let source = Rc::new(Source {
        host: Rc::clone(&host),
        fetches: Cell::new(0),
        latency_ms: Cell::new(5),
        down: Cell::new(false),
    });
    let bench = Bench { host, cache, source, seen: Observed::default() };
    assert_eq!(bench.get(&entry("a")), Ok(1));
    assert_eq!(bench.get(&entry("a")), Ok(2));
    cell.replace(None);
}

#[test]
fn refuses_a_cache_without_room() {
    let config = CacheConfig { capacity: 0, storm: None };
    let Err(error) = MaterialsCache::new(config, FakeHost::new(), None) else { panic!() };
    assert!(matches!(error.fault(), Fault::Misuse { rule: Rule::Config, .. }));
}
