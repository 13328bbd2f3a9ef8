"""Functions made from the table of names."""

from decimal import Decimal

from pyspark.sql._table import OF_ONE_COLUMN, OTHERS
from pyspark.sql.column import Column, _literal, _named


def _column_or_value(value, name):
    """Text is a column's name; anything else that is no column is a value."""
    return _named(value) if isinstance(value, (str, Column)) else ("lit", value)


def _value(value, name):
    if isinstance(value, list):
        return ("call", "array", [_value(member, name) for member in value])
    return _literal(value)


def _column(value, name):
    return _named(value)


class _Parameter:
    """One parameter: its name, how its argument is read, and what stands for it where it is not given."""

    # It never changes: functions of programs that name one of these need no copy of it.
    __headwater__ = "shared"

    def __init__(self, text):
        text, given, default = text.partition("=")
        self.default = ("lit", eval(default, {"Decimal": Decimal})) if given else None
        self.omits_none = text.endswith("?")
        self.omits_false = text.endswith("~")
        text = text.rstrip("?~")
        self.read = _value if text.endswith("!") else _column_or_value if text.endswith("#") else _column
        self.name = text.rstrip("!#")
        self.required = not (given or self.omits_none or self.omits_false)

    def omits(self, value):
        return value is None and (self.omits_none or self.omits_false) or value is False and self.omits_false


def _bound(function, parameters, args, kwargs):
    """Arguments in the order of the parameters."""
    if len(args) > len(parameters):
        raise TypeError(
            "%s() takes %d positional arguments but %d were given" % (function, len(parameters), len(args))
        )
    given = dict(zip((parameter.name for parameter in parameters), args))
    for name, value in kwargs.items():
        if name in given:
            raise TypeError("%s() got multiple values for argument '%s'" % (function, name))
        if all(parameter.name != name for parameter in parameters):
            raise TypeError("%s() got an unexpected keyword argument '%s'" % (function, name))
        given[name] = value
    missing = [p.name for p in parameters if p.required and p.name not in given]
    if missing:
        raise TypeError(
            "%s() missing %d required positional argument%s: %s"
            % (function, len(missing), "s" if len(missing) > 1 else "", " and ".join("'%s'" % m for m in missing))
        )
    return given


def _fixed(name, called, parameters):
    def function(*args, **kwargs):
        given = _bound(name, parameters, args, kwargs)
        trees = []
        for parameter in parameters:
            value = given.get(parameter.name)
            if value is None and parameter.default is not None:
                trees.append(parameter.default)
            elif parameter.omits(value):
                continue
            else:
                trees.append(parameter.read(value, parameter.name))
        return Column(("call", called, trees))

    return function


def _of_one(name):
    def function(col):
        return Column(("call", name, [_named(col)]))

    return function


def _variadic(called, flat):
    def function(*cols):
        if flat and len(cols) == 1 and isinstance(cols[0], (list, set)):
            cols = cols[0]
        return Column(("call", called, [_named(col) for col in cols]))

    return function


def _finished(function, name):
    function.__name__ = function.__qualname__ = name
    function.__module__ = "pyspark.sql.functions"
    return function


def _made(line):
    signature, _, called = line.partition(" -> ")
    name, _, inside = signature.strip().partition("(")
    inside = inside[:-1]
    called = called or name
    if "*" in inside:
        return name, _finished(_variadic(called, "[" in inside), name)
    parameters = tuple(_Parameter(text.strip()) for text in inside.split(", ") if text)
    return name, _finished(_fixed(name, called, parameters), name)


FUNCTIONS = {name: _finished(_of_one(name), name) for name in OF_ONE_COLUMN.split()}
FUNCTIONS.update(_made(line.strip()) for line in OTHERS.strip().splitlines())
