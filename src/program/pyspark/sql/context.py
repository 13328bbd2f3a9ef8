"""`SQLContext`: the session by its name of old."""

from pyspark.sql.session import SparkSession

__all__ = ["SQLContext"]


class SQLContext:
    __headwater__ = "driver"

    def __init__(self, sparkContext, sparkSession=None, jsqlContext=None):
        self.sparkSession = sparkSession or SparkSession.builder.getOrCreate()

    @classmethod
    def getOrCreate(cls, sc):
        return cls(sc)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.sparkSession, name)

    def registerDataFrameAsTable(self, df, tableName):
        df.createOrReplaceTempView(tableName)

    def setConf(self, key, value):
        self.sparkSession.conf.set(key, value)

    def getConf(self, key, *default):
        return self.sparkSession.conf.get(key, *default)
