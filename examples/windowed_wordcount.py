"""Counts words over the last 30 seconds, every 10 seconds; each window is reduced from its batches anew."""
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext("local[2]", "WindowedWordCount")
ssc = StreamingContext(sc, 5)

lines = ssc.socketTextStream("localhost", 9999)
pairs = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
windowed_word_counts = pairs.reduceByKeyAndWindow(lambda x, y: x + y, None, 30, 10)

windowed_word_counts.pprint()

ssc.start()
ssc.awaitTermination()
