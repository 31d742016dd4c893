"""How every process begins: settings read, log set up, and a refusal shown without a traceback."""

import sys
from collections.abc import Callable

from pydantic import ValidationError

from graphql_api.errors import CannotStart
from graphql_api.observability.logs import log_to_stderr
from graphql_api.settings import Settings


def read_settings() -> Settings:
    """Raises CannotStart with every variable that is wrong."""
    try:
        return Settings()
    except ValidationError as refused:
        problems = (f"{str(each['loc'][0]).upper()}={each['input']!r}: {each['msg']}." for each in refused.errors())
        raise CannotStart("\n".join(problems)) from None


def begin(main: Callable[[Settings], None]) -> None:
    try:
        settings = read_settings()
        log_to_stderr(settings.log_level)
        main(settings)
    except CannotStart as reason:
        sys.exit(str(reason))
