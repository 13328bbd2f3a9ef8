"""`Column`: an expression, written down and not looked into before a DataFrame uses it.

What is written is a tree of tuples, the first member of which says what it is; the engine reads it.
"""

import _headwater
from pyspark.errors import (
    IllegalArgumentException,
    PySparkAttributeError,
    PySparkTypeError,
    PySparkValueError,
    wrong_type,
)
from pyspark.sql.types import DataType, _type_tree

__all__ = ["Column"]


def _literal(value):
    """The tree of a value: a column's own, or a literal's."""
    return value._e if isinstance(value, Column) else ("lit", value)


def _named(col, name="col"):
    """The tree of a column given as one or by its name."""
    if isinstance(col, Column):
        return col._e
    if isinstance(col, str):
        return _by_name(col)
    raise wrong_type("NOT_COLUMN_OR_STR", name, col)


def _by_name(name):
    if name == "*":
        return ("star", None)
    if name.endswith(".*"):
        return ("star", name[:-2])
    return ("col", name)


def _binary(op, reverse=False):
    def operator(self, other):
        left, right = self._e, _literal(other)
        return Column(("binary", op, right, left) if reverse else ("binary", op, left, right))

    return operator


def _unary(op):
    return lambda self: Column(("unary", op, self._e))


def _call(name, reverse=False):
    def method(self, other):
        args = [self._e, _literal(other)]
        return Column(("call", name, args[::-1] if reverse else args))

    return method


def _sorted(ascending, nulls_first):
    return lambda self: Column(("sort", self._e, ascending, nulls_first))


