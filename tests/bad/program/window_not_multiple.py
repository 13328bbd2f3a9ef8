from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext('local[2]', 'bad')
ssc = StreamingContext(sc, 1)
lines = ssc.queueStream([['a b', 'c'], ['d']])
lines.window(2.5).pprint()
ssc.start()
ssc.awaitTerminationOrTimeout(3)
