"""What others read of a verdict: a module a format, each a pure function of what is exported.

All formats are of one document (`core/verdicts`), so their counts are its counts.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, cast

from compliance.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.reporting.exports.exported import Exported


class Format(NamedTuple):
    """`module`: in this folder, with a function `export`; `needs`: a package, which the extra of this name installs."""

    module: str
    text: str
    needs: str = ""


FORMATS = {
    "junit": Format("junit", "JUnit XML (junit-10.xsd), which every CI reads"),
    "sarif": Format("sarif", "SARIF 2.1.0, for code scanning"),
    "oscal": Format("oscal", "OSCAL Assessment Results as JSON, for the tools of auditors", "trestle"),
    "in-toto": Format("intoto", "an in-toto statement (test-result), to be signed and attached"),
    "csv": Format("rows", "a row a case (RFC 4180), for a spreadsheet"),
    "markdown": Format("summary", "a job summary for people, findings first"),
}


def known(name: str) -> str:
    """The name, or an error that lists those there are; also where a package is missing that the format needs."""
    if name not in FORMATS:
        raise ConfigurationError(f"there is no format '{name}'", remedy=f"choose of {', '.join(FORMATS)}")
    needs = FORMATS[name].needs
    if needs and find_spec(needs) is None:
        raise ConfigurationError(
            f"the export to {name} needs a package that is not installed",
            remedy=f"pip install 'dot-compliance[{name}]'",
        )
    return name


def export(name: str, exported: Exported) -> bytes:
    """The bytes of a format: the same for the same verdict, whenever and wherever they are made."""
    module = import_module(f"{__name__}.{FORMATS[known(name)].module}")
    return cast("Callable[[Exported], bytes]", module.export)(exported)
