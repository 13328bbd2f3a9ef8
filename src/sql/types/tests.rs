//! Types as text and as JSON, both ways.

use super::*;
use crate::sql::SqlError;

fn round_trip(ddl: &str) -> String {
    let fields = parse_schema(ddl).unwrap();
    assert_eq!(schema_from_json(&schema_to_json(&fields)).unwrap(), fields);
    fields.iter().map(StructField::to_ddl).collect::<Vec<_>>().join(",")
}

#[test]
fn schemas_are_read_and_written() {
    assert_eq!(
        round_trip("k STRING, p STRUCT<x: INT, y: STRING NOT NULL>, m MAP<STRING, INT>, c DECIMAL(6,2) NOT NULL"),
        "k STRING,p STRUCT<x: INT, y: STRING>,m MAP<STRING, INT>,c DECIMAL(6,2) NOT NULL"
    );
    assert_eq!(
        round_trip(
            "`a b` long comment 'it\\'s', `c``d` array<array<real>>, e timestamp_ltz, f varchar(3), g dec, h interval hour to second"
        ),
        "`a b` BIGINT,`c``d` ARRAY<ARRAY<FLOAT>>,e TIMESTAMP,f STRING,g DECIMAL(10,0),h INTERVAL DAY TO SECOND"
    );
    assert_eq!(DataType::parse("struct<>").unwrap(), DataType::structure([]));
    assert_eq!(DataType::from_ddl("int").unwrap(), DataType::Integer);
    assert_eq!(DataType::from_ddl("a: int").unwrap().simple_string(), "struct<a:int>");
}

#[test]
fn errors_are_those_of_spark() {
    let text = |result: Result<DataType, SqlError>| result.unwrap_err().to_string();
    assert_eq!(
        text(DataType::parse("array<int")),
        "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input: missing '>'.(line 1, pos 9)\n\n== SQL ==\narray<int\n---------^^^\n"
    );
    assert_eq!(
        text(DataType::parse("foo")),
        "[UNSUPPORTED_DATATYPE] Unsupported data type \"FOO\".(line 1, pos 0)\n\n== SQL ==\nfoo\n^^^\n"
    );
    let schema = |ddl| parse_schema(ddl).unwrap_err();
    let first = |ddl| schema(ddl).to_string().lines().next().unwrap().to_owned();
    assert_eq!(first("a b c"), "[PARSE_SYNTAX_ERROR] Syntax error at or near 'c': extra input 'c'.(line 1, pos 4)");
    assert_eq!(first("a int,"), "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input.(line 1, pos 6)");
    assert_eq!(
        first("a int not"),
        "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input: missing 'NULL'.(line 1, pos 9)"
    );
    assert_eq!(first("a map<int>"), "[PARSE_SYNTAX_ERROR] Syntax error at or near '>'.(line 1, pos 9)");
    assert_eq!(first("a int comment x"), "[PARSE_SYNTAX_ERROR] Syntax error at or near 'x'.(line 1, pos 14)");
    assert_eq!(first(""), "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input.(line 1, pos 0)");
    assert_eq!(first("a int(3)"), "[UNSUPPORTED_DATATYPE] Unsupported data type \"INT(3)\".(line 1, pos 2)");
    assert_eq!(
        first("a decimal(39,0)"),
        "[DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION] Decimal precision 39 exceeds max precision 38."
    );
    assert_eq!(first("a decimal(3,5)"), "Decimal scale (5) cannot be greater than precision (3).");
    assert_eq!(
        first("a-b int"),
        "[INVALID_IDENTIFIER] The identifier a-b is invalid. Please, consider quoting it with back-quotes as \
         `a-b`.(line 1, pos 1)"
    );
    assert_eq!(
        first("a array"),
        "[INCOMPLETE_TYPE_DEFINITION.ARRAY] Incomplete complex type: The definition of \"ARRAY\" type is incomplete. \
         You must provide an element type. For example: \"ARRAY<INT>\".(line 1, pos 2)"
    );
}
