"""What is wrong in registry_sync.yaml is said with its file, its line and what is allowed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core.errors import ConfigurationError
from compliance.systems.registry_sync import naming
from tests.pure.registry import FOLDER, parse, policy

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (FOLDER / "registry_sync.yaml").read_text(encoding="utf-8")
WF = "document: registries/workflows/wf-{id}"
CODE = 'title: name\n    fields: [code]\n    marker: {code: "{marker}"}\n  workflow_steps'


def said(folder: Path, old: str, new: str) -> str:
    """What parsing says after one change."""
    assert TEXT.count(old) == 1, old
    file = folder / "registry_sync.yaml"
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        parse(file)
    return str(error.value)


def line_of(text: str) -> int:
    return TEXT[: TEXT.index(text)].count("\n") + 1


SCHEMA = {
    "a key that nobody knows": (
        "prune: false",
        "prunes: false",
        "unknown key 'prunes' in the file; allowed: accountability",
    ),
    "of a collection": (
        WF,
        WF + "\n    documents: x",
        "unknown key 'documents' in collections.workflows; allowed: document, fields, former",
    ),
    "of the service": (
        "  header: X-API-Key",
        "  headers: X",
        "unknown key 'headers' in service; allowed: documents, header, key_env",
    ),
    "of the way back": (
        "    filter: should_sync",
        "    filters: x",
        "unknown key 'filters' in service.reverse; allowed: collection, filter",
    ),
    "of the environment": (
        "service: directus}",
        "services: directus}",
        "unknown key 'services' in environment; allowed: file, service",
    ),
    "of failures": (
        "  title: title",
        "  titel: title",
        "unknown key 'titel' in failures; allowed: collection, title, values",
    ),
    "of the names": ("  flow: ", "  flows: ", "unknown key 'flows' in names; allowed: actions, flow, helper"),
    "of what is excluded": (
        "evidence: absent}",
        "proof: absent}",
        "unknown key 'proof' in excluded.modules; allowed: evidence, reason",
    ),
    "evidence": (
        "evidence: absent}",
        "evidence: unknown}",
        "excluded.modules.evidence: 'unknown' is not one of absent, forbidden",
    ),
    "accountability": (
        "accountability: all",
        "accountability: some",
        "accountability: 'some' is not one of all, activity, None",
    ),
    "a switch": ("prune: false", "prune: sometimes", "prune: is not of type boolean"),
    "an action is missing": (", delete: Delete}", "}", "'delete' is a required property"),
    "no collection": (
        "prune: false",
        "prune: false\ncollections: {}",
        "the key 'collections' stands here twice",
    ),
    "a variable of the environment": (
        "url_env: AGENT_DATA_URL",
        "url_env: AGENT-DATA",
        "service.url_env: is the name of an environment variable",
    ),
    "a digest": (
        "agent_data/event_system.py: 7",
        "agent_data/event_system.py: x",
        "is a SHA-256 in hexadecimal digits",
    ),
    "a review": ("reviewed:\n  by:", "reviewed:\n  who:", "reviewed"),
    "a field twice": ("fields: [code, table_id]", "fields: [code, code]", "does not keep uniqueItems"),
    "no text": ("label: WCR", "label: ''", "label: is empty; it is what it is called"),
}
MEANING = {
    "no variable in a document": (WF, "document: registries/workflows/wf", "needs exactly one variable"),
    "two variables in a document": (
        WF,
        "document: registries/workflows/{id}-{code}",
        "needs exactly one variable",
    ),
    "a variable without a name": (WF, "document: registries/workflows/wf-{}", "needs exactly one variable"),
    "a document without a folder": (WF, "document: wf-{id}", "is not folders and a name with one variable"),
    "a variable in a folder": (
        WF,
        "document: registries/{id}/wf",
        "is not folders and a name with one variable",
    ),
    "a document from the root": (WF, "document: /registries/workflows/wf-{id}", "is not folders and a name"),
    "an empty folder": (WF, "document: registries//wf-{id}", "is not folders and a name with one variable"),
    "a space in a document": (WF, "document: registries/work flows/wf-{id}", "is not folders and a name"),
    "a question mark in a document": (
        WF,
        "document: registries/workflows/wf?{id}",
        "is not folders and a name",
    ),
    "a hash in a document": (WF, "document: registries/workflows/wf#{id}", "is not folders and a name"),
    "a percent sign in a document": (WF, "document: registries/workflows/%2F{id}", "is not folders and a name"),
    "a template within a template": (
        WF,
        "document: registries/workflows/wf-{{id}}",
        "is not folders and a name",
    ),
    "a key that the store mixes up": (
        WF,
        "document: registries/work__flows/wf-{id}",
        "cannot tell from another id's key",
    ),
    "a key that it mixes up, beside a slash": (
        WF,
        "document: registries/_workflows/wf-{id}",
        "cannot tell from another",
    ),
    "the present id as a former one": (
        WF,
        WF + "\n    former: ['registries/workflows/wf-{id}']",
        "a former id is the present one",
    ),
    "a former id with a variable without a name": (
        WF,
        WF + "\n    former: ['x/{}']",
        "has a variable without a name",
    ),
    "documents of two collections": (
        WF,
        "document: registries/workflow_steps/ws-{id}",
        "may have the ids of those of",
    ),
    "documents within another's": (
        WF,
        "document: registries/workflow_steps/ws-1{id}",
        "may have the ids of those of",
    ),
    "documents around another's": (
        WF,
        "document: registries/workflow_steps/{id}",
        "may have the ids of those of",
    ),
    "a column with a dot": (
        CODE,
        CODE.replace("[code]", "['a.b']"),
        "'a.b' is no name that a template of Directus could",
    ),
    "a column with a brace": (
        CODE,
        CODE.replace("[code]", "['a}}']"),
        "is no name that a template of Directus could",
    ),
    "a title with a bracket": (
        CODE,
        CODE.replace("title: name", "title: 'a[0]'"),
        "is no name that a template",
    ),
    "a field called collection": (
        CODE,
        CODE.replace("[code]", "[collection]"),
        "stands in each document for something else",
    ),
    "a field called title": (
        CODE,
        CODE.replace("[code]", "[title]"),
        "stands in each document for something else",
    ),
    "a name of another variable": (
        '  flow: "[DOT-REG] {label}',
        '  flow: "[DOT-REG] {name}',
        "unknown variable {name}; allowed: action, label",
    ),
    "a helper's name of another variable": (
        '"{flow} (one document)"',
        '"{label} (one)"',
        "unknown variable {label}; allowed: flow",
    ),
    "names without an action": (
        "{label} {action} -> AD",
        "{label} -> AD",
        "two flows would have the name '[DOT-REG] Table Registry -> AD'",
    ),
    "one name for all helpers": ('"{flow} (one document)"', "helper", "two flows would have the name 'helper'"),
    "one label for two": (
        "label: WCR",
        "label: Workflows",
        "two flows would have the name '[DOT-REG] Workflows Create -> AD'",
    ),
    "a name that is too long": (
        "label: WCR",
        f"label: {'x' * 250}",
        "a name of a flow has at most 255 letters",
    ),
    "synchronised and excluded": (
        "  modules: {",
        "  workflows: {",
        "workflows: is both synchronised and excluded",
    ),
}


@pytest.mark.parametrize("what", [*SCHEMA, *MEANING])
def test_an_error_names_file_line_and_what_is_allowed(what: str, tmp_path: Path) -> None:
    old, new, expected = (SCHEMA | MEANING)[what]
    message = said(tmp_path, old, new)
    assert expected in message
    assert f"{tmp_path / 'registry_sync.yaml'}:" in message


PLACES = {
    WF: "document: wf",
    "  url_env: AGENT_DATA_URL": "  url_env: a b",
    "evidence: absent}": "evidence: x}",
    "  modules: {": "  workflows: {",
    "prune: false": "prunes: false",
}


@pytest.mark.parametrize("old", PLACES)
def test_the_line_is_the_one_of_the_change(old: str, tmp_path: Path) -> None:
    assert f"registry_sync.yaml:{line_of(old)}: " in said(tmp_path, old, PLACES[old])


def test_the_policy_of_the_reference_estate_is_that_of_document_000() -> None:
    """18 flows, by the names and the document ids that stand there, but for the one that no delete could know."""
    events = [flow for flow in policy().flows.values() if not flow.helper]
    assert len(events) == 18
    assert len(policy().flows) - len(events) == 12, "a helper behind each update and each delete"
    assert "[DOT-REG] WCR Update -> AD" in policy().flows
    assert {c.document for c in policy().collections.values()} == {
        "registries/table_registry/tbl-{id}",
        "registries/workflows/wf-{id}",
        "registries/workflow_steps/ws-{id}",
        "registries/workflow_change_requests/wcr-{id}",
        "registries/workflow_categories/wcat-{id}",
        "registries/workflow_step_relations/wsr-{id}",
    }
    assert policy().collections["table_registry"].former == ("registries/table_registry/{table_id}",)
    assert (
        policy().flow("workflows", "update", helper=True) == "[DOT-REG] Workflows Update -> AD (one document)"
    )


# --- names of documents ----------------------------------------------------------------------------------------

_PARTS = st.text("ab-", min_size=0, max_size=3)


@given(
    st.tuples(_PARTS, _PARTS), st.tuples(_PARTS, _PARTS), st.text("ab-", max_size=4), st.text("ab-", max_size=4)
)
def test_templates_that_do_not_overlap_give_no_two_rows_one_key(
    one: tuple[str, str], two: tuple[str, str], key: str, other: str
) -> None:
    templates = ["f/" + "{id}".join(parts) for parts in (one, two)]
    ids = [naming.filled(t, {"id": k}) for t, k in zip(templates, (key, other), strict=True)]
    if not naming.overlap(*templates):
        assert naming.encoded(ids[0]) != naming.encoded(ids[1])


@given(
    st.lists(st.sampled_from(["a", "b", "-", "_", "/"]), min_size=1, max_size=9).map("".join),
    st.text("ab_/", max_size=9),
)
def test_a_template_that_can_be_used_shares_no_key_with_another_id(folder: str, other: str) -> None:
    template = f"{folder}/x-{{id}}"
    if naming.unusable(template) == "":
        document = naming.filled(template, {"id": "1"})
        assert (naming.encoded(document) == naming.encoded(other)) == (document == other)
