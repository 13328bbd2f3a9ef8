"""Schemas of rows: inferred from them, and held against them."""

import datetime
import decimal
from functools import reduce

from pyspark.errors import PySparkTypeError, PySparkValueError
from pyspark.sql.types import (
    ArrayType, AtomicType, BinaryType, BooleanType, ByteType, CharType, DateType, DayTimeIntervalType, DecimalType,
    DoubleType, FloatType, IntegerType, LongType, MapType, NullType, ShortType, StringType, StructField, StructType,
    TimestampNTZType, TimestampType, VarcharType,
)

_OF_CLASS = {
    type(None): NullType(),
    bool: BooleanType(),
    int: LongType(),
    float: DoubleType(),
    str: StringType(),
    bytearray: BinaryType(),
    bytes: BinaryType(),
    decimal.Decimal: DecimalType(38, 18),
    datetime.date: DateType(),
    datetime.datetime: TimestampType(),
    datetime.time: TimestampType(),
    datetime.timedelta: DayTimeIntervalType(),
}


def type_of(value):
    """The type that Spark infers for a value."""
    known = _OF_CLASS.get(type(value))
    if known is not None:
        return known
    if isinstance(value, dict):
        for key, member in value.items():
            if key is not None and member is not None:
                return MapType(type_of(key), type_of(member), True)
        return MapType(NullType(), NullType(), True)
    if isinstance(value, list):
        return ArrayType(reduce(merged, (type_of(member) for member in value), NullType()), True)
    try:
        return row_type(value)
    except TypeError:
        raise PySparkTypeError(
            error_class="UNSUPPORTED_DATA_TYPE", message_parameters={"data_type": type(value).__name__}
        )


def row_type(row, names=None):
    if isinstance(row, dict):
        items = sorted(row.items())
    elif isinstance(row, (tuple, list)):
        if hasattr(row, "__fields__"):
            items = zip(row.__fields__, tuple(row))
        elif hasattr(row, "_fields"):
            items = zip(row._fields, tuple(row))
        else:
            names = ["_%d" % i for i in range(1, len(row) + 1)] if names is None else names
            names.extend("_%d" % i for i in range(len(names) + 1, len(row) + 1))
            items = zip(names, row)
    elif hasattr(row, "__dict__"):
        items = sorted(row.__dict__.items())
    else:
        raise PySparkTypeError(
            error_class="CANNOT_INFER_SCHEMA_FOR_TYPE", message_parameters={"data_type": type(row).__name__}
        )
    fields = []
    for name, value in items:
        try:
            fields.append(StructField(name, type_of(value), True))
        except TypeError:
            raise PySparkTypeError(
                error_class="CANNOT_INFER_TYPE_FOR_FIELD", message_parameters={"field_name": name}
            )
    return StructType(fields)


def merged(a, b):
    """The type of values of both."""
    if isinstance(a, NullType):
        return b
    if isinstance(b, NullType):
        return a
    if {type(a), type(b)} == {TimestampType, TimestampNTZType}:
        return a
    if isinstance(a, AtomicType) and isinstance(b, StringType):
        return b
    if isinstance(a, StringType) and isinstance(b, AtomicType):
        return a
    if type(a) is not type(b):
        raise PySparkTypeError(
            error_class="CANNOT_MERGE_TYPE",
            message_parameters={"data_type1": type(a).__name__, "data_type2": type(b).__name__},
        )
    if isinstance(a, StructType):
        others = {field.name: field.dataType for field in b}
        fields = [StructField(f.name, merged(f.dataType, others.get(f.name, NullType()))) for f in a]
        own = {field.name for field in a}
        return StructType(fields + [StructField(f.name, f.dataType) for f in b if f.name not in own])
    if isinstance(a, ArrayType):
        return ArrayType(merged(a.elementType, b.elementType), True)
    if isinstance(a, MapType):
        return MapType(merged(a.keyType, b.keyType), merged(a.valueType, b.valueType), True)
    return a


def _unknown(of):
    if isinstance(of, StructType):
        return any(_unknown(field.dataType) for field in of)
    if isinstance(of, ArrayType):
        return _unknown(of.elementType)
    if isinstance(of, MapType):
        return _unknown(of.keyType) or _unknown(of.valueType)
    return isinstance(of, NullType)


