//! Functions of `java.lang.StrictMath` that the `libm` crate computes by another algorithm: those of fdlibm 5.3, so that
//! the last bit is Java's.

/// The upper half of a double's bits.
fn high(number: f64) -> u32 {
    (number.to_bits() >> 32) as u32
}

/// The double with another upper half.
fn with_high(number: f64, high: u32) -> f64 {
    f64::from_bits((u64::from(high) << 32) | (number.to_bits() & 0xffff_ffff))
}

/// The double of an upper half alone.
fn of_high(high: u32) -> f64 {
    with_high(0.0, high)
}

const TWO_54: f64 = 18_014_398_509_481_984.0;

/// The number as its exponent of two and what it multiplies, for positive finite numbers.
fn normal(number: f64) -> (f64, i32) {
    if high(number) < 0x0010_0000 { (number * TWO_54, -54) } else { (number, 0) }
}

/// `StrictMath.log`.
pub(super) fn log(number: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    if number.is_nan() || number < 0.0 {
        return f64::NAN;
    }
    if number == 0.0 {
        return f64::NEG_INFINITY;
    }
    if number.is_infinite() {
        return number;
    }
    let (number, mut power) = normal(number);
    let mut top = high(number);
    power += (top >> 20) as i32 - 1023;
    top &= 0x000f_ffff;
    let carry = (top + 0x95f64) & 0x0010_0000;
    let number = with_high(number, top | (carry ^ 0x3ff0_0000));
    power += (carry >> 20) as i32;
    let (f, k) = (number - 1.0, f64::from(power));
    if (0x000f_ffff & (2 + top)) < 3 {
        if f == 0.0 {
            return if power == 0 { 0.0 } else { k * LN2_HIGH + k * LN2_LOW };
        }
        let r = f * f * (0.5 - 0.333_333_333_333_333_3 * f);
        return if power == 0 { f - r } else { k * LN2_HIGH - ((r - k * LN2_LOW) - f) };
    }
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (3.999_999_999_940_942e-1 + w * (2.222_219_843_214_978_4e-1 + w * 1.531_383_769_920_937_3e-1));
    let odd = z
        * (6.666_666_666_666_735e-1
            + w * (2.857_142_874_366_239e-1 + w * (1.818_357_216_161_805e-1 + w * 1.479_819_860_511_658_6e-1)));
    let r = odd + even;
    let middle = (top as i32 - 0x6147a) | (0x6b851 - top as i32);
    if middle > 0 {
        let half = 0.5 * f * f;
        if power == 0 {
            f - (half - s * (half + r))
        } else {
            k * LN2_HIGH - ((half - (s * (half + r) + k * LN2_LOW)) - f)
        }
    } else if power == 0 {
        f - s * (f - r)
    } else {
        k * LN2_HIGH - ((s * (f - r) - k * LN2_LOW) - f)
    }
}

/// `StrictMath.log10`.
pub(super) fn log10(number: f64) -> f64 {
    const LOG10_2_HIGH: f64 = 3.010_299_956_636_117_7e-1;
    const LOG10_2_LOW: f64 = 3.694_239_077_158_931e-13;
    if !(number > 0.0 && number.is_finite()) {
        return log(number);
    }
    let (number, power) = normal(number);
    let top = high(number);
    let power = power + (top >> 20) as i32 - 1023;
    let below = u32::from(power < 0);
    let y = f64::from(power + below as i32);
    let number = with_high(number, (top & 0x000f_ffff) | ((0x3ff - below) << 20));
    let z = y * LOG10_2_LOW + std::f64::consts::LOG10_E * log(number);
    z + y * LOG10_2_HIGH
}

/// `StrictMath.cbrt`.
pub(super) fn cbrt(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let x = number.abs();
    // a first guess by a third of the exponent
    let guess = if high(x) < 0x0010_0000 {
        let grown = TWO_54 * x;
        with_high(grown, high(grown) / 3 + 696_219_795)
    } else {
        of_high(high(x) / 3 + 715_094_163)
    };
    let r = guess * guess / x;
    let s = 5.428_571_428_571_428e-1 + r * guess;
    let better = guess
        * (3.571_428_571_428_571_5e-1
            + 1.607_142_857_142_857_2 / (s + 1.414_285_714_285_714_4 + -7.053_061_224_489_796e-1 / s));
    let chopped = of_high(high(better).wrapping_add(1));
    let s = chopped * chopped;
    let r = x / s;
    let r = (r - chopped) / (chopped + chopped + r);
    (chopped + chopped * r).copysign(number)
}

