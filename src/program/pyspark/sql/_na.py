"""`DataFrame.na` and `DataFrame.stat`: rows with missing values."""

from functools import reduce

from pyspark.errors import wrong_type, wrong_value
from pyspark.sql.column import Column
from pyspark.sql.types import BooleanType, DoubleType, FloatType, NumericType, StringType


def _present(column, of):
    """Whether there is a value, as `na` counts it: NaN is none."""
    if isinstance(of, (FloatType, DoubleType)):
        return column.isNotNull() & ~Column(("call", "isnan", [column._e]))
    return column.isNotNull()


def _listed(subset):
    if isinstance(subset, str):
        return [subset]
    if not isinstance(subset, (list, tuple)):
        raise wrong_type("NOT_LIST_OR_STR_OR_TUPLE", "subset", subset)
    return list(subset)


def _fits(value, of):
    if isinstance(value, bool):
        return isinstance(of, BooleanType)
    return isinstance(of, StringType if isinstance(value, str) else NumericType)


class Missing:
    @property
    def na(self):
        return DataFrameNaFunctions(self)

    @property
    def stat(self):
        return DataFrameStatFunctions(self)

    def dropna(self, how="any", thresh=None, subset=None):
        if how is not None and how not in ("any", "all"):
            raise wrong_value("VALUE_NOT_ANY_OR_ALL", "how", how)
        names = self.columns if subset is None else _listed(subset)
        if thresh is None:
            thresh = len(names) if how == "any" else 1
        fields = {field.name: field.dataType for field in self.schema}
        present = [_present(self[name], fields.get(name)) for name in names]
        if not present:
            return self if thresh <= 0 else self.filter(Column(("lit", False)))
        count = reduce(lambda left, right: left + right, [flag.cast("int") for flag in present])
        return self.filter(count >= thresh)

    def fillna(self, value, subset=None):
        if not isinstance(value, (float, int, str, bool, dict)):
            raise wrong_type("NOT_BOOL_OR_DICT_OR_FLOAT_OR_INT_OR_STR", "value", value)
        if isinstance(value, dict):
            values = value
        else:
            names = self.columns if subset is None else _listed(subset)
            values = {name: value for name in names}
        lowered = {name.lower(): each for name, each in values.items()}
        columns = []
        for field in self.schema:
            column = self[field.name]
            each = lowered.get(field.name.lower())
            if each is not None and (isinstance(value, dict) or _fits(each, field.dataType)):
                column = self._filled(column, field.dataType, each).alias(field.name)
            columns.append(column)
        return self.select(*columns)

    def _filled(self, column, of, value):
        kept = column
        if isinstance(of, (FloatType, DoubleType)):
            kept = Column(("call", "nanvl", [column._e, Column(("lit", None)).cast(of)._e]))
        return Column(("call", "coalesce", [kept._e, Column(("lit", value)).cast(of)._e]))

    def replace(self, to_replace, value=None, subset=None):
        pairs = to_replace
        if not isinstance(to_replace, dict):
            keys = list(to_replace) if isinstance(to_replace, (list, tuple)) else [to_replace]
            values = list(value) if isinstance(value, (list, tuple)) else [value] * len(keys)
            pairs = dict(zip(keys, values))
        names = self.columns if subset is None else _listed(subset)
        columns = []
        for field in self.schema:
            column = self[field.name]
            if field.name in names and all(_fits(key, field.dataType) for key in pairs):
                branches = [((column == key)._e, Column(("lit", new)).cast(field.dataType)._e) for key, new in pairs.items()]
                column = Column(("case", branches, column._e)).alias(field.name)
            columns.append(column)
        return self.select(*columns)


class DataFrameNaFunctions:
    __headwater__ = "driver"

    def __init__(self, df):
        self.df = df

    def drop(self, how="any", thresh=None, subset=None):
        return self.df.dropna(how, thresh, subset)

    def fill(self, value, subset=None):
        return self.df.fillna(value, subset)

    def replace(self, to_replace, value=None, subset=None):
        return self.df.replace(to_replace, value, subset)


class DataFrameStatFunctions:
    __headwater__ = "driver"

    def __init__(self, df):
        self.df = df

    def corr(self, col1, col2, method=None):
        return self._one("corr", col1, col2)

    def cov(self, col1, col2):
        return self._one("covar_samp", col1, col2)

    def _one(self, name, *cols):
        return self.df.agg(Column(("call", name, [("col", col) for col in cols]))).collect()[0][0]