class Column:
    __slots__ = ("_e",)
    __hash__ = None
    # A tree never changes.
    __headwater__ = "shared"

    def __init__(self, tree):
        self._e = tree

    __add__ = _binary("+")
    __radd__ = _binary("+")
    __sub__ = _binary("-")
    __rsub__ = _binary("-", reverse=True)
    __mul__ = _binary("*")
    __rmul__ = _binary("*")
    __truediv__ = __div__ = _binary("/")
    __rtruediv__ = __rdiv__ = _binary("/", reverse=True)
    __mod__ = _binary("%")
    __rmod__ = _binary("%", reverse=True)
    __pow__ = _call("POWER")
    __rpow__ = _call("POWER", reverse=True)
    __neg__ = _unary("-")
    __invert__ = _unary("not")

    __eq__ = _binary("=")
    __ne__ = _binary("!=")
    __lt__ = _binary("<")
    __le__ = _binary("<=")
    __gt__ = _binary(">")
    __ge__ = _binary(">=")
    eqNullSafe = _binary("<=>")
    __and__ = _binary("and")
    __rand__ = _binary("and")
    __or__ = _binary("or")
    __ror__ = _binary("or")
    bitwiseAND = _binary("&")
    bitwiseOR = _binary("|")
    bitwiseXOR = _binary("^")

    contains = _call("contains")
    startswith = _call("startswith")
    endswith = _call("endswith")
    rlike = _call("rlike")

    asc = asc_nulls_first = _sorted(True, True)
    asc_nulls_last = _sorted(True, False)
    desc = desc_nulls_last = _sorted(False, False)
    desc_nulls_first = _sorted(False, True)
    isNull = _unary("is null")
    isNotNull = _unary("is not null")

    def like(self, other):
        return Column(("like", self._e, _literal(other), None, False))

    def ilike(self, other):
        return Column(("like", self._e, _literal(other), None, True))

    def __contains__(self, item):
        raise PySparkValueError(error_class="CANNOT_APPLY_IN_FOR_COLUMN", message_parameters={})

    def __iter__(self):
        raise PySparkTypeError(error_class="NOT_ITERABLE", message_parameters={"objectName": "Column"})

    def __bool__(self):
        raise PySparkValueError(error_class="CANNOT_CONVERT_COLUMN_INTO_BOOL", message_parameters={})

    def __getattr__(self, item):
        if item.startswith("__"):
            raise PySparkAttributeError(error_class="CANNOT_ACCESS_TO_DUNDER", message_parameters={})
        return self[item]

    def __getitem__(self, k):
        if isinstance(k, slice):
            if k.step is not None:
                raise PySparkValueError(error_class="SLICE_WITH_STEP", message_parameters={})
            return self.substr(k.start, k.stop)
        return Column(("index", self._e, _literal(k)))

    def getItem(self, key):
        return self[key]

    def getField(self, name):
        return self[name]

    def withField(self, fieldName, col):
        if not isinstance(fieldName, str):
            raise wrong_type("NOT_STR", "fieldName", fieldName)
        if not isinstance(col, Column):
            raise wrong_type("NOT_COLUMN", "col", col)
        return Column(("call", "with_field", [self._e, ("lit", fieldName), col._e]))

    def dropFields(self, *fieldNames):
        return Column(("call", "drop_fields", [self._e] + [("lit", name) for name in fieldNames]))

    def substr(self, startPos, length):
        if type(startPos) != type(length):
            raise PySparkTypeError(
                error_class="NOT_SAME_TYPE",
                message_parameters={
                    "arg_name1": "startPos",
                    "arg_name2": "length",
                    "arg_type1": type(startPos).__name__,
                    "arg_type2": type(length).__name__,
                },
            )
        if not isinstance(startPos, (int, Column)):
            raise wrong_type("NOT_COLUMN_OR_INT", "startPos", startPos)
        return Column(("call", "substring", [self._e, _literal(startPos), _literal(length)]))

    def isin(self, *cols):
        if len(cols) == 1 and isinstance(cols[0], (list, set)):
            cols = cols[0]
        return Column(("in", self._e, [_literal(value) for value in cols]))

    def between(self, lowerBound, upperBound):
        return (self >= lowerBound) & (self <= upperBound)

    def alias(self, *alias, **kwargs):
        metadata = kwargs.pop("metadata", None)
        assert not kwargs, "Unexpected kwargs where passed: %s" % kwargs
        if len(alias) == 1:
            return Column(("alias", self._e, alias[0]))
        if metadata:
            raise PySparkValueError(
                error_class="ONLY_ALLOWED_FOR_SINGLE_COLUMN", message_parameters={"arg_name": "metadata"}
            )
        return Column(("aliases", self._e, list(alias)))

    name = alias

    def cast(self, dataType):
        if not isinstance(dataType, (str, DataType)):
            raise wrong_type("NOT_DATATYPE_OR_STR", "dataType", dataType)
        return Column(("cast", self._e, _type_tree(dataType)))

    astype = cast

    def when(self, condition, value):
        if not isinstance(condition, Column):
            raise wrong_type("NOT_COLUMN", "condition", condition)
        if self._e[0] != "case":
            raise IllegalArgumentException(
                "when() can only be applied on a Column previously generated by when() function"
            )
        if self._e[2] is not None:
            raise IllegalArgumentException("when() cannot be applied once otherwise() is applied")
        return Column(("case", self._e[1] + [(condition._e, _literal(value))], None))

    def otherwise(self, value):
        if self._e[0] != "case":
            raise IllegalArgumentException(
                "otherwise() can only be applied on a Column previously generated by when()"
            )
        if self._e[2] is not None:
            raise IllegalArgumentException(
                "otherwise() can only be applied once on a Column previously generated by when()"
            )
        return Column(("case", self._e[1], _literal(value)))

    def over(self, window):
        from pyspark.sql.window import WindowSpec

        if not isinstance(window, WindowSpec):
            raise wrong_type("NOT_WINDOWSPEC", "window", window)
        return Column(("over", self._e, window._partition, window._order))

    def __repr__(self):
        return "Column<'%s'>" % _headwater.ask("sql_expression", self._e)
