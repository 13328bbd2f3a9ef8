"""`DataFrame`: a plan that the engine has analyzed, and what can be done with it."""

from functools import reduce

import _headwater
from pyspark.errors import PySparkTypeError, PySparkValueError, context_on_driver, wrong_type
from pyspark.sql._actions import Actions
from pyspark.sql._na import DataFrameNaFunctions, DataFrameStatFunctions, Missing
from pyspark.sql.column import Column, _named
from pyspark.sql.types import StructField, StructType, _of_tree

__all__ = ["DataFrame", "DataFrameNaFunctions", "DataFrameStatFunctions"]


def _flat(cols):
    return cols[0] if len(cols) == 1 and isinstance(cols[0], list) else cols


def _trees(cols):
    return [_named(col) for col in _flat(cols)]


class DataFrame(Actions, Missing):
    __headwater__ = "driver"

    def __init__(self, plan, session):
        # What the engine says of an analyzed plan: its number, its columns, whether it streams, the columns' identities.
        self._id, self._columns, self._streaming, self._attributes = plan
        self._session = session
        self._sc = session._sc
        self._schema = None
        self.is_cached = False

    def __getnewargs__(self):
        raise context_on_driver()

    @property
    def _tree(self):
        return ("df", self._id)

    def _made(self, *tree):
        return DataFrame(_headwater.ask("sql_plan", tree), self._session)

    @property
    def sparkSession(self):
        return self._session

    # What it is

    @property
    def schema(self):
        if self._schema is None:
            self._schema = StructType(
                [StructField(name, _of_tree(of), nullable) for name, of, nullable in self._columns]
            )
        return self._schema

    @property
    def columns(self):
        return [name for name, _, _ in self._columns]

    @property
    def dtypes(self):
        return [(field.name, field.dataType.simpleString()) for field in self.schema]

    @property
    def isStreaming(self):
        return self._streaming

    def printSchema(self, level=None):
        print(self.schema.treeString(level))

    def __repr__(self):
        return "DataFrame[%s]" % ", ".join("%s: %s" % column for column in self.dtypes)

    def __dir__(self):
        return sorted(set(object.__dir__(self)) | {name for name in self.columns if name.isidentifier()})

    def __getitem__(self, item):
        if isinstance(item, int):
            item = self.columns[item]
        if isinstance(item, str):
            return self._column(item)
        if isinstance(item, Column):
            return self.filter(item)
        if isinstance(item, (list, tuple)):
            return self.select(*item)
        raise wrong_type("NOT_COLUMN_OR_FLOAT_OR_INT_OR_LIST_OR_STR", "item", item)

    def __getattr__(self, name):
        # Nothing is there yet while an instance is being made.
        if all(known != name for known, _, _ in self.__dict__.get("_columns", ())):
            raise AttributeError("'%s' object has no attribute '%s'" % (self.__class__.__name__, name))
        return self._column(name)

    def _column(self, name):
        if name == "*":
            return Column(("star", None))
        same = [index for index, known in enumerate(self.columns) if known.lower() == name.lower()]
        if len(same) == 1:
            return Column(("attr", self._attributes[same[0]], name))
        return Column(_headwater.ask("sql_resolve", self._id, name))

    def colRegex(self, colName):
        return self._column(colName.strip("`"))

    # Columns

    def select(self, *cols):
        return self._made("project", self._tree, _trees(cols))

    def selectExpr(self, *expr):
        return self._made("project", self._tree, [("sql", text) for text in _flat(expr)])

    def filter(self, condition):
        if isinstance(condition, str):
            return self._made("filter", self._tree, ("sql", condition))
        if isinstance(condition, Column):
            return self._made("filter", self._tree, condition._e)
        raise wrong_type("NOT_COLUMN_OR_STR", "condition", condition)

    where = filter

    def withColumn(self, colName, col):
        if not isinstance(col, Column):
            raise wrong_type("NOT_COLUMN", "col", col)
        return self._made("with_columns", self._tree, [(colName, col._e)])

    def withColumns(self, *colsMap):
        assert len(colsMap) == 1
        if not isinstance(colsMap[0], dict):
            raise wrong_type("NOT_DICT", "colsMap", colsMap[0])
        return self._made("with_columns", self._tree, [(name, _named(col)) for name, col in colsMap[0].items()])

    def withColumnRenamed(self, existing, new):
        return self._made("rename", self._tree, [(existing, new)])

    def withColumnsRenamed(self, colsMap):
        if not isinstance(colsMap, dict):
            raise wrong_type("NOT_DICT", "colsMap", colsMap)
        return self._made("rename", self._tree, list(colsMap.items()))

    def withMetadata(self, columnName, metadata):
        return self

    def drop(self, *cols):
        trees = []
        for col in cols:
            if not isinstance(col, (str, Column)):
                raise wrong_type("NOT_COLUMN_OR_STR", "col", col)
            # A name is a whole name, dots included.
            trees.append(("name", col) if isinstance(col, str) else col._e)
        return self._made("drop", self._tree, trees)

    def toDF(self, *cols):
        if not all(isinstance(col, str) for col in cols):
            raise wrong_type("NOT_LIST_OF_STR", "cols", next(col for col in cols if not isinstance(col, str)))
        return self._made("to_df", self._tree, list(cols))

    def to(self, schema):
        assert schema is not None
        return self.select(*[self._column(field.name).cast(field.dataType).alias(field.name) for field in schema])

    def alias(self, alias):
        assert isinstance(alias, str), "alias should be a string"
        return self._made("alias", self._tree, alias)

    # Rows

    def distinct(self):
        return self._made("distinct", self._tree)

    def _deduplicated(self, subset, within):
        if subset is not None and (isinstance(subset, str) or not hasattr(subset, "__iter__")):
            raise wrong_type("NOT_LIST_OR_TUPLE", "subset", subset)
        return self._made("deduplicate", self._tree, None if subset is None else list(subset), within)

    def dropDuplicates(self, subset=None):
        return self._deduplicated(subset, False)

    drop_duplicates = dropDuplicates

    def dropDuplicatesWithinWatermark(self, subset=None):
        return self._deduplicated(subset, True)

    def withWatermark(self, eventTime, delayThreshold):
        for name, value in (("eventTime", eventTime), ("delayThreshold", delayThreshold)):
            if not value or type(value) is not str:
                raise wrong_type("NOT_STR", name, value)
        return self._made("watermark", self._tree, eventTime, delayThreshold)

    def limit(self, num):
        return self._made("limit", self._tree, num)

    def offset(self, num):
        return self._made("offset", self._tree, num)

    def sort(self, *cols, **kwargs):
        if not cols:
            raise PySparkValueError(error_class="CANNOT_BE_EMPTY", message_parameters={"item": "column"})
        columns = [Column(tree) for tree in _trees(cols)]
        ascending = kwargs.get("ascending", True)
        if isinstance(ascending, (bool, int)):
            ascending = [ascending] * len(columns)
        elif not isinstance(ascending, list):
            raise wrong_type("NOT_BOOL_OR_LIST", "ascending", ascending)
        keys = [column if up else column.desc() for up, column in zip(ascending, columns)]
        return self._made("sort", self._tree, [key._e for key in keys])

    orderBy = sort

    def sortWithinPartitions(self, *cols, **kwargs):
        return self.sort(*cols, **kwargs)

    def sample(self, withReplacement=None, fraction=None, seed=None):
        if isinstance(withReplacement, float):
            withReplacement, fraction, seed = None, withReplacement, fraction if fraction is not None else seed
        if not isinstance(fraction, float) or not isinstance(withReplacement, (bool, type(None))):
            kinds = ", ".join(type(value).__name__ for value in (withReplacement, fraction, seed))
            raise PySparkTypeError(
                error_class="NOT_BOOL_OR_FLOAT_OR_INT",
                message_parameters={
                    "arg_name": "withReplacement (optional), fraction (required) and seed (optional)",
                    "arg_type": kinds,
                },
            )
        return self._made("sample", self._tree, fraction, int(seed) if seed is not None else 0)

    # Two of them

    def join(self, other, on=None, how=None):
        if on is None:
            condition = None
        else:
            on = on if isinstance(on, list) else [on]
            if isinstance(on[0], str):
                condition = ("using", on)
            else:
                assert isinstance(on[0], Column), "on should be Column or list of Column"
                condition = ("on", reduce(lambda left, right: left & right, on)._e)
        assert how is None or isinstance(how, str), "how should be a string"
        return self._made("join", self._tree, other._tree, how or "inner", condition)

    def crossJoin(self, other):
        return self._made("join", self._tree, other._tree, "cross", None)

    def union(self, other):
        return self._made("union", [self._tree, other._tree], False, False)

    unionAll = union

    def unionByName(self, other, allowMissingColumns=False):
        return self._made("union", [self._tree, other._tree], True, allowMissingColumns)

    def intersect(self, other):
        return self._made("intersect", self._tree, other._tree)

    def subtract(self, other):
        return self._made("except", self._tree, other._tree)

    # Groups

    def _grouped(self, kind, cols):
        from pyspark.sql.group import GroupedData

        return GroupedData(self, kind, _trees(cols))

    def groupBy(self, *cols):
        return self._grouped("group", cols)

    groupby = groupBy

    def rollup(self, *cols):
        return self._grouped("rollup", cols)

    def cube(self, *cols):
        return self._grouped("cube", cols)

    def agg(self, *exprs):
        return self.groupBy().agg(*exprs)

    def groupByKey(self, func):
        """Scala's typed groups, for state functions: `func` gives a row's key."""
        from pyspark.sql._typed import KeyValueGroupedDataset

        return KeyValueGroupedDataset(self, func)

    def observe(self, observation, *exprs):
        from pyspark.sql.observation import Observation

        if len(exprs) == 0:
            raise PySparkValueError(error_class="CANNOT_BE_EMPTY", message_parameters={"item": "exprs"})
        if not all(isinstance(expr, Column) for expr in exprs):
            raise PySparkTypeError(error_class="NOT_LIST_OF_COLUMN", message_parameters={"arg_name": "exprs"})
        if isinstance(observation, Observation):
            observation = observation._attach()
        if not isinstance(observation, str):
            raise wrong_type("NOT_OBSERVATION_OR_STR", "observation", observation)
        return self._made("observe", self._tree, observation, [expr._e for expr in exprs])

    def transform(self, func, *args, **kwargs):
        result = func(self, *args, **kwargs)
        assert isinstance(result, DataFrame), (
            "Func returned an instance of type [%s], should have been DataFrame." % type(result)
        )
        return result

    # What changes nothing here: how rows are spread and kept is the engine's own affair

    def hint(self, name, *parameters):
        if not isinstance(name, str):
            raise wrong_type("NOT_STR", "name", name)
        return self

    def repartition(self, numPartitions, *cols):
        if not isinstance(numPartitions, (int, str, Column)):
            raise wrong_type("NOT_COLUMN_OR_STR", "numPartitions", numPartitions)
        return self

    def repartitionByRange(self, numPartitions, *cols):
        return self.repartition(numPartitions, *cols)

    def coalesce(self, numPartitions):
        return self

    # Names for it

    def _viewed(self, name, replace, everywhere):
        _headwater.ask("sql_create_view", name, self._id, replace, everywhere)

    def createTempView(self, name):
        self._viewed(name, False, False)

    def createOrReplaceTempView(self, name):
        self._viewed(name, True, False)

    registerTempTable = createOrReplaceTempView

    def createGlobalTempView(self, name):
        self._viewed(name, False, True)

    def createOrReplaceGlobalTempView(self, name):
        self._viewed(name, True, True)

    # Out of it

    @property
    def writeStream(self):
        from pyspark.sql.streaming.readwriter import DataStreamWriter

        return DataStreamWriter(self)

    @property
    def write(self):
        from pyspark.sql.readwriter import DataFrameWriter

        return DataFrameWriter(self)
