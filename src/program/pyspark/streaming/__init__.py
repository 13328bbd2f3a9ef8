"""Spark Streaming: DStreams."""

from pyspark.streaming.context import StreamingContext
from pyspark.streaming.dstream import DStream
from pyspark.streaming.listener import StreamingListener
from pyspark.streaming.state import State, StateSpec

__all__ = ["StreamingContext", "DStream", "StreamingListener", "State", "StateSpec"]
