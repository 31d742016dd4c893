"""How every process begins: settings read, log set up, and a refusal shown without a traceback."""

import gc
import ipaddress
import sys
from collections.abc import Callable

from pydantic import ValidationError

from graphql_api.errors import CannotStart
from graphql_api.observability.logs import log_to_stderr
from graphql_api.settings import AuthMode, Settings


def read_settings() -> Settings:
    """Raises CannotStart with every variable that is wrong."""
    try:
        return Settings()
    except ValidationError as refused:
        problems = (f"{str(each['loc'][0]).upper()}={each['input']!r}: {each['msg']}." for each in refused.errors())
        raise CannotStart("\n".join(problems)) from None


def refuse_strangers(settings: Settings) -> None:
    """Raises CannotStart for settings that would let strangers in."""
    if settings.auth is AuthMode.NONE and not _is_loopback(settings.host):
        raise CannotStart(
            f"AUTH=none lets everyone in as an admin, so it needs a loopback address; HOST is {settings.host}.\n"
            "Set HOST=127.0.0.1, or AUTH=token and make a token with `jfs token create`."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, of which nobody knows today to what it leads tomorrow
        return False


def begin(main: Callable[[Settings], None]) -> None:
    try:
        settings = read_settings()
        log_to_stderr(settings.log_level)
        main(settings)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        sys.exit(CannotStart.exit_status)


def keep_what_was_started() -> None:
    """What is there by now stays as long as the process: it is not looked through for garbage again.

    The schema and the modules are a million objects; large answers were a third slower for it."""
    gc.collect()
    gc.freeze()
