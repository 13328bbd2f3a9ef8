"""`GroupedData`: what `groupBy`, `rollup` and `cube` give."""

import _headwater
from pyspark.errors import AnalysisException
from pyspark.sql.column import Column, _by_name
from pyspark.sql.types import NumericType, StructType, _of_tree, _parse_datatype_string

__all__ = ["GroupedData"]

_COUNT = ("call", "count", [("lit", 1)])
# What `agg({"column": "name"})` takes for names.
_ALIASES = {"average": "avg", "mean": "avg", "size": "count", "std": "stddev"}


def _hash_order(names):
    """The order in which Java's `HashMap` has the names: a dict becomes one on its way to Spark."""
    buckets = 16
    while len(names) > buckets * 3 // 4:
        buckets *= 2

    def bucket(name):
        number = 0
        for letter in name:
            number = (31 * number + ord(letter)) & 0xFFFFFFFF
        return (number ^ (number >> 16)) & (buckets - 1)

    return sorted(names, key=bucket)


class GroupedData:
    __headwater__ = "driver"

    def __init__(self, df, kind, keys, pivot=None):
        self._df = df
        self._kind = kind
        self._keys = keys
        self._pivot = pivot

    def _aggregated(self, trees):
        if self._pivot is not None:
            trees = self._pivoted(trees)
        return self._df._made("aggregate", self._df._tree, self._kind, self._keys, self._keys + trees)

    def agg(self, *exprs):
        assert exprs, "exprs should not be empty"
        if len(exprs) == 1 and isinstance(exprs[0], dict):
            return self._aggregated([self._by_text(name, exprs[0][name]) for name in _hash_order(exprs[0])])
        assert all(isinstance(expr, Column) for expr in exprs), "all exprs should be Column"
        return self._aggregated([expr._e for expr in exprs])

    def _by_text(self, column, function):
        name = _ALIASES.get(function.lower(), function.lower())
        if name == "count" and column == "*":
            return _COUNT
        return ("call", name, [_by_name(column)])

    def count(self):
        return self._aggregated([("alias", _COUNT, "count")])

    def _numeric(self, function, cols):
        if len(cols) == 1 and isinstance(cols[0], (list, tuple)):
            cols = cols[0]
        df = self._df
        if cols:
            trees = []
            for name in cols:
                of = _of_tree(_headwater.ask("sql_type_of", df._id, name))
                if not isinstance(of, NumericType):
                    raise AnalysisException(
                        '"%s" is not a numeric column. Aggregation function can only be applied on a numeric column.'
                        % name
                    )
                trees.append(df[name]._e)
        else:
            numeric = [f.name for f in df.schema if isinstance(f.dataType, NumericType)]
            trees = [df[name]._e for name in numeric]
        return self._aggregated([("call", function, [tree]) for tree in trees])

    def sum(self, *cols):
        return self._numeric("sum", cols)

    def avg(self, *cols):
        return self._numeric("avg", cols)

    mean = avg

    def max(self, *cols):
        return self._numeric("max", cols)

    def min(self, *cols):
        return self._numeric("min", cols)

    # Pivots

    def pivot(self, pivot_col, values=None):
        if values is None:
            rows = self._df.select(pivot_col).distinct().sort(pivot_col).collect()
            values = [row[0] for row in rows]
        return GroupedData(self._df, self._kind, self._keys, (pivot_col, values))

    def _pivoted(self, trees):
        """One column for each value, of the rows that have it; the function's own name is added where there are several."""
        name, values = self._pivot
        made = []
        for value in values:
            text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for tree in trees:
                alias = None
                if tree[0] == "alias":
                    _, tree, alias = tree
                only = ("case", [(("binary", "<=>", _by_name(name), ("lit", value)), tree[2][0])], None)
                column = ("call", tree[1], [only] + tree[2][1:]) + tree[3:]
                if len(trees) > 1:
                    text_of = alias or _headwater.ask("sql_expression", tree)
                    made.append(("alias", column, "%s_%s" % (text, text_of)))
                else:
                    made.append(("alias", column, text))
        return made

    # State

    def applyInPandasWithState(self, func, outputStructType, stateStructType, outputMode, timeoutConf):
        from pyspark.sql._pandas_state import tracking

        def struct(of):
            return of if isinstance(of, StructType) else _parse_datatype_string(of)

        output, state = struct(outputStructType), struct(stateStructType)
        number = _headwater.ask("sql_function", tracking(func, self._df.columns, output.names))
        return self._df._made(
            "state",
            self._df._tree,
            self._keys,
            number,
            getattr(func, "__name__", "applyInPandasWithState"),
            output._tree(),
            outputMode,
            timeoutConf,
            ("rows", state._tree()),
        )
