"""Counts the words that arrive on a text socket, second by second.

Type lines into a server (`nc -lk 9999`), then start

    headwater live examples/network_wordcount.py

or, on real Spark, `spark-submit examples/network_wordcount.py`. It is the first program of Spark's streaming guide.
"""
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

# Two local threads: one for the receiver, one to process what it received.
sc = SparkContext("local[2]", "NetworkWordCount")
ssc = StreamingContext(sc, 1)

lines = ssc.socketTextStream("localhost", 9999)
words = lines.flatMap(lambda line: line.split(" "))
pairs = words.map(lambda word: (word, 1))
word_counts = pairs.reduceByKey(lambda x, y: x + y)

word_counts.pprint()

ssc.start()
ssc.awaitTermination()
