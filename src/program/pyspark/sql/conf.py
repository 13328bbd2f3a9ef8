"""`spark.conf`: settings while the program runs."""

import _headwater
from pyspark.sql.utils import to_str

_NO_VALUE = object()


def _check(text, what):
    if not isinstance(text, str):
        raise TypeError("expected %s '%s' to be a string (was '%s')" % (what, text, type(text).__name__))


class RuntimeConfig:
    __headwater__ = "driver"

    def set(self, key, value):
        _headwater.ask("sql_set_conf", key, to_str(value))

    def get(self, key, default=_NO_VALUE):
        _check(key, "key")
        if default is _NO_VALUE:
            return _headwater.ask("sql_conf", key, False, None)
        if default is not None:
            _check(default, "default")
        return _headwater.ask("sql_conf", key, True, default)

    def unset(self, key):
        _headwater.ask("sql_unset_conf", key)

    def isModifiable(self, key):
        return key.startswith("spark.sql.")
