"""`mapWithState`, which PySpark lacks: Scala's API in Python's spelling."""


class State:
    """The state of one key, as the function of `mapWithState` sees it."""

    def __init__(self, before, timing_out):
        self._before = before
        self._change = None
        self._timing_out = timing_out

    def exists(self):
        return self._before is not None

    def isTimingOut(self):
        return self._timing_out

    def get(self):
        if self._before is None:
            raise _refused("java.util.NoSuchElementException", "State is not set")
        return self._before[0]

    def getOption(self):
        return None if self._before is None else self._before[0]

    def update(self, newState):
        if self._timing_out:
            raise _refused("java.lang.IllegalArgumentException", "requirement failed: Cannot update the state that is timing out")
        if self._change == ("remove",):
            raise _refused("java.lang.IllegalArgumentException", "requirement failed: Cannot update the state after it has been removed")
        self._before = (newState,)
        self._change = ("update", newState)

    def remove(self):
        if self._timing_out:
            raise _refused("java.lang.IllegalArgumentException", "requirement failed: Cannot remove the state that is timing out")
        if self._change == ("remove",):
            raise _refused("java.lang.IllegalArgumentException", "requirement failed: Cannot remove the state that has already been removed")
        self._before = None
        self._change = ("remove",)


def _refused(java_class, message):
    from py4j.protocol import java_error

    return java_error(java_class, message)


def tracking(function):
    """The engine's spelling of a mapping function: plain data in, plain data out."""

    def track(key, value, before, timing_out):
        state = State(before, timing_out)
        return function(key, value, state), state._change

    return track


class StateSpec:
    """How `mapWithState` is to run: a function, perhaps initial state, partitions and a timeout."""

    def __init__(self, mapping_function):
        self._function = mapping_function
        self._initial = None
        self._partitions = None
        self._timeout = None

    @staticmethod
    def function(mappingFunction):
        return StateSpec(mappingFunction)

    def initialState(self, rdd):
        """An RDD of `(key, state)` pairs, or a list of them."""
        self._initial = rdd
        return self

    def numPartitions(self, numPartitions):
        self._partitions = numPartitions
        return self

    def timeout(self, idleDuration):
        """Milliseconds without values after which a key is dropped."""
        self._timeout = idleDuration
        return self
