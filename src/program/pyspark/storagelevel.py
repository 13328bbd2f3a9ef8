"""`StorageLevel`: where and how often blocks are kept."""


class StorageLevel:
    __headwater__ = "shared"

    def __init__(self, useDisk, useMemory, useOffHeap, deserialized, replication=1):
        self.useDisk = useDisk
        self.useMemory = useMemory
        self.useOffHeap = useOffHeap
        self.deserialized = deserialized
        self.replication = replication

    def _fields(self):
        return (self.useDisk, self.useMemory, self.useOffHeap, self.deserialized, self.replication)

    def _name(self):
        for name in _NAMES:
            if getattr(StorageLevel, name)._fields()[:3] + (self.replication,) == self._fields()[:3] + (
                getattr(StorageLevel, name).replication,
            ):
                return name
        return "NONE"

    def __repr__(self):
        return "StorageLevel(%s, %s, %s, %s, %s)" % self._fields()

    def __str__(self):
        parts = ["Disk "] if self.useDisk else []
        parts += ["Memory "] if self.useMemory else []
        parts += ["OffHeap "] if self.useOffHeap else []
        parts += ["Deserialized "] if self.deserialized else ["Serialized "]
        return "".join(parts) + "%sx Replicated" % self.replication

    def __eq__(self, other):
        return isinstance(other, StorageLevel) and self._fields() == other._fields()

    def __hash__(self):
        return hash(self._fields())


StorageLevel.NONE = StorageLevel(False, False, False, False)
StorageLevel.DISK_ONLY = StorageLevel(True, False, False, False)
StorageLevel.DISK_ONLY_2 = StorageLevel(True, False, False, False, 2)
StorageLevel.DISK_ONLY_3 = StorageLevel(True, False, False, False, 3)
StorageLevel.MEMORY_ONLY = StorageLevel(False, True, False, False)
StorageLevel.MEMORY_ONLY_2 = StorageLevel(False, True, False, False, 2)
StorageLevel.MEMORY_AND_DISK = StorageLevel(True, True, False, False)
StorageLevel.MEMORY_AND_DISK_2 = StorageLevel(True, True, False, False, 2)
StorageLevel.OFF_HEAP = StorageLevel(True, True, True, False, 1)
StorageLevel.MEMORY_AND_DISK_DESER = StorageLevel(True, True, False, True)

_NAMES = [
    "NONE",
    "DISK_ONLY",
    "DISK_ONLY_2",
    "DISK_ONLY_3",
    "MEMORY_ONLY",
    "MEMORY_ONLY_2",
    "MEMORY_AND_DISK",
    "MEMORY_AND_DISK_2",
    "OFF_HEAP",
]
