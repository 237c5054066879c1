"""What the document service sends back, read from its source and never run: each way to write it, to change it and to
hide it."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.errors import CouldNotLook
from compliance.core.observation import File, Observation, Seen
from compliance.core.pyconstants import NotConstant
from compliance.estate.resources import resource
from compliance.systems.protocol import Facts
from compliance.systems.registry_sync import isolation
from compliance.systems.registry_sync.filtering import filters
from compliance.systems.registry_sync.naming import encoded
from compliance.systems.registry_sync.reverse import module as read
from tests.pure.registry import ORIGIN, policy

PATH = policy().service.reverse.source
NAME = policy().service.reverse.name
SOURCE = (resource("fixtures/reference/repository") / PATH).read_text(encoding="utf-8")
CONSTANT = '_SYNC_PREFIXES = ("knowledge/",)'


def facts(*sources: str, **others: str) -> Facts:
    """The source, and other modules of the repository by their path."""
    files = {PATH: sources[0]} | others
    sections = {
        f"file:{path}": Seen((File(path, textwrap.dedent(text)),), ORIGIN) for path, text in files.items()
    }
    return Facts("registry_sync", {"registry_sync": policy()}, Observation("test", ORIGIN.at, sections))


def test_the_reference_source_sends_knowledge_back_and_asks_before_it_does() -> None:
    module = read(facts(SOURCE), PATH)
    assert module.texts(NAME) == ("knowledge/",)
    assert filters(module, "should_sync", NAME) == ""


KNOWN = {
    "a tuple": ("P = ('a/', 'b/')", {"a/", "b/"}),
    "empty": ("P = ()", set()),
    "a list": ("P = ['a/']", {"a/"}),
    "a set": ("P = {'a/'}", {"a/"}),
    "annotated": ("P: tuple[str, ...] = ('a/',)", {"a/"}),
    "declared before": ("P: tuple[str, ...]\nP = ('a/',)", {"a/"}),
    "concatenated texts": ("P = ('a' + '/', 'b' '/')", {"a/", "b/"}),
    "concatenated tuples": ("P = ('a/',) + ('b/',)", {"a/", "b/"}),
    "by another name": ("A = 'a'\nB = (A + '/',)\nP = B", {"a/"}),
    "starred": ("A = ('a/',)\nP = (*A, 'b/')", {"a/", "b/"}),
    "made a tuple": ("A = ['a/']\nP = tuple(A)", {"a/"}),
    "frozen": ("P = frozenset({'a/'})", {"a/"}),
    "two names at once": ("P = Q = ('a/',)", {"a/"}),
    "in __all__": ("__all__ = ['P']\nP = ('a/',)", {"a/"}),
    "a list that is only gone through": ("P = ['a/']\nfor p in P: print(p)\nx = [p for p in P]", {"a/"}),
    "one text": ("P = 'ab'", {"ab", "a", "b"}),
    "one text, empty": ("P = ''", {""}),
    "imported": ("from config import A as P", {"a/"}),
    "imported from a package": ("from lib.config import P", {"b/"}),
    "imported from beside": ("from .config import P", {"c/"}),
    "imported from above": ("from ..config import A as P", {"a/"}),
    "imported by way of another": ("from lib.config import THROUGH as P", {"a/"}),
}
OTHERS = {
    "config.py": "A = ('a/',)",
    "lib/config.py": "from config import A as THROUGH\nP = ('b/',)",
    "agent_data/config.py": "P = ('c/',)",
}


@pytest.mark.parametrize("how", KNOWN)
def test_prefixes_are_known_however_they_are_written(how: str) -> None:
    source, expected = KNOWN[how]
    assert set(read(facts(source, **OTHERS), PATH).texts("P")) == expected


UNKNOWN = {
    "never bound": "Q = ()",
    "bound twice": "P = ()\nP = ('a/',)",
    "bound in one of two cases": "if X:\n    P = ()\nelse:\n    P = ('a/',)",
    "bound in a case": "P = ()\nif X:\n    P = ('a/',)",
    "bound in a case alone": "if X:\n    P = ()",
    "bound by trying": "try:\n    from x import P\nexcept ImportError:\n    P = ()",
    "bound in a function alone": "def f():\n    global P\n    P = ()",
    "added to": "P = ()\nP += ('a/',)",
    "appended to": "P = []\nP.append('a/')",
    "appended to by another name": "P = []\nq = P\nq.append('a/')",
    "appended to by a method that was kept": "P = []\nadd = P.append\nadd('a/')",
    "appended to by its class": "P = []\nlist.append(P, 'a/')",
    "an entry was replaced": "P = ['a/']\nP[0] = ''",
    "a slice was replaced": "P = ['a/']\nP[:] = ['']",
    "an entry was deleted": "P = ['a/']\ndel P[0]",
    "deleted": "P = ('a/',)\ndel P",
    "handed to somebody": "P = ['a/']\nconfigure(P)",
    "by its name as text": "P = ()\nglobals()['P'] = ('',)",
    "as an attribute": "P = ()\nimport sys\nsys.modules[__name__].P = ('',)",
    "by setattr": "P = ()\nsetattr(module, 'P', ('',))",
    "an import of its name": "P = ()\nimport x as P",
    "a package of its name": "P = ()\nimport P.x",
    "an import of everything": "P = ()\nfrom x import *",
    "everything alone": "from config import *",
    "a loop": "P = ()\nfor P in x: pass",
    "a walrus": "P = ()\nprint(P := ('',))",
    "a with": "P = ()\nwith x as P: pass",
    "an except": "P = ()\ntry: pass\nexcept E as P: pass",
    "a match": "P = ()\nmatch x:\n    case P: pass",
    "a match of the rest": "P = ()\nmatch x:\n    case [*P]: pass",
    "a match of a mapping": "P = ()\nmatch x:\n    case {**P}: pass",
    "a function of its name": "P = ()\ndef P(): pass",
    "a class of its name": "P = ()\nclass P: pass",
    "unpacked": "P, Q = ('a/',), ('b/',)",
    "from the environment": "import os\nP = tuple(os.environ['X'].split(','))",
    "a call": "P = load()",
    "a tuple that is somebody's": "tuple = load\nP = tuple(['a/'])",
    "a comprehension": "P = tuple(x + '/' for x in ('a',))",
    "a number": "P = (1,)",
    "a format": "P = (f'{x}/',)",
    "a list within a list": "P = (('a/',),)",
    "a text and a list": "P = 'a/' + ('b/',)",
    "multiplied": "P = ('a/',) * 2",
    "made of itself": "P = P",
    "made of each other": "P = Q\nQ = P",
    "in a class": "class X:\n    P = ()",
    "from a module that nobody looked at": "from elsewhere import P",
    "from a module by its name": "import config\nP = config.A",
    "imported, and not there": "from config import P",
    "imported, and changed there": "from changing import P",
    "imported, and changed here": "from listed import P\nP.append('')",
}
CHANGING = OTHERS | {"changing.py": "P = []\nP.append('')", "listed.py": "P = ['a/']"}


@pytest.mark.parametrize("how", UNKNOWN)
def test_what_only_running_it_would_tell_is_not_told(how: str) -> None:
    with pytest.raises(NotConstant):
        read(facts(UNKNOWN[how], **CHANGING), PATH).texts("P")


@pytest.mark.parametrize(
    "source", ["P = (", "P = \0", "P = " + "(" * 300 + ")" * 300, "P = " + "+".join(["'a'"] * 9999)]
)
def test_what_is_no_python_that_can_be_read_is_not_told(source: str) -> None:
    with pytest.raises((CouldNotLook, RecursionError)):
        read(facts(source), PATH).texts("P")


_WORDS = st.text("abk/_", max_size=5)


@st.composite
def sources(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A source of constants, and what Python makes of it."""
    lines = ["A = " + repr(draw(_WORDS)), "B = (A, " + repr(draw(_WORDS)) + ")"]
    parts = draw(
        st.lists(
            st.sampled_from(["B", "(A + 'x',)", "tuple([A])", "('a/',)", "(*B, A)", "tuple(['b'])", "()"]),
            min_size=1,
        )
    )
    lines.append("P = " + " + ".join(parts))
    source = "\n".join(lines)
    names: dict[str, tuple[str, ...]] = {}
    exec(source, {}, names)
    return source, names["P"]


