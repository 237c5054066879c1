"""Write `32_registry_flows.sql`: the flows that the reference policy declares, and the scheduled one of count refresh;
and `33_birth_scheduler.sql`: the scheduled birth scan, its flow, its keys of the configuration, its tool.

Ids are uuid5 of the name: who knows the name knows the id, and a second insert is a conflict, no duplicate;
PostgreSQL has no uuid5 of its own.

    python sql/reference/compile_flows.py
"""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.facts import Column
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS
from compliance.core.needs import split_name
from compliance.estate import config, document
from compliance.estate.resources import resource
from compliance.systems import Policies, birth_scan
from compliance.systems.birth_scan import desired as scheduled
from compliance.systems.registry_sync.desired import desired

if TYPE_CHECKING:
    from compliance.core.flowdiff import Values

REFRESH = "[DOT-REG] Count Refresh (6h)"


def identity(kind: str, name: str) -> str:
    """The id that follows from a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"dot-compliance:registry_sync:{kind}:{name}"))


def quoted(value: object) -> str:
    """A SQL literal."""
    if value is None:
        return "null"
    text = json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value)
    return str(value) if isinstance(value, int) else "'" + text.replace("'", "''") + "'"


def count_refresh() -> tuple[Values, list[Values]]:
    """As practice has it: every six hours, no header of authentication (document 001)."""
    flow, send, failed = (
        identity(kind, f"{REFRESH}{part}")
        for kind, part in (("flow", ""), ("operation", "/send"), ("operation", "/failed_send"))
    )
    url = "{{$env.WEB_URL}}/api/registry/refresh-counts"
    header = {"header": "Content-Type", "value": "application/json"}
    request = {"method": "POST", "url": url, "headers": [header]}
    payload = {"title": f"{REFRESH} failed at send", "issue_type": "REGISTRY_SYNC", "source": "registry_sync"}
    record = {"collection": "system_issues", "payload": payload, "permissions": "$full", "emitEvents": False}
    return (flow, REFRESH, "active", "schedule", "all", {"cron": "0 */6 * * *"}, send, None), [
        (send, "Send", "send", "request", flow, None, failed, request, 19, 1),
        (failed, "Failed send", "failed_send", "item-create", flow, None, None, record, 37, 1),
    ]


def inserted(table: str, columns: tuple[str, ...], rows: list[Values]) -> str:
    """One statement: operations refer to each other."""
    values = ",\n".join("    (" + ", ".join(map(quoted, row)) + ")" for row in rows)
    return f"insert into public.{table}\n    ({', '.join(columns)})\nvalues\n{values};\n"


def columns_of(relation: str) -> list[Column]:
    """Names of the columns of a table, as the file says that makes it."""
    schema, table = split_name(relation)
    made = Path(__file__).with_name("30_governance.sql").read_text(encoding="utf-8")
    body = re.findall(rf"create table {schema}\.{table} \((.*?)^\);", made, re.MULTILINE | re.DOTALL)[0]
    names = re.findall(r"^    (\w+) ", body, re.MULTILINE)
    return [Column(schema, table, name, n, "", True, None, "", "") for n, name in enumerate(names, start=1)]


def scheduler() -> str:
    """Four inserts: flow and operations, keys of the configuration, tool."""
    schema = Path(birth_scan.__file__).with_name("policy.schema.json")
    policy = birth_scan.parse(document.load(resource("fixtures/reference/policy/birth_scan.yaml"), schema))
    flow, tool = scheduled.desired(policy), scheduled.tool_row(policy, columns_of(policy.tool.relation))
    rows = {
        "directus_flows": (FLOW_COLUMNS, list(flow.flows)),
        "directus_operations": (OPERATION_COLUMNS, list(flow.operations)),
        table_of(policy.config.relation): keyed(list(scheduled.config(policy).values())),
        table_of(policy.tool.relation): keyed([tool]),
    }
    inserts = [inserted(table, columns, values) for table, (columns, values) in rows.items()]
    return (
        "-- The scheduled birth scan, as policy declares it; written by compile_flows.py, not by hand.\n"
        "set role estate_owner;\n\n" + "\n".join(inserts) + "\nreset role;\n"
    )


def table_of(relation: str) -> str:
    return split_name(relation)[1]


def keyed(rows: list[dict[str, Any]]) -> tuple[tuple[str, ...], list[Values]]:
    """Columns, and values in their order."""
    return tuple(rows[0]), [tuple(row.values()) for row in rows]


def text() -> str:
    """Both inserts."""
    policy = Policies.load(config.load(resource("fixtures/reference/estate.yaml")))["registry_sync"]
    declared = desired(policy, (), ())
    flow, operations = count_refresh()
    return (
        "-- Flows of registry sync and count refresh; written by compile_flows.py, not by hand.\n"
        "set role estate_owner;\n\n"
        + inserted("directus_flows", FLOW_COLUMNS, [*(item.row for item in declared), flow])
        + "\n"
        + inserted(
            "directus_operations",
            OPERATION_COLUMNS,
            [*(row for item in declared for row in item.operations), *operations],
        )
        + "\nreset role;\n"
    )


if __name__ == "__main__":
    Path(__file__).with_name("32_registry_flows.sql").write_text(text(), encoding="utf-8")
    Path(__file__).with_name("33_birth_scheduler.sql").write_text(scheduler(), encoding="utf-8")
