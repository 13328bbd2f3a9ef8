"""`pyspark.sql.utils`: exceptions under their names of old, and small helpers."""

from pyspark.errors import (  # noqa: F401
    AnalysisException,
    ArithmeticException,
    ArrayIndexOutOfBoundsException,
    CapturedException,
    DateTimeException,
    IllegalArgumentException,
    NumberFormatException,
    ParseException,
    PythonException,
    QueryExecutionException,
    SparkRuntimeException,
    SparkUpgradeException,
    StreamingQueryException,
    UnknownException,
    UnsupportedOperationException,
)


def to_str(value):
    """An option's value as the text that Spark is given."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
