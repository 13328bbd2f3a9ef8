//! Numbers and truths from text: `UTF8String`.

/// `UTF8String.trimAll`: without the white space and control characters of ASCII at both ends.
pub fn trim_all(text: &str) -> &str {
    text.trim_matches(|letter: char| letter <= ' ' || letter == '\u{7f}')
}

/// `true`, `t`, `yes`, `y`, `1` and their opposites, in any case.
pub fn parse_boolean(text: &str) -> Option<bool> {
    match trim_all(text).to_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// An integer, whose fraction is cut off where one is allowed: `UTF8String.toLong`.
pub fn parse_long(text: &str, fraction_allowed: bool) -> Option<i64> {
    let text = trim_all(text);
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if fraction_allowed => (whole, fraction),
        _ => (digits, ""),
    };
    if digits.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    whole.bytes().try_fold(0_i64, |number, byte| {
        let digit = i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        let number = number.checked_mul(10)?;
        if negative { number.checked_sub(digit) } else { number.checked_add(digit) }
    })
}
