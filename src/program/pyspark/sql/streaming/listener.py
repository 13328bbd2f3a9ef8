"""`StreamingQueryListener`: told of what happens to queries."""

__all__ = ["StreamingQueryListener"]


class _Facts:
    """An event or a part of one: what the engine tells as a dict, by attribute."""

    def __init__(self, facts):
        self._facts = facts

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._facts:
            raise AttributeError("'%s' object has no attribute '%s'" % (type(self).__name__, name))
        return self._read(name, self._facts[name])

    def _read(self, name, value):
        if name in ("id", "runId") and isinstance(value, str):
            from uuid import UUID

            return UUID(value)
        return value

    @classmethod
    def fromJson(cls, j):
        return cls(j)

    @property
    def json(self):
        import json

        return json.dumps(self._facts)

    @property
    def prettyJson(self):
        import json

        return json.dumps(self._facts, indent=4)

    def __str__(self):
        return self.prettyJson


class StateOperatorProgress(_Facts):
    pass


class SourceProgress(_Facts):
    pass


class SinkProgress(_Facts):
    pass


class StreamingQueryProgress(_Facts):
    def _read(self, name, value):
        if name == "stateOperators":
            return [StateOperatorProgress(facts) for facts in value]
        if name == "sources":
            return [SourceProgress(facts) for facts in value]
        if name == "sink":
            return SinkProgress(value)
        return super()._read(name, value)

    def __getattr__(self, name):
        if name in ("eventTime", "observedMetrics", "durationMs") and name not in self._facts:
            return {}
        return super().__getattr__(name)


class QueryStartedEvent(_Facts):
    pass


class QueryProgressEvent(_Facts):
    def _read(self, name, value):
        return StreamingQueryProgress(value) if name == "progress" else super()._read(name, value)


class QueryIdleEvent(_Facts):
    pass


class QueryTerminatedEvent(_Facts):
    pass


class StreamingQueryListener:
    spark = None

    def onQueryStarted(self, event):
        pass

    def onQueryProgress(self, event):
        pass

    def onQueryIdle(self, event):
        pass

    def onQueryTerminated(self, event):
        pass

    def _telling(self):
        """What the engine calls for each event: with its kind and facts."""

        def tell(kind, facts):
            if kind == "started":
                self.onQueryStarted(QueryStartedEvent(facts))
            elif kind == "progress":
                self.onQueryProgress(QueryProgressEvent(facts))
            elif kind == "idle":
                self.onQueryIdle(QueryIdleEvent(facts))
            else:
                self.onQueryTerminated(QueryTerminatedEvent(facts))

        return tell
