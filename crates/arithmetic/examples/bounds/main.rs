//! Proves that no limb and no sum of the P-384 field overflows, whatever the secrets are: the sources themselves, field,
//! points and multiplication, are compiled once more with intervals in the place of their integers (`interval.rs`), and
//! run. Prints the bounds; fails where an operation may leave its integer, or where a bound is not the one known.

#![allow(dead_code, unreachable_pub)]

use std::panic;
use std::process::ExitCode;

use fieldseal_arithmetic::constant_time_eq;

#[path = "."]
pub(crate) mod curve384 {
    #[path = "../../src/curve384/base.rs"]
    mod base;
    #[path = "../../src/curve384/field.rs"]
    mod field;
    #[path = "interval.rs"]
    mod number;
    #[path = "../../src/curve384/point.rs"]
    mod point;
    #[path = "../../src/curve384/verify.rs"]
    mod verify;

    use field::{Element, FIELD_LEN};
    use number::{Limb, take_peaks};
    use point::Affine;
    use verify::{Jacobian, Sum};

    const LIMB: i32 = 1 << 28;

    /// Limbs below `n` times 2^28 in magnitude, in a number below 2^7 times p, as `field.rs` says it.
    fn element(n: i32) -> Element {
        let most = LIMB * n - 1;
        let mut limbs = [Limb::between(-most, most); 14];
        limbs[13] = Limb::between(-(1 << 27), 1 << 27);
        Element(limbs)
    }

    /// What any bytes are read as, before the multiplication by R².
    fn any_bytes() -> Element {
        let mut limbs = [Limb::between(0, LIMB - 1); 14];
        limbs[13] = Limb::between(0, (1 << 20) - 1);
        Element(limbs)
    }

    /// Ends a computation: only then are its bounds seen.
    fn end(result: Element) {
        result.to_bytes();
    }

    /// A computation, and the bounds known for it: of limbs in tenths of 2^28, of sums in hundredths of a power of 2.
    pub(crate) struct Case {
        pub(crate) name: &'static str,
        pub(crate) run: fn(),
        pub(crate) limbs: i128,
        pub(crate) sums: i128,
    }

    /// All that the product computes.
    pub(crate) const PRODUCT: [Case; 4] = [
        Case {
            name: "multiples of the base point by any scalar",
            // Masks made of digits are not looked at: this is every scalar.
            run: || assert!(base::multiply_base(&[0x5a; FIELD_LEN]).is_some()),
            limbs: 70,
            sums: 6271,
        },
        Case {
            name: "points read from any bytes",
            run: || {
                let x = any_bytes().times(&element(1));
                Affine { x, y: x }.is_on_curve();
                x.root().into_iter().for_each(end);
            },
            limbs: 40,
            sums: 5971,
        },
        Case {
            name: "sums of two points' multiples",
            run: || {
                let [x, y] = [(); 2].map(|()| any_bytes().times(&element(1)));
                let point = Affine { x, y: y.negated_if(-1) };
                // With any digits: what is added may not be.
                let mut sum = Jacobian::from(point);
                for _ in 0..8 * FIELD_LEN {
                    sum = sum.doubled();
                    for _ in 0..2 {
                        let next = sum.plus(&point);
                        let either = |a: Element, b: Element| a.or_if(0, &b);
                        sum.x = either(sum.x, next.x);
                        sum.y = either(sum.y, next.y);
                        sum.z = either(sum.z, next.z);
                    }
                }
                let (numerator, denominator) = Sum::x(&sum);
                end(numerator);
                end(x.plus(&x).times(&denominator));
            },
            limbs: 60,
            sums: 6288,
        },
        Case {
            name: "whatever keeps to the stated limits",
            run: || {
                let [one, two, three, seven] = [1, 2, 3, 7].map(element);
                end(three.times(&three));
                end(one.times(&seven));
                end(three.squared());
                end(Element::sum_of_products(&two, &three, &three, &one));
                // In 1 limbs again.
                end(three.times(&three).times(&seven));
                end(one.plus(&two).plus(&two).plus(&two).carried().times(&seven));
            },
            limbs: 71,
            sums: 6288,
        },
    ];

    /// What is wider than stated, or misses a carry: each must be found.
    pub(crate) const WIDENED: [(&str, fn()); 6] = [
        ("a product of 10 limbs", || end(element(2).times(&element(5)))),
        ("a square of 4 limbs", || end(element(4).squared())),
        ("two products of 10 limbs together", || {
            let [two, three] = [2, 3].map(element);
            end(Element::sum_of_products(&two, &three, &two, &two));
        }),
        ("limbs of more than 8", || end(element(7).plus(&element(2)).carried())),
        ("points whose coordinates were not carried", || {
            let wide = Affine { x: element(2), y: element(2) };
            point::Point::from(wide).plus(&wide).to_affine().to_bytes();
        }),
        ("a sum that was tripled and not carried", || {
            let [one, two] = [1, 2].map(element);
            let sum = one.plus(&two).tripled();
            end(Element::sum_of_products(&sum, &one, &two, &one));
        }),
    ];

    /// The largest limb in tenths of 2^28 and the largest sum in hundredths of a power of 2, rounded up.
    pub(crate) fn bounds(run: fn()) -> (i128, i128) {
        take_peaks();
        run();
        let peaks = take_peaks();
        let limbs = (peaks.limb * 10 + i128::from(LIMB) - 1) / i128::from(LIMB);
        (limbs, ((peaks.sum as f64).log2() * 100.0).ceil() as i128)
    }
}

use curve384::{PRODUCT, WIDENED, bounds};

fn main() -> ExitCode {
    let mut failed = false;
    for case in &PRODUCT {
        let found = panic::catch_unwind(|| bounds(case.run));
        let good = matches!(found, Ok((limbs, sums)) if limbs == case.limbs && sums == case.sums);
        failed |= !good;
        match found {
            Ok((limbs, sums)) => println!(
                "P-384: {}: limbs below {}.{} of 8 times 2^28, sums below 2^{}.{:02} of 2^63{}",
                case.name,
                limbs / 10,
                limbs % 10,
                sums / 100,
                sums % 100,
                if good { "" } else { " -- NOT WHAT IS KNOWN" },
            ),
            Err(_) => println!("P-384: {}: MAY OVERFLOW", case.name),
        }
    }
    panic::set_hook(Box::new(|_| ()));
    for (name, run) in WIDENED {
        let end = panic::catch_unwind(|| bounds(run)).map_err(|why| why.downcast::<&str>());
        if !matches!(end, Err(Ok(why)) if why.ends_with("may overflow")) {
            failed = true;
            println!("P-384: {name} overflows, and was not found");
        }
    }
    println!("P-384: {} computations that do overflow were found", WIDENED.len());
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
