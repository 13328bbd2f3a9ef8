//! Operators, with values that Spark gave.

use serde_json::Value as Json;

use crate::sql::cast::cast;
use crate::sql::cast::recorded::{context, read};
use crate::sql::columns::{datums, from_datums};
use crate::sql::functions::{Evaluation, lookup};
use crate::sql::{DataType, Datum, SqlError, Typed, TypedKind};

fn literal(value: Datum, data_type: DataType) -> Typed {
    Typed { nullable: value.is_null(), kind: TypedKind::Literal(value), data_type }
}

fn typed(text: &str) -> DataType {
    DataType::parse(text).unwrap()
}

#[test]
fn operators_are_those_of_spark() {
    let (mut differ, mut seen) = (Vec::new(), 0);
    for line in include_str!("recorded.jsonl").lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap();
        let (left, right, returns) = (typed(text("left")), typed(text("right")), typed(text("returns")));
        let function = lookup(text("operator")).unwrap();
        // Columns, not literals: a literal's own digits would make other decimals.
        let column = |data_type: &DataType| Typed {
            kind: TypedKind::Attribute { id: crate::sql::AttributeId(0), name: "x".into() },
            data_type: data_type.clone(),
            nullable: true,
        };
        let integers = left.is_integral() || right.is_integral();
        let signature = (function.signature)(function, &[column(&left), column(&right)]).unwrap();
        for row in line["rows"].as_array().unwrap() {
            let (one, other) = (read(&left, &row[0]), read(&right, &row[1]));
            let literals = [literal(one.clone(), left.clone()), literal(other.clone(), right.clone())];
            let signature = if integers && returns.is_decimal() || left.is_decimal() != right.is_decimal() {
                (function.signature)(function, &literals).unwrap()
            } else {
                signature.clone()
            };
            let args: Vec<Datum> = [(&one, &left), (&other, &right)]
                .into_iter()
                .zip(&signature.arguments)
                .map(|((value, from), to)| cast(&context(), value, from, to, false))
                .collect();
            let run = match function.evaluation {
                Evaluation::Strict(run) | Evaluation::Hybrid(run, _) => run,
                _ => panic!("{function:?}"),
            };
            let made = run(&context(), &args, &signature.returns).unwrap();
            let expected = read(&returns, &row[2]);
            seen += 1;
            if made != expected {
                differ.push(format!("{one:?} {function:?} {other:?}: {made:?}, not {expected:?}"));
            }
            if let Evaluation::Hybrid(_, columns) = function.evaluation {
                let arrays = args.iter().zip(&signature.arguments).map(|(arg, to)| from_datums(to, [arg]).unwrap());
                let arrays: Vec<_> = arrays.collect();
                if let Some(column) = columns(&context(), &arrays, &signature.returns) {
                    assert_eq!(datums(&column, &signature.returns), [made], "{one:?} {function:?} {other:?}");
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} of {seen} differ:\n{}", differ.len(), differ.join("\n"));
}

fn refusal(operator: &str, left: &str, right: &str) -> String {
    let function = lookup(operator).unwrap();
    let column = |name: &str, data_type: &str| Typed {
        kind: TypedKind::Attribute { id: crate::sql::AttributeId(0), name: name.into() },
        data_type: typed(data_type),
        nullable: true,
    };
    (function.signature)(function, &[column("a", left), column("b", right)]).unwrap_err().to_string()
}

#[test]
fn operands_of_wrong_types_are_refused_in_the_words_of_spark() {
    assert_eq!(
        refusal("+", "int", "array<int>"),
        "[DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES] Cannot resolve \"(a + b)\" due to data type mismatch: the left and \
         right operands of the binary operator have incompatible types (\"INT\" and \"ARRAY<INT>\")."
    );
    assert_eq!(
        refusal("+", "boolean", "boolean"),
        "[DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE] Cannot resolve \"(a + b)\" due to data type mismatch: the binary \
         operator requires the input type (\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or \
         \"INTERVAL\"), not \"BOOLEAN\"."
    );
    assert_eq!(
        refusal("+", "date", "double"),
        "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] Cannot resolve \"date_add(a, b)\" due to data type mismatch: \
         Parameter 2 requires the (\"INT\" or \"SMALLINT\" or \"TINYINT\") type, however \"b\" has the type \"DOUBLE\"."
    );
    assert_eq!(
        refusal("=", "map<int, int>", "map<int, int>"),
        "[DATATYPE_MISMATCH.INVALID_ORDERING_TYPE] Cannot resolve \"(a = b)\" due to data type mismatch: The `=` does \
         not support ordering on type \"MAP<INT, INT>\"."
    );
}

fn like(text: &str, pattern: &str, escape: Option<&str>) -> Result<Datum, SqlError> {
    let Evaluation::Strict(run) = lookup("like").unwrap().evaluation else { panic!("like") };
    let args: Vec<_> =
        [Some(text), Some(pattern), escape].into_iter().flatten().map(|it| Datum::String(it.into())).collect();
    run(&context(), &args, &DataType::Boolean)
}

#[test]
fn an_escape_character_takes_the_meaning_of_the_next() {
    assert_eq!(like("a%c", "a!%c", Some("!")), Ok(Datum::Boolean(true)));
    assert_eq!(like("a!", "a!!", Some("!")), Ok(Datum::Boolean(true)));
    assert_eq!(like("abc", "a!%c", Some("!")), Ok(Datum::Boolean(false)));
    assert_eq!(
        like("a", "!a", Some("!")).unwrap_err().to_string(),
        "[INVALID_FORMAT.ESC_IN_THE_MIDDLE] The format is invalid: '!a'. The escape character is not allowed to \
         precede 'a'."
    );
    assert_eq!(
        like("a", "a\\", None).unwrap_err().to_string(),
        "[INVALID_FORMAT.ESC_AT_THE_END] The format is invalid: 'a\\\\'. The escape character is not allowed to end \
         with."
    );
}
