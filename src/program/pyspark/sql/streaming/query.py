"""`StreamingQuery`: one running query, and the manager of all."""

import _headwater
from pyspark.errors import PySparkValueError, StreamingQueryException, context_on_driver

__all__ = ["StreamingQuery", "StreamingQueryManager"]


def _positive(timeout, allow_zero):
    if not isinstance(timeout, (int, float)) or timeout < 0 or (timeout == 0 and not allow_zero):
        raise PySparkValueError(
            error_class="VALUE_NOT_POSITIVE",
            message_parameters={"arg_name": "timeout", "arg_value": type(timeout).__name__},
        )
    return int(timeout * 1000) * 1000


class StreamingQuery:
    __headwater__ = "driver"

    def __init__(self, handle):
        # The engine's number for the query, and what never changes about it.
        self._number, self._ids = handle[0], handle[1:]

    def __getnewargs__(self):
        raise context_on_driver()

    def _ask(self, what, *arguments):
        return _headwater.ask("sql_query", self._number, what, *arguments)

    @property
    def id(self):
        return self._ids[0]

    @property
    def runId(self):
        return self._ids[1]

    @property
    def name(self):
        return self._ids[2]

    @property
    def isActive(self):
        return self._ask("active")

    @property
    def status(self):
        return self._ask("status")

    @property
    def recentProgress(self):
        return self._ask("recent_progress")

    @property
    def lastProgress(self):
        return self._ask("last_progress")

    def awaitTermination(self, timeout=None):
        if timeout is None:
            self._ask("await", None)
            return None
        return self._ask("await", _positive(timeout, False))

    def processAllAvailable(self):
        return self._ask("process_all")

    def stop(self):
        self._ask("stop")

    def explain(self, extended=False):
        print(self._ask("explain", bool(extended)))

    def exception(self):
        text = self._ask("exception")
        return None if text is None else StreamingQueryException(text)


class StreamingQueryManager:
    """`spark.streams`."""

    __headwater__ = "driver"

    def _ask(self, what, *arguments):
        return _headwater.ask("sql_streams", what, *arguments)

    @property
    def active(self):
        return [StreamingQuery(handle) for handle in self._ask("active")]

    def get(self, id):
        handle = self._ask("get", id)
        return None if handle is None else StreamingQuery(handle)

    def awaitAnyTermination(self, timeout=None):
        if timeout is None:
            self._ask("await_any", None)
            return None
        return self._ask("await_any", _positive(timeout, True))

    def resetTerminated(self):
        self._ask("reset_terminated")

    def addListener(self, listener):
        listener._number = _headwater.ask("sql_add_listener", listener._telling())

    def removeListener(self, listener):
        number = getattr(listener, "_number", None)
        if number is not None:
            _headwater.ask("sql_remove_listener", number)
