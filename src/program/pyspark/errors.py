"""`pyspark.errors`: what PySpark itself raises, and what it makes of Spark's own exceptions."""

from pyspark._messages import MESSAGES


class PySparkException(Exception):
    __module__ = "pyspark.errors.exceptions.base"

    def __init__(self, message=None, error_class=None, message_parameters=None):
        if message is None and error_class is not None:
            message = MESSAGES.get(error_class, "")
            for name, value in (message_parameters or {}).items():
                message = message.replace("<%s>" % name, str(value))
        self.message = f"[{error_class}] {message}" if error_class else message
        super().__init__(self.message)
        self._error_class = error_class
        self._parameters = message_parameters

    def getErrorClass(self):
        return self._error_class

    def getMessageParameters(self):
        return self._parameters

    def getSqlState(self):
        return None


class PySparkRuntimeError(PySparkException, RuntimeError):
    __module__ = "pyspark.errors.exceptions.base"


class PySparkTypeError(PySparkException, TypeError):
    __module__ = "pyspark.errors.exceptions.base"


class PySparkValueError(PySparkException, ValueError):
    __module__ = "pyspark.errors.exceptions.base"


class PySparkAttributeError(PySparkException, AttributeError):
    __module__ = "pyspark.errors.exceptions.base"


class PySparkAssertionError(PySparkException, AssertionError):
    __module__ = "pyspark.errors.exceptions.base"


class PySparkNotImplementedError(PySparkException, NotImplementedError):
    __module__ = "pyspark.errors.exceptions.base"


class CapturedException(PySparkException):
    """An exception of Spark's: the text is Spark's, with its condition in brackets before it."""

    __module__ = "pyspark.errors.exceptions.captured"

    def __init__(self, desc=None, stackTrace=None, cause=None, origin=None):
        super().__init__(desc)
        self.desc = desc
        self.stackTrace = stackTrace or ""
        self.cause = cause
        text = (desc or "").lstrip()
        if text.startswith("[") and "] " in text:
            self._error_class = text[1 : text.index("] ")]

    def __str__(self):
        return str(self.desc)


class AnalysisException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class TempTableAlreadyExistsException(AnalysisException):
    __module__ = "pyspark.errors.exceptions.captured"


class ParseException(AnalysisException):
    __module__ = "pyspark.errors.exceptions.captured"


class IllegalArgumentException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class NumberFormatException(IllegalArgumentException):
    __module__ = "pyspark.errors.exceptions.captured"


class StreamingQueryException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class QueryExecutionException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class PythonException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class ArithmeticException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class UnsupportedOperationException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class ArrayIndexOutOfBoundsException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class DateTimeException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class SparkRuntimeException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class SparkUpgradeException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


class UnknownException(CapturedException):
    __module__ = "pyspark.errors.exceptions.captured"


# By the name that the engine gives a SQL error's class.
CAPTURED = {
    made.__name__: made
    for made in (
        AnalysisException,
        TempTableAlreadyExistsException,
        ParseException,
        IllegalArgumentException,
        NumberFormatException,
        StreamingQueryException,
        QueryExecutionException,
        PythonException,
        ArithmeticException,
        UnsupportedOperationException,
        ArrayIndexOutOfBoundsException,
        DateTimeException,
        SparkRuntimeException,
        SparkUpgradeException,
    )
}


def rdd_on_driver():
    return PySparkRuntimeError(
        "It appears that you are attempting to broadcast an RDD or reference an RDD from an \n"
        "action or transformation. RDD transformations and actions can only be invoked by the \n"
        "driver, not inside of other transformations; for example, \n"
        "rdd1.map(lambda x: rdd2.values.count() * x) is invalid because the values \n"
        "transformation and count action cannot be performed inside of the rdd1.map \n"
        "transformation. For more information, see SPARK-5063.",
        error_class="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER",
    )


def context_on_driver():
    return PySparkRuntimeError(
        "It appears that you are attempting to reference SparkContext from a broadcast variable, action, or "
        "transformation. SparkContext can only be used on the driver, not in code that it run on workers. For more "
        "information, see SPARK-5063.",
        error_class="CONTEXT_ONLY_VALID_ON_DRIVER",
    )


def value_not_accessible(value):
    return PySparkRuntimeError(
        "Value `%s` cannot be accessed inside tasks." % value, error_class="VALUE_NOT_ACCESSIBLE"
    )


def wrong_type(error_class, name, value, **more):
    """PySpark's refusal of an argument by its type."""
    return PySparkTypeError(
        error_class=error_class, message_parameters={"arg_name": name, "arg_type": type(value).__name__, **more}
    )


def wrong_value(error_class, name, value, **more):
    """PySpark's refusal of an argument by its value."""
    return PySparkValueError(
        error_class=error_class, message_parameters={"arg_name": name, "arg_value": str(value), **more}
    )
