"""Called before each program: nothing of the program before remains."""


def begin(globals, contexts, batch, streams):
    from pyspark import SparkContext
    from pyspark.streaming import DStream, State, StateSpec, StreamingContext
    from pyspark.storagelevel import StorageLevel

    SparkContext._active_spark_context = None
    StreamingContext._activeContext = None
    StreamingContext._globals = globals
    if contexts:
        sc = SparkContext()
        ssc = StreamingContext(sc, batch / 1_000_000)
        globals["sc"], globals["ssc"] = sc, ssc
        for name, number in streams.items():
            globals[name] = DStream(number, ssc)
        for known in (State, StateSpec, StorageLevel):
            globals[known.__name__] = known
