"""PySpark, as far as Headwater simulates it: RDDs and DStreams, with PySpark 3.5.7's names and behaviour."""

from pyspark.conf import SparkConf
from pyspark.storagelevel import StorageLevel
from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.broadcast import Broadcast
from pyspark.rdd import RDD
from pyspark.context import SparkContext

__version__ = "3.5.7"

__all__ = [
    "SparkConf",
    "SparkContext",
    "RDD",
    "StorageLevel",
    "Accumulator",
    "AccumulatorParam",
    "Broadcast",
    "__version__",
]