/// `StrictMath.hypot`.
pub(super) fn hypot(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return f64::INFINITY;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let (x, y) = (x.abs(), y.abs());
    let (mut a, mut b) = if high(y) > high(x) { (y, x) } else { (x, y) };
    if high(a) - high(b) > 0x03c0_0000 {
        return a + b;
    }
    let mut scale = 1.0;
    if high(a) > 0x5f30_0000 {
        (a, b) = (with_high(a, high(a) - 0x2580_0000), with_high(b, high(b) - 0x2580_0000));
        scale = of_high(0x3ff0_0000 + (600 << 20));
    }
    if high(b) < 0x20b0_0000 {
        if b == 0.0 {
            return a;
        }
        if high(b) <= 0x000f_ffff {
            let huge = of_high(0x7fd0_0000);
            (a, b) = (a * huge, b * huge);
            scale = of_high(0x0010_0000);
        } else {
            (a, b) = (with_high(a, high(a) + 0x2580_0000), with_high(b, high(b) + 0x2580_0000));
            scale = of_high(0x3ff0_0000 - (600 << 20));
        }
    }
    let difference = a - b;
    let root = if difference > b {
        let (top, rest) = (of_high(high(a)), a - of_high(high(a)));
        (top * top - (b * (-b) - rest * (a + top))).sqrt()
    } else {
        let (twice, top_b) = (a + a, of_high(high(b)));
        let (rest_b, top) = (b - top_b, of_high(high(a) + 0x0010_0000));
        let rest = twice - top;
        (top * top_b - (difference * (-difference) - (top * rest_b + rest * b))).sqrt()
    };
    scale * root
}

/// `StrictMath.sinh`.
pub(super) fn sinh(number: f64) -> f64 {
    let (half, magnitude) = (0.5f64.copysign(number), number.abs());
    if !number.is_finite() || magnitude < 1.0 / (1u64 << 28) as f64 {
        return number;
    }
    if magnitude < 22.0 {
        let grown = libm::expm1(magnitude);
        return if magnitude < 1.0 {
            half * (2.0 * grown - grown * grown / (grown + 1.0))
        } else {
            half * (grown + grown / (grown + 1.0))
        };
    }
    large(half, magnitude)
}

/// `StrictMath.cosh`.
pub(super) fn cosh(number: f64) -> f64 {
    let magnitude = number.abs();
    if !number.is_finite() {
        return number * number;
    }
    if magnitude < 0.5 * std::f64::consts::LN_2 {
        let (grown, more) = (libm::expm1(magnitude), 1.0 + libm::expm1(magnitude));
        return if magnitude < 1.0 / (1u64 << 55) as f64 { more } else { 1.0 + (grown * grown) / (more + more) };
    }
    if magnitude < 22.0 {
        let grown = libm::exp(magnitude);
        return 0.5 * grown + 0.5 / grown;
    }
    large(0.5, magnitude)
}

/// `half * e^magnitude`, by two halves where the whole would be too large.
fn large(half: f64, magnitude: f64) -> f64 {
    if magnitude < 709.782_712_893_384 {
        return half * libm::exp(magnitude);
    }
    let root = libm::exp(0.5 * magnitude);
    half * root * root
}

/// `StrictMath.tanh`.
pub(super) fn tanh(number: f64) -> f64 {
    let magnitude = number.abs();
    let result = match magnitude {
        _ if magnitude.is_nan() => return number,
        _ if magnitude >= 22.0 => 1.0,
        _ if magnitude >= 1.0 => 1.0 - 2.0 / (libm::expm1(2.0 * magnitude) + 2.0),
        _ if magnitude < 1.0 / (1u64 << 55) as f64 => return number * (1.0 + number),
        _ => {
            let grown = libm::expm1(-2.0 * magnitude);
            -grown / (grown + 2.0)
        }
    };
    result.copysign(number)
}
