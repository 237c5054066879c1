"""Takes PL/pgSQL and psql scripts apart into the SQL that stands in them.

sqlglot keeps a DO block as opaque text, so its control structure is read here and each piece of SQL between is
handed on. What is not understood is an error that names it: a piece that was passed over in silence would be
one nobody judged.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from compliance.core.errors import ConfigurationError

_BLANK = r"--[^\n]*|^\\[a-z]+\b[^\n]*"
_COMMENT = r"/\*(?:[^*]|\*(?!/))*\*/"
_STRING = r"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'"
_DOLLAR = r"\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$"
_QUOTED = r'"(?:[^"]|"")+"'
_TOKEN = re.compile(
    rf"""(?P<blank>\s+|{_BLANK})
    |(?P<comment>{_COMMENT})
    |(?P<string>{_STRING}|{_DOLLAR})
    |(?P<quoted>{_QUOTED})
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>\d[\w]*(?:\.\d+)?|\.\d+)
    |(?P<symbol>:=|::|\.\.|<<|>>|[^\s\w'"])""",
    re.X | re.S | re.M,
)
# What a semicolon may stand in without being one; a word that holds a dollar begins no string.
_OPAQUE = re.compile(
    rf"""(?P<end>;)
    |(?P<blank>{_BLANK})
    |(?P<comment>{_COMMENT})
    |(?P<code>(?<!\w)[^\W\d]\w*\$[\w$]*|(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|{_DOLLAR}|{_QUOTED})
    |(?P<open>['"])""",
    re.X | re.S | re.M,
)


class UnreadableSQLError(ConfigurationError):
    """A piece of SQL that cannot be taken apart, and so cannot be judged."""

    @classmethod
    def of(cls, piece: str, why: str) -> UnreadableSQLError:
        shown = " ".join(piece.split())
        shown = shown if len(shown) <= 120 else f"{shown[:117]}..."
        return cls(
            f"SQL that cannot be judged: {why}, at: {shown}",
            remedy="write it in the plain form that templates use",
        )


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """In lower case, as keywords are compared; empty for anything that is not a bare word."""
        return self.text.lower() if self.kind == "word" else ""


class Piece(NamedTuple):
    """`kind`: the PL/pgSQL statement it came from; `sql`: one statement that can be parsed by itself."""

    kind: str
    sql: str


class Body(NamedTuple):
    """What a block runs, and the names that are its variables."""

    pieces: tuple[Piece, ...]
    variables: frozenset[str]


def tokens(text: str) -> list[Token]:
    """All tokens but blanks, comments and the lines of psql (`\\set …`)."""
    found, at = [], 0
    for match in _TOKEN.finditer(text):
        if match.start() != at:
            break
        at, kind = match.end(), str(match.lastgroup)
        if kind == "comment":
            _check_comment(match[0])
        elif kind != "blank":
            found.append(Token(kind, match[0], match.start(), at))
    if at < len(text):
        raise UnreadableSQLError.of(text[at:], "a quote that is not closed")
    return found


def _check_comment(text: str) -> None:
    """PostgreSQL nests comments and other readers do not: what is code would depend on who reads it."""
    if "/*" in text[2:]:
        raise UnreadableSQLError.of(text, "a comment within a comment")


def statements(script: str) -> list[str]:
    """The statements of a script, without the lines of psql between them.

    Not token by token: a plan of thousands of rows has megabytes, of which only quotes and semicolons matter here.
    """
    found: list[str] = []
    begin: int | None = None
    at = 0
    for match in _OPAQUE.finditer(script):
        kind = match.lastgroup
        if begin is None:
            begin = _first(script, at, match.start())
        at = match.end()
        if kind == "end":
            found += [] if begin is None else [script[begin : match.start()]]
            begin = None
        elif kind == "code" and begin is None:
            begin = match.start()
        elif kind == "comment":
            _check_comment(match[0])
        elif kind == "open":
            raise UnreadableSQLError.of(script[match.start() :], "a quote that is not closed")
    begin = _first(script, at, len(script)) if begin is None else begin
    return found if begin is None else [*found, script[begin:]]


def _first(script: str, start: int, end: int) -> int | None:
    """Where anything but white space begins between two places."""
    text = script[start:end].lstrip()
    return end - len(text) if text else None


def do_body(statement: str) -> str | None:
    """The body of a DO block in PL/pgSQL, or None for another statement."""
    found = tokens(statement)
    if not found or found[0].word != "do":
        return None
    rest = [t for t in found[1:] if t.text != ";"]
    words = [t.word for t in rest if t.kind != "string"]
    strings = [t for t in rest if t.kind == "string"]
    if words not in ([], ["language", "plpgsql"]) or len(strings) != 1 or not strings[0].text.startswith("$"):
        raise UnreadableSQLError.of(statement, "a DO block that is not $$ … $$ in plpgsql")
    text = strings[0].text
    tag = text[: text.index("$", 1) + 1]
    return text[len(tag) : -len(tag)]


@lru_cache(maxsize=256)
def read_body(body: str) -> Body:
    """Take a block apart."""
    reader = _Reader(body)
    reader.block()
    reader.accept(";")
    if reader.at < len(reader.tokens):
        raise UnreadableSQLError.of(reader.rest(), "more after the block")
    return Body(tuple(reader.pieces), frozenset(reader.variables))


class _Reader:
    """One pass over the tokens of a block, from left to right."""

    def __init__(self, body: str) -> None:
        self.body, self.tokens, self.at = body, tokens(body), 0
        self.pieces: list[Piece] = []
        self.variables = {"found", "sqlerrm", "sqlstate"}

    def word(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place].word or self.tokens[place].text if place < len(self.tokens) else ""

    def rest(self) -> str:
        return self.body[self.tokens[self.at].start :] if self.at < len(self.tokens) else "the end of the block"

    def accept(self, *words: str) -> bool:
        if all(self.word(ahead) == word for ahead, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise UnreadableSQLError.of(self.rest(), f"{' '.join(words).upper()} is expected")

    def until(self, *stops: str) -> str:
        """The text up to a stop word outside of parentheses and of CASE … END; the stop is not taken."""
        begin, depth = self.at, 0
        while self.at < len(self.tokens):
            word = self.word()
            if depth == 0 and word in stops:
                break
            depth += (word in ("(", "[", "case")) - (word in (")", "]", "end"))
            self.at += 1
        else:
            raise UnreadableSQLError.of(self.body, f"{stops[0].upper()} is expected")
        return self.body[self.tokens[begin].start : self.tokens[self.at].start].strip()

    def add(self, kind: str, sql: str) -> None:
        self.pieces.append(Piece(kind, sql))

    def expression(self, kind: str, *stops: str) -> None:
        self.add(kind, f"select {self.until(*stops)}")

    def block(self) -> None:
        if self.accept("declare"):
            while self.word() != "begin":
                self.declaration()
        self.expect("begin")
        self.body_until("end", "exception")
        if self.accept("exception"):
            while self.accept("when"):
                self.until("then")
                self.at += 1
                self.body_until("when", "end")
        self.expect("end")

    def declaration(self) -> None:
        self.variables.add(_folded(self.tokens[self.at]))
        self.at += 1
        self.until(":=", "=", "default", ";")
        if not self.accept(";"):
            self.at += 1
            self.expression("assign", ";")
            self.at += 1

    def body_until(self, *ends: str) -> None:
        while self.word() not in ends:
            if self.at >= len(self.tokens):
                raise UnreadableSQLError.of(self.rest(), f"{ends[0].upper()} is expected")
            self.statement()

    def statement(self) -> None:
        known = {
            "if": self.branch, "declare": self.nested, "begin": self.nested, "raise": self.raising,
            "null": self.nothing, "perform": self.perform, "return": self.nothing, "for": self.for_loop,
            "while": self.while_loop, "assert": self.asserting, "loop": self.loop, "exit": self.leave,
            "continue": self.leave,
        }  # fmt: skip
        known.get(self.word(), self.other)()

    def nested(self) -> None:
        self.block()
        self.expect(";")

    def branch(self) -> None:
        self.at += 1
        self.expression("condition", "then")
        self.at += 1
        self.body_until("elsif", "elseif", "else", "end")
        if self.word() in ("elsif", "elseif"):
            self.branch()
            return
        if self.accept("else"):
            self.body_until("end")
        self.expect("end", "if", ";")

    def raising(self) -> None:
        """RAISE [level] 'format', argument …  USING option = value …; a bare RAISE raises again."""
        self.at += 1
        if self.word() in ("debug", "log", "info", "notice", "warning", "exception"):
            self.at += 1
        if self.tokens[self.at].kind == "string":
            self.at += 1
            if self.accept(","):
                self.expression("raise", "using", ";")
        elif self.word() not in ("using", ";"):
            raise UnreadableSQLError.of(self.rest(), "RAISE with a condition's name")
        if self.accept("using"):
            while True:
                self.until("=", ":=")
                self.at += 1
                self.expression("raise", ",", ";")
                if not self.accept(","):
                    break
        self.add("raise", "select 1")
        self.expect(";")

    def nothing(self) -> None:
        self.at += 1
        self.expect(";")

    def perform(self) -> None:
        self.at += 1
        self.expression("perform", ";")
        self.at += 1

    def asserting(self) -> None:
        self.at += 1
        self.expression("condition", ";")
        self.at += 1

    def for_loop(self) -> None:
        self.at += 1
        self.variables.add(_folded(self.tokens[self.at]))
        self.at += 1
        self.expect("in")
        self.accept("reverse")
        text = self.until("loop")
        ranged = ".." in [t.text for t in tokens(text)]
        if ranged:
            for bound in text.split("..", 1):
                self.add("loop", f"select {bound}")
        else:
            self.add("loop", text)
        self.loop()

    def while_loop(self) -> None:
        self.at += 1
        self.expression("loop", "loop")
        self.loop()

    def loop(self) -> None:
        self.add("loop", "select 1")
        self.expect("loop")
        self.body_until("end")
        self.expect("end", "loop", ";")

    def leave(self) -> None:
        self.at += 1
        if self.accept("when"):
            self.expression("condition", ";")
        self.expect(";")

    def other(self) -> None:
        """An assignment, or a statement of SQL."""
        if self.word() in ("execute", "case", "foreach", "get", "open", "fetch", "move", "close", "call", "<<"):
            raise UnreadableSQLError.of(self.rest(), f"{self.word().upper()} in a DO block")
        if self.word(1) in (":=", "=", "[", ".") and self.word() not in ("select", "with"):
            self.until(":=", "=")
            self.at += 1
            self.expression("assign", ";")
        else:
            self.add("sql", _without_into(self.until(";")))
        self.expect(";")


def _without_into(sql: str) -> str:
    """SQL without `INTO [STRICT] variables`, which is PL/pgSQL's. INSERT INTO is SQL's own."""
    found = tokens(sql)
    depth = 0
    for place, token in enumerate(found):
        depth += (token.text == "(") - (token.text == ")")
        if token.word == "into" and depth == 0 and found[place - 1].word not in ("insert", "merge"):
            end = place + 2 + (found[place + 1].word == "strict")
            while end < len(found) and found[end].text in (",", "."):
                end += 2
            tail = sql[found[end].start :] if end < len(found) else ""
            return f"{sql[: token.start]} {tail}".strip()
    return sql


def _folded(token: Token) -> str:
    return token.text[1:-1].replace('""', '"') if token.kind == "quoted" else token.text.lower()
