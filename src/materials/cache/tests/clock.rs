//! Clocks that jump, stand still and run apart.

use super::Clock;
use crate::materials::cache::tests::host::FakeHost;

#[test]
fn the_wall_clock_set_back_and_forth() {
    let host = FakeHost::new();
    let clock = Clock::new(&*host);
    let now = || clock.now_ms(&*host);
    host.advance(500);
    assert_eq!(now(), 500);
    for back in [1, 999, 1_001, 3_600_000, 1_000_000_000_000] {
        let before = now();
        host.set_wall_clock(-back);
        assert_eq!(now(), before, "{back}");
        host.advance(700);
        assert_eq!(now(), before + 700, "time goes on: {back}");
    }
    let before = now();
    host.set_wall_clock(5_000);
    assert_eq!(now(), before + 5_000, "an entry may end too early, never too late");
    // Corrected: neither back, nor standing still until the other clock has come as far.
    host.set_wall_clock(-5_000);
    assert_eq!(now(), before + 5_000);
    host.advance(10);
    assert_eq!(now(), before + 5_010);
}

#[test]
fn a_machine_that_sleeps() {
    let host = FakeHost::new();
    let clock = Clock::new(&*host);
    host.advance(1_000);
    host.sleep_machine(28_800_000);
    assert_eq!(clock.now_ms(&*host), 28_801_000);
    host.advance(60_000);
    assert_eq!(clock.now_ms(&*host), 28_861_000);
    // Asleep, and set back by more than that.
    host.sleep_machine(1_000);
    host.set_wall_clock(-2_000);
    assert_eq!(clock.now_ms(&*host), 28_861_000);
    host.advance(1);
    assert!(clock.now_ms(&*host) > 28_861_000);
}

#[test]
fn clocks_that_differ_by_a_little_do_not_add_up() {
    let host = FakeHost::new();
    let clock = Clock::new(&*host);
    // One is ahead, then the other, as roundings have it.
    for round in 1..=10_000 {
        host.set_wall_clock(if round % 2 == 0 { -1 } else { 1 });
        host.advance(1);
        let now = clock.now_ms(&*host);
        assert!((round..=round + 1).contains(&now), "{now} after {round}");
    }
}
