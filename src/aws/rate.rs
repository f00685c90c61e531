//! The rate at which a client of the adaptive mode sends: what the service allowed lately. It falls at a throttle to seven
//! tenths, and grows back along a cubic curve, as the AWS SDKs' does (CUBIC, RFC 9438).

/// What the rate falls to at a throttle.
const BETA: f64 = 0.7;
/// How fast it grows back.
const SCALE: f64 = 0.4;
/// How much of a measured rate is the latest measurement.
const SMOOTH: f64 = 0.8;
/// No rate is lower, in requests a second.
const MIN_RATE: f64 = 0.5;
/// A rate is measured over this long, in seconds.
const SPAN_S: f64 = 0.5;

/// The rate of one client. Nothing waits before the first throttle.
pub(super) struct SendRate {
    /// Requests a second, once there was a throttle.
    rate: Option<f64>,
    /// Requests that may be sent now, and when they were counted.
    tokens: f64,
    counted_s: f64,
    /// The rate at the last throttle, and when that was.
    max_rate: f64,
    throttled_s: f64,
    /// Responses a second, as measured; those since the last measurement, and when that was.
    measured: f64,
    responses: f64,
    measured_s: f64,
}

impl SendRate {
    /// Of a client that begins at this time, in Unix milliseconds.
    pub(super) fn new(now_ms: u64) -> Self {
        let now_s = seconds(now_ms);
        Self {
            rate: None,
            tokens: 0.0,
            counted_s: now_s,
            max_rate: 0.0,
            throttled_s: now_s,
            measured: 0.0,
            responses: 0.0,
            measured_s: span(now_s),
        }
    }

    /// Takes leave to send one request; or says after how many milliseconds to ask again.
    pub(super) fn take(&mut self, now_ms: u64) -> Option<u32> {
        let rate = self.rate?;
        self.refill(seconds(now_ms));
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return None;
        }
        // Never 0: who asks again at once would be told the same for ever.
        Some((((1.0 - self.tokens) / rate * 1000.0) as u32).max(1))
    }

    /// Learns from a response.
    pub(super) fn learn(&mut self, throttled: bool, now_ms: u64) {
        let now_s = seconds(now_ms);
        // The clock may be set back: the curve does not wait until it is again where it was.
        self.throttled_s = self.throttled_s.min(now_s);
        self.measure(now_s);
        let wanted = if throttled {
            self.max_rate = self.rate.map_or(self.measured, |rate| rate.min(self.measured));
            self.throttled_s = now_s;
            self.max_rate * BETA
        } else {
            grown(self.max_rate, now_s - self.throttled_s)
        };
        if throttled || self.rate.is_some() {
            self.refill(now_s);
            self.rate = Some(wanted.min(2.0 * self.measured).max(MIN_RATE));
        }
    }

    fn refill(&mut self, now_s: f64) {
        let rate = self.rate.unwrap_or_default();
        // The clock may be set back.
        let passed = (now_s - self.counted_s).max(0.0);
        self.tokens = (self.tokens + passed * rate).min(rate.max(1.0));
        self.counted_s = now_s;
    }

    fn measure(&mut self, now_s: f64) {
        self.responses += 1.0;
        let now_s = span(now_s);
        if now_s < self.measured_s {
            // Set back: what came before cannot be told from what came since.
            self.responses = 0.0;
            self.measured_s = now_s;
        } else if now_s > self.measured_s {
            let latest = self.responses / (now_s - self.measured_s);
            self.measured = latest * SMOOTH + self.measured * (1.0 - SMOOTH);
            self.responses = 0.0;
            self.measured_s = now_s;
        }
    }
}

/// The rate so many seconds after a throttle, which came at the rate `max_rate`.
fn grown(max_rate: f64, since_s: f64) -> f64 {
    // As long after the throttle as this it is back where it was.
    let back_s = cube_root(max_rate * (1.0 - BETA) / SCALE);
    SCALE * (since_s - back_s).powi(3) + max_rate
}

