from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext('local[2]', 'bad')
ssc = StreamingContext(sc, 1)
lines = ssc.queueStream([['a b', 'c'], ['d']])
def spin(line):
    while True:
        pass

lines.map(spin).pprint()
ssc.start()
ssc.awaitTerminationOrTimeout(3)
