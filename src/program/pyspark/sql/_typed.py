"""Scala's typed state functions, which PySpark lacks: `groupByKey`, `mapGroupsWithState` and `flatMapGroupsWithState`.

`fn(key, rows, state)` takes the group's rows as dicts and gives rows as dicts.
"""

import _headwater
from pyspark.errors import CAPTURED
from pyspark.sql._inference import merged, type_of
from pyspark.sql._samples import sample_rows
from pyspark.sql.column import Column
from pyspark.sql.types import LongType, NullType, StringType, StructField, StructType, _parse_datatype_string

# What the result of a corpus case has for columns, where it says so.
_hint = None

_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000}


def _refused(name, message):
    if name in CAPTURED:
        return CAPTURED[name](message)
    from py4j.protocol import java_error

    return java_error("java.util." + name, message)


def _duration(text):
    """Milliseconds of `10 seconds`, or of a number of them."""
    if not isinstance(text, str):
        return text
    words = text.lower().replace("interval", "").split()
    try:
        return sum(int(count) * _UNITS[unit.rstrip("s")] for count, unit in zip(words[::2], words[1::2], strict=True))
    except (KeyError, ValueError):
        raise _refused("IllegalArgumentException", "Provided duration (%s) is invalid." % text)


class TypedState:
    """`GroupState[S]`, by `GroupStateImpl`'s rules."""

    def __init__(self, before, timed_out, watermark, processing_time, timeout):
        self._value = before
        self._timed_out = timed_out
        self._watermark = watermark
        self._processing_time = processing_time
        self._timeout = timeout
        self._timeout_at = None

    def exists(self):
        return self._value is not None

    def get(self):
        if self._value is None:
            raise _refused("NoSuchElementException", "State is either not defined or has already been removed")
        return self._value[0]

    def getOption(self):
        return None if self._value is None else self._value[0]

    def update(self, newState):
        if newState is None:
            raise _refused("IllegalArgumentException", "'null' is not a valid state value")
        self._value = (newState,)

    def remove(self):
        self._value = None

    def hasTimedOut(self):
        return self._timed_out

    def setTimeoutDuration(self, duration):
        if self._timeout != "ProcessingTimeTimeout":
            raise _refused(
                "UnsupportedOperationException",
                "Cannot set timeout duration without enabling processing time timeout in [map|flatMap]GroupsWithState",
            )
        duration = _duration(duration)
        if duration <= 0:
            raise _refused("IllegalArgumentException", "Timeout duration must be positive")
        self._timeout_at = self._processing_time + duration

    def setTimeoutTimestamp(self, timestampMs, additionalDuration=None):
        if self._timeout != "EventTimeTimeout":
            raise _refused(
                "UnsupportedOperationException",
                "Cannot set timeout timestamp without enabling event time timeout in [map|flatMap]GroupsWithState",
            )
        if additionalDuration is not None:
            timestampMs += _duration(additionalDuration)
        if timestampMs <= 0:
            raise _refused("IllegalArgumentException", "Timeout timestamp must be positive")
        if self._watermark is not None and timestampMs < self._watermark:
            raise _refused(
                "IllegalArgumentException",
                "Timeout timestamp (%d) cannot be earlier than the current watermark (%d)"
                % (timestampMs, self._watermark),
            )
        self._timeout_at = timestampMs

    def getCurrentWatermarkMs(self):
        if self._watermark is None:
            raise _refused(
                "UnsupportedOperationException",
                "Cannot get event time watermark timestamp without setting watermark before "
                "[map|flatMap]GroupsWithState",
            )
        return self._watermark

    def getCurrentProcessingTimeMs(self):
        return self._processing_time


def tracking(function, names, single):
    """The engine's spelling of a state function: plain data in; rows, state and timeout out."""

    def track(key, rows, before, timed_out, watermark, processing_time, timeout):
        state = TypedState(before, timed_out, watermark, processing_time, timeout)
        made = function(key if len(key) > 1 else key[0], [dict(zip(names, row)) for row in rows], state)
        return [made] if single else list(made), state._value, state._timeout_at

    return track


class _AnyRow:
    """Stands for a row while a key function is looked at: its fields are columns."""

    def __init__(self, df):
        self._df = df

    def __getitem__(self, name):
        return self._df[name]


def _plain(result):
    """The columns that a key function gives, if it gives nothing else."""
    members = result if isinstance(result, tuple) else (result,)
    plain = all(isinstance(member, Column) and member._e[0] == "attr" for member in members)
    return [member._e for member in members] if plain and members else None


class KeyValueGroupedDataset:
    __headwater__ = "driver"

    def __init__(self, df, key):
        self._df = df
        try:
            self._keys = _plain(key(_AnyRow(df)))
        except Exception:
            self._keys = None
        if self._keys is None:
            self._keys = [self._computed(key)]

    def _computed(self, key):
        """A key that Python has to compute: a function of all columns."""
        names, samples = self._df.columns, sample_rows(self._df.schema)

        def probe():
            for row in samples:
                try:
                    return type_of(key(row))._tree()
                except Exception:
                    pass
            return StringType()._tree()

        returns = _headwater.ask("sql_isolated", probe)
        number = _headwater.ask("sql_function", lambda values: key(dict(zip(names, values))))
        columns = [("attr", attribute, name) for attribute, name in zip(self._df._attributes, names)]
        return ("alias", ("udf", number, "key", returns, True, columns), "key")

    def mapGroupsWithState(self, function, timeout="NoTimeout", outputSchema=None):
        return self._with_state(function, None, timeout, outputSchema)

    def flatMapGroupsWithState(self, function, outputMode, timeout="NoTimeout", outputSchema=None):
        return self._with_state(function, outputMode.lower(), timeout, outputSchema)

    def _with_state(self, function, mode, timeout, schema):
        single = mode is None
        call = tracking(function, self._df.columns, single)
        if schema is None:
            schema = self._inferred(call, timeout)
        elif isinstance(schema, str):
            schema = _parse_datatype_string(schema)
        name = getattr(function, "__name__", "function")
        number = _headwater.ask("sql_function", call)
        return self._df._made(
            "state", self._df._tree, self._keys, number, name, schema._tree(), mode, timeout, ("value", None)
        )

    def _inferred(self, call, timeout):
        """The rows' schema: what the function gives for made-up rows, and what the case says where it names the same."""
        samples = [tuple(row.values()) for row in sample_rows(self._df.schema)]
        places = [self._df.columns.index(tree[2]) if tree[0] == "attr" else 0 for tree in self._keys]

        def probe():
            fields = {}

            def see(rows, before, timed_out):
                key = tuple(samples[0][place] for place in places)
                watermark = 0 if timeout == "EventTimeTimeout" else None
                try:
                    made, state, _ = call(key, rows, before, timed_out, watermark, 0, timeout)
                    for row in made:
                        for name, value in row.items():
                            fields[name] = merged(fields.get(name, NullType()), type_of(value))
                    return state
                except Exception:
                    return before

            state = see(samples[:1], None, False)
            for row in samples + [samples[0]] * 10:
                state = see([row], state, False)
            state = see(samples, state, False)
            see([], state, True)
            return [(name, of._tree()) for name, of in fields.items()]

        found = _headwater.ask("sql_isolated", probe)
        hinted = _parse_datatype_string(_hint).fields if _hint else []
        if hinted and (not found or {name for name, _ in found} == {field.name for field in hinted}):
            return StructType(hinted)
        return StructType([StructField(name, _known(of)) for name, of in found])


def _known(tree):
    from pyspark.sql.types import _of_tree

    of = _of_tree(tree)
    return LongType() if isinstance(of, NullType) else of