/// By Newton's method, from above. The library's is exact to the last bit, at two kilobytes of code.
fn cube_root(n: f64) -> f64 {
    // Each step leaves at most two thirds, and near the root twice the digits: enough up to 10^15.
    (0..64).fold(n.max(1.0), |root, _| (2.0 * root + n / (root * root)) / 3.0)
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// The beginning of the span of measurement that this time is in.
fn span(s: f64) -> f64 {
    (s / SPAN_S).floor() * SPAN_S
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rate after each of these responses, which come at these times.
    fn rates(responses: impl IntoIterator<Item = (u64, bool)>) -> Vec<Option<f64>> {
        let mut rate = SendRate::new(5_000_000);
        let learn = |(at, throttled)| {
            rate.learn(throttled, 5_000_000 + at);
            rate.rate
        };
        responses.into_iter().map(learn).collect()
    }

    #[test]
    fn nothing_waits_before_the_first_throttle() {
        let mut rate = SendRate::new(0);
        for at in 0..10_000 {
            assert_eq!(rate.take(at), None);
            rate.learn(false, at);
        }
        assert_eq!(rate.rate, None);
    }

    /// The values that AWS's SDKs test this curve by.
    #[test]
    fn the_curve() {
        for (since_s, want) in [
            (0.0, 7.0),
            (1.0, 9.648_936_009_66),
            (2.0, 10.000_030_849_917),
            (3.0, 10.453_284_520_772),
            (4.0, 13.408_697_022_224),
            (5.0, 21.266_268_354_273),
            (6.0, 36.425_998_516_920),
        ] {
            let found = grown(10.0, since_s);
            assert!((found - want).abs() < 1e-6, "{since_s}: {found}");
        }
    }

    #[test]
    fn cube_roots() {
        for n in [1e-6, 0.075, 0.5, 1.0, 7.5, 1000.0, 123_456.789, 1e9, 1e15] {
            let (found, want) = (cube_root(n), n.cbrt());
            assert!((found - want).abs() <= 1e-12 * want, "{n}: {found}");
        }
        assert!((0.0..1e-9).contains(&cube_root(0.0)));
    }

    #[test]
    fn it_falls_at_a_throttle_and_grows_back() {
        // One response each 200 ms: five a second.
        let steady = (1..=25).map(|n| (n * 200, false));
        let throttle = [(5_200, true)];
        let after = (27..=80).map(|n| (n * 200, false));
        let all = rates(steady.chain(throttle).chain(after));
        let fallen = all[25].unwrap();
        assert!((3.0..4.0).contains(&fallen), "{fallen}");
        // Flat where it was before, and beyond that later; at most twice what is measured.
        let back = all[35].unwrap();
        assert!((fallen..6.0).contains(&back), "{back}");
        let last = all.last().unwrap().unwrap();
        assert!(last > 5.0 && last <= 10.5, "{last}");
    }

    #[test]
    fn it_never_falls_to_nothing() {
        let all = rates((1..200).map(|n| (n * 10, true)));
        assert!(all.iter().all(|rate| rate.unwrap() >= 0.5));
    }

    #[test]
    fn requests_wait_for_their_turn() {
        let mut rate = SendRate::new(0);
        rate.learn(true, 0);
        assert_eq!(rate.rate, Some(0.5));
        assert_eq!(rate.take(0), Some(2000));
        assert_eq!(rate.take(1000), Some(1000));
        assert_eq!(rate.take(2000), None);
        assert_eq!(rate.take(2000), Some(2000));
        // What was not used is not kept beyond one request.
        assert_eq!(rate.take(100_000), None);
        assert_eq!(rate.take(100_000), Some(2000));
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nobody() {
        let mut rate = SendRate::new(1_000_000);
        rate.learn(true, 1_000_000);
        assert_eq!(rate.take(0), Some(2000));
        assert_eq!(rate.take(2000), None);
        rate.learn(true, 0);
        rate.learn(false, 10);
        assert!(rate.rate.unwrap().is_finite());
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_the_rate_down() {
        // Ten responses a second: an hour later, and then by the clock as it was set right.
        let steady = |from: u64| (1..=200).map(move |n| (from + n * 100, false));
        let throttle = [(3_620_100, true)];
        let all = rates(steady(3_600_000).chain(throttle).chain(steady(0)));
        let fallen = all[200].unwrap();
        assert!((6.0..8.0).contains(&fallen), "{fallen}");
        let last = all.last().unwrap().unwrap();
        assert!(last > 15.0, "{last}");
    }
}