def inferred(rows, names):
    if not rows:
        raise PySparkValueError(error_class="CANNOT_INFER_EMPTY_SCHEMA", message_parameters={})
    schema = reduce(merged, (row_type(row, names) for row in rows))
    if _unknown(schema):
        raise PySparkValueError(error_class="CANNOT_DETERMINE_TYPE", message_parameters={})
    return schema


def tuples(schema, rows):
    """Rows of any shape as tuples in the order of the schema."""
    return [_tuple(schema, row) for row in rows]


def _tuple(schema, row):
    if isinstance(row, (tuple, list)):
        values = tuple(row)
        return values + (None,) * (len(schema) - len(values))
    values = row if isinstance(row, dict) else row.__dict__
    return tuple(values.get(name) for name in schema.names)


def prepared(schema, rows, verify):
    """The struct that a schema stands for, and the rows as its tuples."""
    if not isinstance(schema, StructType):
        if verify:
            for row in rows:
                check(schema, row, True)
        return StructType([StructField("value", schema)]), [(row,) for row in rows]
    if verify:
        for row in rows:
            check(schema, row, True)
    return schema, tuples(schema, rows)


_TAKES = {
    BooleanType: (bool,),
    ByteType: (int,),
    ShortType: (int,),
    IntegerType: (int,),
    LongType: (int,),
    FloatType: (float,),
    DoubleType: (float,),
    DecimalType: (decimal.Decimal,),
    BinaryType: (bytearray, bytes),
    DateType: (datetime.date, datetime.datetime),
    TimestampType: (datetime.datetime,),
    TimestampNTZType: (datetime.datetime,),
    DayTimeIntervalType: (datetime.timedelta,),
    ArrayType: (list, tuple),
    MapType: (dict,),
}

_RANGES = {ByteType: 127, ShortType: 32767, IntegerType: 2147483647, LongType: 9223372036854775807}


def _refused(of, value):
    return PySparkTypeError(
        error_class="CANNOT_ACCEPT_OBJECT_IN_TYPE",
        message_parameters={"data_type": str(of), "obj_name": str(value), "obj_type": type(value).__name__},
    )


def check(of, value, nullable):
    """PySpark's refusal of a value that is not of the type."""
    kind = type(of)
    if value is None:
        if not nullable:
            raise PySparkValueError(error_class="CANNOT_BE_NONE", message_parameters={"arg_name": "obj"})
    elif kind in (StringType, CharType, VarcharType):
        pass
    elif kind is StructType:
        _check_struct(of, value)
    elif type(value) not in _TAKES[kind]:
        raise _refused(of, value)
    elif kind in _RANGES:
        largest = _RANGES[kind]
        if not -largest - 1 <= value <= largest:
            raise PySparkValueError(
                error_class="VALUE_OUT_OF_BOUND",
                message_parameters={
                    "arg_name": "obj",
                    "lower_bound": str(largest),
                    "upper_bound": str(-largest - (kind is not ByteType)),
                    "actual": str(value),
                },
            )
    elif kind is ArrayType:
        for member in value:
            check(of.elementType, member, of.containsNull)
    elif kind is MapType:
        for key, member in value.items():
            check(of.keyType, key, False)
            check(of.valueType, member, of.valueContainsNull)


def _check_struct(of, value):
    if isinstance(value, (tuple, list)) and not isinstance(value, dict):
        if len(value) != len(of):
            raise PySparkValueError(
                error_class="LENGTH_SHOULD_BE_THE_SAME",
                message_parameters={
                    "arg1": "obj",
                    "arg2": "fields",
                    "arg1_length": str(len(value)),
                    "arg2_length": str(len(of)),
                },
            )
        values = tuple(value)
    elif isinstance(value, dict):
        values = [value.get(name) for name in of.names]
    elif hasattr(value, "__dict__"):
        values = [value.__dict__.get(name) for name in of.names]
    else:
        raise _refused("StructType", value)
    for field, member in zip(of.fields, values):
        check(field.dataType, member, field.nullable)
