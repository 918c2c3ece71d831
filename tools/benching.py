"""`make bench`: the cases of `bench/` on generated data, in databases of their own."""

import os

from tools.database import Databases
from tools.machine import exclusive, ready
from tools.paths import DATA, ROOT, RUN
from tools.postgres import Cluster
from tools.say import follow


def bench(words: list[str]) -> int:
    """Run bench cases; SIZE and CASE come from the environment, `words` go to the runner."""
    machine = ready()
    with exclusive("bench"):
        cluster = Cluster("bench").start()
        databases = Databases(machine, cluster)
        name, plain = f"{databases.prefix}bench", f"{databases.prefix}bench_plain"
        try:
            databases.drop(name, plain)
            databases.clone(databases.template(), name)
            databases.install_plain(plain)
            return _run(databases, name, plain, words)
        finally:
            databases.drop(name, plain)
            cluster.stop()


def _run(databases: Databases, name: str, plain: str, words: list[str]) -> int:
    conf = RUN / "bench.conf"
    conf.write_text(databases.configuration(name))
    options = [f"--database={name}", f"--plain-database={plain}"]
    options += [f"--size={os.environ['SIZE']}"] if os.environ.get("SIZE") else []
    options += [f"--case={os.environ['CASE']}"] if os.environ.get("CASE") else []
    environment = databases.environment | {"ODOO_RC": str(conf), "DATA_DIR": str(DATA)}
    command = [str(databases.machine.python), "-m", "bench", *options, *words]
    return follow(command, cwd=ROOT, env=environment)
