//! Queries in SQL.

use super::Session;
use super::answers::ANSWERS;
use super::refusals::REFUSALS;
use crate::sql::{SqlError, parse_query};

fn asked(query: &str) -> Result<(String, String), SqlError> {
    let node = Session::new().analyze(&parse_query(query)?)?;
    let schema = node.schema();
    let names: Vec<String> = schema.iter().map(|it| format!("{}:{}", it.name, it.data_type.simple_string())).collect();
    let nullable = schema.iter().map(|it| if it.nullable { '?' } else { '!' }).collect();
    Ok((names.join(","), nullable))
}

#[test]
fn queries_have_the_columns_that_spark_says() {
    let mut wrong = Vec::new();
    for (query, names, nullable) in ANSWERS {
        match asked(query) {
            Ok(found) if found == (names.to_string(), nullable.to_string()) => {}
            Ok(found) => wrong.push(format!("{query}\n  is   {} {}\n  not  {names} {nullable}", found.0, found.1)),
            Err(error) => wrong.push(format!("{query}\n  {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ANSWERS.len(), wrong.join("\n"));
}

#[test]
fn queries_are_refused_in_sparks_words() {
    let mut wrong = Vec::new();
    for (query, condition, text) in REFUSALS {
        let said = match asked(query) {
            Ok(found) => format!("accepted: {}", found.0),
            Err(error) if error.condition.as_deref().unwrap_or_default() == *condition && *error.message == **text => {
                continue;
            }
            Err(error) => error.to_string(),
        };
        wrong.push(format!("{query}\n  said {said}\n  not  [{condition}] {text}"));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), REFUSALS.len(), wrong.join("\n"));
}
