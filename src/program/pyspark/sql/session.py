"""`SparkSession`: where SQL programs begin."""

import _headwater
from pyspark.conf import SparkConf
from pyspark.context import SparkContext
from pyspark.errors import PySparkRuntimeError, PySparkTypeError, context_on_driver, wrong_type
from pyspark.rdd import RDD
from pyspark.sql._inference import inferred, prepared, tuples
from pyspark.sql.conf import RuntimeConfig
from pyspark.sql.dataframe import DataFrame
from pyspark.sql.types import DataType, StructType, _parse_datatype_string
from pyspark.sql.utils import to_str

__all__ = ["SparkSession"]


class _Builder:
    """`SparkSession.builder`, a new one each time it is asked for."""

    def __init__(self):
        self._options = {}

    def config(self, key=None, value=None, conf=None, *, map=None):
        if conf is not None:
            self._options.update(conf.getAll())
        elif map is not None:
            self._options.update({key: to_str(value) for key, value in map.items()})
        else:
            self._options[key] = to_str(value)
        return self

    def master(self, master):
        return self.config("spark.master", master)

    def appName(self, name):
        return self.config("spark.app.name", name)

    def remote(self, url):
        return self.config("spark.remote", url)

    def enableHiveSupport(self):
        return self.config("spark.sql.catalogImplementation", "hive")

    def getOrCreate(self):
        if "spark.remote" in self._options:
            raise RuntimeError("Spark Connect is not available in Headwater: use master() instead of remote()")
        session = SparkSession._instantiatedSession
        if session is not None and SparkContext._active_spark_context is session._sc:
            for key, value in self._options.items():
                session.conf.set(key, value)
            return session
        conf = SparkConf().setAll(self._options.items())
        if not conf.contains("spark.app.name"):
            conf.setAppName("pyspark-shell")
        return SparkSession(SparkContext.getOrCreate(conf), options=self._options)


class _Fresh:
    def __get__(self, instance, owner):
        return _Builder()


class SparkSession:
    __headwater__ = "driver"

    Builder = _Builder
    builder = _Fresh()

    _instantiatedSession = None
    _activeSession = None

    # The variables of the program, in which it finds the inputs that its scenario gives it by name.
    _globals = {}

    def __init__(self, sparkContext, jsparkSession=None, options={}, session=None):
        if _headwater.in_task():
            raise context_on_driver()
        self._sc = sparkContext
        if session is None:
            session, given = _headwater.ask("sql_session", list(options.items()))
            for name, plan in given.items():
                SparkSession._globals[name] = DataFrame(plan, self)
            SparkSession._instantiatedSession = SparkSession._activeSession = self
            RDD.toDF = _to_df
        self._number = session

    def __getnewargs__(self):
        raise context_on_driver()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    @classmethod
    def getActiveSession(cls):
        return cls._activeSession if SparkContext._active_spark_context is not None else None

    @classmethod
    def active(cls):
        session = cls.getActiveSession()
        if session is None:
            raise PySparkRuntimeError(error_class="NO_ACTIVE_OR_DEFAULT_SESSION", message_parameters={})
        return session

    def newSession(self):
        return SparkSession(self._sc, session=self._number)

    @property
    def sparkContext(self):
        return self._sc

    @property
    def version(self):
        return "3.5.7"

    @property
    def conf(self):
        return RuntimeConfig()

    @property
    def catalog(self):
        from pyspark.sql.catalog import Catalog

        return Catalog(self)

    @property
    def udf(self):
        from pyspark.sql.udf import UDFRegistration

        return UDFRegistration(self)

    @property
    def read(self):
        from pyspark.sql.readwriter import DataFrameReader

        return DataFrameReader(self)

    @property
    def readStream(self):
        from pyspark.sql.streaming.readwriter import DataStreamReader

        return DataStreamReader(self)

    @property
    def streams(self):
        from pyspark.sql.streaming.query import StreamingQueryManager

        return StreamingQueryManager()

    def _frame(self, *tree):
        return DataFrame(_headwater.ask("sql_plan", tree), self)

    def sql(self, sqlQuery, args=None, **kwargs):
        for name, value in kwargs.items():
            if isinstance(value, DataFrame):
                # A frame among the arguments is a view for this query.
                value.createOrReplaceTempView(view := "_argument_%s_%d" % (name, value._id))
                sqlQuery = sqlQuery.replace("{%s}" % name, view)
            else:
                text = "'%s'" % value.replace("'", "\\'") if isinstance(value, str) else str(value)
                sqlQuery = sqlQuery.replace("{%s}" % name, text)
        named = {} if args is None or not isinstance(args, dict) else args
        listed = [] if args is None or isinstance(args, dict) else list(args)
        if named or listed:
            from pyspark.sql.functions import lit

            named = [(key, lit(value)._e) for key, value in named.items()]
            return self._frame("query", sqlQuery, named, [lit(value)._e for value in listed])
        return self._frame("query", sqlQuery, [], [])

    def table(self, tableName):
        return self._frame("table", tableName)

    def range(self, start, end=None, step=1, numPartitions=None):
        if end is None:
            start, end = 0, start
        return self._frame("range", int(start), int(end), int(step))

    def createDataFrame(self, data, schema=None, samplingRatio=None, verifySchema=True):
        if isinstance(data, DataFrame):
            raise PySparkTypeError(
                error_class="SHOULD_NOT_DATAFRAME", message_parameters={"arg_name": "data"}
            )
        if isinstance(data, RDD):
            data = data.collect()
        if isinstance(schema, str):
            schema = _parse_datatype_string(schema)
        if isinstance(schema, DataType):
            schema, rows = prepared(schema, list(data), verifySchema)
        elif schema is None or isinstance(schema, (list, tuple)):
            rows = list(data)
            names = None if schema is None else list(schema)
            schema = inferred(rows, names)
            rows = tuples(schema, rows)
            for index, name in enumerate(names or []):
                schema.fields[index].name = schema.names[index] = name
        else:
            raise wrong_type("NOT_LIST_OR_NONE_OR_STRUCT", "schema", schema)
        frame = self._frame("local", StructType(schema.fields)._tree(), rows)
        frame._schema = schema
        return frame

    def stop(self):
        _headwater.ask("sql_stop")
        self._sc.stop()
        SparkSession._instantiatedSession = SparkSession._activeSession = None


def _to_df(rdd, schema=None, sampleRatio=None):
    """`rdd.toDF`, which is there once there is a session."""
    return SparkSession._activeSession.createDataFrame(rdd, schema, sampleRatio)
