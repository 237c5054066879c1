"""The pytest plugin: inert until a function with `@pytest.mark.rule` is collected.

It looks once (or reads `--observation`), makes a case of each subject, and turns outcomes into a verdict and an exit
status: 0 all kept, 1 findings, 3 could not look, 5 nothing probed; 2 and 4 stay pytest's own.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from compliance.core.errors import ComplianceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from compliance.core.gates import Gate, Profile
    from compliance.core.verdict import Case, Rule, Verdict
    from compliance.probing import Look, Run
    from compliance.reporting.labels import CaseLabels
    from compliance.scoping import Scope

STATE = pytest.StashKey["State"]()
_SECTION = re.compile(r"^(Why|Remedy):\s*(.*?)(?=^\w+:|\Z)", re.MULTILINE | re.DOTALL)


class State:
    """Of one pytest session: the run once there is a probe, the cases as they end."""

    def __init__(self, config: pytest.Config, scope: Scope) -> None:
        self.config, self.scope = config, scope
        self.run: Run | None = None
        self.failed: ComplianceError | None = None  # to begin the run: each probe would try again
        self.profile: Profile | None = None
        self.beside = 0  # failures of what is no case
        self.rules: dict[str, Rule] = {}
        self.cases: dict[str, Case] = {}
        self.looks: dict[str, Look] = {}
        self.stack = ExitStack()

    def the_run(self) -> Run:
        from compliance.plugin_opening import opened

        if self.failed:
            raise self.failed
        if self.run is None:
            try:
                self.run, self.profile = opened(self.config)
            except ComplianceError as error:
                self.failed = error
                raise
        return self.run

    @property
    def asked(self) -> bool:
        """Was anything judged, or meant to be and lost?"""
        return bool(self.cases) or (not self.config.option.collectonly and self.scope.missing)

    def gate(self, verdict: Verdict) -> Gate | None:
        """What the profile that was asked for makes of it; None: none was."""
        run = self.the_run()
        return run.gating.gate(verdict, self.profile, run.known, run.current) if self.profile else None

    def verdict(self) -> Verdict:
        """Of all cases that ended. Only `gate` makes one."""
        from compliance.core.verdict import gate

        run = self.the_run()
        return gate(
            self.cases.values(),
            observation=run.observation.digest,
            policy=run.policies.digest,
            judged_at=run.judged_at,
            deselected=len(self.scope.deselected),
            blind=run.current.blind,
            population=self.scope.populations(self.cases),
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("compliance", "governance probes")
    group.addoption(
        "--estate", metavar="FILE", help="estate.yaml to look at; default: the embedded reference estate"
    )
    group.addoption("--observation", metavar="FILE", help="probe a recorded observation instead of looking")
    group.addoption("--judged-at", metavar="TIME", help="judge what expires as of then, instead of now")
    group.addoption("--profile", metavar="NAME", help="let a profile of policy decide the exit status")
    group.addoption(
        "--fail-on",
        metavar="WORD",
        action="append",
        default=[],
        help="new, or a severity; as `compliance audit` does",
    )
    group.addoption(
        "--audit-history", metavar="FILE", help="by which history.jsonl a finding is new; default: by none"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(id, family, severity, phase): a probe of one rule")
    config.addinivalue_line(
        "markers", "each(population): one case for each name, as in 'command_catalog.commands'"
    )
    from compliance.scoping import Scope

    state = config.stash[STATE] = State(config, Scope())
    config.pluginmanager.register(state.scope, "compliance-scope")
    config.pluginmanager.register(_Cases(state), "compliance-cases")
    config.add_cleanup(state.stack.close)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("rule")
    if marker is None:
        return
    if "look" not in metafunc.fixturenames:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: a rule takes its case as the argument `look`")
    state = metafunc.config.stash[STATE]
    try:
        each = _each(metafunc)
        rule = rule_of(metafunc.function, metafunc.module.__doc__, marker, each)
        found = _looks(state, metafunc, rule, each)
    except ComplianceError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    nodeid = metafunc.definition.nodeid
    state.rules[nodeid] = rule
    state.scope.declare(nodeid, metafunc.definition.path, rule, each, found)
    metafunc.parametrize("look", found, ids=[look.subject for look in found])


def _looks(state: State, metafunc: pytest.Metafunc, rule: Rule, each: str) -> list[Look]:
    from compliance.probing import looks
    from compliance.waiving import asked

    run = state.the_run()
    run.waiving.know(rule, asked(metafunc.function))
    return looks(run, each, rule)


def _each(metafunc: pytest.Metafunc) -> str:
    marker = metafunc.definition.get_closest_marker("each")
    if marker is None:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: a rule needs @pytest.mark.each('system[.population]')"
        )
    return str(marker.args[0])


def rule_of(function: Callable[..., Any], module: str | None, marker: pytest.Mark, each: str) -> Rule:
    """What a probe says of itself: its marker, its docstring and its module's."""
    from compliance.core.finding import Phase, Severity
    from compliance.core.verdict import Rule

    said = dict(_SECTION.findall(module or ""))
    title = (function.__doc__ or function.__name__).strip().splitlines()[0].rstrip(".")
    try:
        return Rule(
            id=marker.args[0],
            system=each.partition(".")[0],
            title=title,
            family=marker.kwargs["family"],
            severity=_one_of(get_args(Severity), marker.kwargs["severity"]),
            phase=_one_of(get_args(Phase), marker.kwargs["phase"]),
            why=" ".join(said.get("Why", "").split()),
            remedy=" ".join(said.get("Remedy", "").split()),
        )
    except (IndexError, KeyError, ValueError) as error:
        raise pytest.UsageError(
            f"{function.__name__}: @pytest.mark.rule needs an id, family, severity and phase ({error})"
        ) from None


