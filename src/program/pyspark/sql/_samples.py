"""Made-up rows, by which the schema of what a function gives is found."""

import datetime
import decimal

_NUMBERS = (1, 0, 2, 7, 100, -5)
_TEXTS = ("a", "b", "c", "d", "e", "f")
_START = datetime.datetime(2024, 1, 1)


def _sample(of, index):
    kind = of.typeName()
    number = _NUMBERS[index]
    if kind in ("byte", "short", "integer", "long"):
        return number
    if kind in ("float", "double"):
        return number + 0.5
    if kind == "decimal":
        return decimal.Decimal(number)
    if kind == "boolean":
        return index % 2 == 0
    if kind == "date":
        return _START.date() + datetime.timedelta(days=index)
    if kind in ("timestamp", "timestamp_ntz"):
        return _START + datetime.timedelta(seconds=index)
    if kind == "daytimeinterval":
        return datetime.timedelta(seconds=index)
    if kind == "binary":
        return bytearray(_TEXTS[index].encode())
    if kind == "array":
        return [_sample(of.elementType, index)]
    if kind == "map":
        return {_sample(of.keyType, index): _sample(of.valueType, index)}
    if kind == "struct":
        from pyspark.sql.types import _create_row

        return _create_row(of.names, [_sample(field.dataType, index) for field in of])
    return None if kind == "void" else _TEXTS[index]


def sample_rows(schema):
    return [{field.name: _sample(field.dataType, index) for field in schema} for index in range(len(_NUMBERS))]
