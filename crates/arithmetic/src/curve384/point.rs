//! Points of P-384 (SP 800-186 section 3.2.1.4), with formulas that have no exceptions: J. Renes, C. Costello, L. Batina,
//! "Complete addition formulas for prime order elliptic curves" (2015), algorithms 5 and 6. Sums of two products are
//! reduced once.

use zeroize::Zeroize;

use crate::constant_time_eq;

use super::field::{Element, FIELD_LEN};

/// The coefficient b of y² = x³ - 3x + b.
const B: Element = Element::from_hex(
    b"b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
);

/// A point that is not infinity.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Affine {
    pub(super) x: Element,
    pub(super) y: Element,
}

impl Affine {
    /// The base point G.
    pub(super) const BASE: Self = Self {
        x: Element::from_hex(
            b"aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        ),
        y: Element::from_hex(
            b"3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        ),
    };

    /// Reads a point (SEC 1 section 2.3.4), compressed or not; `None` if there is no such point. For public points: it takes a
    /// time that depends on the answer.
    pub(super) fn from_sec1(sec1: &[u8]) -> Option<Self> {
        let (tag, coordinates) = sec1.split_first()?;
        let (x, rest) = coordinates.split_first_chunk()?;
        let x = read(x)?;
        let y = match (tag, rest) {
            (2 | 3, []) => {
                // No point of the curve has y = 0, whose negative would be as even: the order is odd.
                let y = right_side(&x).root()?;
                y.negated_if(-i32::from(is_odd(&y) != (*tag == 3)))
            }
            (4, y) => read(y.try_into().ok()?)?,
            _ => return None,
        };
        let point = Self { x, y };
        point.is_on_curve().then_some(point)
    }

    /// All zeros: no point. What a look-up gathers its entry in.
    pub(super) const NONE: Self = Self { x: Element::ZERO, y: Element::ZERO };

    /// Whether y² = x³ - 3x + b, which holds unless a computation has gone wrong or there is no point.
    pub(super) fn is_on_curve(&self) -> bool {
        constant_time_eq(&self.y.squared().to_bytes(), &right_side(&self.x).to_bytes())
    }

    /// The coordinates x and y.
    pub(super) fn to_bytes(self) -> [[u8; FIELD_LEN]; 2] {
        [self.x.to_bytes(), self.y.to_bytes()]
    }
}

/// x = X / Z, y = Y / Z; infinity has Z = 0. Coordinates have 1 limbs.
///
/// Values are below 2, 4 and 2 times p; from such, the formulas below answer such again.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Point {
    x: Element,
    y: Element,
    z: Element,
}

impl From<Affine> for Point {
    fn from(point: Affine) -> Self {
        Self { x: point.x, y: point.y, z: Element::ONE }
    }
}

impl Point {
    pub(super) const INFINITY: Self = Self { x: Element::ZERO, y: Element::ONE, z: Element::ZERO };

    /// The sum with a point that is not infinity. Comments count limbs.
    pub(super) fn plus(&self, other: &Affine) -> Self {
        let xx = self.x.times(&other.x);
        let yy = self.y.times(&other.y);
        // 2 * 2 - 2: 2
        let xy = self.x.plus(&self.y).times(&other.x.plus(&other.y)).minus(&xx.plus(&yy));
        // 2
        let yz = other.y.times(&self.z).plus(&self.y);
        let xz = other.x.times(&self.z).plus(&self.x);
        // 3 * (2 - 1): 6, then 7 and carried to 1
        let bz3 = xz.minus(&B.times(&self.z)).tripled();
        let difference = yy.minus(&bz3).carried();
        let sum = yy.plus(&bz3).carried();
        let z3 = self.z.tripled().carried();
        // 3 * (1 - (1 + 1)): 6, carried to 1
        let bxz3 = B.times(&xz).minus(&z3.plus(&xx)).tripled().carried();
        // 3 - 1: 3
        let xx3_z3 = xx.tripled().minus(&z3);
        Self {
            x: Element::sum_of_products(&sum, &xy, &yz.negated_if(-1), &bxz3),
            y: Element::sum_of_products(&sum, &difference, &xx3_z3, &bxz3),
            z: Element::sum_of_products(&difference, &yz, &xy, &xx3_z3),
        }
    }

