"""The process in which SQL and files of users are touched. It holds no secret: its environment is empty, its memory,
processor time and files are bounded before it reads a request, and it ends with its parent.
"""

import ctypes
import os
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import BinaryIO, NoReturn

import duckdb
import msgspec

from graphql_api.engines.connections import sandboxed
from graphql_api.engines.functions import allowed_functions
from graphql_api.engines.join_shapes import JoinProgress
from graphql_api.engines.operations import answer, computes_values, writable_folders
from graphql_api.engines.problems import Refused
from graphql_api.engines.shapes import ComputeProblem
from graphql_api.sandbox.protocol import Birth, Call, Done, Interrupt, Problem, Told, frame, read_frame

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_STACK = 64 << 20
_TELLING_GAP = 0.25
"""Seconds."""


def main(told: str) -> NoReturn:
    birth = msgspec.json.decode(told, type=Birth)
    _end_with(birth.parent)
    _bound(birth)
    requests, answers = _private_pipes()
    worker = _Worker(birth, answers)
    _start(worker)
    _read(requests, worker)
    # Not sys.exit: the parent is gone or wants no more, and a query may still be running in the other thread.
    os._exit(0)


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _bound(birth: Birth) -> None:
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (birth.file_bytes, birth.file_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (birth.cpu_seconds, birth.cpu_seconds + 1))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (birth.address_bytes, birth.address_bytes))


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Whoever prints must not be able to write into the protocol."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _start(worker: "_Worker") -> None:
    """SQL nests; its tree is walked by recursion."""
    sys.setrecursionlimit(20_000)
    threading.excepthook = _end_at_error
    threading.stack_size(_STACK)
    threading.Thread(target=worker.work, daemon=True).start()


def _end_at_error(met: threading.ExceptHookArgs) -> None:
    """Without its thread the process would only keep its parent waiting."""
    traceback.print_exception(met.exc_value)
    sys.stderr.flush()
    os._exit(1)


def _read(requests: BinaryIO, worker: "_Worker") -> None:
    while (body := read_frame(requests)) is not None:
        message = msgspec.msgpack.decode(body, type=Call | Interrupt)
        if isinstance(message, Interrupt):
            worker.interrupt()
        else:
            worker.calls.put(message)


class _Worker:
    """Computes in a thread of its own, because a query in the main thread cannot be interrupted."""

    def __init__(self, birth: Birth, answers: BinaryIO) -> None:
        self.calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._birth = birth
        self._answers = answers
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._interrupted = False
        self._told_at = -_TELLING_GAP
        self._encoder = msgspec.msgpack.Encoder()

    def interrupt(self) -> None:
        self._interrupted = True
        if (connection := self._connection) is not None:
            connection.interrupt()

    def work(self) -> None:
        allowed_functions()
        while True:
            self._send(self._outcome(self.calls.get()))

    def _send(self, body: bytes) -> None:
        self._answers.write(frame(body))
        self._answers.flush()

    def _tell(self, progress: JoinProgress) -> None:
        """Not more often than a reader can make use of: what is left out, a later one says better."""
        now = time.monotonic()
        if now - self._told_at >= _TELLING_GAP:
            self._told_at = now
            self._send(self._encoder.encode(Told(progress)))

    def _outcome(self, call: Call) -> bytes:
        """What is sent back; whatever went wrong is told, since the parent waits for an answer."""
        try:
            return self._encoder.encode(Done(msgspec.Raw(self._encoder.encode(self._computed(call)))))
        except Refused as refused:
            problem = refused.problem
        except MemoryError:
            problem = ComputeProblem("OUT_OF_MEMORY", "The computation needs more memory than it may have.")
        except RecursionError:
            problem = ComputeProblem("SQL_FAILED", "The text is nested too deeply.")
        except Exception as error:
            traceback.print_exc()
            problem = ComputeProblem(
                "INTERNAL", f"The computation met an error of the program: {type(error).__name__}."
            )
        return self._encoder.encode(Problem(problem))

    def _computed(self, call: Call) -> object:
        folders = writable_folders(call.request)
        limits = self._birth.limits
        if computes_values(call.request):
            limits = msgspec.structs.replace(limits, threads=1)
        with sandboxed(limits, spill=Path.cwd() / "spill", readable=call.readable, writable=folders) as connection:
            self._connection = connection
            try:
                if self._interrupted:
                    raise Refused(ComputeProblem("CANCELLED", "The computation was cancelled."))
                return answer(connection, call.request, self._tell)
            finally:
                self._connection = None