@settings(max_examples=60)
@given(sources())
def test_what_is_told_is_what_python_makes_of_it(made: tuple[str, tuple[str, ...]]) -> None:
    source, expected = made
    assert read(facts(source), PATH).texts("P") == expected


@settings(max_examples=60)
@given(st.sampled_from(sorted(UNKNOWN.values())), sources())
def test_two_sources_in_one_tell_nothing_false(one: str, other: tuple[str, tuple[str, ...]]) -> None:
    """Whatever stands before, a second binding is no constant."""
    with pytest.raises(NotConstant):
        read(facts(f"{other[0]}\n{one}\nP = ('z/',)", **CHANGING), PATH).texts("P")


# --- the filter ------------------------------------------------------------------------------------------------

ASKED = "if should_sync(event.document_id):\n            send(event.event_type, COLLECTION, item(event))"
LISTENS = "    subscribe(on_event)"
GENERATOR = "document_id.startswith(prefix) for prefix in _SYNC_PREFIXES"
Edit = tuple[str, str]


def more(definition: str) -> Edit:
    """Another one listens too."""
    return (LISTENS, f"{LISTENS}\n{textwrap.indent(definition, '    ')}")


GOOD: dict[str, Edit] = {
    "as it is": ("", ""),
    "with a tuple": (f"any({GENERATOR})", "document_id.startswith(_SYNC_PREFIXES)"),
    "made a tuple": (f"any({GENERATOR})", "document_id.startswith(tuple(_SYNC_PREFIXES))"),
    "by another name of the variable": (GENERATOR, "document_id.startswith(p) for p in _SYNC_PREFIXES"),
    "going away first": (
        ASKED, "if not should_sync(event.document_id):\n            return\n        send(item(event))"),
    "described": ("        if should", '        "Send."\n        if should'),
    "a helper that is called": more("def forward(*what: object) -> None:\n    send(*what)\n\nforward()"),
    "a second listener asks too": more(
        "def again(event):\n    if should_sync(event.document_id):\n        send(event)\n\nsubscribe(again)"),
}  # fmt: skip
BAD: dict[str, Edit] = {
    "the filter is gone": ("def should_sync", "def should_sink"),
    "inverted in the listener": ("if should_sync(", "if not should_sync("),
    "inverted in the filter": ("return any(", "return not any("),
    "all instead of any": ("return any(", "return all("),
    "ends instead of begins": ("startswith(prefix)", "endswith(prefix)"),
    "the other way round": ("document_id.startswith(prefix)", "prefix.startswith(document_id)"),
    "in instead of begins": ("document_id.startswith(prefix)", "prefix in document_id"),
    "of the prefix itself": (GENERATOR, "document_id.startswith(document_id) for document_id in _SYNC_PREFIXES"),
    "other prefixes": ("in _SYNC_PREFIXES", "in OTHER"),
    "with a condition": ("in _SYNC_PREFIXES", "in _SYNC_PREFIXES if prefix"),
    "or always": ("in _SYNC_PREFIXES)", "in _SYNC_PREFIXES) or True"),
    "not asked": ("if should_sync(event.document_id):", "if True:"),
    "asked about something fixed": ("should_sync(event.document_id)", 'should_sync("knowledge/x")'),
    "asked about something else": ("should_sync(event.document_id)", "should_sync(COLLECTION)"),
    "asked too late": ("        if should", "        send(1)\n        if should"),
    "sent otherwise too": (ASKED, ASKED + "\n        else:\n            send(1)"),
    "sent afterwards too": (ASKED, ASKED + "\n        send(1)"),
    "given another id before": ("    return any(", '    document_id = "knowledge/x"\n    return any('),
    "an earlier way out": ("    return any(", "    if not document_id:\n        return True\n    return any("),
    "a coroutine is true": ("def should_sync", "async def should_sync"),
    "decorated": ("def should_sync", "@always\ndef should_sync"),
    "bound again": ("COLLECTION =", "should_sync = bool\nCOLLECTION ="),
    "imported again": ("COLLECTION =", "from x import should_sync\nCOLLECTION ="),
    "a method of the name": ("def should_sync(", "class X:\n  def should_sync("),
    "with a default": ("should_sync(document_id: str)", 'should_sync(document_id: str = "knowledge/")'),
    "with another parameter": ("should_sync(document_id: str)", "should_sync(document_id: str, *more: str)"),
    "any is somebody's": ("COLLECTION =", "any = all\nCOLLECTION ="),
    "a second listener does not ask": more("def again(event):\n    send(event)\n\nsubscribe(again)"),
    "a lambda does not ask": more("subscribe(lambda event: send(event))"),
    "a decorated listener does not ask": more("@subscribe\ndef again(event):\n    send(event)"),
    "a method does not ask": more("class X:\n    def again(self, event):\n        send(event)\n\nsubscribe(X().again)"),
    "a listener by another name": more("def again(event):\n    send(event)\n\nother = again\nsubscribe(other)"),
    "nobody listens": (LISTENS, "    pass"),
    "nothing is filtered": (f"return any({GENERATOR})", "..."),
}  # fmt: skip


