"""`pyspark.sql.types`: data types, as PySpark spells them."""

import re

import _headwater
from pyspark.errors import PySparkTypeError, PySparkValueError, wrong_type
from pyspark.sql._row import Row, _create_row

__all__ = [
    "DataType", "NullType", "CharType", "StringType", "VarcharType", "BinaryType", "BooleanType", "DateType",
    "TimestampType", "TimestampNTZType", "DecimalType", "DoubleType", "FloatType", "ByteType", "IntegerType",
    "LongType", "DayTimeIntervalType", "YearMonthIntervalType", "Row", "ShortType", "ArrayType", "MapType",
    "StructField", "StructType",
]


class DataType:
    # Types are values: nobody changes one that others use, but for `StructType.add` while it is built.
    __headwater__ = "shared"

    def __repr__(self):
        return self.__class__.__name__ + "()"

    def __hash__(self):
        return hash(str(self))

    def __eq__(self, other):
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    @classmethod
    def typeName(cls):
        return cls.__name__[:-4].lower()

    def simpleString(self):
        return self.typeName()

    def jsonValue(self):
        return self.typeName()

    def json(self):
        import json

        return json.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)

    def needConversion(self):
        return False

    def toInternal(self, obj):
        return obj

    def fromInternal(self, obj):
        return obj

    def _tree(self):
        """The type as the engine reads it: a name, or a tuple with the types within."""
        return self.simpleString()

    def _ddl(self):
        """The type as SQL writes it."""
        return self.simpleString()


class NullType(DataType):
    @classmethod
    def typeName(cls):
        return "void"


class AtomicType(DataType):
    pass


class NumericType(AtomicType):
    pass


class IntegralType(NumericType):
    pass


class FractionalType(NumericType):
    pass


class StringType(AtomicType):
    pass


class _Sized(AtomicType):
    def __init__(self, length):
        self.length = length

    def simpleString(self):
        return "%s(%d)" % (self.typeName(), self.length)

    jsonValue = simpleString

    def __repr__(self):
        return "%s(%d)" % (self.__class__.__name__, self.length)


class CharType(_Sized):
    pass


class VarcharType(_Sized):
    pass


class BinaryType(AtomicType):
    pass


class BooleanType(AtomicType):
    pass


class DateType(AtomicType):
    pass


class TimestampType(AtomicType):
    pass


class TimestampNTZType(AtomicType):
    @classmethod
    def typeName(cls):
        return "timestamp_ntz"


class DecimalType(FractionalType):
    def __init__(self, precision=10, scale=0):
        self.precision = precision
        self.scale = scale
        self.hasPrecisionInfo = True

    def simpleString(self):
        return "decimal(%d,%d)" % (self.precision, self.scale)

    jsonValue = simpleString

    def __repr__(self):
        return "DecimalType(%d,%d)" % (self.precision, self.scale)


class DoubleType(FractionalType):
    pass


class FloatType(FractionalType):
    pass


class ByteType(IntegralType):
    def simpleString(self):
        return "tinyint"


class ShortType(IntegralType):
    def simpleString(self):
        return "smallint"


class IntegerType(IntegralType):
    def simpleString(self):
        return "int"


class LongType(IntegralType):
    def simpleString(self):
        return "bigint"


class _Interval(AtomicType):
    _names = ()

    def __init__(self, startField=None, endField=None):
        if startField is None and endField is None:
            startField, endField = 0, len(self._names) - 1
        elif endField is None:
            endField = startField
        valid = range(len(self._names))
        if startField not in valid or endField not in valid:
            raise RuntimeError("interval %s to %s is invalid" % (startField, endField))
        self.startField = startField
        self.endField = endField

    def simpleString(self):
        start, end = self._names[self.startField], self._names[self.endField]
        return "interval " + (start if start == end else "%s to %s" % (start, end))

    jsonValue = simpleString

    def __repr__(self):
        return "%s(%d, %d)" % (type(self).__name__, self.startField, self.endField)


class DayTimeIntervalType(_Interval):
    DAY, HOUR, MINUTE, SECOND = range(4)
    _names = ("day", "hour", "minute", "second")


