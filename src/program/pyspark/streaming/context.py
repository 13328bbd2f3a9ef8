"""`StreamingContext`: the life of a streaming program."""

import _headwater
from pyspark.errors import context_on_driver
from pyspark.rdd import RDD
from pyspark.storagelevel import StorageLevel
from pyspark.streaming.dstream import DStream, made_rdd, microseconds


class StreamingContext:
    __headwater__ = "driver"

    _activeContext = None

    # The variables of the program, in which it finds the inputs that its scenario gives it by name.
    _globals = {}

    def __init__(self, sparkContext, batchDuration=None, jssc=None):
        self._sc = sparkContext
        if jssc is None:
            given = _headwater.ask("streaming_context", microseconds(batchDuration))
            for name, number in given.items():
                StreamingContext._globals[name] = DStream(number, self)

    def __getnewargs__(self):
        raise context_on_driver()

    @classmethod
    def _recovered(cls):
        from pyspark.context import SparkContext

        return cls(SparkContext.getOrCreate(), jssc=True)

    @classmethod
    def getOrCreate(cls, checkpointPath, setupFunc):
        # Drivers are not recovered from checkpoints yet: the context is always made anew.
        _headwater.ask("recover", checkpointPath)
        ssc = setupFunc()
        ssc.checkpoint(checkpointPath)
        return ssc

    @classmethod
    def getActive(cls):
        if cls._activeContext is not None and not _headwater.ask("is_active"):
            cls._activeContext = None
        return cls._activeContext

    @classmethod
    def getActiveOrCreate(cls, checkpointPath, setupFunc):
        if not callable(setupFunc):
            raise TypeError("setupFunc should be callable.")
        active = cls.getActive()
        if active is not None:
            return active
        return setupFunc() if checkpointPath is None else cls.getOrCreate(checkpointPath, setupFunc)

    @property
    def sparkContext(self):
        return self._sc

    def start(self):
        _headwater.ask("start")
        StreamingContext._activeContext = self

    def awaitTermination(self, timeout=None):
        _headwater.ask("await_termination", None if timeout is None else microseconds(timeout))

    def awaitTerminationOrTimeout(self, timeout):
        return _headwater.ask("await_termination", microseconds(timeout))

    def stop(self, stopSparkContext=True, stopGraceFully=False):
        _headwater.ask("stop_streaming", bool(stopSparkContext), bool(stopGraceFully))
        StreamingContext._activeContext = None
        if stopSparkContext:
            self._sc.stop()

    def remember(self, duration):
        _headwater.ask("remember_all", microseconds(duration))

    def checkpoint(self, directory):
        _headwater.ask("set_streaming_checkpoint", directory)

    def addStreamingListener(self, streamingListener):
        raise NotImplementedError("addStreamingListener is not available in Headwater yet")

    # Inputs

    def socketTextStream(self, hostname, port, storageLevel=StorageLevel.MEMORY_AND_DISK_2):
        return DStream(_headwater.ask("socket_text_stream", hostname, port, storageLevel._name()), self)

    def textFileStream(self, directory):
        return DStream(_headwater.ask("text_file_stream", directory), self)

    def queueStream(self, rdds, oneAtATime=True, default=None):
        if default and not isinstance(default, RDD):
            default = self._sc.parallelize(default)
        if not rdds and default:
            rdds = [rdds]
        if rdds and not isinstance(rdds[0], RDD):
            rdds = [self._sc.parallelize(batch) for batch in rdds]
        rdds[0]  # An empty queue is an IndexError.
        number = _headwater.ask(
            "queue_stream", [rdd._id for rdd in rdds], bool(oneAtATime), default._id if default else None
        )
        return DStream(number, self)

    # Several streams

    def transform(self, dstreams, transformFunc):
        def call(time, numbers):
            return made_rdd(transformFunc([RDD(number, self._sc) for number in numbers]))

        return DStream(_headwater.ask("transform", [stream._jdstream for stream in dstreams], call), self)

    def union(self, *dstreams):
        if not dstreams:
            raise ValueError("should have at least one DStream to union")
        if len(dstreams) == 1:
            return dstreams[0]
        if len({stream._slideDuration for stream in dstreams}) > 1:
            raise ValueError("All DStreams should have same slide duration")
        return DStream(_headwater.ask("union_streams", [stream._jdstream for stream in dstreams]), self)
