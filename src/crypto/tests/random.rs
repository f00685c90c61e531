use super::*;

/// A stand-in for the host that counts upwards, so that a byte handed out twice is seen.
fn counting(next: &mut u8) -> impl FnMut(&mut [u8]) -> Result<()> + '_ {
    move |out| {
        for byte in out {
            *byte = *next;
            *next = next.wrapping_add(1);
        }
        Ok(())
    }
}

#[test]
fn hands_out_each_byte_once_and_wipes_it() {
    let (mut pool, mut next) = (Pool::EMPTY, 0);
    let mut seen = Vec::new();
    // The first filling, and the next.
    for lens in [&[32, 0, 16, 48, 13, 100, 47][..], &[256; 4]] {
        for &len in lens {
            let mut out = vec![0; len];
            pool.draw(&mut out, counting(&mut next)).unwrap();
            seen.extend(out);
            let gone = POOL_LEN - pool.left;
            assert!(pool.bytes[..gone].iter().all(|&byte| byte == 0));
        }
        assert_eq!(pool.left, 0);
    }
    let expected: Vec<u8> = (0..=255).cycle().take(FIRST_LEN + POOL_LEN).collect();
    assert!(seen == expected);
}

#[test]
fn draws_more_from_the_second_filling_on() {
    let (mut pool, mut next) = (Pool::EMPTY, 0);
    let mut filled = |pool: &mut Pool| {
        let mut len = 0;
        let mut host = counting(&mut next);
        let draw = |out: &mut [u8]| {
            len = out.len();
            host(out)
        };
        pool.draw(&mut [0; 200], draw).unwrap();
        len
    };
    assert_eq!([filled(&mut pool), filled(&mut pool), filled(&mut pool)], [256, 1024, 0]);
    pool.discard();
    assert_eq!([filled(&mut pool), filled(&mut pool)], [256, 1024]);
}

#[test]
fn refills_when_too_few_are_left() {
    let (mut pool, mut next) = (Pool::EMPTY, 0);
    pool.draw(&mut [0; 200], counting(&mut next)).unwrap();
    let mut out = [0; 57];
    pool.draw(&mut out, counting(&mut next)).unwrap();
    assert_eq!(out.to_vec(), (0..57).collect::<Vec<u8>>());
    assert_eq!(pool.left, POOL_LEN - 57);
    assert!(pool.bytes[..57].iter().all(|&byte| byte == 0));
}

#[test]
fn a_failing_host_leaves_the_pool_empty() {
    let (mut pool, mut next) = (Pool::EMPTY, 1);
    pool.draw(&mut [0; 200], counting(&mut next)).unwrap();
    let fail = |bytes: &mut [u8]| {
        bytes[..100].fill(7);
        Err(Error::host(String::new()))
    };
    let mut out = [0; 100];
    assert!(pool.draw(&mut out, fail).is_err());
    assert_eq!((out, pool.left), ([0; 100], 0));
    assert_eq!(pool.bytes, [0; POOL_LEN]);
    // Even a request that the rest would have served must not see the half-written bytes.
    assert!(pool.draw(&mut [0; 1], fail).is_err());
}

#[test]
fn discarding_wipes_what_is_left() {
    fill_from_pool(&mut [0; 10]).unwrap();
    assert_eq!(POOL.with_borrow(|pool| pool.left), FIRST_LEN - 10);
    discard_random_pool();
    POOL.with_borrow(|pool| assert_eq!((pool.left, pool.bytes), (0, [0; POOL_LEN])));
    fill_from_pool(&mut [0; 10]).unwrap();
    assert_eq!(POOL.with_borrow(|pool| pool.left), FIRST_LEN - 10);
}

#[test]
fn goes_to_the_host_while_the_pool_is_busy() {
    POOL.with_borrow_mut(|pool| {
        let mut out = [0; 32];
        fill_from_pool(&mut out).unwrap();
        assert_ne!(out, [0; 32]);
        discard_random_pool();
        assert_eq!(pool.left, 0);
    });
}

#[test]
fn never_repeats() {
    let mut pooled = [[0; 32]; 64];
    for out in &mut pooled {
        fill_from_pool(out).unwrap();
    }
    let direct: [[u8; 32]; 2] = [random_array().unwrap(), random_array().unwrap()];
    let secret: [u8; 32] = random_secret(32).unwrap()[..].try_into().unwrap();
    let mut all = [&pooled[..], &direct, &[secret, [0; 32]]].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 64 + 2 + 2);
    let mut long = [0; 1000];
    fill_random(&mut long).unwrap();
    assert!(long.chunks(100).all(|chunk| chunk.iter().any(|&byte| byte != 0)));
}
