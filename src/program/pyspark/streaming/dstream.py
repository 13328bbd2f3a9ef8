"""`DStream`: a sequence of RDDs, one a batch."""

import operator
from datetime import datetime
from itertools import chain

import _headwater
from pyspark._transformations import (
    Transformations,
    as_text,
    cogrouped,
    joined,
    placing,
    portable_hash,
    second,
    values_of_key,
)
from pyspark.errors import rdd_on_driver
from pyspark.rdd import RDD
from pyspark.storagelevel import StorageLevel
from pyspark.streaming.state import tracking

__all__ = ["DStream"]


def microseconds(seconds):
    """Spark's durations are whole milliseconds."""
    return int(seconds * 1000) * 1000


def _time(moment):
    if isinstance(moment, datetime):
        import time

        moment = time.mktime(moment.timetuple())
    return microseconds(moment)


def _arity(func):
    return func.__code__.co_argcount


def made_rdd(result):
    """The number of the RDD a driver function returned; none where the result counts as false, as in PySpark."""
    return result._jrdd if result else None


def _mapping(f):
    return lambda split, records: map(f, records)


def _flattening(f):
    return lambda split, records: chain.from_iterable(map(f, records))


def _filtering(f):
    return lambda split, records: filter(f, records)


class DStream(Transformations):
    __headwater__ = "driver"

    def __init__(self, number, ssc):
        self._id = number
        self._ssc = ssc
        self._sc = ssc._sc
        self.is_cached = False
        self.is_checkpointed = False

    def __getnewargs__(self):
        raise rdd_on_driver()

    @property
    def _jdstream(self):
        # By PySpark's name: it is what tells a stream among the arguments of others.
        return self._id

    def context(self):
        return self._ssc

    def _made(self, number):
        return DStream(number, self._ssc)

    def _pipe(self, f, preserves_partitioning):
        return self._made(_headwater.ask("pipe_stream", self._id, f, preserves_partitioning))

    def _default_partitions(self):
        return self._sc.defaultParallelism

    @property
    def _slideDuration(self):
        return _headwater.ask("slide_duration", self._id) / 1_000_000

    def cache(self):
        return self.persist(StorageLevel.MEMORY_ONLY)

    def persist(self, storageLevel):
        self.is_cached = True
        _headwater.ask("persist_stream", self._id, storageLevel._name())
        return self

    def checkpoint(self, interval):
        self.is_checkpointed = True
        _headwater.ask("checkpoint_stream", self._id, microseconds(interval))
        return self

    # Each batch by itself. Unlike an RDD's, functions that raise StopIteration end the partition here.

    def map(self, f, preservesPartitioning=False):
        return self._pipe(_mapping(f), preservesPartitioning)

    def flatMap(self, f, preservesPartitioning=False):
        return self._pipe(_flattening(f), preservesPartitioning)

    def filter(self, f):
        return self._pipe(_filtering(f), True)

    def count(self):
        return self.mapPartitions(lambda records: [sum(1 for _ in records)]).reduce(operator.add)

    def countByValue(self):
        return self.map(lambda x: (x, 1)).reduceByKey(operator.add)

    def reduce(self, func):
        return self.map(lambda x: (None, x)).reduceByKey(func, 1).map(second)

    def partitionBy(self, numPartitions, partitionFunc=portable_hash):
        if numPartitions is None:
            return self.transform(lambda rdd: rdd.partitionBy(None, partitionFunc))
        by, count = placing(partitionFunc, numPartitions), max(numPartitions, 0)
        return self._made(_headwater.ask("partition_stream", self._id, count, by))

    def repartition(self, numPartitions):
        if not numPartitions > 0:
            # Refused by each batch's RDD.
            return self.transform(lambda rdd: rdd.repartition(numPartitions))
        return self._made(_headwater.ask("repartition_stream", self._id, numPartitions))

    def transform(self, func):
        count = _arity(func)
        assert count in (1, 2), "func should take one or two arguments"

        def call(time, numbers):
            rdd = RDD(numbers[0], self._sc)
            return made_rdd(func(rdd) if count == 1 else func(datetime.fromtimestamp(time / 1_000_000), rdd))

        return self._made(_headwater.ask("transform", [self._id], call))

    # Two streams

    def transformWith(self, func, other, keepSerializer=False):
        count = _arity(func)
        assert count in (2, 3), "func should take two or three arguments"

        def call(time, numbers):
            rdds = [RDD(number, self._sc) for number in numbers]
            return made_rdd(func(*rdds) if count == 2 else func(datetime.fromtimestamp(time / 1_000_000), *rdds))

        return self._made(_headwater.ask("transform", [self._id, other._jdstream], call))

    def union(self, other):
        if self._slideDuration != other._slideDuration:
            raise ValueError("the two DStream should have same slide duration")
        return self._united([self, other])

    def _united(self, streams):
        return self._made(_headwater.ask("union_streams", [stream._jdstream for stream in streams]))

    def cogroup(self, other, numPartitions=None):
        return cogrouped([self, other], self._united, numPartitions)

    def join(self, other, numPartitions=None):
        return joined(self, other, self._united, numPartitions, False, False)

    def leftOuterJoin(self, other, numPartitions=None):
        return joined(self, other, self._united, numPartitions, True, False)

    def rightOuterJoin(self, other, numPartitions=None):
        return joined(self, other, self._united, numPartitions, False, True)

    def fullOuterJoin(self, other, numPartitions=None):
        return joined(self, other, self._united, numPartitions, True, True)

    # Windows

    def _check_window(self, window, slide):
        duration = _headwater.ask("slide_duration", self._id) // 1000
        if int(window * 1000) % duration != 0:
            raise ValueError(
                "windowDuration must be multiple of the parent dstream's slide (batch) duration (%d ms)" % duration
            )
        if slide and int(slide * 1000) % duration != 0:
            raise ValueError(
                "slideDuration must be multiple of the parent dstream's slide (batch) duration (%d ms)" % duration
            )

    def window(self, windowDuration, slideDuration=None):
        self._check_window(windowDuration, slideDuration)
        slide = None if slideDuration is None else microseconds(slideDuration)
        return self._made(_headwater.ask("window", self._id, microseconds(windowDuration), slide))

    def reduceByWindow(self, reduceFunc, invReduceFunc, windowDuration, slideDuration):
        if invReduceFunc is None:
            return self.reduce(reduceFunc).window(windowDuration, slideDuration).reduce(reduceFunc)
        keyed = self.map(lambda x: (1, x))
        return keyed.reduceByKeyAndWindow(reduceFunc, invReduceFunc, windowDuration, slideDuration, 1).map(second)

    def countByWindow(self, windowDuration, slideDuration):
        return self.map(lambda x: 1).reduceByWindow(operator.add, operator.sub, windowDuration, slideDuration)

    def countByValueAndWindow(self, windowDuration, slideDuration, numPartitions=None):
        keyed = self.map(lambda x: (x, 1))
        present = lambda pair: pair[1] != 0
        return keyed.reduceByKeyAndWindow(
            operator.add, operator.sub, windowDuration, slideDuration, numPartitions, present
        )

    def groupByKeyAndWindow(self, windowDuration, slideDuration, numPartitions=None):
        grouped = self._grouped(numPartitions).window(windowDuration, slideDuration)
        return grouped.reduceByKey(operator.add, numPartitions).mapValues(values_of_key)

    def reduceByKeyAndWindow(
        self, func, invFunc, windowDuration, slideDuration=None, numPartitions=None, filterFunc=None
    ):
        self._check_window(windowDuration, slideDuration)
        if numPartitions is None:
            numPartitions = self._sc.defaultParallelism
        reduced = self.reduceByKey(func, numPartitions)
        if invFunc is None:
            return reduced.window(windowDuration, slideDuration).reduceByKey(func, numPartitions)
        number = _headwater.ask(
            "reduce_by_key_and_window",
            reduced._id,
            func,
            invFunc,
            microseconds(windowDuration),
            None if slideDuration is None else microseconds(slideDuration),
            numPartitions,
            filterFunc,
        )
        return self._made(number)

    # State

    def updateStateByKey(self, updateFunc, numPartitions=None, initialRDD=None):
        if numPartitions is None:
            numPartitions = self._sc.defaultParallelism
        initial = self._initial(initialRDD, numPartitions)
        grouped = self._grouped(numPartitions)
        return self._made(
            _headwater.ask("update_state_by_key", grouped._id, updateFunc, numPartitions, initial)
        )

    def mapWithState(self, spec):
        partitions = spec._partitions or self._sc.defaultParallelism
        initial = self._initial(spec._initial, partitions)
        placed = self.partitionBy(partitions)
        timeout = None if spec._timeout is None else int(spec._timeout * 1000)
        number = _headwater.ask(
            "map_with_state", placed._id, tracking(spec._function), partitions, timeout, initial
        )
        return MapWithStateDStream(number, self._ssc)

    def _initial(self, rdd, partitions):
        if rdd is None or (not isinstance(rdd, RDD) and not rdd):
            return None
        return (rdd if isinstance(rdd, RDD) else self._sc.parallelize(rdd)).partitionBy(partitions)._id

    # Output

    def foreachRDD(self, func):
        count = _arity(func)

        def call(time, numbers):
            rdd = RDD(numbers[0], self._sc)
            made_rdd(func(rdd) if count == 1 else func(datetime.fromtimestamp(time / 1_000_000), rdd))

        _headwater.ask("foreach_rdd", self._id, call)

    def pprint(self, num=10):
        _headwater.ask("print", self._id, num)

    def _collectAs(self, name):
        _headwater.ask("collect_as", self._id, name)

    def saveAsTextFiles(self, prefix, suffix=None):
        _headwater.ask("save_as_text_files", self.map(as_text)._id, prefix, suffix)

    def slice(self, begin, end):
        numbers = _headwater.ask("slice", self._id, _time(begin), _time(end))
        return [RDD(number, self._sc) for number in numbers]


class MapWithStateDStream(DStream):
    """What `mapWithState` gives: mapped records, and the state behind them."""

    def stateSnapshots(self):
        return self._made(_headwater.ask("state_snapshots", self._id))

    def checkpoint(self, interval):
        # As in Scala the result is a plain DStream.
        self.is_checkpointed = True
        _headwater.ask("checkpoint_stream", self._id, microseconds(interval))
        plain = DStream(self._id, self._ssc)
        plain.is_checkpointed = True
        return plain
