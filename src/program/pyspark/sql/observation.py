"""`Observation`: metrics of one static frame's run."""

from pyspark.errors import PySparkTypeError, PySparkValueError

__all__ = ["Observation"]


class Observation:
    __headwater__ = "driver"

    def __init__(self, name=None):
        if name is not None and not isinstance(name, str):
            raise PySparkTypeError("name should be a string")
        if name == "":
            raise PySparkValueError("name should not be empty")
        self._name = name or "observation"
        self._attached = False

    def _attach(self):
        assert not self._attached, "an Observation can be used with a DataFrame only once"
        self._attached = True
        return self._name

    @property
    def get(self):
        import _headwater

        assert self._attached, "call DataFrame.observe"
        return _headwater.ask("sql_observed", self._name)
