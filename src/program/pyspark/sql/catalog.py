"""`spark.catalog`: views and functions by name."""

import _headwater

__all__ = ["Catalog"]


class Catalog:
    __headwater__ = "driver"

    def __init__(self, sparkSession):
        self._sparkSession = sparkSession

    def dropTempView(self, viewName):
        return _headwater.ask("sql_drop_view", viewName, False)

    def dropGlobalTempView(self, viewName):
        return _headwater.ask("sql_drop_view", viewName, True)

    def tableExists(self, tableName, dbName=None):
        return _headwater.ask("sql_view_exists", tableName)

    def currentDatabase(self):
        return "default"

    def currentCatalog(self):
        return "spark_catalog"

    def cacheTable(self, tableName, storageLevel=None):
        pass

    def uncacheTable(self, tableName):
        pass

    def isCached(self, tableName):
        return False

    def clearCache(self):
        pass

    def refreshTable(self, tableName):
        pass