def _one_of(allowed: tuple[Any, ...], given: Any) -> Any:
    """A phase that is misspelled would guard nothing."""
    if given not in allowed:
        raise ValueError(f"'{given}' is not one of {', '.join(allowed)}")
    return given


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    state = item.config.stash[STATE]
    rule = _rule_of(state, item)
    if rule is None or (call.when != "call" and report.passed) or (call.when == "teardown"):
        return report
    look: Look = item.callspec.params["look"]  # type: ignore[attr-defined]
    state.looks[item.nodeid] = look
    from compliance.outcomes import outcome_of

    outcome, findings, reason, waived = outcome_of(call, judged=look.rule is not None)
    if outcome == "could_not_look":
        report.longrepr = f"could not look: {reason}"
    plain = [(f.subject, f.message, f.facet) for f in findings]
    plain_waived = [(w.finding.subject, w.finding.message, w.finding.facet, w.waiver) for w in waived]
    read = look.run.judged(look.rule, look.system).sections if look.rule else ()
    report.compliance_read = list(read)  # type: ignore[attr-defined]
    report.compliance = (outcome, plain, reason, look.subject, plain_waived)  # type: ignore[attr-defined]
    report.compliance_rule = [getattr(rule, name) for name in rule.__slots__]  # type: ignore[attr-defined]
    return report


def _rule_of(state: State, item: pytest.Item) -> Rule | None:
    return state.rules.get(item.nodeid.partition("[")[0]) if state.rules else None


class _Cases:
    """Reached on the controller too, where xdist hands over what a worker reported."""

    def __init__(self, state: State) -> None:
        self.state = state

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = getattr(report, "compliance", None)
        if said is None:
            self.state.beside += report.failed
            return
        from compliance.core.finding import Finding
        from compliance.core.verdict import Case, Rule, Waived

        outcome, findings, reason, subject, waived = said
        rule = Rule(*report.compliance_rule)
        found = tuple(Finding(*finding) for finding in findings)
        let = tuple(Waived(Finding(*finding), waiver) for *finding, waiver in waived)
        self.state.cases[report.nodeid] = Case(rule, subject, outcome, found, reason, let)
        self.state.the_run().gating.reads(rule.system, report.compliance_read)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.state.beside += report.failed
        if error := self.state.failed:  # which each probe would say
            why = str(error).partition("\n")[0]
            pytest.exit(f"no probe can begin: {why}", returncode=error.exit_code)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    state = session.config.stash[STATE]
    if exitstatus in (0, 1) and not hasattr(session.config, "workerinput") and state.asked:
        # What failed beside the cases stays a failure: another test, a teardown, a file that cannot be imported.
        verdict = state.verdict()
        gate = state.gate(verdict)
        beside = exitstatus if gate is None else int(state.beside > 0)
        session.exitstatus = (gate or verdict).exit_code or beside
    return (yield)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    from compliance.core.population import problems

    state = config.stash[STATE]
    if not state.asked:
        return
    verdict = state.verdict()
    for line in problems(verdict):
        terminalreporter.write_line(line, yellow=True)
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in verdict.counts.items())
    for warning in state.the_run().waiving.warnings():
        terminalreporter.write_line(f"warning: {warning.message}", yellow=True)
    terminalreporter.write_sep("-", f"{verdict.conclusion}: {counts}")
    if gate := state.gate(verdict):
        from compliance.reporting import gated

        for line in gated.lines(gate):
            terminalreporter.write_line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller looks, the workers read the file."""
    config = node.config
    if not (
        config.option.estate or config.option.observation or any("probes" in str(arg) for arg in config.args)
    ):
        return
    state = config.stash[STATE]
    try:
        run = state.the_run()
    except ComplianceError as error:
        pytest.exit(str(error), returncode=error.exit_code)
    folder = state.stack.enter_context(tempfile.TemporaryDirectory(prefix="compliance-"))
    file = Path(folder) / "observation.json"
    file.write_bytes(run.observation.to_json())
    node.workerinput["compliance_observation"] = str(file)
    node.workerinput["compliance_judged_at"] = run.judged_at


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Where there are probes and `--alluredir`, results get labels and shared evidence; see `reporting.allure`."""
    state = config.stash[STATE]
    if state.rules and config.getoption("allure_report_dir", None):
        from compliance.reporting.allure import install

        install(config, None, lambda nodeid: _labels(state, nodeid))


def _labels(state: State, nodeid: str) -> CaseLabels | None:
    """What the report shows of a case, or None for a test that is no probe."""
    from compliance.labelling import labels

    rule, look = state.rules.get(nodeid.partition("[")[0]), state.looks.get(nodeid)
    return labels(rule, look, state.cases.get(nodeid)) if rule and look else None
