"""Joins impressions with the clicks of the same second, by advertisement."""
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext("local[4]", "JoinedStreams")
ssc = StreamingContext(sc, 1)

impressions = ssc.socketTextStream("localhost", 9998).map(lambda line: tuple(line.split(" ")))
clicks = ssc.socketTextStream("localhost", 9999).map(lambda line: tuple(line.split(" ")))
joined = impressions.leftOuterJoin(clicks)

joined.pprint()

ssc.start()
ssc.awaitTermination()
