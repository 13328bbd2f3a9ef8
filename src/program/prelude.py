"""Run once in each interpreter, before any program: takes the machine away and puts the simulation in its place."""

import builtins
import sys
import time
import types

import _headwater


class Suspended(BaseException):
    """The driver's call waits for the engine; unwinds the program, which runs again once the answer is there."""


class StepBudgetExceeded(BaseException):
    """The program took more steps than it may."""


class PicklingError(Exception):
    """A function or record that cannot travel, in the words of `pickle`."""


PicklingError.__module__ = "_pickle"


class _Output:
    """`sys.stdout` and `sys.stderr`: text goes to whoever made the call."""

    encoding = "utf-8"
    errors = "strict"
    closed = False

    def __init__(self, name, write):
        self.name = name
        self._write = write

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        self._write(text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False


def _install_output():
    sys.stdout = sys.__stdout__ = _Output("<stdout>", _headwater.write)
    sys.stderr = sys.__stderr__ = _Output("<stderr>", _headwater.write)
    sys.stdin = sys.__stdin__ = None


def _install_clock():
    gmtime, strftime, asctime = time.gmtime, time.strftime, time.asctime
    now = _headwater.now

    def seconds():
        return now() / 1_000_000

    def nanoseconds():
        return now() * 1000

    def of(moment):
        return gmtime(seconds() if moment is None else moment)

    def sleep(secs):
        if not isinstance(secs, (int, float)):
            raise TypeError(f"'{type(secs).__name__}' object cannot be interpreted as an integer or float")
        if secs < 0:
            raise ValueError("sleep length must be non-negative")
        _headwater.sleep(round(secs * 1_000_000))

    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, seconds)
        setattr(time, name + "_ns", nanoseconds)
    time.sleep = sleep
    time.gmtime = time.localtime = lambda moment=None: of(moment)
    time.ctime = lambda moment=None: asctime(of(moment))
    time.asctime = lambda moment=None: asctime(of(None) if moment is None else moment)
    time.strftime = lambda layout, moment=None: strftime(layout, of(None) if moment is None else moment)
    time.mktime = lambda moment: float(_headwater.seconds_of(*moment[:6]))
    time.timezone = time.altzone = time.daylight = 0
    time.tzname = ("UTC", "UTC")


def _install_system():
    """An `os` that has no system: the library imports it, programs can't. Its random bytes are the call's own stream."""
    stub = types.ModuleType("os")
    stub.urandom = _headwater.random_bytes
    stub.PathLike = type("PathLike", (), {})
    stub.fspath = lambda path: path
    stub.name = "posix"
    stub.environ = {}
    stub.sep = "/"
    stub.path = types.ModuleType("os.path")
    sys.modules["os"] = stub
    sys.modules["os.path"] = stub.path
    # Asked for by the import machinery that `inspect` looks at.
    sys.modules["posix"] = types.ModuleType("posix")


def _install_warnings():
    """RustPython speaks of a later Python than PySpark 3.5 runs on, and warns of what is fine there."""
    import warnings

    warnings.simplefilter("ignore", DeprecationWarning)


def _refuse(name):
    def refused(*args, **kwargs):
        raise RuntimeError(f"{name}() is not available: a program in Headwater cannot reach the machine it runs on")

    refused.__name__ = refused.__qualname__ = name
    return refused


def _install_builtins():
    for name in ("open", "input", "breakpoint"):
        setattr(builtins, name, _refuse(name))
    builtins.exit = builtins.quit = sys.exit


def _install_io():
    """`io` for text and bytes in memory: the names that stand for files are there and refuse."""
    import _io

    for name in ("open", "open_code"):
        if not hasattr(_io, name):
            setattr(_io, name, _refuse(name))
    if not hasattr(_io, "FileIO"):
        _io.FileIO = type("FileIO", (_io._RawIOBase,), {"__init__": _refuse("open")})


def object_text(self):
    """`object.__repr__`, without the address that would differ from run to run."""
    kind = type(self)
    module = "" if kind.__module__ == "builtins" else kind.__module__ + "."
    return f"<{module}{kind.__qualname__} object at 0x7f0000000000>"


def seed(number):
    """Sets the stream of `random`, as the call that begins was given it."""
    sys.modules["random"].seed(number)


def install_facade(sources):
    """Makes modules of the facade importable: name -> (whether it is a package, its text)."""
    ModuleSpec = type(_headwater.__spec__)

    class Facade:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name in sources:
                return ModuleSpec(name, Facade, is_package=sources[name][0])
            return None

        @staticmethod
        def create_module(spec):
            return None

        @staticmethod
        def exec_module(module):
            name = module.__spec__.name
            package, text = sources[name]
            path = name.replace(".", "/") + ("/__init__.py" if package else ".py")
            exec(compile(text, path, "exec"), module.__dict__)

    sys.meta_path.append(Facade)
    for name in sources:
        # SQL is half of it, and comes when a program asks for it.
        if not name.startswith(("pyspark.sql", "pandas")):
            __import__(name)


_install_output()
_install_clock()
_install_system()
_install_warnings()
_install_builtins()
_install_io()
