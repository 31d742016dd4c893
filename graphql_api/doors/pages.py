"""Plain pages for people, until there is a user interface."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from graphql_api.definitions.json_schema.whole import as_text
from graphql_api.doors.border import PAGE_POLICY

BUILT = Path(__file__).parents[2] / "frontend" / "dist" / "graphiql"
_ICON = Path(__file__).with_name("icon.svg")
_SCHEMA = as_text()
_POLICY = {"content-security-policy": PAGE_POLICY.decode(), "cache-control": "no-cache"}

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="/favicon.ico">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }}
code {{ background: rgba(127, 127, 127, 0.15); padding: 0.1em 0.3em; border-radius: 4px; }}
:root {{ color-scheme: light dark; }}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""

_HOME = """<h1>J Feature Store</h1>
<p>A feature store for machine learning, GraphQL first.</p>
<ul>
<li><a href="/graphiql">GraphiQL</a>: ask it anything; its tabs begin with examples that work on the demo</li>
<li><code>/graphql</code>: the API, over HTTP and WebSocket</li>
<li><a href="/definitions.schema.json">/definitions.schema.json</a>: what editors know the YAML
definitions by</li>
<li><a href="/readyz">/readyz</a>: what it depends on, and how that is</li>
</ul>"""

_NOT_BUILT = """<h1>GraphiQL is not built yet</h1>
<p>Build it with <code>make install</code> (it needs Node 20 or newer), then load this page again.</p>
<p>The API itself answers at <code>/graphql</code>.</p>"""


async def home(_: Request) -> Response:
    return HTMLResponse(_FRAME.format(title="J Feature Store", body=_HOME), headers=_POLICY)


async def icon(_: Request) -> Response:
    """At the address where browsers look when a page names no icon."""
    return FileResponse(_ICON, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})


async def definitions_schema(_: Request) -> Response:
    """What editors know definitions by; it says nothing of anyone, so nobody is asked who they are."""
    return Response(_SCHEMA, media_type="application/schema+json", headers={"cache-control": "no-cache"})


def graphiql_routes(built: Path = BUILT) -> list[BaseRoute]:
    """The page and its parts, from our own build alone."""

    async def page(_: Request) -> Response:
        if not (built / "index.html").is_file():
            body = _FRAME.format(title="GraphiQL", body=_NOT_BUILT)
            return HTMLResponse(body, status_code=503, headers=_POLICY)
        return FileResponse(built / "index.html", headers=_POLICY)

    return [
        Route("/graphiql", page),
        Route("/graphiql/", page),
        Mount("/graphiql/assets", _Assets(directory=built / "assets", check_dir=False)),
    ]


class _Assets(StaticFiles):
    """Named by their contents, so they may be kept for ever."""

    async def check_config(self) -> None:
        """A build that is not there yet is no fault of the server: its files are just not found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
