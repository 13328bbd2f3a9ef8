"""The part of Py4J that PySpark programs see: the exception that carries Spark's own."""
