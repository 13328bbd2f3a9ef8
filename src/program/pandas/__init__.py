"""The part of pandas that `applyInPandasWithState` needs: frames made of columns, and read row by row or column by column."""

from collections import namedtuple

__all__ = ["DataFrame", "Series", "isna", "notna"]

_REST = "is not available: Headwater has only the part of pandas that applyInPandasWithState needs"


def isna(value):
    return value is None or value != value


def notna(value):
    return not isna(value)


class _Places:
    """`iloc`: members by place."""

    def __init__(self, get):
        self._get = get

    def __getitem__(self, place):
        return self._get(place)


class Series:
    def __init__(self, data=(), name=None):
        self._members = list(data)
        self.name = name

    def __len__(self):
        return len(self._members)

    def __iter__(self):
        return iter(self._members)

    def __getitem__(self, place):
        members = self._members[place]
        return Series(members, self.name) if isinstance(place, slice) else members

    def __repr__(self):
        return "\n".join("%d    %s" % pair for pair in enumerate(self._members)) + "\nName: %s" % self.name

    def __getattr__(self, name):
        raise AttributeError("Series.%s %s" % (name, _REST))

    @property
    def iloc(self):
        return _Places(self.__getitem__)

    @property
    def values(self):
        return list(self._members)

    @property
    def empty(self):
        return not self._members

    def tolist(self):
        return list(self._members)

    to_list = tolist

    def _present(self):
        return [member for member in self._members if notna(member)]

    def sum(self):
        return sum(self._present())

    def min(self):
        return min(self._present(), default=float("nan"))

    def max(self):
        return max(self._present(), default=float("nan"))

    def mean(self):
        present = self._present()
        return sum(present) / len(present) if present else float("nan")

    def count(self):
        return len(self._present())

    def unique(self):
        return list(dict.fromkeys(self._members))

    def nunique(self):
        return len(set(self._present()))

    def apply(self, func):
        return Series([func(member) for member in self._members], self.name)

    map = apply


class DataFrame:
    def __init__(self, data=None, columns=None):
        if isinstance(data, dict):
            made = {name: self._listed(data[name]) for name in columns or data}
        else:
            rows = list(data or [])
            if rows and isinstance(rows[0], dict):
                columns = columns or list(rows[0])
                rows = [[row.get(name) for name in columns] for row in rows]
            names = columns if columns is not None else range(len(rows[0]) if rows else 0)
            made = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        lengths = [len(members) for members in made.values() if members is not None]
        size = lengths[0] if lengths else int(bool(made))
        if any(length != size for length in lengths):
            raise ValueError("All arrays must be of the same length")
        scalars = data if isinstance(data, dict) else {}
        self._data = {name: [scalars[name]] * size if m is None else m for name, m in made.items()}
        self._size = size

    @staticmethod
    def _listed(column):
        """A column's members; none for a single value, which every row has."""
        if isinstance(column, (str, bytes)) or not hasattr(column, "__iter__"):
            return None
        return list(column)

    @property
    def columns(self):
        return list(self._data)

    @property
    def shape(self):
        return self._size, len(self._data)

    @property
    def empty(self):
        return self._size == 0 or not self._data

    @property
    def iloc(self):
        return _Places(lambda place: Series([members[place] for members in self._data.values()]))

    def __len__(self):
        return self._size

    def __iter__(self):
        return iter(self._data)

    def __contains__(self, name):
        return name in self._data

    def __getitem__(self, name):
        if isinstance(name, list):
            return DataFrame({each: self._data[each] for each in name})
        return Series(self._data[name], name)

    def __setitem__(self, name, column):
        members = self._listed(column)
        self._data[name] = [column] * self._size if members is None else members

    def __getattr__(self, name):
        if name in self.__dict__.get("_data", ()):
            return self[name]
        raise AttributeError("DataFrame.%s %s" % (name, _REST))

    def iterrows(self):
        for place in range(self._size):
            yield place, {name: members[place] for name, members in self._data.items()}

    def itertuples(self, index=True, name="Pandas"):
        names = (["Index"] if index else []) + list(self._data)
        made = namedtuple(name, names, rename=True)
        for place in range(self._size):
            yield made(*([place] if index else []), *[members[place] for members in self._data.values()])

    def to_dict(self, orient="dict"):
        if orient == "list":
            return {name: list(members) for name, members in self._data.items()}
        if orient == "records":
            return [row for _, row in self.iterrows()]
        return {name: dict(enumerate(members)) for name, members in self._data.items()}
