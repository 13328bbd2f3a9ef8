"""`pyspark.sql.streaming`: queries over streams."""

from pyspark.sql.streaming.listener import StreamingQueryListener
from pyspark.sql.streaming.query import StreamingQuery, StreamingQueryManager
from pyspark.sql.streaming.readwriter import DataStreamReader, DataStreamWriter

__all__ = [
    "StreamingQuery", "StreamingQueryListener", "StreamingQueryManager", "DataStreamReader", "DataStreamWriter",
]
