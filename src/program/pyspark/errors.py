"""`pyspark.errors`: what PySpark itself raises."""


class PySparkException(Exception):
    __module__ = "pyspark.errors.exceptions.base"

    def __init__(self, message=None, error_class=None, message_parameters=None):
        super().__init__(f"[{error_class}] {message}" if error_class else message)
        self._error_class = error_class
        self._parameters = message_parameters

    def getErrorClass(self):
        return self._error_class

    def getMessageParameters(self):
        return self._parameters


class PySparkRuntimeError(PySparkException, RuntimeError):
    __module__ = "pyspark.errors.exceptions.base"


class PySparkTypeError(PySparkException, TypeError):
    __module__ = "pyspark.errors.exceptions.base"


class PySparkValueError(PySparkException, ValueError):
    __module__ = "pyspark.errors.exceptions.base"


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
