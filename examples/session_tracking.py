"""Follows users through their sessions: a session ends when its user was idle for longer than 3 seconds.

Lines are `user action`. Spark has `mapWithState` in Scala and Java only; Headwater spells it in Python too.
"""
from pyspark import SparkContext
from pyspark.streaming import StateSpec, StreamingContext

sc = SparkContext("local[2]", "SessionTracking")
ssc = StreamingContext(sc, 1)
ssc.checkpoint("checkpoint")


def track(user, action, state):
    if state.isTimingOut():
        return (user, "session over", state.get())
    actions = (state.get() if state.exists() else ()) + (action,)
    if action == "logout":
        if state.exists():
            state.remove()
        return (user, "logged out", actions)
    state.update(actions)
    return (user, "active", actions)


lines = ssc.socketTextStream("localhost", 9999)
actions = lines.map(lambda line: tuple(line.split(" ")))
tracked = actions.mapWithState(StateSpec.function(track).timeout(3000))
sessions = tracked.checkpoint(1)

sessions.pprint()

ssc.start()
ssc.awaitTermination()
