"""`RDD`: PySpark's API over the engine's primitives."""

import bisect
import heapq
import operator
import sys
from functools import reduce
from math import sqrt

import _headwater
from pyspark._sampling import RangeSampler, Sampler, StratifiedSampler, sampling_fraction
from pyspark._transformations import (
    Transformations,
    as_text,
    cogrouped,
    first,
    identity,
    joined,
    placing,
    portable_hash,
    second,
)
from pyspark.errors import rdd_on_driver
from pyspark.statcounter import StatCounter
from pyspark.storagelevel import StorageLevel

__all__ = ["RDD", "portable_hash"]

_nothing = object()


def _reducing(f):
    """A function of a partition: its records reduced to one, or none of none."""

    def reduced(records):
        records = iter(records)
        for start in records:
            return [reduce(f, records, start)]
        return []

    return reduced


class RDD(Transformations):
    """A Resilient Distributed Dataset."""

    __headwater__ = "driver"

    def __init__(self, number, ctx, partitioner=None, kind="PythonRDD[%d] at RDD at PythonRDD.scala:53"):
        self._id = number
        self._kind = kind
        self.ctx = ctx
        self.partitioner = partitioner
        self.is_cached = False
        self.is_checkpointed = False
        self._name = None

    def __getnewargs__(self):
        raise rdd_on_driver()

    def __repr__(self):
        return self._kind % self._id

    @property
    def context(self):
        return self.ctx

    def id(self):
        return self._id

    @property
    def _jrdd(self):
        # By PySpark's name: it is what tells an RDD among the results of driver functions.
        return self._id

    def name(self):
        return self._name

    def setName(self, name):
        _headwater.ask("set_name", self._id, name)
        self._name = name
        return self

    def _made(self, number, partitioner=None):
        return RDD(number, self.ctx, partitioner)

    def _pipe(self, f, preserves_partitioning):
        number = _headwater.ask("pipe", self._id, f, preserves_partitioning)
        return self._made(number, self.partitioner if preserves_partitioning else None)

    def _default_partitions(self):
        if self.ctx._conf.contains("spark.default.parallelism"):
            return self.ctx.defaultParallelism
        return self.getNumPartitions()

    # Persistence

    def persist(self, storageLevel=StorageLevel.MEMORY_ONLY):
        self.is_cached = True
        self._level = storageLevel
        _headwater.ask("persist", self._id, storageLevel._name())
        return self

    def cache(self):
        return self.persist()

    def unpersist(self, blocking=False):
        self.is_cached = False
        _headwater.ask("unpersist", self._id)
        return self

    def getStorageLevel(self):
        return self._level if self.is_cached else StorageLevel.NONE

    def checkpoint(self):
        self.is_checkpointed = True
        _headwater.ask("checkpoint_rdd", self._id)

    def localCheckpoint(self):
        self.persist(StorageLevel.MEMORY_AND_DISK)

    def isCheckpointed(self):
        return self.is_checkpointed

    def isLocallyCheckpointed(self):
        return False

    def getCheckpointFile(self):
        return None

    def getNumPartitions(self):
        return _headwater.ask("partition_count", self._id)

    def toDebugString(self):
        return _headwater.ask("debug_string", self._id).encode("utf-8")

    # Narrow transformations

    def mapPartitionsWithSplit(self, f, preservesPartitioning=False):
        return self.mapPartitionsWithIndex(f, preservesPartitioning)

    def keyBy(self, f):
        return self.map(lambda x: (f(x), x))

    def keys(self):
        return self.map(first)

    def values(self):
        return self.map(second)

    def union(self, other):
        return self.ctx.union([self, other])

    def __add__(self, other):
        if not isinstance(other, RDD):
            raise TypeError
        return self.union(other)

    def cartesian(self, other):
        return self._made(_headwater.ask("cartesian", self._id, other._id))

    def zip(self, other):
        if self.getNumPartitions() != other.getNumPartitions():
            raise ValueError("Can only zip with RDD which has the same number of partitions")
        return self._made(_headwater.ask("zip", self._id, other._id))

    def zipWithIndex(self):
        starts = [0]
        if self.getNumPartitions() > 1:
            for count in self.mapPartitions(lambda records: [sum(1 for _ in records)]).collect()[:-1]:
                starts.append(starts[-1] + count)
        return self._pipe(lambda split, records: ((x, i) for i, x in enumerate(records, starts[split])), False)

    def zipWithUniqueId(self):
        n = self.getNumPartitions()
        return self._pipe(lambda split, records: ((x, i * n + split) for i, x in enumerate(records)), False)

    def coalesce(self, numPartitions, shuffle=False):
        if not numPartitions > 0:
            raise ValueError("Number of partitions must be positive.")
        return self._made(_headwater.ask("coalesce", self._id, numPartitions, shuffle))

    def repartition(self, numPartitions):
        return self.coalesce(numPartitions, shuffle=True)

    # Sampling

    def sample(self, withReplacement, fraction, seed=None):
        if not fraction >= 0:
            raise ValueError("Fraction must be nonnegative.")
        return self._pipe(Sampler(withReplacement, fraction, seed).sample, True)

    def sampleByKey(self, withReplacement, fractions, seed=None):
        for fraction in fractions.values():
            assert fraction >= 0.0, "Negative fraction value: %s" % fraction
        return self._pipe(StratifiedSampler(withReplacement, fractions, seed).sample, True)

    def randomSplit(self, weights, seed=None):
        if not all(weight >= 0 for weight in weights):
            raise ValueError("Weights must be nonnegative")
        total = float(sum(weights))
        if not total > 0:
            raise ValueError("Sum of weights must be positive")
        bounds = [0.0]
        for weight in weights:
            bounds.append(bounds[-1] + weight / total)
        if seed is None:
            import random

            seed = random.randint(0, 2**32 - 1)
        return [
            self._pipe(RangeSampler(low, high, seed).sample, True) for low, high in zip(bounds, bounds[1:])
        ]

    def takeSample(self, withReplacement, num, seed=None):
        import random

        limit = sys.maxsize - int(10.0 * sqrt(sys.maxsize))
        if num < 0:
            raise ValueError("Sample size cannot be negative.")
        if num > limit:
            raise ValueError("Sample size cannot be greater than %d." % limit)
        if num == 0 or self.getNumPartitions() == 0:
            return []
        count = self.count()
        if count == 0:
            return []
        rand = random.Random(seed)
        if not withReplacement and num >= count:
            samples = self.collect()
            rand.shuffle(samples)
            return samples
        fraction = sampling_fraction(num, count, withReplacement)
        samples = self.sample(withReplacement, fraction, seed).collect()
        while len(samples) < num:
            samples = self.sample(withReplacement, fraction, rand.randint(0, sys.maxsize)).collect()
        rand.shuffle(samples)
        return samples[0:num]

    # Shuffles

    def partitionBy(self, numPartitions, partitionFunc=portable_hash):
        if numPartitions is None:
            numPartitions = self._default_partitions()
        partitioner = (numPartitions, partitionFunc)
        if self.partitioner == partitioner:
            return self
        # As in Spark, fewer than one partition hold nothing.
        by, count = placing(partitionFunc, numPartitions), max(numPartitions, 0)
        return self._made(_headwater.ask("partition_by", self._id, count, by), partitioner)

    def distinct(self, numPartitions=None):
        return self.map(lambda x: (x, None)).reduceByKey(lambda x, _: x, numPartitions).map(first)

    def groupBy(self, f, numPartitions=None, partitionFunc=portable_hash):
        return self.map(lambda x: (f(x), x)).groupByKey(numPartitions, partitionFunc)

    def aggregateByKey(self, zeroValue, seqFunc, combFunc, numPartitions=None, partitionFunc=portable_hash):
        zero = _headwater.duplicate(zeroValue)
        create = lambda value: seqFunc(_headwater.duplicate(zero), value)
        return self.combineByKey(create, seqFunc, combFunc, numPartitions, partitionFunc)

    def foldByKey(self, zeroValue, func, numPartitions=None, partitionFunc=portable_hash):
        return self.aggregateByKey(zeroValue, func, func, numPartitions, partitionFunc)

    def sortByKey(self, ascending=True, numPartitions=None, keyfunc=identity):
        if numPartitions is None:
            numPartitions = self._default_partitions()

        def sort(records):
            return sorted(records, key=lambda pair: keyfunc(pair[0]), reverse=not ascending)

        if numPartitions == 1:
            single = self.coalesce(1) if self.getNumPartitions() > 1 else self
            return single.mapPartitions(sort, True)
        count = self.count()
        if not count:
            return self
        # Bounds of about equal partitions, from a sample.
        fraction = min(numPartitions * 20.0 / max(count, 1), 1.0)
        keys = sorted(self.sample(False, fraction, 1).map(first).collect(), key=keyfunc)
        bounds = [keys[int(len(keys) * (i + 1) / numPartitions)] for i in range(numPartitions - 1)]

        def place(key):
            index = bisect.bisect_left(bounds, keyfunc(key))
            return index if ascending else numPartitions - 1 - index

        return self.partitionBy(numPartitions, place).mapPartitions(sort, True)

    def sortBy(self, keyfunc, ascending=True, numPartitions=None):
        return self.keyBy(keyfunc).sortByKey(ascending, numPartitions).values()

    def repartitionAndSortWithinPartitions(
        self, numPartitions=None, partitionFunc=portable_hash, ascending=True, keyfunc=identity
    ):
        if numPartitions is None:
            numPartitions = self._default_partitions()

        def sort(records):
            return sorted(records, key=lambda pair: keyfunc(pair[0]), reverse=not ascending)

        return self.partitionBy(numPartitions, partitionFunc).mapPartitions(sort, True)

    # Several RDDs

    def cogroup(self, other, numPartitions=None):
        return cogrouped([self, other], self.ctx.union, numPartitions)

    def groupWith(self, other, *others):
        return cogrouped([self, other, *others], self.ctx.union, None)

    def join(self, other, numPartitions=None):
        return joined(self, other, self.ctx.union, numPartitions, False, False)

    def leftOuterJoin(self, other, numPartitions=None):
        return joined(self, other, self.ctx.union, numPartitions, True, False)

    def rightOuterJoin(self, other, numPartitions=None):
        return joined(self, other, self.ctx.union, numPartitions, False, True)

    def fullOuterJoin(self, other, numPartitions=None):
        return joined(self, other, self.ctx.union, numPartitions, True, True)

    def subtractByKey(self, other, numPartitions=None):
        kept = lambda sides: [] if sides[1].data else sides[0]
        return self.cogroup(other, numPartitions).flatMapValues(kept)

    def subtract(self, other, numPartitions=None):
        mark = lambda x: (x, True)
        return self.map(mark).subtractByKey(other.map(mark), numPartitions).keys()

    def intersection(self, other):
        mark = lambda x: (x, None)
        both = lambda group: group[1][0].data and group[1][1].data
        return self.map(mark).cogroup(other.map(mark)).filter(both).keys()

    # Actions

    def _run(self, partitions=None):
        return _headwater.ask("run_job", self._id, partitions)

    def collect(self):
        return [record for partition in self._run() for record in partition]

    def toLocalIterator(self, prefetchPartitions=False):
        for split in range(self.getNumPartitions()):
            yield from self._run([split])[0]

    def foreach(self, f):
        self.map(f).filter(lambda _: False).collect()

    def foreachPartition(self, f):
        def drained(records):
            result = f(records)
            try:
                return iter(result)
            except TypeError:
                return iter([])

        self.mapPartitions(drained).mapPartitions(lambda records: [] if list(records) else []).collect()

    def count(self):
        return sum(self.mapPartitions(lambda records: [sum(1 for _ in records)]).collect())

    def sum(self):
        return self.mapPartitions(lambda records: [sum(records)]).fold(0, operator.add)

    def reduce(self, f):
        reduced = self.mapPartitions(_reducing(f)).collect()
        if reduced:
            return reduce(f, reduced)
        raise ValueError("Can not reduce() empty RDD")

    def treeReduce(self, f, depth=2):
        if depth < 1:
            raise ValueError("Depth cannot be smaller than 1 but got %d." % depth)
        present = lambda records: [(record, False) for record in _reducing(f)(records)]

        def both(x, y):
            return y if x[1] else x if y[1] else (f(x[0], y[0]), False)

        result = self.mapPartitions(present).treeAggregate((None, True), both, both, depth)
        if result[1]:
            raise ValueError("Cannot reduce empty RDD.")
        return result[0]

    def fold(self, zeroValue, op):
        zero = _headwater.duplicate(zeroValue)
        folded = self.mapPartitions(lambda records: [reduce(op, records, _headwater.duplicate(zero))]).collect()
        return reduce(op, folded, zeroValue)

    def aggregate(self, zeroValue, seqOp, combOp):
        zero = _headwater.duplicate(zeroValue)
        parts = self.mapPartitions(lambda records: [reduce(seqOp, records, _headwater.duplicate(zero))]).collect()
        return reduce(combOp, parts, zeroValue)

    def treeAggregate(self, zeroValue, seqOp, combOp, depth=2):
        if depth < 1:
            raise ValueError("Depth cannot be smaller than 1 but got %d." % depth)
        if self.getNumPartitions() == 0:
            return zeroValue
        zero = _headwater.duplicate(zeroValue)
        parts = self.mapPartitions(lambda records: [reduce(seqOp, records, _headwater.duplicate(zero))])
        count = parts.getNumPartitions()
        scale = max(int(pow(count, 1.0 / depth) + 0.999999), 2)
        while count > scale + count / scale:
            count = int(count / scale)
            target = count
            placed = parts.mapPartitionsWithIndex(lambda split, records: ((split % target, x) for x in records))
            parts = placed.reduceByKey(combOp, target).values()
        return parts.reduce(combOp)

    def max(self, key=None):
        return self.reduce(max) if key is None else self.reduce(lambda a, b: max(a, b, key=key))

    def min(self, key=None):
        return self.reduce(min) if key is None else self.reduce(lambda a, b: min(a, b, key=key))

    def stats(self):
        return self.mapPartitions(lambda records: [StatCounter(records)]).reduce(lambda a, b: a.mergeStats(b))

    def mean(self):
        return self.stats().mean()

    def variance(self):
        return self.stats().variance()

    def stdev(self):
        return self.stats().stdev()

    def sampleStdev(self):
        return self.stats().sampleStdev()

    def sampleVariance(self):
        return self.stats().sampleVariance()

    def histogram(self, buckets):
        if isinstance(buckets, int):
            if buckets < 1:
                raise ValueError("number of buckets must be >= 1")
            extremes = self.filter(lambda x: x is not None and x == x).map(lambda x: (x, x))
            try:
                low, high = extremes.reduce(lambda a, b: (min(a[0], b[0]), max(a[1], b[1])))
            except ValueError as e:
                if "empty" in str(e):
                    raise ValueError("can not generate buckets from empty RDD") from None
                raise
            if low == high or buckets == 1:
                return [low, high], [self.count()]
            # Whole numbers stay whole where the buckets come out even.
            step = int((high - low) / buckets)
            if step * buckets != high - low:
                step = (high - low) * 1.0 / buckets
            buckets = [low + step * i for i in range(buckets)] + [high]
        elif isinstance(buckets, (list, tuple)):
            if len(buckets) < 2:
                raise ValueError("buckets should have more than one value")
            if any(x is None or x != x for x in buckets):
                raise ValueError("can not have None or NaN in buckets")
            if sorted(buckets) != list(buckets):
                raise ValueError("buckets should be sorted")
            if len(set(buckets)) != len(buckets):
                raise ValueError("buckets should not contain duplicated values")
        else:
            raise TypeError("buckets should be a list or tuple or number(int or long)")
        bounds, last = list(buckets), len(buckets) - 2

        def counted(records):
            counts = [0] * (last + 1)
            for x in records:
                if x is None or x != x or x < bounds[0] or x > bounds[-1]:
                    continue
                counts[min(bisect.bisect_right(bounds, x) - 1, last)] += 1
            return [counts]

        counts = self.mapPartitions(counted).reduce(lambda a, b: [x + y for x, y in zip(a, b)])
        return buckets, counts

    def take(self, num):
        taken = []
        total = self.getNumPartitions()
        scanned = 0
        while len(taken) < num and scanned < total:
            # One partition first, then as many as seem needed, with half as many again to spare.
            wanted = 1
            if scanned > 0:
                if not taken:
                    wanted = scanned * 4
                else:
                    wanted = min(max(int(1.5 * num * scanned / len(taken)) - scanned, 1), scanned * 4)
            left = num - len(taken)

            def leading(records):
                records = iter(records)
                count = 0
                while count < left:
                    record = next(records, _nothing)
                    if record is _nothing:
                        return
                    yield record
                    count += 1

            splits = list(range(scanned, min(scanned + wanted, total)))
            for partition in self.mapPartitions(leading)._run(splits):
                taken.extend(partition)
            scanned += wanted
        return taken[:num]

    def first(self):
        taken = self.take(1)
        if taken:
            return taken[0]
        raise ValueError("RDD is empty")

    def isEmpty(self):
        return self.getNumPartitions() == 0 or len(self.take(1)) == 0

    def top(self, num, key=None):
        largest = lambda records: [heapq.nlargest(num, records, key=key)]
        return self.mapPartitions(largest).reduce(lambda a, b: heapq.nlargest(num, a + b, key=key))

    def takeOrdered(self, num, key=None):
        if num < 0:
            raise ValueError("top N cannot be negative.")
        if num == 0 or self.getNumPartitions() == 0:
            return []
        smallest = lambda records: [heapq.nsmallest(num, records, key=key)]
        return self.mapPartitions(smallest).reduce(lambda a, b: heapq.nsmallest(num, a + b, key=key))

    def countByValue(self):
        from collections import defaultdict

        def counted(records):
            counts = {}
            for record in records:
                counts[record] = counts.get(record, 0) + 1
            return [counts]

        total = defaultdict(int)
        for counts in self.mapPartitions(counted).collect():
            for record, count in counts.items():
                total[record] += count
        return total

    def countByKey(self):
        return self.map(first).countByValue()

    def countApproxDistinct(self, relativeSD=0.05):
        return self.distinct().count()

    def countApprox(self, timeout, confidence=0.95):
        return self.count()

    def collectAsMap(self):
        return dict(self.collect())

    def reduceByKeyLocally(self, func):
        combined = self._pipe(lambda split, pairs: [_headwater.combine(pairs, {}, None, func)], False).collect()
        total = {}
        for part in combined:
            _headwater.combine(part.items(), total, None, func)
        return total

    def lookup(self, key):
        values = self.filter(lambda pair: pair[0] == key).values()
        if self.partitioner is not None:
            count, function = self.partitioner
            return values._run([function(key) % count])[0]
        return values.collect()

    def saveAsTextFile(self, path, compressionCodecClass=None):
        _headwater.ask("save_as_text_file", self.map(as_text)._id, path)
