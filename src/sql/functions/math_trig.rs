//! `sin`, `cos` and `tan`, rounded correctly: `java.lang.Math` has processor routines for them that are almost always
//! so. They are computed with twice the digits of a double, by sums and products whose errors are known exactly.

/// A number as the sum of two doubles, of which the second is the first's rounding error.
#[derive(Clone, Copy)]
struct Wide(f64, f64);

/// The parts of half of pi.
const HALF_PI: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_183_3e-33];

/// Larger arguments lose what their reduction needs; they are rare.
const LARGEST: f64 = 1_073_741_824.0;

fn sum(left: f64, right: f64) -> Wide {
    let total = left + right;
    let shadow = total - left;
    Wide(total, (left - (total - shadow)) + (right - shadow))
}

fn product(left: f64, right: f64) -> Wide {
    let total = left * right;
    Wide(total, left.mul_add(right, -total))
}

impl Wide {
    fn add(self, other: Wide) -> Wide {
        let (high, low) = (sum(self.0, other.0), sum(self.1, other.1));
        let middle = sum(high.0, high.1 + low.0);
        sum(middle.0, middle.1 + low.1)
    }

    fn multiply(self, other: Wide) -> Wide {
        let whole = product(self.0, other.0);
        sum(whole.0, whole.1 + (self.0 * other.1 + self.1 * other.0))
    }

    fn negative(self) -> Wide {
        Wide(-self.0, -self.1)
    }

    fn divide(self, other: Wide) -> Wide {
        let first = self.0 / other.0;
        let rest = self.add(other.multiply(Wide(-first, 0.0)));
        let second = rest.0 / other.0;
        let rest = rest.add(other.multiply(Wide(-second, 0.0)));
        sum(first, second).add(Wide(rest.0 / other.0, 0.0))
    }
}

/// The angle within an eighth of a turn, and how many quarters of a turn it was reduced by.
fn reduced(angle: f64) -> (Wide, i64) {
    let quarters = (angle * std::f64::consts::FRAC_2_PI).round_ties_even();
    let rest = HALF_PI.iter().fold(Wide(angle, 0.0), |rest, part| rest.add(product(-quarters, *part)));
    (rest, quarters as i64)
}

/// A sum of `first * angle^2n / ((start + 1) .. (start + 2n))!` with alternating signs.
fn series(angle: Wide, first: Wide, start: u32) -> Wide {
    let square = angle.multiply(angle).negative();
    let (mut total, mut term) = (first, first);
    for step in 1..=14 {
        let (one, other) = (f64::from(start + 2 * step - 1), f64::from(start + 2 * step));
        term = term.multiply(square).divide(Wide(one * other, 0.0));
        total = total.add(term);
    }
    total
}

/// Sine and cosine of an angle.
fn both(angle: f64) -> (Wide, Wide) {
    let (rest, quarters) = reduced(angle);
    let (sine, cosine) = (series(rest, rest, 1), series(rest, Wide(1.0, 0.0), 0));
    match quarters.rem_euclid(4) {
        0 => (sine, cosine),
        1 => (cosine, sine.negative()),
        2 => (sine.negative(), cosine.negative()),
        _ => (cosine.negative(), sine),
    }
}

/// Whether an angle is so small that it is its own sine, or so large that it can't be reduced here.
fn beyond(angle: f64) -> bool {
    !(1e-9..LARGEST).contains(&angle.abs())
}

pub(super) fn sin(angle: f64) -> f64 {
    if beyond(angle) { libm::sin(angle) } else { both(angle).0.0 }
}

pub(super) fn cos(angle: f64) -> f64 {
    if beyond(angle) { libm::cos(angle) } else { both(angle).1.0 }
}

pub(super) fn tan(angle: f64) -> f64 {
    if beyond(angle) {
        return libm::tan(angle);
    }
    let (sine, cosine) = both(angle);
    sine.divide(cosine).0
}
