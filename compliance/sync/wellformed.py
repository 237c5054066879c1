"""Are these files JSON and YAML? A post-sync check that can fail: `python -m compliance.sync.wellformed docs/runtime`.

The document's own, `find docs/runtime -name '*.json' -exec jq empty {} \\;`, ends with 0 whatever jq says.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def files(folder: Path) -> Iterator[str]:
    """All files below, by their path from there. Links are files, also those to folders; git's own are left out."""
    for root, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name != ".git" and name not in links)
        for name in (*names, *links):
            yield (Path(root) / name).relative_to(folder).as_posix()


def json_value(path: Path) -> Any:
    """Raises `ValueError` with the place, never with what stands there."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"not JSON: {word} is no number of JSON")


def _yaml(path: Path) -> None:
    """YAML may hold several documents, and tags of its own; that it can be parsed is all that is asked."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        for _ in YAML(typ="safe", pure=True).parse(path.read_text(encoding="utf-8")):
            pass
    except MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{place}not YAML") from None
    except (YAMLError, UnicodeDecodeError):
        raise ValueError("not YAML") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def problem(path: Path) -> str | None:
    """Why it is not what its name says; None also where its name says nothing."""
    try:
        if path.suffix == ".json":
            json_value(path)
        elif path.suffix in (".yaml", ".yml"):
            _yaml(path)
    except ValueError as error:
        return str(error)
    return None


def main(words: Sequence[str]) -> int:
    """Of each folder all files, of each file itself; a path that is not there is a problem as well."""
    found = 0
    for word in words:
        folder = Path(word)
        paths = [folder / name for name in files(folder)] if folder.is_dir() else [folder]
        for path in paths:
            reason = problem(path) if path.is_file() else None if path.is_dir() else "is no file"
            if reason:
                found += 1
                sys.stderr.write(f"{path}: {reason}\n")
    if not words:
        sys.stderr.write("name the files and folders to look at\n")
    return 2 if not words else 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
