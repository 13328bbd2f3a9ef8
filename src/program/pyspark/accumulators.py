"""Accumulators: tasks add, the driver reads."""

import _headwater
from pyspark.errors import value_not_accessible


class AccumulatorParam:
    """How values of a type are added; subclasses say so for types of their own."""

    def zero(self, value):
        raise NotImplementedError

    def addInPlace(self, value1, value2):
        raise NotImplementedError


class AddingAccumulatorParam(AccumulatorParam):
    __headwater__ = "shared"

    def __init__(self, zero_value):
        self.zero_value = zero_value

    def zero(self, value):
        return self.zero_value

    def addInPlace(self, value1, value2):
        value1 += value2
        return value1


INT_ACCUMULATOR_PARAM = AddingAccumulatorParam(0)
FLOAT_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0)
COMPLEX_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0j)


class Accumulator:
    """A shared variable that can only be added to."""

    __headwater__ = "shared"

    def __init__(self, aid, value, accum_param):
        self.aid = aid
        self._zero = value
        self.accum_param = accum_param

    @property
    def value(self):
        if _headwater.in_task():
            raise value_not_accessible("Accumulator.value")
        return _headwater.ask("accumulator_value", self.aid)

    @value.setter
    def value(self, value):
        if _headwater.in_task():
            raise value_not_accessible("Accumulator.value")
        _headwater.ask("set_accumulator", self.aid, value)

    def add(self, term):
        if _headwater.in_task():
            _headwater.accumulate(self.aid, self._zero, term, self.accum_param)
        else:
            self.value = self.accum_param.addInPlace(self.value, term)

    def __iadd__(self, term):
        self.add(term)
        return self

    def __str__(self):
        return str(self.value)

    def __repr__(self):
        return "Accumulator<id=%i, value=%s>" % (self.aid, self.value)


def _accumulator(value, accum_param):
    if accum_param is None:
        if isinstance(value, int):
            accum_param = INT_ACCUMULATOR_PARAM
        elif isinstance(value, float):
            accum_param = FLOAT_ACCUMULATOR_PARAM
        elif isinstance(value, complex):
            accum_param = COMPLEX_ACCUMULATOR_PARAM
        else:
            raise TypeError("No default accumulator param for type %s" % type(value))
    numeric = isinstance(accum_param, AddingAccumulatorParam)
    aid = _headwater.ask("accumulator", value, None if numeric else accum_param.addInPlace)
    return Accumulator(aid, value, accum_param)
