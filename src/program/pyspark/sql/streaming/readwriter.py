"""`spark.readStream` and `df.writeStream`."""

import _headwater
from pyspark.errors import (
    AnalysisException,
    IllegalArgumentException,
    PySparkAttributeError,
    PySparkValueError,
    wrong_value,
)
from pyspark.sql.readwriter import Options, Reader
from pyspark.sql.streaming.query import StreamingQuery

__all__ = ["DataStreamReader", "DataStreamWriter"]


def _not_empty(name, value):
    if not value or type(value) is not str or len(value.strip()) == 0:
        raise wrong_value("VALUE_NOT_NON_EMPTY_STR", name, value)
    return value


class DataStreamReader(Reader):
    _streaming = True

    def load(self, path=None, format=None, schema=None, **options):
        if format is not None:
            self.format(format)
        if schema is not None:
            self.schema(schema)
        self.options(**options)
        return self._loaded(None if path is None else _not_empty("path", path))


class DataStreamWriter(Options):
    def __init__(self, df):
        super().__init__()
        if not df.isStreaming:
            raise AnalysisException(
                "[WRITE_STREAM_NOT_ALLOWED] `writeStream` can be called only on streaming Dataset/DataFrame."
            )
        self._df = df
        self._spark = df.sparkSession
        self._mode = "append"
        self._name = None
        self._trigger = ("processingTime", "0 seconds")
        self._partition = []
        self._foreach = None
        self._foreach_batch = None

    def outputMode(self, outputMode):
        mode = _not_empty("outputMode", outputMode)
        if mode.lower() not in ("append", "complete", "update"):
            raise IllegalArgumentException(
                "Unknown output mode %s. Accepted output modes are 'append', 'complete', 'update'" % mode
            )
        self._mode = mode.lower()
        return self

    def partitionBy(self, *cols):
        self._partition = list(cols[0]) if len(cols) == 1 and isinstance(cols[0], (list, tuple)) else list(cols)
        return self

    def queryName(self, queryName):
        self._name = _not_empty("queryName", queryName)
        return self

    def trigger(self, *, processingTime=None, once=None, continuous=None, availableNow=None):
        given = {
            "processingTime": processingTime,
            "once": once,
            "continuous": continuous,
            "availableNow": availableNow,
        }
        given = [(kind, value) for kind, value in given.items() if value is not None]
        if len(given) != 1:
            raise PySparkValueError(error_class="ONLY_ALLOW_SINGLE_TRIGGER", message_parameters={})
        kind, value = given[0]
        if kind in ("processingTime", "continuous"):
            value = _not_empty(kind, value).strip()
            _headwater.ask("sql_trigger", kind, value)
        elif value is not True:
            raise wrong_value("VALUE_NOT_TRUE", kind, value)
        self._trigger = (kind, value)
        return self

    def foreach(self, f):
        self._foreach, self._foreach_batch, self._format = _writing(f), None, "foreach"
        return self

    def foreachBatch(self, func):
        self._foreach, self._foreach_batch, self._format = None, _on_batches(func, self._spark), "foreachBatch"
        return self

    def _configured(self, format, outputMode, partitionBy, queryName, options):
        self.options(**options)
        if outputMode is not None:
            self.outputMode(outputMode)
        if partitionBy is not None:
            self.partitionBy(partitionBy)
        if format is not None:
            self.format(format)
        if queryName is not None:
            self.queryName(queryName)

    def start(self, path=None, format=None, outputMode=None, partitionBy=None, queryName=None, **options):
        self._configured(format, outputMode, partitionBy, queryName, options)
        return self._started(path, None)

    def toTable(self, tableName, format=None, outputMode=None, partitionBy=None, queryName=None, **options):
        self._configured(format, outputMode, partitionBy, queryName, options)
        return self._started(None, tableName)

    def _started(self, path, table):
        query = (
            self._df._id,
            self._name,
            self._mode,
            self._trigger,
            self._format,
            list(self._settings.items()),
            self._partition,
            path,
            table,
        )
        return StreamingQuery(_headwater.ask("sql_start", query, self._foreach, self._foreach_batch))


def _on_batches(func, spark):
    """What the engine calls for each batch: with the batch's number and the plan of its rows."""
    from pyspark.sql.dataframe import DataFrame

    def call(batch_id, plan):
        func(DataFrame(plan, spark), batch_id)

    return call


def _method(writer, name):
    """A method that a writer may have."""
    method = getattr(writer, name, None)
    if method is not None and not callable(method):
        raise PySparkAttributeError(
            error_class="ATTRIBUTE_NOT_CALLABLE", message_parameters={"attr_name": name, "obj_name": "f"}
        )
    return method is not None


def _writing(f):
    """What a task calls for a partition: with its number, the batch's number and the rows."""
    if callable(f):

        def write(partition, epoch, rows):
            for row in rows:
                f(row)

        return write
    if not _method(f, "process"):
        raise PySparkAttributeError(
            error_class="ATTRIBUTE_NOT_CALLABLE", message_parameters={"attr_name": "process", "obj_name": "f"}
        )
    opens, closes = _method(f, "open"), _method(f, "close")

    def write(partition, epoch, rows):
        process = f.open(partition, epoch) if opens else True
        error = None
        try:
            if process:
                for row in rows:
                    f.process(row)
        except Exception as raised:
            error = raised
        finally:
            if closes:
                f.close(error)
            if error:
                raise error

    return write
