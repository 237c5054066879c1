"""The HTML page: rendered by Allure 3, then made to ask nothing of anybody.

Every page of Allure 3 loads an analytics script as it comes. That script is cut out, and a content security
policy forbids what a later version might bring; without both the page is not handed over.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ComplianceError
from compliance.reporting import node as allure
from compliance.reporting.results import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.estate.node import Node

HISTORY_LIMIT = 30
# `unsafe-inline`: Allure's own start-up scripts and styles are inline. No host is named; 'self' is loopback.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; "
    "connect-src 'self' data: blob:; frame-src 'self' blob:; worker-src 'self' blob:; "
    "base-uri 'self'; form-action 'none'"
)
_META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
# Allure makes a link of an absolute address alone, and where this page will be served nobody knows: so what a case
# names as its line of policy becomes one here, to the copy that lies beside.
_LINKS = """<script>
new MutationObserver(() => {
  for (const name of document.querySelectorAll('[data-testid="test-result-meta-link"] > :not(a, svg)')) {
    const found = /^policy ([\\w.-]+):(\\d+)$/.exec(name.textContent);
    if (!found) continue;
    let link = name.nextElementSibling;
    if (!link) {
      name.after(link = document.createElement('a'));
      link.className = name.className;
      name.style.display = 'none';
    }
    link.href = `../policy/${found[1]}.html#L${found[2]}`;
    if (link.textContent !== found[0]) link.textContent = found[0];
  }
}).observe(document, {childList: true, characterData: true, subtree: true});
</script>"""
# Allure opens each group that holds a failure, and draws all of its cases: thousands of them take seconds.
MANY = 2000
_OPENED, _CLOSED = "void 0===e||Boolean(e?.failed||e?.broken)", "void 0===e"
_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script>\s*", re.DOTALL | re.IGNORECASE)
_ANALYTICS = re.compile(r"googletagmanager|google-analytics|gtag\(|mc\.yandex", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def generate(
    results_dir: Path, out_dir: Path, *, history: Path | None = None, name: str = "Governance compliance"
) -> Path:
    """Render the results; returns the page to open. `out_dir` is replaced, `history` is read and carried on."""
    node = allure.find()
    entry = allure.command(node)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_dir.parent.resolve(), prefix=".page-") as scratch:
        rendered = Path(scratch) / "html"
        config = Path(scratch) / "allurerc.json"
        config.write_text(json.dumps(_config(name, rendered, history)), encoding="utf-8")
        _render(node, entry, config, results_dir.resolve())
        seal(rendered)
        if sum(each.name.endswith("-result.json") for each in os.scandir(results_dir)) > MANY:
            close(rendered)
        _share(results_dir, rendered / "data" / "attachments")
        shutil.rmtree(out_dir, ignore_errors=True)
        shutil.move(rendered, out_dir)
    return out_dir / "index.html"


def close(folder: Path) -> None:
    """Groups are opened by whoever reads them; a later Allure that spells this otherwise opens them as it likes."""
    for script in folder.glob("app-*.js"):
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace(_OPENED, _CLOSED), encoding="utf-8")


def _share(results_dir: Path, shown: Path) -> None:
    """Allure copies evidence for each case, gigabytes of it for 10,000; what is one file among the results is one here.

    It names a copy by the MD5 of the name. Where a link cannot be made, it stays a copy.
    """
    first: dict[int, Path] = {}
    for each in os.scandir(results_dir):
        name = md5(each.name.encode(), usedforsecurity=False).hexdigest() + Path(each.name).suffix
        if (place := shown / name).is_file() and (one := first.setdefault(each.inode(), place)) != place:
            with suppress(OSError):
                link = place.with_suffix(".link")
                link.hardlink_to(one)
                link.replace(place)


def seal(folder: Path) -> None:
    """Every HTML file in it asks nothing of other hosts."""
    pages = sorted(folder.rglob("*.html"))
    if not pages:
        raise ComplianceError("Allure 3 wrote no page", remedy="see whether the results folder is empty")
    for page in pages:
        page.write_text(sealed(page.read_text(encoding="utf-8")), encoding="utf-8")


def sealed(html: str) -> str:
    """Without analytics, and with a policy that comes before anything that could load."""
    bare = _SCRIPT.sub(lambda found: "" if _is_analytics(found.group()) else found.group(), html)
    if _META in bare:
        return bare
    if not _HEAD.search(bare):
        return f"<head>{_META}</head>{bare}"
    return _HEAD.sub(lambda found: found.group() + _META + _LINKS, bare, count=1)


def _is_analytics(script: str) -> bool:
    # A single-file page carries all of its code and data in scripts, which may well speak of such a host.
    return len(script) < 4096 and _ANALYTICS.search(script) is not None


def _config(name: str, output: Path, history: Path | None) -> Mapping[str, Any]:
    awesome = {
        "reportName": name,
        "reportLanguage": "en",
        "singleFile": False,
        "theme": "auto",
        "groupBy": ["epic", "feature", "story"],
    }
    config: dict[str, Any] = {
        "name": name,
        "output": str(output),
        "categories": {"rules": list(CATEGORIES)},
        "plugins": {"awesome": {"options": awesome}},
    }
    if history is not None:
        config |= {"historyPath": str(history.resolve()), "historyLimit": HISTORY_LIMIT, "appendHistory": True}
    return config


def _render(node: Node, entry: Path, config: Path, results_dir: Path) -> None:
    done = subprocess.run(  # noqa: S603 - Node as it was found, with arguments of ours
        [node.binary, entry, "generate", "--config", config, "--cwd", config.parent, results_dir],
        env=node.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise ComplianceError(
            "Allure 3 could not render the page: " + " / ".join(last),
            remedy=f"the results are in {results_dir}; every other output is complete",
        )
