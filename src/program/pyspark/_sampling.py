"""Sampling, with PySpark's generators and seeds: the same records are drawn as there."""

import math
import sys


class _Draws:
    def __init__(self, withReplacement, seed):
        if seed is None:
            import random

            seed = random.randint(0, sys.maxsize)
        self._seed = seed
        self._replace = withReplacement

    def _generator(self, split):
        import random

        generator = random.Random(self._seed ^ split)
        # Seeds of neighbouring partitions are close; the first draws would be too.
        for _ in range(10):
            generator.randint(0, 1)
        return generator

    def _times(self, generator, mean):
        """A Poisson variate, by Knuth's algorithm."""
        times = 0
        if mean < 20.0:
            threshold, product = math.exp(-mean), generator.random()
            while product > threshold:
                times += 1
                product *= generator.random()
        else:
            elapsed = generator.expovariate(mean)
            while elapsed < 1.0:
                times += 1
                elapsed += generator.expovariate(mean)
        return times

    def _drawn(self, split, records, fraction_of):
        generator = self._generator(split)
        for record in records:
            if self._replace:
                for _ in range(self._times(generator, fraction_of(record))):
                    yield record
            elif generator.random() < fraction_of(record):
                yield record


class Sampler(_Draws):
    def __init__(self, withReplacement, fraction, seed):
        super().__init__(withReplacement, seed)
        self._fraction = fraction

    def sample(self, split, records):
        return self._drawn(split, records, lambda record: self._fraction)


class StratifiedSampler(_Draws):
    def __init__(self, withReplacement, fractions, seed):
        super().__init__(withReplacement, seed)
        self._fractions = fractions

    def sample(self, split, records):
        return self._drawn(split, records, lambda pair: self._fractions[pair[0]])


class RangeSampler(_Draws):
    def __init__(self, low, high, seed):
        super().__init__(False, seed)
        self._low, self._high = low, high

    def sample(self, split, records):
        generator = self._generator(split)
        return (record for record in records if self._low <= generator.random() < self._high)


def sampling_fraction(size, total, withReplacement):
    """A fraction that gives at least `size` of `total` records with a chance of 99.99 %."""
    fraction = float(size) / total
    if withReplacement:
        deviations = 9 if size < 12 else 5
        return fraction + deviations * math.sqrt(fraction / total)
    gamma = -math.log(0.00005) / total
    return min(1, fraction + gamma + math.sqrt(gamma * gamma + 2 * gamma * fraction))
