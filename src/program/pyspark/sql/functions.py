"""`pyspark.sql.functions`: what columns are made of.

Most are in a table; here are those whose arguments mean something in Python.
"""

import functools

from pyspark.errors import PySparkValueError, wrong_type
from pyspark.sql._calls import FUNCTIONS
from pyspark.sql.column import Column, _by_name, _literal, _named
from pyspark.sql.dataframe import DataFrame
from pyspark.sql.types import ArrayType, DataType, StringType, StructType
from pyspark.sql.udf import UserDefinedFunction, _create_udf

globals().update(FUNCTIONS)

# By a name that stays when a program rebinds the other.
_array = FUNCTIONS["array"]


def _call(name, *trees):
    return Column(("call", name, list(trees)))


def lit(col):
    if isinstance(col, Column):
        return col
    if isinstance(col, list):
        if any(isinstance(member, Column) for member in col):
            raise PySparkValueError(error_class="COLUMN_IN_LIST", message_parameters={"func_name": "lit"})
        return _array(*[lit(member) for member in col])
    return Column(("lit", col))


def col(col):
    return Column(_by_name(col))


column = col


def expr(str):
    return Column(("sql", str))


def when(condition, value):
    if not isinstance(condition, Column):
        raise wrong_type("NOT_COLUMN", "condition", condition)
    return Column(("case", [(condition._e, _literal(value))], None))


# Order


def asc(col):
    return Column(_named(col)).asc()


def asc_nulls_first(col):
    return Column(_named(col)).asc_nulls_first()


def asc_nulls_last(col):
    return Column(_named(col)).asc_nulls_last()


def desc(col):
    return Column(_named(col)).desc()


def desc_nulls_first(col):
    return Column(_named(col)).desc_nulls_first()


def desc_nulls_last(col):
    return Column(_named(col)).desc_nulls_last()


# Operators by name


def bitwise_not(col):
    return Column(("unary", "~", _named(col)))


def negative(col):
    return Column(("unary", "-", _named(col)))


def isnull(col):
    return Column(_named(col)).isNull()


def isnotnull(col):
    return Column(_named(col)).isNotNull()


def like(str, pattern, escapeChar=None):
    escape = None if escapeChar is None else _literal(escapeChar)
    return Column(("like", _named(str), _named(pattern), escape, False))


def ilike(str, pattern, escapeChar=None):
    escape = None if escapeChar is None else _literal(escapeChar)
    return Column(("like", _named(str), _named(pattern), escape, True))


# Aggregates


def count_distinct(col, *cols):
    return Column(("call", "count", [_named(each) for each in (col,) + cols], True))


def countDistinct(col, *cols):
    return count_distinct(col, *cols)


def sum_distinct(col):
    return Column(("call", "sum", [_named(col)], True))


def _percentile(name):
    def function(col, percentage, accuracy=10000):
        if isinstance(percentage, (list, tuple)):
            percentage = _array(*[lit(member) for member in percentage])
        return _call(name, _named(col), _literal(percentage), _literal(accuracy))

    function.__name__ = name
    return function


percentile_approx = _percentile("percentile_approx")
approx_percentile = _percentile("approx_percentile")


def percentile(col, percentage, frequency=1):
    return _percentile("percentile")(col, percentage, frequency)


# Numbers and text


def log(arg1, arg2=None):
    if arg2 is None:
        return _call("ln", _named(arg1))
    return _call("log", ("lit", float(arg1)), _named(arg2))


def greatest(*cols):
    return _at_least_two("greatest", cols)


def least(*cols):
    return _at_least_two("least", cols)


def _at_least_two(name, cols):
    if len(cols) < 2:
        raise PySparkValueError(
            error_class="WRONG_NUM_COLUMNS", message_parameters={"func_name": name, "num_cols": "2"}
        )
    return _call(name, *[_named(each) for each in cols])


def concat_ws(sep, *cols):
    return _call("concat_ws", ("lit", sep), *[_named(each) for each in cols])


def format_string(format, *cols):
    return _call("format_string", ("lit", format), *[_named(each) for each in cols])


def printf(format, *cols):
    return _call("printf", _named(format), *[_named(each) for each in cols])


def overlay(src, replace, pos, len=-1):
    def place(value):
        return ("lit", value) if isinstance(value, int) else _named(value)

    return _call("overlay", _named(src), _named(replace), place(pos), place(len))


def assert_true(col, errMsg=None):
    return _call("assert_true", _named(col), *[_literal(text) for text in [errMsg] if text is not None])


def raise_error(errMsg):
    if not isinstance(errMsg, (str, Column)):
        raise wrong_type("NOT_COLUMN_OR_STR", "errMsg", errMsg)
    return _call("raise_error", _literal(errMsg))


# Time


def unix_timestamp(timestamp=None, format="yyyy-MM-dd HH:mm:ss"):
    if timestamp is None:
        return _call("unix_timestamp")
    return _call("unix_timestamp", _named(timestamp), _literal(format))


def window(timeColumn, windowDuration, slideDuration=None, startTime=None):
    def check(field, name):
        if not field or type(field) is not str:
            raise wrong_type("NOT_STR", name, field)
        return ("lit", field)

    trees = [_named(timeColumn), check(windowDuration, "windowDuration")]
    if slideDuration or startTime:
        trees.append(check(slideDuration, "slideDuration") if slideDuration else trees[1])
    if startTime:
        trees.append(check(startTime, "startTime"))
    return _call("window", *trees)


