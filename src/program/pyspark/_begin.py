"""Called before each program: nothing of the program before remains."""

import sys


def begin(globals, contexts, batch, streams, frames, result):
    from pyspark import SparkContext
    from pyspark.streaming import DStream, State, StateSpec, StreamingContext
    from pyspark.storagelevel import StorageLevel

    SparkContext._active_spark_context = None
    StreamingContext._activeContext = None
    StreamingContext._globals = globals
    if "pyspark.sql" in sys.modules:
        forget_sessions(globals)
    if contexts:
        sc = SparkContext()
        ssc = StreamingContext(sc, batch / 1_000_000)
        globals["sc"], globals["ssc"] = sc, ssc
        for name, number in streams.items():
            globals[name] = DStream(number, ssc)
        for known in (State, StateSpec, StorageLevel):
            globals[known.__name__] = known
    if frames:
        forget_sessions(globals)
        bind_session(globals, result)


def forget_sessions(globals):
    from pyspark.rdd import RDD
    from pyspark.sql import SparkSession, _typed

    SparkSession._instantiatedSession = SparkSession._activeSession = None
    SparkSession._globals = globals
    _typed._hint = None
    if hasattr(RDD, "toDF"):
        del RDD.toDF


def bind_session(globals, result):
    """What a case of the corpus finds bound: `spark`, all functions, and its inputs, which come with the session."""
    from pyspark.sql import SparkSession, _typed, functions

    for name, value in vars(functions).items():
        if not name.startswith("_"):
            globals[name] = value
    globals["spark"] = SparkSession.builder.getOrCreate()
    _typed._hint = result