class YearMonthIntervalType(_Interval):
    YEAR, MONTH = range(2)
    _names = ("year", "month")


def _is_type(what, name):
    assert isinstance(what, DataType), "%s %s should be an instance of %s" % (name, what, DataType)


class ArrayType(DataType):
    def __init__(self, elementType, containsNull=True):
        _is_type(elementType, "elementType")
        self.elementType = elementType
        self.containsNull = containsNull

    def simpleString(self):
        return "array<%s>" % self.elementType.simpleString()

    def __repr__(self):
        return "ArrayType(%s, %s)" % (self.elementType, str(self.containsNull))

    def jsonValue(self):
        return {
            "type": self.typeName(),
            "elementType": self.elementType.jsonValue(),
            "containsNull": self.containsNull,
        }

    def _ddl(self):
        return "array<%s>" % self.elementType._ddl()

    def _tree(self):
        return ("array", self.elementType._tree(), self.containsNull)


class MapType(DataType):
    def __init__(self, keyType, valueType, valueContainsNull=True):
        _is_type(keyType, "keyType")
        _is_type(valueType, "valueType")
        self.keyType = keyType
        self.valueType = valueType
        self.valueContainsNull = valueContainsNull

    def simpleString(self):
        return "map<%s,%s>" % (self.keyType.simpleString(), self.valueType.simpleString())

    def __repr__(self):
        return "MapType(%s, %s, %s)" % (self.keyType, self.valueType, str(self.valueContainsNull))

    def jsonValue(self):
        return {
            "type": self.typeName(),
            "keyType": self.keyType.jsonValue(),
            "valueType": self.valueType.jsonValue(),
            "valueContainsNull": self.valueContainsNull,
        }

    def _ddl(self):
        return "map<%s,%s>" % (self.keyType._ddl(), self.valueType._ddl())

    def _tree(self):
        return ("map", self.keyType._tree(), self.valueType._tree(), self.valueContainsNull)


class StructField(DataType):
    def __init__(self, name, dataType, nullable=True, metadata=None):
        _is_type(dataType, "dataType")
        assert isinstance(name, str), "field name %s should be a string" % name
        self.name = name
        self.dataType = dataType
        self.nullable = nullable
        self.metadata = metadata or {}

    def simpleString(self):
        return "%s:%s" % (self.name, self.dataType.simpleString())

    def __repr__(self):
        return "StructField('%s', %s, %s)" % (self.name, self.dataType, str(self.nullable))

    def jsonValue(self):
        return {
            "name": self.name,
            "type": self.dataType.jsonValue(),
            "nullable": self.nullable,
            "metadata": self.metadata,
        }

    def typeName(self):
        raise PySparkTypeError(error_class="INVALID_TYPENAME_CALL", message_parameters={})


class StructType(DataType):
    def __init__(self, fields=None):
        self.fields = fields or []
        self.names = [field.name for field in self.fields]
        assert all(isinstance(field, StructField) for field in self.fields), "fields should be a list of StructField"

    def add(self, field, data_type=None, nullable=True, metadata=None):
        if not isinstance(field, StructField):
            if data_type is None:
                raise PySparkValueError(
                    error_class="ARGUMENT_REQUIRED",
                    message_parameters={
                        "arg_name": "data_type",
                        "condition": "passing name of struct_field to create",
                    },
                )
            if isinstance(data_type, str):
                data_type = _parse_datatype_json_value(data_type)
            field = StructField(field, data_type, nullable, metadata)
        self.fields.append(field)
        self.names.append(field.name)
        return self

    def __iter__(self):
        return iter(self.fields)

    def __len__(self):
        return len(self.fields)

    def __getitem__(self, key):
        if isinstance(key, str):
            for field in self:
                if field.name == key:
                    return field
            raise KeyError("No StructField named {0}".format(key))
        if isinstance(key, int):
            try:
                return self.fields[key]
            except IndexError:
                raise IndexError("StructType index out of range")
        if isinstance(key, slice):
            return StructType(self.fields[key])
        raise wrong_type("NOT_INT_OR_SLICE_OR_STR", "key", key)

    def simpleString(self):
        return "struct<%s>" % ",".join(field.simpleString() for field in self)

    def __repr__(self):
        return "StructType([%s])" % ", ".join(str(field) for field in self)

    def jsonValue(self):
        return {"type": self.typeName(), "fields": [field.jsonValue() for field in self]}

    @classmethod
    def fromJson(cls, json):
        return _parse_datatype_json_value(json)

    def fieldNames(self):
        return list(self.names)

    def treeString(self, level=None):
        from pyspark.sql._text import tree_string

        return tree_string(self, level)

    def _ddl(self):
        fields = ["`%s`:%s" % (field.name.replace("`", "``"), field.dataType._ddl()) for field in self]
        return "struct<%s>" % ",".join(fields)

    def _tree(self):
        return ("struct", [(field.name, field.dataType._tree(), bool(field.nullable)) for field in self])


