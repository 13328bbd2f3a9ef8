"""`udf`: functions of the program over columns."""

import functools

import _headwater
from pyspark.errors import PySparkTypeError, wrong_type
from pyspark.sql.column import Column, _named
from pyspark.sql.types import DataType, StringType, _parse_datatype_string

__all__ = ["UDFRegistration"]

# `PythonEvalType.SQL_BATCHED_UDF`.
_BATCHED = 100


class UserDefinedFunction:
    def __init__(self, func, returnType=StringType(), name=None, evalType=_BATCHED, deterministic=True):
        if not callable(func):
            raise wrong_type("NOT_CALLABLE", "func", func)
        if not isinstance(returnType, (DataType, str)):
            raise wrong_type("NOT_DATATYPE_OR_STR", "returnType", returnType)
        self.func = func
        self._returnType = returnType
        self._name = name or getattr(func, "__name__", func.__class__.__name__)
        self.evalType = evalType
        self.deterministic = deterministic

    @property
    def returnType(self):
        if isinstance(self._returnType, str):
            self._returnType = _parse_datatype_string(self._returnType)
        return self._returnType

    def _captured(self):
        """The engine's number for the function, with what it reaches as it is now."""
        return _headwater.ask("sql_function", _of_arguments(self.func))

    def __call__(self, *cols):
        returns = self.returnType._tree()
        trees = [_named(col) for col in cols]
        return Column(("udf", self._captured(), self._name, returns, self.deterministic, trees))

    def _wrapped(self):
        @functools.wraps(self.func, assigned=("__doc__",), updated=())
        def wrapper(*args):
            return self(*args)

        wrapper.__name__ = self._name
        wrapper.func = self.func
        wrapper.returnType = self._returnType
        wrapper.evalType = self.evalType
        wrapper.deterministic = self.deterministic
        wrapper.asNondeterministic = lambda: self.asNondeterministic()._wrapped()
        wrapper._unwrapped = self
        return wrapper

    def asNondeterministic(self):
        self.deterministic = False
        return self


def _of_arguments(func):
    """The function as the engine calls it: with a list of its arguments."""
    return lambda arguments: func(*arguments)


def _create_udf(f, returnType=StringType(), name=None, deterministic=True, evalType=_BATCHED):
    return UserDefinedFunction(f, returnType, name, evalType, deterministic)._wrapped()


class UDFRegistration:
    """`spark.udf`."""

    __headwater__ = "driver"

    def __init__(self, sparkSession):
        self.sparkSession = sparkSession

    def register(self, name, f, returnType=None):
        if hasattr(f, "asNondeterministic"):
            if returnType is not None:
                raise PySparkTypeError(
                    "Invalid return type: data type can not be specified when f is a user-defined function, but got "
                    "%s." % returnType,
                    error_class="CANNOT_SPECIFY_RETURN_TYPE_FOR_UDF",
                )
            made = _create_udf(f.func, f._unwrapped._returnType, name, f.deterministic)
        else:
            made = _create_udf(f, returnType if returnType is not None else StringType(), name)
        function = made._unwrapped
        _headwater.ask(
            "sql_register_function", name, function._captured(), function.returnType._tree(), function.deterministic
        )
        return made
