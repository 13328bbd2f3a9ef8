"""Broadcast variables: a value that every task can read."""

import _headwater


class Broadcast:
    """Each task that reads it gets a value of its own, so that nothing a task does to it is seen by another."""

    __headwater__ = "shared"

    def __init__(self, bid, value):
        self._id = bid
        self._value = value

    @property
    def value(self):
        return _headwater.broadcast_value(self._id, self._value)

    def unpersist(self, blocking=False):
        _headwater.ask("drop_broadcast", self._id, False)

    def destroy(self, blocking=False):
        _headwater.ask("drop_broadcast", self._id, True)

    def __repr__(self):
        return "<pyspark.broadcast.Broadcast object>"
