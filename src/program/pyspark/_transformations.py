"""Transformations that RDDs and DStreams share: Python over `_pipe` and `partitionBy`.

As in PySpark, a narrow transformation is a function of a partition's index and an iterator over its records.
"""

import struct
from itertools import chain

import _headwater
from pyspark.resultiterable import ResultIterable


def portable_hash(x):
    """The hash by which PySpark assigns a key to a partition; the same on every machine."""
    return _headwater.portable_hash(x)


def first(pair):
    return pair[0]


def second(pair):
    return pair[1]


def identity(value):
    return value


def values_of_key(values):
    return ResultIterable(values)


def listed(value):
    return [value]


def appended(values, value):
    values.append(value)
    return values


def extended(values, more):
    values.extend(more)
    return values


def mapping(f):
    return lambda split, records: _headwater.mapped(f, records)


def flattening(f):
    return lambda split, records: chain.from_iterable(_headwater.mapped(f, records))


def filtering(f):
    f = bool if f is None else f
    return lambda split, records: _headwater.filtered(f, records)


def combining(create, merge):
    return lambda split, pairs: _headwater.combine(pairs, {}, create, merge).items()


def placing(partitionFunc, numPartitions):
    """What the engine asks for a key's partition; nothing where it knows the function itself."""
    if partitionFunc is portable_hash:
        return None

    def place(key):
        split = partitionFunc(key) % numPartitions
        if not isinstance(split, int):
            # Partition numbers are packed as 64-bit integers.
            raise struct.error("required argument is not an integer")
        return split

    return place


def as_text(record):
    return record if isinstance(record, str) else record.decode("utf-8") if isinstance(record, bytes) else str(record)


class Transformations:
    """What needs no more than `_pipe(function, preserves_partitioning)` and `partitionBy`."""

    def mapPartitionsWithIndex(self, f, preservesPartitioning=False):
        return self._pipe(f, preservesPartitioning)

    def mapPartitions(self, f, preservesPartitioning=False):
        return self._pipe(lambda split, records: f(records), preservesPartitioning)

    def map(self, f, preservesPartitioning=False):
        return self._pipe(mapping(f), preservesPartitioning)

    def flatMap(self, f, preservesPartitioning=False):
        return self._pipe(flattening(f), preservesPartitioning)

    def filter(self, f):
        return self._pipe(filtering(f), True)

    def glom(self):
        return self._pipe(lambda split, records: [list(records)], False)

    def mapValues(self, f):
        return self.map(lambda pair: (pair[0], f(pair[1])), preservesPartitioning=True)

    def flatMapValues(self, f):
        return self.flatMap(lambda pair: [(pair[0], value) for value in f(pair[1])], preservesPartitioning=True)

    def combineByKey(self, createCombiner, mergeValue, mergeCombiners, numPartitions=None, *partitioning):
        if numPartitions is None:
            numPartitions = self._default_partitions()
        combined = self._pipe(combining(createCombiner, mergeValue), True)
        shuffled = combined.partitionBy(numPartitions, *partitioning)
        return shuffled._pipe(combining(None, mergeCombiners), True)

    def reduceByKey(self, func, numPartitions=None, *partitioning):
        return self.combineByKey(None, func, func, numPartitions, *partitioning)

    def _grouped(self, numPartitions=None, *partitioning):
        return self.combineByKey(listed, appended, extended, numPartitions, *partitioning)

    def groupByKey(self, numPartitions=None, *partitioning):
        return self._grouped(numPartitions, *partitioning).mapValues(values_of_key)


# Joins: the sides are tagged, brought together by key and dealt out again.


def _tagging(number):
    return lambda value: (number, value)


def cogrouped(sides, union, numPartitions):
    """`(key, (values of side 0, values of side 1, …))`."""
    count = len(sides)

    def dealt(tagged):
        values = [[] for _ in range(count)]
        for number, value in tagged:
            values[number].append(value)
        return tuple(map(ResultIterable, values))

    tagged = union([side.mapValues(_tagging(number)) for number, side in enumerate(sides)])
    return tagged._grouped(numPartitions).mapValues(dealt)


def joined(left, right, union, numPartitions, keep_left, keep_right):
    """`(key, (left value, right value))`; a side that is kept is paired with None where the other has nothing."""

    def paired(sides):
        lefts, rights = sides
        lefts = lefts.data or ([None] if keep_right and rights.data else [])
        rights = rights.data or ([None] if keep_left and lefts else [])
        return [(x, y) for x in lefts for y in rights]

    return cogrouped([left, right], union, numPartitions).flatMapValues(paired)
