//! URLs: `parse_url`, `url_encode`, `url_decode`.

use std::fmt::Write;

use super::Function;
use super::accepts::{strict, takes};
use super::row::{IntoDatum, Row, arg};
use crate::sql::{Datum, SqlError};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("parse_url", &[], takes!(Text, Text; Text => String or null), |_, args, _| {
        let found = Uri::parse(arg(args, 0)?).and_then(|uri| uri.part(arg(args, 1).ok()?, args.get(2)));
        Ok(found.datum())
    }),
    strict("url_encode", &[], takes!(Text => String), |_, args, _| Ok(encode(arg(args, 0)?).datum())),
    strict("url_decode", &[], takes!(Text => String), |_, args, _| decode(arg(args, 0)?)),
];

/// The parts of a URI, as `java.net.URI` takes it apart.
struct Uri<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    /// `None` for an opaque URI: `mailto:a@b.c`.
    path: Option<&'a str>,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

/// Whether a URI may have these characters: RFC 2396's, letters of other alphabets, and escapes of two hex digits.
fn legal(text: &str, also: &str) -> bool {
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let fine = match letter {
            '%' => {
                let digits = (rest.next(), rest.next());
                matches!(digits, (Some(high), Some(low)) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
            }
            'a'..='z' | 'A'..='Z' | '0'..='9' => true,
            _ if letter.is_ascii() => "_-!.~'()*;/?:@&=+$,".contains(letter) || also.contains(letter),
            _ => !letter.is_control() && !letter.is_whitespace(),
        };
        if !fine {
            return false;
        }
    }
    true
}

impl<'a> Uri<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (text, None),
        };
        let scheme_end = rest.find([':', '/', '?']).filter(|end| rest[*end..].starts_with(':'));
        let (scheme, rest) = match scheme_end {
            Some(end) => (Some(&rest[..end]), &rest[end + 1..]),
            None => (None, rest),
        };
        if scheme.is_some_and(|it| !is_scheme(it) || rest.is_empty()) || !fragment.is_none_or(|it| legal(it, "[]")) {
            return None;
        }
        if scheme.is_some() && !rest.starts_with('/') {
            let opaque = Uri { scheme, authority: None, path: None, query: None, fragment };
            return legal(rest, "[]").then_some(opaque);
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        if authority == Some("") && path.is_empty() {
            return None;
        }
        let fine =
            authority.is_none_or(|it| legal(it, "[]")) && legal(path, "") && query.is_none_or(|it| legal(it, "[]"));
        let authority = authority.filter(|it| !it.is_empty());
        fine.then_some(Uri { scheme, authority, path: Some(path), query, fragment })
    }

    /// User and host of a server's authority, where it is one.
    fn server(&self) -> Option<(Option<&'a str>, &'a str)> {
        let authority = self.authority?;
        let (user, rest) = match authority.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, authority),
        };
        let (host, port) = match rest.strip_prefix('[').and_then(|inner| inner.find(']')) {
            Some(end) => rest.split_at(end + 2),
            None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
        };
        let port_fine =
            port.is_empty() || port.strip_prefix(':').is_some_and(|it| it.bytes().all(|d| d.is_ascii_digit()));
        (port_fine && is_host(host)).then_some((user, host))
    }

    fn part(&self, part: &str, key: Option<&Datum>) -> Option<String> {
        if let Some(Datum::String(key)) = key {
            let query = if part == "QUERY" { self.query? } else { return None };
            return query.split('&').find_map(|it| Some(it.strip_prefix(&**key)?.strip_prefix('=')?.to_owned()));
        }
        let found = match part {
            "HOST" => self.server()?.1,
            "PATH" => self.path?,
            "QUERY" => self.query?,
            "REF" => self.fragment?,
            "PROTOCOL" => self.scheme?,
            "AUTHORITY" => self.authority?,
            "USERINFO" => self.server()?.0?,
            "FILE" => {
                let path = self.path?;
                return Some(self.query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")));
            }
            _ => return None,
        };
        Some(found.to_owned())
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
}

/// A host name whose last label begins with a letter, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let fine = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    labels.iter().all(fine) && labels.last().is_some_and(|it| it.starts_with(|it: char| it.is_ascii_alphabetic()))
}

/// `java.net.URLEncoder`.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            // writing to a string never fails
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

/// `java.net.URLDecoder`.
fn decode(text: &str) -> Row {
    let refusal = || {
        SqlError::new(
            "IllegalArgumentException",
            Some("CANNOT_DECODE_URL"),
            format!(
                "The provided URL cannot be decoded: {text}. Please ensure that the URL is properly formatted and try \
                 again."
            ),
        )
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|it| char::from(it).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else { return Err(refusal()) };
                (high * 16 + low) as u8
            }
            byte => byte,
        });
    }
    Ok(String::from_utf8_lossy(&decoded).into_owned().datum())
}
