"""`pyspark.sql`: frames of rows, still or streaming."""

from pyspark.sql.types import Row
from pyspark.sql.column import Column
from pyspark.sql.dataframe import DataFrame, DataFrameNaFunctions, DataFrameStatFunctions
from pyspark.sql.session import SparkSession
from pyspark.sql.catalog import Catalog
from pyspark.sql.context import SQLContext
from pyspark.sql.group import GroupedData
from pyspark.sql.observation import Observation
from pyspark.sql.readwriter import DataFrameReader, DataFrameWriter
from pyspark.sql.udf import UDFRegistration
from pyspark.sql.window import Window, WindowSpec

__all__ = [
    "SparkSession", "SQLContext", "UDFRegistration", "DataFrame", "GroupedData", "Column", "Catalog", "Observation",
    "Row", "DataFrameNaFunctions", "DataFrameStatFunctions", "Window", "WindowSpec", "DataFrameReader",
    "DataFrameWriter",
]
