"""One line an event on stderr: moment, level, where, what, then its facts as key=value."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

# What every record has; whatever else a record holds came by `extra` and is a fact to show.
_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_NOISY = ("botocore", "aiobotocore", "pymongo", "asyncio", "httpx", "httpcore", "websockets")


class ReadableLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        where = record.name.removeprefix("graphql_api.")
        facts = "".join(f" {name}={_shown(value)}" for name, value in vars(record).items() if name not in _OWN)
        line = f"{moment} {record.levelname:<7} {where}: {record.getMessage()}{facts}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def log_to_stderr(level: str = "INFO") -> None:
    """The one place that decides about logging; each process calls it once, first of all."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ReadableLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text) if text == "" or any(letter.isspace() or letter in "\"'=" for letter in text) else text
