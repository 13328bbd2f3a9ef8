"""`Row`: a tuple that knows its fields' names."""

from pyspark.errors import PySparkTypeError, PySparkValueError


def _create_row(fields, values):
    row = Row(*values)
    row.__fields__ = fields
    return row


_create_row.__module__ = "pyspark.sql.types"


class Row(tuple):
    __module__ = "pyspark.sql.types"

    def __new__(cls, *args, **kwargs):
        if args and kwargs:
            raise PySparkValueError(
                error_class="CANNOT_SET_TOGETHER", message_parameters={"arg_list": "args and kwargs"}
            )
        if kwargs:
            row = tuple.__new__(cls, list(kwargs.values()))
            row.__fields__ = list(kwargs.keys())
            return row
        return tuple.__new__(cls, args)

    def asDict(self, recursive=False):
        if not hasattr(self, "__fields__"):
            raise PySparkTypeError(
                error_class="CANNOT_CONVERT_TYPE", message_parameters={"from_type": "Row", "to_type": "dict"}
            )

        def plain(value):
            if isinstance(value, Row):
                return value.asDict(True)
            if isinstance(value, list):
                return [plain(member) for member in value]
            if isinstance(value, dict):
                return {key: plain(member) for key, member in value.items()}
            return value

        return dict(zip(self.__fields__, (plain(value) for value in self) if recursive else self))

    def __contains__(self, item):
        return item in self.__fields__ if hasattr(self, "__fields__") else tuple.__contains__(self, item)

    def __call__(self, *args):
        if len(args) > len(self):
            raise PySparkValueError(
                error_class="TOO_MANY_VALUES",
                message_parameters={"expected": str(len(self)), "item": "fields", "actual": str(len(args))},
            )
        return _create_row(self, args)

    def __getitem__(self, item):
        if isinstance(item, (int, slice)):
            return tuple.__getitem__(self, item)
        try:
            return tuple.__getitem__(self, self.__fields__.index(item))
        except IndexError:
            raise KeyError(item)
        except ValueError:
            raise PySparkValueError(item)

    def __getattr__(self, item):
        if item.startswith("__"):
            raise AttributeError(item)
        try:
            return tuple.__getitem__(self, self.__fields__.index(item))
        except (IndexError, ValueError):
            raise AttributeError(item)

    def __setattr__(self, key, value):
        if key != "__fields__":
            raise RuntimeError("Row is read-only")
        self.__dict__[key] = value

    def __reduce__(self):
        if hasattr(self, "__fields__"):
            return _create_row, (self.__fields__, tuple(self))
        return tuple.__reduce__(self)

    def __repr__(self):
        if hasattr(self, "__fields__"):
            return "Row(%s)" % ", ".join("%s=%r" % pair for pair in zip(self.__fields__, tuple(self)))
        return "<Row(%s)>" % ", ".join(repr(value) for value in self)