def session_window(timeColumn, gapDuration):
    time = _named(timeColumn)
    if not isinstance(gapDuration, (str, Column)):
        raise wrong_type("NOT_COLUMN_OR_STR", "gapDuration", gapDuration)
    return _call("session_window", time, _literal(gapDuration))


# JSON and CSV


def _options(options):
    """Options as the map that SQL takes for them, where there are any."""
    from pyspark.sql.utils import to_str

    if not options:
        return []
    pairs = [("lit", text) for key, value in options.items() for text in (key, to_str(value))]
    return [("call", "map", pairs)]


def json_tuple(col, *fields):
    return _call("json_tuple", _named(col), *[("lit", field) for field in fields])


def from_json(col, schema, options=None):
    if isinstance(schema, DataType):
        schema = schema._ddl()
    return _call("from_json", _named(col), _literal(schema), *_options(options))


def to_json(col, options=None):
    return _call("to_json", _named(col), *_options(options))


def _schema_of(name, value, what, options):
    if not isinstance(value, (str, Column)):
        raise wrong_type("NOT_COLUMN_OR_STR", what, value)
    return _call(name, _literal(value), *_options(options))


def schema_of_json(json, options=None):
    return _schema_of("schema_of_json", json, "json", options)


def schema_of_csv(csv, options=None):
    return _schema_of("schema_of_csv", csv, "csv", options)


def from_csv(col, schema, options=None):
    if not isinstance(schema, (str, Column)):
        raise wrong_type("NOT_COLUMN_OR_STR", "schema", schema)
    return _call("from_csv", _named(col), _literal(schema), *_options(options))


def to_csv(col, options=None):
    return _call("to_csv", _named(col), *_options(options))


# Functions of functions


def _lambda(f):
    import inspect

    parameters = inspect.signature(f).parameters.values()
    if not 1 <= len(parameters) <= 3:
        raise PySparkValueError(
            error_class="WRONG_NUM_ARGS_FOR_HIGHER_ORDER_FUNCTION",
            message_parameters={"func_name": f.__name__, "num_args": str(len(parameters))},
        )
    if any(parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD) for parameter in parameters):
        raise PySparkValueError(
            error_class="UNSUPPORTED_PARAM_TYPE_FOR_HIGHER_ORDER_FUNCTION",
            message_parameters={"func_name": f.__name__},
        )
    names = [_fresh(name) for name in "xyz"[: len(parameters)]]
    result = f(*[Column(("col", name)) for name in names])
    if not isinstance(result, Column):
        raise PySparkValueError(
            error_class="HIGHER_ORDER_FUNCTION_SHOULD_RETURN_COLUMN",
            message_parameters={"func_name": f.__name__, "return_type": type(result).__name__},
        )
    return ("lambda", names, result._e)


def _fresh(name):
    """A name that no other lambda's parameter has, so that one within another sees both."""
    import _headwater

    return "%s_%d" % (name, _headwater.ask("sql_lambda_name"))


def _higher(name, cols, functions):
    trees = [_named(each) for each in cols]
    return _call(name, *trees, *[_lambda(f) for f in functions if f is not None])


def array_sort(col, comparator=None):
    return _higher("array_sort", [col], [comparator])


def transform(col, f):
    return _higher("transform", [col], [f])


def exists(col, f):
    return _higher("exists", [col], [f])


def forall(col, f):
    return _higher("forall", [col], [f])


def filter(col, f):
    return _higher("filter", [col], [f])


def aggregate(col, initialValue, merge, finish=None):
    return _higher("aggregate", [col, initialValue], [merge, finish])


def reduce(col, initialValue, merge, finish=None):
    return _higher("aggregate", [col, initialValue], [merge, finish])


def zip_with(left, right, f):
    return _higher("zip_with", [left, right], [f])


def transform_keys(col, f):
    return _higher("transform_keys", [col], [f])


def transform_values(col, f):
    return _higher("transform_values", [col], [f])


def map_filter(col, f):
    return _higher("map_filter", [col], [f])


def map_zip_with(col1, col2, f):
    return _higher("map_zip_with", [col1, col2], [f])


# Functions of the program, and of others


def broadcast(df):
    return df.hint("broadcast")


def bucket(numBuckets, col):
    if not isinstance(numBuckets, (int, Column)):
        raise wrong_type("NOT_COLUMN_OR_INT", "numBuckets", numBuckets)
    return _call("bucket", _literal(numBuckets), _named(col))


def call_udf(udfName, *cols):
    return _call(udfName, *[_named(each) for each in cols])


def call_function(funcName, *cols):
    return _call(funcName, *[_named(each) for each in cols])


def udf(f=None, returnType=StringType(), *, useArrow=None):
    if f is None or isinstance(f, (str, DataType)):
        return functools.partial(_create_udf, returnType=f or returnType)
    return _create_udf(f, returnType)


# Other names

toDegrees = FUNCTIONS["degrees"]
toRadians = FUNCTIONS["radians"]
power = FUNCTIONS["pow"]
negate = negative
bitwiseNOT = bitwise_not
sumDistinct = sum_distinct
approxCountDistinct = FUNCTIONS["approx_count_distinct"]
shiftLeft = FUNCTIONS["shiftleft"]
shiftRight = FUNCTIONS["shiftright"]
shiftRightUnsigned = FUNCTIONS["shiftrightunsigned"]
