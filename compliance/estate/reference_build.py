"""How the reference estate is made: what names it, how it is loaded, and the files beside its cluster."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql
from ruamel.yaml import YAML

from compliance.core.errors import ConfigurationError
from compliance.estate.embedded import (
    THROWAWAY,
    Cluster,
    as_account,
    failed,
    give_to_account,
    initialise,
    running,
    socket_path,
)
from compliance.estate.pgbin import account, bindir, cache_home, runnable, try_lock, version
from compliance.estate.resources import resource

DATABASE = "estate"
OWNER = "estate_owner"
PROBE = "compliance_probe"
FORGOTTEN_AFTER = 14 * 24 * 3600.0


def load(dsn: str) -> None:
    """Run `sql/reference/*.sql` in name order as the superuser, one transaction each."""
    for path in _scripts():
        with psycopg.connect(dsn) as connection:
            try:
                connection.execute(path.read_bytes())
            except psycopg.Error as problem:
                place = problem.diag.statement_position
                line = path.read_text()[: int(place)].count("\n") + 1 if place else None
                raise ConfigurationError.at(path, line, str(problem).splitlines()[0]) from problem
    with psycopg.connect(dsn) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} owner to {}").format(name, sql.Identifier(OWNER)))


def _scripts() -> list[Path]:
    return sorted(resource("sql/reference").glob("*.sql"))


def live_estate_file() -> Path:
    """The `estate.yaml` that leads to the services beside the reference estate; there while they are up."""
    return cluster_of_reference().data.with_name("live") / "estate.yaml"


def cluster_of_reference() -> Cluster:
    """Named after all it is made from, so that an old one is never taken for the present one."""
    binaries = bindir()
    digest = hashlib.sha256(f"1 {version(binaries)} {resource('sql/reference')}".encode())
    repository = sorted(path for path in resource("fixtures/reference/repository").rglob("*") if path.is_file())
    for path in (*_scripts(), resource("fixtures/reference/estate.yaml"), *repository):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    home = cache_home() / f"reference-{digest.hexdigest()[:12]}"
    socket_dir = socket_path(hashlib.sha256(bytes(home)).hexdigest()[:12])
    return Cluster(
        data=home / "data",
        socket_dir=socket_dir,
        users=home / "users",
        log=home / "log",
        binaries=runnable(binaries, account()),
        settings=("synchronous_commit=off",),
        removed=(socket_dir,),
    )


def build_once(cluster: Cluster) -> None:
    """Built aside and renamed: a killed build leaves nothing that looks finished."""
    home = cluster.data.parent
    if home.exists():
        return
    _forget_old(home)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=home.parent))
    try:
        building.chmod(0o755)
        _fill(replace(cluster, data=building / "data", users=building / "users", log=building / "log",
                      settings=THROWAWAY))  # fmt: skip
        write_files(cluster, building)
        building.rename(home)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _fill(cluster: Cluster) -> None:
    initialise(cluster)
    with running(cluster) as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        load(server.dsn(DATABASE))
    copy_cluster(cluster.data, cluster.data.with_name("pristine"))


def copy_cluster(source: Path, target: Path) -> None:
    """As the owner of the cluster: nobody else could keep the owner."""
    target.mkdir(mode=0o700)
    give_to_account(target)
    done = as_account(["cp", "-a", f"{source}/.", str(target)], cwd=target.parent)
    if done.returncode:
        raise failed(f"{source} could not be copied", done.stderr)


def write_files(cluster: Cluster, directory: Path) -> None:
    """The repository, and an `estate.yaml` that leads to this cluster, under the names of the built one."""
    target = directory / "repository"
    shutil.rmtree(target, ignore_errors=True)
    source = resource("fixtures/reference/repository")
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    yaml = YAML()
    yaml.width = 4096  # a DSN that is folded over two lines cannot be copied by hand
    path = resource("fixtures/reference/estate.yaml")
    estate = yaml.load(path)
    estate["policy"] = str((path.parent / estate["policy"]).resolve())
    estate["repository"] = str(cluster.data.parent / "repository")
    estate["postgres"] = {
        "dsn": cluster.server.dsn(DATABASE, PROBE),
        "writer_dsn": cluster.server.dsn(DATABASE, OWNER),
    }
    estate["ledger"] = str(cluster.data.parent / "ledger")
    with (directory / "estate.yaml").open("w") as file:
        yaml.dump(estate, file)


def _forget_old(home: Path) -> None:
    """Clusters of SQL that is no more, unless somebody used one lately."""
    for old in home.parent.glob("reference-*/users"):
        if time.time() - old.stat().st_mtime > FORGOTTEN_AFTER:
            with old.open("a") as users:
                if try_lock(users, fcntl.LOCK_EX) and not (old.parent / "data" / "postmaster.pid").exists():
                    shutil.rmtree(old.parent, ignore_errors=True)
