"""`Window`: what a window function looks at."""

from pyspark.sql.column import _named

__all__ = ["Window", "WindowSpec"]


def _columns(cols):
    if len(cols) == 1 and isinstance(cols[0], list):
        cols = cols[0]
    return [_named(col) for col in cols]


class WindowSpec:
    __headwater__ = "shared"

    def __init__(self, partition=(), order=()):
        self._partition = list(partition)
        self._order = list(order)

    def partitionBy(self, *cols):
        return WindowSpec(_columns(cols), self._order)

    def orderBy(self, *cols):
        return WindowSpec(self._partition, _columns(cols))

    def rowsBetween(self, start, end):
        return WindowSpec(self._partition, self._order)

    def rangeBetween(self, start, end):
        return WindowSpec(self._partition, self._order)


class Window:
    unboundedPreceding = -(1 << 63)
    unboundedFollowing = (1 << 63) - 1
    currentRow = 0

    @staticmethod
    def partitionBy(*cols):
        return WindowSpec().partitionBy(*cols)

    @staticmethod
    def orderBy(*cols):
        return WindowSpec().orderBy(*cols)

    @staticmethod
    def rowsBetween(start, end):
        return WindowSpec()

    @staticmethod
    def rangeBetween(start, end):
        return WindowSpec()
