"""What a file of TypeScript loads, names and says: comments, texts, templates, types, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.systems.birth_scan.sources import Route, Sources, package
from compliance.systems.birth_scan.tsmodule import read
from compliance.systems.birth_scan.typescript import tokens

IMPORTS = {
    "import { Pool } from 'pg'": ["pg"],
    'import pg, { type Client } from "pg"': ["pg"],
    "import * as pg from 'pg'": ["pg"],
    "import 'pg'": ["pg"],
    "const pg = await import(`pg`)": ["pg"],
    "const { Pool } = require('pg')": ["pg"],
    "import pg = require('pg')": ["pg"],
    "export { Pool } from 'pg'": ["pg"],
    "export * from './database'": ["./database"],
    "import {\n  Pool, // of 'postgres'\n  types,\n} from 'pg'": ["pg"],
    "import type from 'pg'": ["pg"],
    "import a from 'a'; import b from 'b'": ["a", "b"],
    "export const x = 1\nimport { Pool } from 'pg'": ["pg"],
    "const s = 'It\\'s'\nimport 'pg'": ["pg"],
    "const t = `${`'`}'`\nimport 'pg'": ["pg"],
    "const r = /['\"`]/.test(x)\nimport 'pg'": ["pg"],
    "const half = a / b // 'no text\nimport 'pg'": ["pg"],
    "<p>Don't</p>\nimport 'pg'": ["pg"],
    "const x = a?.import\nimport 'pg'": ["pg"],
    "#!/usr/bin/env node\nimport 'pg'": ["pg"],
    # none
    "import type { Pool } from 'pg'": [],
    "import { type Pool, type Client } from 'pg'": [],
    "export type { Pool } from 'pg'": [],
    "// import { Pool } from 'pg'": [],
    "/* import 'pg'\n */": [],
    "const s = \"import { Pool } from 'pg'\"": [],
    "const s = `import { Pool } from 'pg'`": [],
    "export const from = 'pg'": [],
    "mine.require('pg')": [],
    "export default defineEventHandler(() => 'pg')": [],
}


@pytest.mark.parametrize("text", IMPORTS, ids=lambda text: text.replace("\n", " "))
def test_what_is_imported_is_found_and_nothing_else(text: str) -> None:
    assert [item.source for item in read("x.ts", text).imports] == IMPORTS[text]


def test_what_only_running_it_would_tell_is_told() -> None:
    assert read("x.ts", "await import(name)").unknown
    assert (
        read("x.ts", "require('./' + name)").unknown is False
    )  # it begins with a text: a folder, and no package
    assert not read("x.ts", "await import('pg')").unknown


def test_a_text_is_what_it_says_and_a_template_is_what_stands_between_its_parts() -> None:
    found = read("x.ts", r"f('a\'b', `c${d + `e`}f${g}`, 'é\n')")
    assert found.texts == ("a'b", "c", "e", "f", "", "é\n")
    assert {"f", "d", "g"} <= found.used


def test_of_a_component_the_scripts_are_read() -> None:
    text = "<template>{{ require('x') }} isn't</template>\n<script setup lang=\"ts\">\nimport 'pg'\n</script>"
    assert [item.source for item in read("x.vue", text).imports] == ["pg"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("export const pool = new Pool()", {"pool"}),
        ("export const { a, b: c } = all()", {"a", "b", "c"}),
        ("export async function query(sql: string) { return sql }", {"query"}),
        ("export function* rows() {}", {"rows"}),
        ("export default class Database {}", {"default"}),
        ("const x = 1\nexport { x, y as z }", {"x", "z"}),
        ("export type Row = {}\nexport interface Rows {}", set()),
        ("const hidden = 1", set()),
    ],
)
def test_what_is_exported_is_known_by_its_names(text: str, names: set[str]) -> None:
    assert set(read("x.ts", text).exported) == names


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("await query('x')", True),
        ("if (query) { go() }", True),
        ("const a = { b: query }", True),
        ("client.query('x')", False),
        ("client?.query('x')", False),
        ("const query = 1; query", False),
        ("const { query } = useRuntimeConfig(); query", False),
        ("f(async (query) => query('x'))", False),
        ("function f({ query }: Options) { return query }", False),
        ("import { query } from './q'; query()", False),
        ("import { query as ask } from './q'; ask()", False),
        ("export { query } from './q'", False),
        ("const a = { query: 1 }", False),
    ],
)
def test_a_name_is_taken_from_elsewhere_unless_it_is_given_a_value_here(text: str, used: bool) -> None:
    assert ("query" in read("x.ts", text).used) == used


def test_the_variables_that_are_asked_for_are_known() -> None:
    found = read("x.ts", "f(process.env.A, process.env['B'], process.env?.C, my.env.D)")
    assert found.environment == {"A", "B", "C"}


@given(st.text(alphabet="'\"`${}/\\*\n abimportfrom().=>", max_size=60))
def test_no_text_keeps_it_from_being_read(text: str) -> None:
    read("x.ts", text)
    assert all(token.text or token.kind == "text" for token in tokens(text))


@given(st.text(alphabet="'\"/*\n ab;", max_size=30))
def test_no_import_hides_behind_a_line_that_is_closed(text: str) -> None:
    """A comment that is not closed holds all that follows; nothing else does."""
    hidden = "/*" in text or "/" in text  # a regular expression may begin with any slash
    found = [item.source for item in read("x.ts", f"{text}\n;import 'pg'").imports]
    assert hidden or "pg" in found


# --- files ----------------------------------------------------------------------------------------------------------

FILES = {
    "server/api/a.post.ts": "export default defineEventHandler(() => rows('x'))",
    "server/api/b.get.ts": "import { load } from '../lib/load'\nexport default () => load()",
    "server/api/c.ts": "import x from '~~/server/lib'\nimport y from './gone'\nimport { Pool } from 'pg/lib/index'",
    "server/api/d.ts": "import { sharedThing } from '#imports'\nexport default sharedThing",
    "server/lib/load.ts": "export * from './deep.js'\nexport { load } from './deep.js'",
    "server/lib/deep.ts": "import postgres from 'postgres'\nimport '../api/b.get'\nexport const load = 1",
    "server/lib/index.ts": "export default 1",
    "server/utils/deep/rows.ts": "import { Pool } from 'pg'\nexport async function rows() {}",
    "server/utils/shared-thing.ts": "export default useDirectus()",
    "server/utils/again.ts": "export * from '../lib/deep'\nexport * as all from 'x'",
}
SOURCES = Sources(FILES, "server/utils")


@pytest.mark.parametrize(
    ("file", "packages", "unknown"),
    [
        ("server/api/a.post.ts", {"pg"}, 0),
        ("server/api/b.get.ts", {"postgres"}, 0),
        ("server/api/c.ts", {"pg"}, 1),
        ("server/api/d.ts", set(), 0),
    ],
)
def test_imports_are_followed_and_names_that_are_there_for_all(
    file: str, packages: set[str], unknown: int
) -> None:
    found = SOURCES.reached(file)
    assert (set(found.packages), len(found.unknown)) == (packages, unknown)


def test_a_default_export_is_known_by_the_name_of_its_file() -> None:
    assert "server/utils/shared-thing.ts" in SOURCES.reached("server/api/d.ts").files


def test_a_package_is_known_by_its_name_alone() -> None:
    assert [package(p) for p in ("pg/lib", "@a/b/c", "node:fs/promises")] == ["pg", "@a/b", "fs"]


@pytest.mark.parametrize(
    ("path", "method", "answers"),
    [
        ("/api/a", "POST", True),
        ("/api/a", "GET", False),
        ("/api/a", None, True),
        ("/api/b", "POST", False),
    ],
)
def test_a_route_answers_its_path_with_its_method(path: str, method: str | None, answers: bool) -> None:
    assert Route("server/api/a.post.ts", "/api/a", "POST").answers(path, method) == answers


def test_a_part_in_brackets_stands_for_any_name_and_one_with_dots_for_the_rest() -> None:
    one, rest = Route("x", "/api/[id]/a", None), Route("x", "/api/[...rest]", None)
    assert [one.answers(p) for p in ("/api/7/a", "/api/7/8/a", "/api/7")] == [True, False, False]
    assert [rest.answers(p) for p in ("/api/7/a", "/api/", "/other")] == [True, True, False]
