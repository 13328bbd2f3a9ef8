"""Counts words from the beginning: the state of every word is updated in every batch."""
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext("local[2]", "StatefulWordCount")
ssc = StreamingContext(sc, 1)
ssc.checkpoint("checkpoint")


def update(new_values, running_count):
    return sum(new_values, running_count or 0)


lines = ssc.socketTextStream("localhost", 9999)
pairs = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
running_counts = pairs.updateStateByKey(update)

running_counts.pprint()

ssc.start()
ssc.awaitTermination()