_NAMES = {
    made.typeName(): made
    for made in (
        NullType, StringType, BinaryType, BooleanType, DateType, TimestampType, TimestampNTZType, FloatType,
        DoubleType, ByteType, ShortType, IntegerType, LongType,
    )
}
_NAMES.update(tinyint=ByteType, smallint=ShortType, int=IntegerType, bigint=LongType)
_PARAMETERS = re.compile(r"(decimal|char|varchar)\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\)")
_INTERVAL = re.compile(r"interval (\w+)(?: to (\w+))?")


def _atomic(name):
    """The type of a name as JSON has it, or as `simpleString` gives it."""
    if name in _NAMES:
        return _NAMES[name]()
    if name == "decimal":
        return DecimalType()
    match = _PARAMETERS.fullmatch(name)
    if match:
        kind, first, second = match.groups()
        if kind == "decimal":
            return DecimalType(int(first), int(second or 0))
        return (CharType if kind == "char" else VarcharType)(int(first))
    match = _INTERVAL.fullmatch(name)
    for made in (DayTimeIntervalType, YearMonthIntervalType):
        if match and match.group(1) in made._names:
            start, end = match.groups()
            return made(made._names.index(start), made._names.index(end or start))
    raise PySparkValueError(error_class="CANNOT_PARSE_DATATYPE", message_parameters={"msg": str(name)})


def _parse_datatype_json_value(value):
    if not isinstance(value, dict):
        return _atomic(value)
    kind = value["type"]
    if kind == "array":
        return ArrayType(_parse_datatype_json_value(value["elementType"]), value["containsNull"])
    if kind == "map":
        key, of = _parse_datatype_json_value(value["keyType"]), _parse_datatype_json_value(value["valueType"])
        return MapType(key, of, value["valueContainsNull"])
    if kind == "struct":
        return StructType(
            [
                StructField(f["name"], _parse_datatype_json_value(f["type"]), f["nullable"], f.get("metadata"))
                for f in value["fields"]
            ]
        )
    raise PySparkValueError(error_class="UNSUPPORTED_DATA_TYPE", message_parameters={"data_type": str(kind)})


def _parse_datatype_json_string(text):
    import json

    return _parse_datatype_json_value(json.loads(text))


def _of_tree(tree):
    """The type that the engine spells as `_tree` does."""
    if isinstance(tree, str):
        return _NAMES[tree]() if tree in _NAMES else _atomic(tree)
    kind = tree[0]
    if kind == "array":
        return ArrayType(_of_tree(tree[1]), tree[2])
    if kind == "map":
        return MapType(_of_tree(tree[1]), _of_tree(tree[2]), tree[3])
    return StructType([StructField(name, _of_tree(of), nullable) for name, of, nullable in tree[1]])


def _parse_datatype_string(text):
    """A type, or a table's columns, as SQL writes them."""
    return _of_tree(_headwater.ask("sql_type", text))


def _type_tree(of):
    """A type given as a type or as text, for the engine."""
    return of._tree() if isinstance(of, DataType) else ("ddl", of)