def why(edit: Edit) -> str:
    old, new = edit
    assert not old or SOURCE.count(old) == 1, old
    module = read(facts(SOURCE.replace(old, new) if old else SOURCE), PATH)
    return filters(module, "should_sync", NAME)


@pytest.mark.parametrize("how", GOOD)
def test_the_filter_stands(how: str) -> None:
    assert why(GOOD[how]) == ""


@pytest.mark.parametrize("how", BAD)
def test_the_filter_does_not_stand(how: str) -> None:
    assert why(BAD[how]) != ""


# --- what meets ------------------------------------------------------------------------------------------------

MEETS = [
    "",
    "r",
    "registries",
    "registries/",
    "registries/workflows/",
    "registries/workflows/wf-1",
    "registries__",
]
APART = ["knowledge/", "Registries/", "registry/", "registries-old/", "registries/workflows_old/", "egistries/"]


@pytest.mark.parametrize("prefix", MEETS)
def test_a_prefix_that_meets_a_collection_is_found_in_either_direction_and_as_a_key(prefix: str) -> None:
    source = SOURCE.replace(CONSTANT, f"{NAME} = ('knowledge/', {prefix!r})")
    found = {finding.subject for finding in isolation.prefixes_are_isolated(facts(source))}
    assert "workflows" in found
    assert found == {"workflows"} if "workflows" in prefix else set(policy().collections)


@pytest.mark.parametrize("prefix", APART)
def test_a_prefix_that_only_looks_alike_is_not(prefix: str) -> None:
    source = SOURCE.replace(CONSTANT, f"{NAME} = ({prefix!r},)")
    assert list(isolation.prefixes_are_isolated(facts(source))) == []


@given(st.text("ab_/", max_size=6), st.text("ab_/", max_size=6), st.text("ab_/", max_size=3))
def test_no_document_below_a_head_begins_with_a_prefix_that_does_not_meet_it(
    head: str, prefix: str, key: str
) -> None:
    if not isolation.meet(head, prefix):
        assert not f"{head}{key}".startswith(prefix)
        assert not encoded(f"{head}{key}").startswith(encoded(prefix))
