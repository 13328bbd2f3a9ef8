"""Reading and writing frames that stand still."""

import _headwater
from pyspark.errors import wrong_type
from pyspark.sql.dataframe import DataFrame
from pyspark.sql.types import StructType
from pyspark.sql.utils import to_str

__all__ = ["DataFrameReader", "DataFrameWriter"]


class Options:
    """What readers and writers share: a format, and options as text."""

    __headwater__ = "driver"

    def __init__(self):
        self._format = None
        self._settings = {}

    def format(self, source):
        self._format = source
        return self

    def option(self, key, value):
        self._settings[key] = to_str(value)
        return self

    def options(self, **options):
        for key, value in options.items():
            self.option(key, value)
        return self

    def _given(self, **options):
        """Options that were given: the others keep their defaults."""
        return self.options(**{key: value for key, value in options.items() if value is not None})


class Reader(Options):
    """What readers of streams and of tables share."""

    _streaming = False

    def __init__(self, spark):
        super().__init__()
        self._spark = spark
        self._schema = None

    def schema(self, schema):
        if not isinstance(schema, (str, StructType)):
            raise wrong_type("NOT_STR_OR_STRUCT", "schema", schema)
        self._schema = schema._tree() if isinstance(schema, StructType) else ("ddl", schema)
        return self

    def _loaded(self, path=None):
        settings = list(self._settings.items())
        plan = _headwater.ask("sql_read", self._streaming, self._format, self._schema, settings, path)
        return DataFrame(plan, self._spark)

    def _file(self, format, path, schema, options):
        if not isinstance(path, str) and (self._streaming or not isinstance(path, list)):
            raise wrong_type("NOT_STR", "path", path)
        if schema is not None:
            self.schema(schema)
        return self.format(format)._given(**options)._loaded(path)

    def json(self, path, schema=None, **options):
        return self._file("json", path, schema, options)

    def csv(self, path, schema=None, sep=None, **options):
        return self._file("csv", path, schema, dict(options, sep=sep))

    def parquet(self, *paths, **options):
        return self._file("parquet", paths[0] if len(paths) == 1 else list(paths), None, options)

    def orc(self, path, **options):
        return self._file("orc", path, None, options)

    def text(self, path, wholetext=False, lineSep=None, **options):
        return self._file("text", path, None, dict(options, wholetext=wholetext, lineSep=lineSep))

    def table(self, tableName):
        if not isinstance(tableName, str):
            raise wrong_type("NOT_STR", "tableName", tableName)
        return self._spark.table(tableName)


class DataFrameReader(Reader):
    def load(self, path=None, format=None, schema=None, **options):
        if format is not None:
            self.format(format)
        if schema is not None:
            self.schema(schema)
        return self.options(**options)._loaded(path)


class DataFrameWriter(Options):
    def __init__(self, df):
        super().__init__()
        if df.isStreaming:
            from pyspark.errors import AnalysisException

            raise AnalysisException(
                "[CALL_ON_STREAMING_DATASET_UNSUPPORTED] The method `write` can not be called on streaming "
                "Dataset/DataFrame."
            )
        self._df = df
        self._mode = "error"
        self._partition = []

    def mode(self, saveMode):
        if saveMode:
            self._mode = saveMode
        return self

    def partitionBy(self, *cols):
        self._partition = list(cols[0]) if len(cols) == 1 and isinstance(cols[0], (list, tuple)) else list(cols)
        return self

    def save(self, path=None, format=None, mode=None, partitionBy=None, **options):
        self.mode(mode).options(**options)
        if partitionBy is not None:
            self.partitionBy(partitionBy)
        if format is not None:
            self.format(format)
        self._written(path, None)

    def saveAsTable(self, name, format=None, mode=None, partitionBy=None, **options):
        self.mode(mode).options(**options)
        if format is not None:
            self.format(format)
        self._written(None, name)

    def insertInto(self, tableName, overwrite=None):
        self.mode("overwrite" if overwrite else "append")._written(None, tableName)

    def _written(self, path, table):
        settings = list(self._settings.items())
        _headwater.ask("sql_write", self._df._id, self._format, self._mode, settings, self._partition, path, table)

    def _file(self, format, path, mode, options):
        self.mode(mode).format(format)._given(**options)._written(path, None)

    def json(self, path, mode=None, **options):
        self._file("json", path, mode, options)

    def csv(self, path, mode=None, **options):
        self._file("csv", path, mode, options)

    def parquet(self, path, mode=None, partitionBy=None, **options):
        if partitionBy is not None:
            self.partitionBy(partitionBy)
        self._file("parquet", path, mode, options)

    def orc(self, path, mode=None, **options):
        self._file("orc", path, mode, options)

    def text(self, path, **options):
        self._file("text", path, None, options)
