"""What the eight targets of the reference repository talk to, on loopback: services that keep what they are given."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-token-for-tests"
SKILL = "---\nname: {name}\ndescription: What it is for.\n---\n\nSteps.\n"
_GIT = ("git", "-c", "user.name=Upstream", "-c", "user.email=upstream@example.org")


class Services:
    """What they hold, and every request that would write."""

    def __init__(self) -> None:
        self.apps: list[dict[str, Any]] = [{"id": "1", "spec": {"name": "odoo"}}]
        self.config = {
            "ADDONS_PATH": "addons_path=/mnt/addons\n",
            "DB_CONFIG": "db_host=db\ndb_password=S3cret-of-production\n",
            "ENV_VARS": "PYTHONUNBUFFERED=1\n",
        }
        self.skills = {"error-triage": SKILL.format(name="error-triage")}
        self.pages: dict[str, dict[str, Any]] = {}
        self.writes: list[str] = []

    def answer(self, method: str, path: str, body: Any) -> Any:
        """None: there is no such thing."""
        parts = path.strip("/").split("/")
        match method, *parts:
            case "GET", "v2", "apps":
                return {"apps": self.apps}
            case "GET", "config", name:
                return self.config.get(name)
            case "GET", "skills":
                return {"skills": [{"name": n, "markdown": text} for n, text in self.skills.items()]}
            case "GET", "v1", "databases", _:
                status = {"type": "select", "select": {"options": [{"name": "open"}, {"name": "done"}]}}
                return {"properties": {"Status": status, "Due": {"type": "date", "date": {}}}}
            case "POST", "v1", "databases", _, "query":
                wanted = body["filter"]["title"]["equals"]
                return {"results": [{"id": key} for key, page in self.pages.items() if page["path"] == wanted]}
            case "POST", "v1", "pages":
                return self._write(f"page-{len(self.pages) + 1}", body)
            case "PATCH", "v1", "pages", page:
                return self._write(page, body)
        return None

    def _write(self, page: str, body: Any) -> dict[str, str]:
        self.writes.append(page)
        if body.get("archived"):
            del self.pages[page]
        else:
            text = {
                name: next(iter(part.values()))[0]["text"]["content"]
                for name, part in body["properties"].items()
            }
            self.pages[page] = text
        return {"id": page}


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The address of all of them."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            open_to_all = self.path == "/skills"
            known = open_to_all or self.headers.get("Authorization") == f"Bearer {TOKEN}"
            found = services.answer(self.command, self.path, body) if known else None
            data = found.encode() if isinstance(found, str) else json.dumps(found).encode()
            self.send_response(200 if found is not None else 404 if known else 401)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def upstream(folder: Path, names: list[str], modules: int, branch: str) -> Path:
    """A repository of each name with that many modules, to be cloned from."""
    for name in names:
        for number in range(modules):
            place = folder / name / f"{name.replace('-', '_')}_{number}"
            place.mkdir(parents=True)
            (place / "__manifest__.py").write_text(f"{{'name': '{name} {number}'}}\n", encoding="utf-8")
        for words in (["init", "-q", "-b", branch], ["add", "."], ["commit", "-q", "-m", "modules"]):
            subprocess.run([*_GIT, *words], cwd=folder / name, check=True, capture_output=True)
    return folder
