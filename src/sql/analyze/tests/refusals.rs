//! Queries that Spark 3.5.7 refuses, and its words.

/// The query, the condition (none for errors of old), and the text.
pub(super) const REFUSALS: &[(&str, &str, &str)] = &[
    (
        "select nosuch from events",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `nosuch` cannot be resolved. Did you mean one of the following? [`ts`, `k`, `v`].",
    ),
    (
        "select e.nosuch from events e",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `e`.`nosuch` cannot be resolved. Did you mean one of the following? [`e`.`ts`, `e`.`k`, `e`.`v`].",
    ),
    (
        "select x.k from events e",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `x`.`k` cannot be resolved. Did you mean one of the following? [`e`.`k`, `e`.`v`, `e`.`ts`].",
    ),
    (
        "select nosuch from events e join users u on e.k=u.k",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `nosuch` cannot be resolved. Did you mean one of the following? [`e`.`k`, `u`.`k`, `e`.`v`, `e`.`ts`, `u`.`low`].",
    ),
    (
        "select nam from users",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `nam` cannot be resolved. Did you mean one of the following? [`k`, `name`, `low`].",
    ),
    (
        "select v.x from events",
        "INVALID_EXTRACT_BASE_FIELD_TYPE",
        "Can't extract a value from \"v\". Need a complex type [STRUCT, ARRAY, MAP] but got \"INT\".",
    ),
    (
        "select nosuch from (select 1) t",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `nosuch` cannot be resolved. Did you mean one of the following? [`1`].",
    ),
    (
        "select nosuch",
        "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
        "A column or function parameter with name `nosuch` cannot be resolved. ",
    ),
    (
        "select k from events e join users u on e.k=u.k",
        "AMBIGUOUS_REFERENCE",
        "Reference `k` is ambiguous, could be: [`e`.`k`, `u`.`k`].",
    ),
    (
        "select x.* from events e",
        "CANNOT_RESOLVE_STAR_EXPAND",
        "Cannot resolve `x`.* given input columns `k`, `v`, `ts`. Please check that the specified table or struct exists and is accessible in the input columns.",
    ),
    (
        "select count(*) , count(1), count(k), count(e.*) from events e",
        "",
        "count(e.*) is not allowed. Please use count(*) or expand the columns manually, e.g. count(col1, col2).",
    ),
    (
        "select max(*) from events",
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "The `max` requires 1 parameters but the actual number is 3. Please, refer to 'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix.",
    ),
    (
        "select * from nosuchtable",
        "TABLE_OR_VIEW_NOT_FOUND",
        "The table or view `nosuchtable` cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with the correct schema and catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.",
    ),
    (
        "select * from a.b",
        "TABLE_OR_VIEW_NOT_FOUND",
        "The table or view `a`.`b` cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with the correct schema and catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.",
    ),
    (
        "select nosuchf(k) from events",
        "UNRESOLVED_ROUTINE",
        "Cannot resolve function `nosuchf` on search path [`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`].",
    ),
    (
        "select k, sum(v) from events",
        "MISSING_GROUP_BY",
        "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window functions using OVER clauses.",
    ),
    (
        "select k, v from events group by k",
        "MISSING_AGGREGATION",
        "The non-aggregating expression \"v\" is based on columns which are not participating in the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use \"any_value(v)\" if you do not care which of the values within a group is returned.",
    ),
    (
        "select k from events group by k having v > 1",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `v` cannot be resolved. Did you mean one of the following? [`k`].",
    ),
    (
        "select sum(sum(v)) from events",
        "NESTED_AGGREGATE_FUNCTION",
        "It is not allowed to use an aggregate function in the argument of another aggregate function. Please use the inner aggregate function in a sub-query.",
    ),
    (
        "select k from events where sum(v) > 1",
        "INVALID_WHERE_CONDITION",
        "The WHERE condition \"(sum(v) > 1)\" contains invalid expressions: sum(events.v).\nRewrite the query to avoid window functions, aggregate functions, and generator functions in the WHERE clause.",
    ),
    (
        "select k from events group by sum(v)",
        "GROUP_BY_AGGREGATE",
        "Aggregate functions are not allowed in GROUP BY, but found sum(events.v).",
    ),
    (
        "select k, sum(v) from events group by 2",
        "GROUP_BY_POS_AGGREGATE",
        "GROUP BY 2 refers to an expression sum(events.v) AS `sum(v)` that contains an aggregate function. Aggregate functions are not allowed in GROUP BY.",
    ),
    (
        "select k, sum(v) from events group by 3",
        "GROUP_BY_POS_OUT_OF_RANGE",
        "GROUP BY position 3 is not in select list (valid range is [1, 2]).",
    ),
    (
        "select k from events where v",
        "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
        "Cannot resolve \"v\" due to data type mismatch: Filter expression \"v\" of type \"INT\" is not a boolean.",
    ),
    (
        "select k from events where k",
        "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
        "Cannot resolve \"k\" due to data type mismatch: Filter expression \"k\" of type \"STRING\" is not a boolean.",
    ),
    (
        "select v = k, ts > '2020-01-01', ts = t, k = b from events, n limit 1",
        "AMBIGUOUS_REFERENCE",
        "Reference `ts` is ambiguous, could be: [`events`.`ts`, `n`.`ts`].",
    ),
    (
        "select b + 1 from n",
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        "Cannot resolve \"(b + 1)\" due to data type mismatch: the left and right operands of the binary operator have incompatible types (\"BOOLEAN\" and \"INT\").",
    ),
    (
        "select j + 1 from n",
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        "Cannot resolve \"(j + 1)\" due to data type mismatch: the left and right operands of the binary operator have incompatible types (\"STRUCT<user: STRING, n: INT>\" and \"INT\").",
    ),
    (
        "select a + 1 from n",
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        "Cannot resolve \"(a + 1)\" due to data type mismatch: the left and right operands of the binary operator have incompatible types (\"ARRAY<INT>\" and \"INT\").",
    ),
    (
        "select m = m from n",
        "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
        "Cannot resolve \"(m = m)\" due to data type mismatch: The `=` does not support ordering on type \"MAP<STRING, INT>\".",
    ),
    (
        "select id in (a) from n",
        "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
        "Cannot resolve \"(id IN (a))\" due to data type mismatch: Input to `in` should all be the same type, but it's [\"INT\", \"ARRAY<INT>\"].",
    ),
    (
        "select case when 1 then 2 end from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"CASE WHEN 1 THEN 2 END\" due to data type mismatch: Parameter 1 requires the \"BOOLEAN\" type, however \"1\" has the type \"INT\".",
    ),
    (
        "select case when b then j else 1 end from n",
        "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
        "Cannot resolve \"CASE WHEN b THEN j ELSE 1 END\" due to data type mismatch: Input to `casewhen` should all be the same type, but it's [\"STRUCT<user: STRING, n: INT>\", \"INT\"].",
    ),
    (
        "select -s, -id, +s, ~id, not b, not s from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"(NOT s)\" due to data type mismatch: Parameter 1 requires the \"BOOLEAN\" type, however \"s\" has the type \"STRING\".",
    ),
    (
        "select ~s from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"~s\" due to data type mismatch: Parameter 1 requires the \"INTEGRAL\" type, however \"s\" has the type \"STRING\".",
    ),
    (
        "select s and b from n",
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        "Cannot resolve \"(s AND b)\" due to data type mismatch: the left and right operands of the binary operator have incompatible types (\"STRING\" and \"BOOLEAN\").",
    ),
    (
        "select b and 1 from n",
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        "Cannot resolve \"(b AND 1)\" due to data type mismatch: the left and right operands of the binary operator have incompatible types (\"BOOLEAN\" and \"INT\").",
    ),
    (
        "select t + t from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"date_add(t, t)\" due to data type mismatch: Parameter 2 requires the (\"INT\" or \"SMALLINT\" or \"TINYINT\") type, however \"t\" has the type \"DATE\".",
    ),
    (
        "select cast(a as int) from n",
        "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
        "Cannot resolve \"CAST(a AS INT)\" due to data type mismatch: cannot cast \"ARRAY<INT>\" to \"INT\".",
    ),
    (
        "select cast(id as date) from n",
        "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
        "Cannot resolve \"CAST(id AS DATE)\" due to data type mismatch: cannot cast \"INT\" to \"DATE\".",
    ),
    (
        "select cast(f as binary) from n",
        "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
        "Cannot resolve \"CAST(f AS BINARY)\" due to data type mismatch: cannot cast \"DOUBLE\" to \"BINARY\".",
    ),
    (
        "select transform(a, (x, y, z) -> x + 1) from n",
        "INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH",
        "Invalid lambda function call. A higher order function expects 3 arguments, but got 1.",
    ),
    (
        "select upper(x -> x) from n",
        "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION",
        "Invalid lambda function call. A lambda function should only be used in a higher order function. However, its class is org.apache.spark.sql.catalyst.expressions.Upper, which is not a higher order function.",
    ),
    (
        "select transform(id, x -> x) from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"transform(id, lambdafunction(x, x))\" due to data type mismatch: Parameter 1 requires the \"ARRAY\" type, however \"id\" has the type \"INT\".",
    ),
    (
        "select transform(a, x -> nosuch + 1) from n",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `nosuch` cannot be resolved. Did you mean one of the following? [`s`, `sm`, `ts`, `a`, `b`].",
    ),
    (
        "select aggregate(a, 0, (acc, x) -> acc + l) from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"aggregate(a, 0, lambdafunction((namedlambdavariable() + l), namedlambdavariable(), namedlambdavariable()), lambdafunction(namedlambdavariable(), namedlambdavariable()))\" due to data type mismatch: Parameter 3 requires the \"INT\" type, however \"lambdafunction((namedlambdavariable() + l), namedlambdavariable(), namedlambdavariable())\" has the type \"BIGINT\".",
    ),
    (
        "select explode(m) as x from n",
        "UDTF_ALIAS_NUMBER_MISMATCH",
        "The number of aliases supplied in the AS clause does not match the number of columns output by the UDTF. Expected 2 aliases, but got x. Please ensure that the number of aliases provided matches the number of columns output by the UDTF.",
    ),
    (
        "select explode(a) + 1 from n",
        "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS",
        "The generator is not supported: nested in expressions \"(explode(a) + 1)\".",
    ),
    (
        "select explode(id) from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"explode(id)\" due to data type mismatch: Parameter 1 requires the (\"ARRAY\" or \"MAP\") type, however \"id\" has the type \"INT\".",
    ),
    (
        "select explode(a) as q, sum(id) from n group by id",
        "MISSING_AGGREGATION",
        "The non-aggregating expression \"a\" is based on columns which are not participating in the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use \"any_value(a)\" if you do not care which of the values within a group is returned.",
    ),
    (
        "select id, x from n lateral view posexplode(a) tt as x",
        "UDTF_ALIAS_NUMBER_MISMATCH",
        "The number of aliases supplied in the AS clause does not match the number of columns output by the UDTF. Expected 2 aliases, but got x. Please ensure that the number of aliases provided matches the number of columns output by the UDTF.",
    ),
    (
        "select id, x from n lateral view upper(s) tt as x",
        "UNSUPPORTED_GENERATOR.NOT_GENERATOR",
        "The generator is not supported: `upper` is expected to be a generator. However, its class is org.apache.spark.sql.catalyst.expressions.Upper, which is not a generator.",
    ),
    (
        "select id from n where explode(a) > 1",
        "UNSUPPORTED_GENERATOR.OUTSIDE_SELECT",
        "The generator is not supported: outside the SELECT clause, found: 'Filter (explode(a#9) > 1).",
    ),
    (
        "select k, v from events union select name, low, k from users",
        "NUM_COLUMNS_MISMATCH",
        "UNION can only be performed on inputs with the same number of columns, but the first input has 2 columns and the second input has 3 columns.",
    ),
    (
        "select a from n union all select id from n",
        "INCOMPATIBLE_COLUMN_TYPE",
        "UNION can only be performed on tables with compatible column types. The first column of the second table is \"INT\" type which is not compatible with \"ARRAY<INT>\" at the same column of the first table..",
    ),
    (
        "select m from n intersect select m from n",
        "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
        "The feature is not supported: Cannot have MAP type columns in DataFrame which calls set operations (INTERSECT, EXCEPT, etc.), but the type of column `m` is \"MAP<STRING, INT>\".",
    ),
    (
        "select distinct m from n",
        "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
        "The feature is not supported: Cannot have MAP type columns in DataFrame which calls set operations (INTERSECT, EXCEPT, etc.), but the type of column `m` is \"MAP<STRING, INT>\".",
    ),
    (
        "select distinct k from events order by v",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `v` cannot be resolved. Did you mean one of the following? [`k`].",
    ),
    (
        "select k, sum(v) s from events group by k order by v",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `v` cannot be resolved. Did you mean one of the following? [`s`, `events`.`k`].",
    ),
    (
        "select k from events order by 1, 2",
        "ORDER_BY_POS_OUT_OF_RANGE",
        "ORDER BY position 2 is not in select list (valid range is [1, 1]).",
    ),
    (
        "select k from events order by nosuch",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `nosuch` cannot be resolved. Did you mean one of the following? [`k`].",
    ),
    (
        "select m from n order by m",
        "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
        "Cannot resolve \"m ASC NULLS FIRST\" due to data type mismatch: The `sortorder` does not support ordering on type \"MAP<STRING, INT>\".",
    ),
    (
        "select k from events limit -1",
        "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
        "The limit like expression \"-1\" is invalid. The limit expression must be equal to or greater than 0, but got -1.",
    ),
    (
        "select k from events limit 'x'",
        "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE",
        "The limit like expression \"x\" is invalid. The limit expression must be integer type, but got \"STRING\".",
    ),
    (
        "select k from events limit k",
        "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE",
        "The limit like expression \"k\" is invalid. The limit expression must evaluate to a constant value.",
    ),
    (
        "select k from events limit null",
        "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE",
        "The limit like expression \"NULL\" is invalid. The limit expression must be integer type, but got \"VOID\".",
    ),
    (
        "select k, v, count(*) from events group by grouping sets ((k), (k), ())",
        "MISSING_AGGREGATION",
        "The non-aggregating expression \"v\" is based on columns which are not participating in the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use \"any_value(v)\" if you do not care which of the values within a group is returned.",
    ),
    (
        "select grouping(k) from events group by k",
        "UNSUPPORTED_GROUPING_EXPRESSION",
        "grouping()/grouping_id() can only be used with GroupingSets/Cube/Rollup.",
    ),
    (
        "select grouping(ts) from events group by rollup(k)",
        "GROUPING_COLUMN_MISMATCH",
        "Column of grouping (ts#2) can't be found in grouping columns k#0.",
    ),
    (
        "select grouping_id(ts) from events group by rollup(k)",
        "GROUPING_ID_COLUMN_MISMATCH",
        "Columns of grouping_id (ts#2) does not match grouping columns (k#0).",
    ),
    (
        "select k from events having k > 1",
        "MISSING_GROUP_BY",
        "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window functions using OVER clauses.",
    ),
    (
        "select m, count(*) from n group by m",
        "GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE",
        "The expression \"m\" cannot be used as a grouping expression because its data type \"MAP<STRING, INT>\" is not an orderable data type.",
    ),
    (
        "select * from values (1), (2, 3)",
        "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
        "Invalid inline table. Inline table expected 1 columns but found 2 columns in row 1.",
    ),
    (
        "select * from values (1), (array(1))",
        "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE",
        "Invalid inline table. Found incompatible types in the column `col1` for inline table.",
    ),
    (
        "select * from values (k)",
        "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
        "A column or function parameter with name `k` cannot be resolved. ",
    ),
    (
        "select * from (select k, v from events) t(a)",
        "",
        "Number of column aliases does not match number of columns. Number of column aliases: 1; number of columns: 2.",
    ),
    (
        "select row_number() from events",
        "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE",
        "Window function \"row_number()\" requires an OVER clause.",
    ),
    (
        "select upper(k) over (order by v) from events",
        "UNSUPPORTED_EXPR_FOR_WINDOW",
        "Expression \"upper(k)\" not supported within a window function.",
    ),
    (
        "select k from events where row_number() over (order by v) = 1",
        "",
        "It is not allowed to use window functions inside WHERE clause.",
    ),
    (
        "select events.k, default.events.k from events",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `default`.`events`.`k` cannot be resolved. Did you mean one of the following? [`events`.`k`, `events`.`ts`, `events`.`v`].",
    ),
    (
        "select count(k, v), count() from events",
        "WRONG_NUM_ARGS.WITH_SUGGESTION",
        "The `count` requires  >= 1 parameters but the actual number is 0. If you have to call this function with 0 parameters, set the legacy configuration \"spark.sql.legacy.allowParameterlessCount\" to \"true\".",
    ),
    (
        "select sum(a) from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"sum(a)\" due to data type mismatch: Parameter 1 requires the \"NUMERIC\" or \"ANSI INTERVAL\" type, however \"a\" has the type \"ARRAY<INT>\".",
    ),
    (
        "select max(m) from n",
        "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
        "Cannot resolve \"max(m)\" due to data type mismatch: The `max` does not support ordering on type \"MAP<STRING, INT>\".",
    ),
    (
        "select a[1L], a[s], m[1], m[s] from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"a[s]\" due to data type mismatch: Parameter 2 requires the \"INTEGRAL\" type, however \"s\" has the type \"STRING\".",
    ),
    (
        "select a['x'] from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"a[x]\" due to data type mismatch: Parameter 2 requires the \"INTEGRAL\" type, however \"x\" has the type \"STRING\".",
    ),
    (
        "select m[a] from n",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"m[a]\" due to data type mismatch: Parameter 2 requires the \"STRING\" type, however \"a\" has the type \"ARRAY<INT>\".",
    ),
    (
        "select id[0] from n",
        "INVALID_EXTRACT_BASE_FIELD_TYPE",
        "Can't extract a value from \"id\". Need a complex type [STRUCT, ARRAY, MAP] but got \"INT\".",
    ),
    (
        "select sum(v) over (order by sum(v)) from events group by k",
        "MISSING_AGGREGATION",
        "The non-aggregating expression \"v\" is based on columns which are not participating in the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use \"any_value(v)\" if you do not care which of the values within a group is returned.",
    ),
    (
        "select max(v) filter (where k) from events",
        "",
        "FILTER expression is not of type boolean. It cannot be used in an aggregate function.",
    ),
    (
        "select k from events group by k having nosuch > 1",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `nosuch` cannot be resolved. Did you mean one of the following? [`k`].",
    ),
    (
        "select nosuch(1), 2",
        "UNRESOLVED_ROUTINE",
        "Cannot resolve function `nosuch` on search path [`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`].",
    ),
    (
        "select abs(k, v) from events",
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "The `abs` requires 1 parameters but the actual number is 2. Please, refer to 'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix.",
    ),
    (
        "select a.b from (select id as `a.b` from n)",
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name `a`.`b` cannot be resolved. Did you mean one of the following? [`a.b`].",
    ),
    (
        "select * from events e join users u on e.v",
        "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE",
        "The join condition \"v\" has the invalid type \"INT\", expected \"BOOLEAN\".",
    ),
    (
        "select * from events e join users u on sum(e.v) > 1",
        "UNSUPPORTED_EXPR_FOR_OPERATOR",
        "A query operator contains one or more unsupported expressions. Consider to rewrite it to avoid window functions, aggregate functions, and generator functions in the WHERE clause.\nInvalid expressions: [\"sum(v)\"]",
    ),
    (
        "select * from events join users using (nosuch)",
        "UNRESOLVED_USING_COLUMN_FOR_JOIN",
        "USING column `nosuch` cannot be resolved on the left side of the join. The left-side columns: [`k`, `ts`, `v`].",
    ),
    (
        "select coalesce(), coalesce(1)",
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "The `coalesce` requires > 0 parameters but the actual number is 0. Please, refer to 'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix.",
    ),
    (
        "select if(1, 2, 3)",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"(IF(1, 2, 3))\" due to data type mismatch: Parameter 1 requires the \"BOOLEAN\" type, however \"1\" has the type \"INT\".",
    ),
];
