"""`GroupState`: the state of one group, as `applyInPandasWithState` gives it."""

import datetime

from pyspark.errors import PySparkTypeError, PySparkValueError, wrong_type

__all__ = ["GroupState", "GroupStateTimeout"]


class GroupStateTimeout:
    NoTimeout = "NoTimeout"
    ProcessingTimeTimeout = "ProcessingTimeTimeout"
    EventTimeTimeout = "EventTimeTimeout"


def _milliseconds(moment):
    return int((moment - datetime.datetime(1970, 1, 1)).total_seconds() * 1000)


class GroupState:
    def __init__(self, before, timed_out, watermark, processing_time, timeout):
        self._value = before
        self._timed_out = timed_out
        self._watermark = watermark
        self._processing_time = processing_time
        self._timeout = timeout
        self._timeout_at = None

    @property
    def exists(self):
        return self._value is not None

    @property
    def get(self):
        if self._value is None:
            raise PySparkValueError(error_class="STATE_NOT_EXISTS", message_parameters={})
        return self._value

    @property
    def getOption(self):
        return self._value

    @property
    def hasTimedOut(self):
        return self._timed_out

    def update(self, newValue):
        if newValue is None:
            raise PySparkTypeError(error_class="CANNOT_BE_NONE", message_parameters={"arg_name": "newValue"})
        self._value = tuple(newValue)

    def remove(self):
        self._value = None

    def setTimeoutDuration(self, durationMs):
        if isinstance(durationMs, str):
            raise wrong_type("NOT_INT", "durationMs", durationMs)
        if self._timeout != GroupStateTimeout.ProcessingTimeTimeout:
            raise RuntimeError(
                "Cannot set timeout duration without enabling processing time timeout in applyInPandasWithState"
            )
        self._timeout_at = self._processing_time + self._positive("durationMs", durationMs)

    def setTimeoutTimestamp(self, timestampMs):
        if self._timeout != GroupStateTimeout.EventTimeTimeout:
            raise RuntimeError(
                "Cannot set timeout duration without enabling processing time timeout in applyInPandasWithState"
            )
        if isinstance(timestampMs, datetime.datetime):
            timestampMs = _milliseconds(timestampMs)
        at = self._positive("timestampMs", timestampMs)
        if self._watermark is not None and at < self._watermark:
            raise PySparkValueError(
                error_class="INVALID_TIMEOUT_TIMESTAMP",
                message_parameters={"timestamp": str(at), "watermark": str(self._watermark)},
            )
        self._timeout_at = at

    def _positive(self, name, value):
        if value <= 0:
            raise PySparkValueError(
                error_class="VALUE_NOT_POSITIVE",
                message_parameters={"arg_name": name, "arg_value": type(value).__name__},
            )
        return int(value)

    def getCurrentWatermarkMs(self):
        if self._watermark is None:
            raise RuntimeError(
                "Cannot get event time watermark timestamp without setting watermark before applyInPandasWithState"
            )
        return self._watermark

    def getCurrentProcessingTimeMs(self):
        return self._processing_time

    def __str__(self):
        return "GroupState(%s)" % ("<undefined>" if self._value is None else (self._value,))
