"""Routes of the endpoint of the birth scan, one for every way to compile it: what they differ in is their policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compliance.estate import document
from compliance.estate.reference_live import TOKEN
from compliance.estate.resources import resource
from compliance.systems.birth_scan.endpoint import Found, rendered
from compliance.systems.birth_scan.policy import Auth, Function, Policy, parse

SCHEMA = resource("compliance/systems/birth_scan/policy.schema.json")
POLICY: Policy = parse(document.load(resource("fixtures/reference/policy/birth_scan.yaml"), SCHEMA))
FOUND = Found(
    "pg",
    {field: columns[0] for field, columns in POLICY.issues.columns.items() if field != "structured"},
    "evidence_snapshot",
    {"title": 255, "issue_type": 50, "severity": 20, "entity_type": 64, "entity_code": 255, "source": 64, "run_id": 64},
    "id",
)  # fmt: skip
# Whatever could end a name, a string, a comment or a placeholder of SQL or TypeScript.
HOSTILE = "a'b\"c`d${e}\\f*/g//h\n--i;$1 @@RUN_ID@@ \u2028é"


def calls(function: str, policy: Policy = POLICY, schema: str = "public") -> Policy:
    return replace(policy, function=replace(policy.function, schema=schema, name=function))


def bounded(policy: Policy, **changes: Any) -> Policy:
    return replace(policy, endpoint=replace(policy.endpoint, **changes))


def hostile() -> Policy:
    """Each name and value that a policy can choose."""
    h, base = HOSTILE, POLICY
    return replace(
        base,
        function=Function("public", f"f{h}", "jsonb", "volatile", "o", True, "c"),
        result=replace(base.result, run_id=f"r{h}", counts=(f"n{h}",)),
        flow=replace(base.flow, name=f"flow{h}"),
        auth=Auth("", "", "", f"because{h}"),
        config=replace(base.config, enabled=f"k{h}"),
        issues=replace(
            base.issues,
            relation=f"public.i{h}",
            values={"issue_type": f"v{h}"},
            severity={"complete": f"s{h}", "dependency_fail": "x"},
        ),
        endpoint=replace(base.endpoint, lock=7, path=f"/{h}", compare=False),
    )


def compiled() -> dict[str, str]:
    """Every route, by its name."""
    pg, text = FOUND, FOUND._replace(structured=None)
    short = {**FOUND.lengths, "description": 130}
    js = pg._replace(style="postgres")
    other = POLICY.auth and replace(POLICY.auth, server_env="NUXT_NOT_SET", header="X-Scan-Token")
    policies = {
        "answer": (calls("fn_t_answer"), pg),
        "slow": (calls("fn_t_slow"), pg),
        "slow-1": (bounded(calls("fn_t_slow"), seconds=1), pg),
        "fails": (calls("fn_t_fails"), pg),
        "absent": (calls("fn_t_is_not_there"), pg),
        "text": (POLICY, text),
        "text-answer": (calls("fn_t_answer"), text._replace(lengths=short)),
        "alone": (bounded(POLICY, compare=False), pg),
        "titled": (calls("fn_t_answer"), pg._replace(columns=_without("run_id"))),
        "refused": (POLICY, pg._replace(columns=_without("source"))),
        "away": (bounded(POLICY, database_env="NUXT_AWAY_URL"), pg),
        "silent": (bounded(POLICY, database_env="NUXT_SILENT_URL"), pg),
        "lost": (bounded(calls("fn_t_slow"), seconds=1, database_env="NUXT_STALLING_URL"), pg),
        "cut": (bounded(calls("fn_t_answer"), seconds=1, database_env="NUXT_STALLING_URL"), pg),
        "wrong": (bounded(POLICY, database_env="NUXT_WRONG_URL"), pg),
        "nowhere": (bounded(POLICY, database_env="NUXT_NOT_SET"), pg),
        "untold": (replace(POLICY, auth=other), pg),
        "header": (replace(POLICY, auth=other and replace(other, server_env=TOKEN)), pg),
        "open": (replace(POLICY, auth=Auth("", "", "", "only flows reach it")), pg),
        "js": (bounded(POLICY, database_env="NUXT_JS_URL"), js),
        "js-slow-1": (bounded(calls("fn_t_slow"), seconds=1, database_env="NUXT_JS_URL"), js),
        "js-answer": (bounded(calls("fn_t_answer"), database_env="NUXT_JS_URL"), js),
        "js-away": (bounded(POLICY, database_env="NUXT_AWAY_URL"), js),
        "hostile": (hostile(), Found("pg", {"title": f"c{HOSTILE}", "issue_type": "sort", "severity": "what"}, "kept")),
    }  # fmt: skip
    return {name_: rendered(*made) for name_, made in policies.items()}


def _without(field_: str) -> dict[str, str]:
    return {key: column for key, column in FOUND.columns.items() if key != field_}