    /// Twice the point.
    pub(super) fn doubled(&self) -> Self {
        let xx = self.x.squared();
        let yy = self.y.squared();
        let zz = self.z.squared();
        let xy = self.x.times(&self.y);
        let xy2 = xy.plus(&xy);
        let xz = self.x.times(&self.z);
        let xz2 = xz.plus(&xz);
        // 3 * (1 - 2): 6, then 7 and carried to 1
        let bzz3 = B.times(&zz).minus(&xz2).tripled();
        let difference = yy.minus(&bzz3).carried();
        let sum = yy.plus(&bzz3).carried();
        let zz3 = zz.tripled().carried();
        let bxz6 = B.times(&xz2).minus(&zz3.plus(&xx)).tripled().carried();
        let xx3_zz3 = xx.tripled().minus(&zz3);
        let yz = self.y.times(&self.z);
        let yz2 = yz.plus(&yz);
        Self {
            x: Element::sum_of_products(&difference, &xy2, &yz2.negated_if(-1), &bxz6),
            y: Element::sum_of_products(&sum, &difference, &xx3_zz3, &bxz6),
            z: yz2.plus(&yz2).times(&yy.plus(&yy)),
        }
    }

    /// `self` where `mask` is -1, `other` where it is 0.
    pub(super) fn or_if(&self, mask: i32, other: &Self) -> Self {
        Self {
            x: self.x.or_if(mask, &other.x),
            y: self.y.or_if(mask, &other.y),
            z: self.z.or_if(mask, &other.z),
        }
    }

    /// The multiples 1, 2, 3 and so on of a point.
    pub(super) fn multiples(point: &Affine) -> impl Iterator<Item = Self> {
        core::iter::successors(Some(Self::from(*point)), |multiple| Some(multiple.plus(point)))
    }

    /// x as a fraction.
    pub(super) fn x_fraction(&self) -> (Element, Element) {
        (self.x, self.z)
    }

    /// The coordinates; zeros for infinity.
    pub(super) fn to_affine(self) -> Affine {
        let inverse = self.z.inverted();
        Affine { x: self.x.times(&inverse), y: self.y.times(&inverse) }
    }

    /// The same for many points, none of them infinity, by one inversion (P. L. Montgomery's trick).
    pub(super) fn all_to_affine(points: &[Self]) -> Vec<Affine> {
        let mut product = Element::ONE;
        let before: Vec<Element> = points
            .iter()
            .map(|point| {
                let next = product.times(&point.z);
                core::mem::replace(&mut product, next)
            })
            .collect();
        let mut inverse = product.inverted();
        let mut affine: Vec<Affine> = points
            .iter()
            .zip(before)
            .rev()
            .map(|(point, before)| {
                let own = inverse.times(&before);
                inverse = inverse.times(&point.z);
                Affine { x: point.x.times(&own), y: point.y.times(&own) }
            })
            .collect();
        affine.reverse();
        affine
    }
}

/// The uncompressed form of a public point in either form (SEC 1 section 2.3.4); `None` if there is no such point.
pub fn uncompressed(sec1: &[u8]) -> Option<[u8; 1 + 2 * FIELD_LEN]> {
    let read = Affine::from_sec1(sec1)?;
    let mut point = [4; 1 + 2 * FIELD_LEN];
    let (_, coordinates) = point.split_at_mut(1);
    coordinates.copy_from_slice(read.to_bytes().as_flattened());
    Some(point)
}

/// `None` for what is not below p: another spelling.
fn read(bytes: &[u8; FIELD_LEN]) -> Option<Element> {
    let number = Element::from_bytes(bytes);
    (number.to_bytes() == *bytes).then_some(number)
}

/// x³ - 3x + b, for x of 1 limbs.
fn right_side(x: &Element) -> Element {
    // x (x² - 3) + b: 1 * (1 + 3) + 1 * 1 limbs
    let three = Element::ONE.tripled();
    Element::sum_of_products(x, &x.squared().minus(&three), &B, &Element::ONE)
}

fn is_odd(number: &Element) -> bool {
    number.to_bytes()[FIELD_LEN - 1] & 1 == 1
}
