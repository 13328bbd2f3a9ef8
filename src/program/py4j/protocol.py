"""`py4j.protocol`: errors that come from Spark."""


class Py4JError(Exception):
    def __init__(self, args=None, cause=None):
        super().__init__(args)
        self.cause = cause


class Py4JJavaError(Py4JError):
    """An exception of Spark's: `java_class` is its class, `java_message` its message."""

    def __init__(self, msg, java_class, java_message):
        super().__init__(msg)
        self.errmsg = msg
        self.java_class = java_class
        self.java_message = java_message

    def __str__(self):
        return f"{self.errmsg}\n: {self.java_class}: {self.java_message}"


# What PySpark's texts begin with: a syntax error's with a new line.
_BEFORE = {
    "ParseException": "\n",
    "PythonException": "\n  An exception was thrown from the Python worker. Please see the stack trace below.\n",
}


def java_error(java_class, java_message):
    """What the program gets: errors of Spark SQL, which come with PySpark's own name, are PySpark's exceptions."""
    from pyspark.errors import CAPTURED

    captured = CAPTURED.get(java_class)
    if captured is not None:
        return captured(_BEFORE.get(java_class, "") + java_message)
    return Py4JJavaError("An error occurred while calling Spark.", java_class, java_message)
