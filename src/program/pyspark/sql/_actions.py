"""What DataFrames answer at once: only those that stand still do."""

import _headwater
from pyspark.errors import wrong_type
from pyspark.storagelevel import StorageLevel


class Actions:
    def collect(self):
        return _headwater.ask("sql_collect", self._id)

    def toLocalIterator(self, prefetchPartitions=False):
        return iter(self.collect())

    def count(self):
        return self.groupBy().count().collect()[0][0]

    def take(self, num):
        return self.limit(num).collect()

    def head(self, n=None):
        if n is None:
            rows = self.head(1)
            return rows[0] if rows else None
        return self.take(n)

    def first(self):
        return self.head()

    def tail(self, num):
        rows = self.collect()
        return rows[max(len(rows) - num, 0) :]

    def isEmpty(self):
        return not self.take(1)

    def isLocal(self):
        return False

    def show(self, n=20, truncate=True, vertical=False):
        print(self._show_string(n, truncate, vertical))

    def _show_string(self, n=20, truncate=True, vertical=False):
        if not isinstance(n, int) or isinstance(n, bool):
            raise wrong_type("NOT_INT", "n", n)
        if not isinstance(vertical, bool):
            raise wrong_type("NOT_BOOL", "vertical", vertical)
        try:
            width = 20 if truncate is True else int(truncate)
        except ValueError:
            raise wrong_type("NOT_BOOL", "truncate", truncate)
        return _headwater.ask("sql_show", self._id, n, width, vertical)

    def explain(self, extended=None, mode=None):
        if isinstance(extended, str):
            mode = extended
        print(_headwater.ask("sql_explain", self._id, mode or ("extended" if extended else "simple")))

    @property
    def rdd(self):
        from pyspark.rdd import RDD

        return RDD(_headwater.ask("sql_rdd", self._id), self._sc)

    def foreach(self, f):
        self.rdd.foreach(f)

    def foreachPartition(self, f):
        self.rdd.foreachPartition(f)

    def toJSON(self, use_unicode=True):
        from pyspark.sql.functions import struct, to_json

        return self.select(to_json(struct(*[self[name] for name in self.columns]))).rdd.map(lambda row: row[0])

    # A frame that stands still computes the same rows each time: keeping them changes nothing that can be seen.

    def cache(self):
        self.is_cached = True
        return self

    def persist(self, storageLevel=StorageLevel.MEMORY_AND_DISK):
        return self.cache()

    def unpersist(self, blocking=False):
        self.is_cached = False
        return self

    def checkpoint(self, eager=True):
        return self

    def localCheckpoint(self, eager=True):
        return self
