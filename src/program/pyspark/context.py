"""`SparkContext`: where programs begin."""

import sys
import time

import _headwater
from pyspark.accumulators import _accumulator
from pyspark.broadcast import Broadcast
from pyspark.conf import SparkConf
from pyspark.errors import context_on_driver
from pyspark.rdd import RDD


class SparkContext:
    __headwater__ = "driver"

    _active_spark_context = None

    PACKAGE_EXTENSIONS = (".zip", ".egg", ".jar")

    def __init__(
        self,
        master=None,
        appName=None,
        sparkHome=None,
        pyFiles=None,
        environment=None,
        batchSize=0,
        serializer=None,
        conf=None,
        gateway=None,
        jsc=None,
        profiler_cls=None,
        udf_profiler_cls=None,
        memory_profiler_cls=None,
    ):
        if _headwater.in_task():
            raise context_on_driver()
        active = SparkContext._active_spark_context
        if active is not None:
            raise ValueError(
                "Cannot run multiple SparkContexts at once; existing SparkContext(app=%s, master=%s) created by %s "
                "at %s:%s " % (active.appName, active.master, *active._callsite)
            )
        self._conf = SparkConf()
        self._conf.setAll(conf.getAll() if conf is not None else [])
        if master:
            self._conf.setMaster(master)
        if appName:
            self._conf.setAppName(appName)
        if sparkHome:
            self._conf.setSparkHome(sparkHome)
        for key, value in (environment or {}).items():
            self._conf.setExecutorEnv(key, value)
        caller = sys._getframe(1)
        self._callsite = ("__init__", caller.f_code.co_filename, caller.f_lineno)
        self._checkpoint_dir = None
        self._local_properties = {}
        self._start = int(time.time() * 1000)
        # The engine knows the settings of the scenario, too: what it replies is what holds.
        self._conf.setAll(_headwater.ask("spark_context", self._conf.getAll()) or [])
        SparkContext._active_spark_context = self

    def __getnewargs__(self):
        raise context_on_driver()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    def __repr__(self):
        return "<SparkContext master=%s appName=%s>" % (self.master, self.appName)

    @classmethod
    def getOrCreate(cls, conf=None):
        return cls._active_spark_context or SparkContext(conf=conf or SparkConf())

    @classmethod
    def setSystemProperty(cls, key, value):
        pass

    @property
    def master(self):
        return self._conf.get("spark.master")

    @property
    def appName(self):
        return self._conf.get("spark.app.name")

    @property
    def applicationId(self):
        return self._conf.get("spark.app.id", "local-%d" % self._start)

    @property
    def uiWebUrl(self):
        return None

    @property
    def startTime(self):
        return self._start

    @property
    def version(self):
        return "3.5.7"

    @property
    def defaultParallelism(self):
        return _headwater.ask("default_parallelism")

    @property
    def defaultMinPartitions(self):
        return min(self.defaultParallelism, 2)

    @property
    def resources(self):
        return {}

    def getConf(self):
        return SparkConf().setAll(self._conf.getAll())

    def setLogLevel(self, logLevel):
        levels = ("ALL", "DEBUG", "ERROR", "FATAL", "INFO", "OFF", "TRACE", "WARN")
        if logLevel.upper() not in levels:
            from py4j.protocol import java_error

            raise java_error(
                "java.lang.IllegalArgumentException",
                "requirement failed: Supplied level %s did not match one of: %s" % (logLevel, ",".join(levels)),
            )

    def setCheckpointDir(self, dirName):
        _headwater.ask("set_checkpoint_dir", dirName)
        self._checkpoint_dir = dirName

    def getCheckpointDir(self):
        return self._checkpoint_dir

    def setLocalProperty(self, key, value):
        self._local_properties[key] = value

    def getLocalProperty(self, key):
        return self._local_properties.get(key)

    def setJobGroup(self, groupId, description, interruptOnCancel=False):
        pass

    def setJobDescription(self, value):
        pass

    def sparkUser(self):
        return "headwater"

    def stop(self):
        if SparkContext._active_spark_context is self:
            _headwater.ask("stop_spark_context")
            SparkContext._active_spark_context = None

    # Data

    def parallelize(self, c, numSlices=None):
        count = int(numSlices) if numSlices is not None else self.defaultParallelism
        records = c if isinstance(c, (list, tuple, range)) else list(c)
        size = len(records)
        slices = [records[i * size // count : (i + 1) * size // count] for i in range(count)]
        number = _headwater.ask("parallelize", slices)
        return RDD(number, self, kind="ParallelCollectionRDD[%d] at readRDDFromFile at PythonRDD.scala:289")

    def range(self, start, end=None, step=1, numSlices=None):
        if end is None:
            start, end = 0, start
        return self.parallelize(range(start, end, step), numSlices)

    def emptyRDD(self):
        number = _headwater.ask("parallelize", [])
        return RDD(number, self, kind="EmptyRDD[%d] at emptyRDD at NativeMethodAccessorImpl.java:0")

    def textFile(self, name, minPartitions=None, use_unicode=True):
        return RDD(_headwater.ask("text_file", name, minPartitions or self.defaultMinPartitions), self)

    def union(self, rdds):
        return RDD(_headwater.ask("union", [rdd._id for rdd in rdds]), self)

    def broadcast(self, value):
        return Broadcast(_headwater.ask("broadcast", value), value)

    def accumulator(self, value, accum_param=None):
        return _accumulator(value, accum_param)

    def runJob(self, rdd, partitionFunc, partitions=None, allowLocal=False):
        parts = rdd.mapPartitions(partitionFunc)._run(None if partitions is None else list(partitions))
        return [record for part in parts for record in part]

    # What a simulation has no use for

    def addFile(self, path, recursive=False):
        pass

    def addPyFile(self, path):
        pass

    def cancelAllJobs(self):
        pass
