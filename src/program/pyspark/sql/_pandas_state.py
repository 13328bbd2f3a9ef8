"""`applyInPandasWithState`, with frames of the `pandas` that programs have here."""

from pyspark.sql.streaming.state import GroupState


def tracking(function, names, output):
    """The engine's spelling of the function: plain data in; rows, state and timeout out."""

    def track(key, rows, before, timed_out, watermark, processing_time, timeout):
        import pandas

        state = GroupState(before, timed_out, watermark, processing_time, timeout)
        columns = {name: [row[index] for row in rows] for index, name in enumerate(names)}
        frames = iter([pandas.DataFrame(columns)])
        made = []
        for frame in function(tuple(key), frames, state):
            made.extend(zip(*[list(frame[name]) for name in output]))
        return made, state._value, state._timeout_at

    return track
