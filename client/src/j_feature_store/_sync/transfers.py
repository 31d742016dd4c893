# Made by client/scripts/make_sync.py from _async/transfers.py: change that one.
"""Whole files over HTTP: in both directions piece by piece, never all in memory."""

import logging
from collections.abc import Generator
from functools import partial as bound
from io import BufferedIOBase
from pathlib import Path

import httpx

from j_feature_store._sync import io
from j_feature_store._sync.http import Http
from j_feature_store.datasets import DataFile
from j_feature_store.errors import Damaged, Unavailable
from j_feature_store.files import PIECE, content_type, is_whole, must_be_free, partial, place_in, size_of
from j_feature_store.place import Place
from j_feature_store.wire import pause_before, refusal_of_file

log = logging.getLogger(__name__)

PARTIAL_CONTENT = 206
GONE = frozenset({401, 403, 404, 410})
"""What a link answers that is good no more."""


class LinkIsOver(Exception):
    pass


class Transfers:
    def __init__(self, place: Place, http: Http, *, retries: int) -> None:
        self._place = place
        self._client = http.client
        self._retries = retries

    def send(self, path: Path, url: str) -> None:
        """PUT a file. Raises Unavailable where it did not arrive for sure, and Refused."""
        target = self._place.absolute(url)
        headers = {
            "Content-Type": content_type(path),
            "Content-Length": str(size_of(path)),
            **self._place.headers_for(target),
        }
        with path.open("rb") as file:
            try:
                answer = self._client.put(target, content=_pieces(file), headers=headers)
            except httpx.HTTPError as fault:
                raise Unavailable(f"{path.name} could not be sent: {fault or type(fault).__name__}.") from None
        if not answer.is_success:
            raise refusal_of_file(answer.status_code, answer.headers, answer.content, path.name)

    def fetch(self, file: DataFile, folder: Path) -> Path:
        """A file of a data set; one that is there already stays, one that is there in part is gone on with.

        Raises:
            Conflict: another file is there.
            LinkIsOver: another link is needed.
            Damaged: what comes is, twice, not what was announced.
            Unavailable: nothing more came, in several attempts.
        """
        path = place_in(folder, file)
        if io.aside(lambda: is_whole(path, file)):
            return path
        must_be_free(path)
        part = partial(path, file)
        for _ in range(2):
            self._fill(part, file)
            if io.aside(lambda: is_whole(part, file)):
                must_be_free(path)
                part.replace(path)
                return path
            part.unlink()
            log.warning("%s is not what was announced; fetching it anew", file.name)
        raise Damaged(f"{file.name} is not what the server announced: its sha256 differs from {file.sha256}.")

    def _fill(self, part: Path, file: DataFile) -> None:
        attempt = 0
        while (before := size_of(part)) < file.bytes:
            try:
                self._append(part, file, before)
                return
            except Unavailable as fault:
                attempt = 1 if size_of(part) > before else attempt + 1
                if attempt > self._retries:
                    raise
                pause = pause_before(attempt, fault)
                log.info("%s Going on in %.1f s.", fault, pause)
                io.sleep(pause)

    def _append(self, part: Path, file: DataFile, start: int) -> None:
        url = self._place.absolute(file.download_url)
        headers = {"Accept-Encoding": "identity", **self._place.headers_for(url)}
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code in GONE:
                    raise LinkIsOver
                if not answer.is_success:
                    content = answer.read()
                    raise refusal_of_file(answer.status_code, answer.headers, content, file.name)
                with part.open("ab" if answer.status_code == PARTIAL_CONTENT else "wb") as target:
                    for piece in answer.iter_raw():
                        io.aside(bound(target.write, piece))
        except httpx.HTTPError as fault:
            raise Unavailable(
                f"{file.name} came to {size_of(part):,} bytes: {fault or type(fault).__name__}."
            ) from None


def _pieces(file: BufferedIOBase) -> Generator[bytes]:
    while piece := io.aside(lambda: file.read(PIECE)):
        yield piece
