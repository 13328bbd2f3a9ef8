//! Comparing rows, and telling how they differ.

use serde_json::Value as Json;

use super::Order;

/// How rows differ from those expected, if they do. `None` stands for a batch that was not generated.
pub fn difference(expected: Option<&[Json]>, actual: Option<&[Json]>, order: Order) -> Option<String> {
    let text = |rows: Option<&[Json]>| match rows {
        None => "nothing generated".to_owned(),
        Some(rows) => Json::Array(rows.to_vec()).to_string(),
    };
    let (Some(wanted), Some(got)) = (expected, actual) else {
        let same = expected.is_none() && actual.is_none();
        return (!same).then(|| format!("expected {}, got {}", text(expected), text(actual)));
    };
    if order == Order::Exact {
        return (wanted != got).then(|| format!("expected {}, got {}", text(expected), text(actual)));
    }
    let (missing, extra) = (without(wanted, got), without(got, wanted));
    if missing.is_empty() && extra.is_empty() {
        return None;
    }
    let part = |what: &str, rows: Vec<Json>| (!rows.is_empty()).then(|| format!("{what} {}", Json::Array(rows)));
    Some([part("missing", missing), part("unexpected", extra)].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// The rows of `left` that are left over when those of `right` are taken out, each as often as it is there.
fn without(left: &[Json], right: &[Json]) -> Vec<Json> {
    let mut rest: Vec<&Json> = right.iter().collect();
    let left_over = left.iter().filter(|row| match rest.iter().position(|other| other == row) {
        Some(place) => {
            rest.swap_remove(place);
            false
        }
        None => true,
    });
    left_over.cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_in_any_order_are_a_multiset() {
        let (twice, once) = ([json!(1), json!(1), json!(2)], [json!(2), json!(1)]);
        assert_eq!(difference(Some(&twice), Some(&once), Order::Any).as_deref(), Some("missing [1]"));
        assert_eq!(difference(Some(&once), Some(&[json!(1), json!(2)]), Order::Any), None);
        assert!(difference(Some(&once), Some(&[json!(1), json!(2)]), Order::Exact).is_some());
        assert!(difference(None, Some(&[]), Order::Any).is_some(), "an empty batch is not the same as none");
    }
}
