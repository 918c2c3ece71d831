"""`make bench`: the cases of `bench/` on generated data, in databases of their own."""

import os
import subprocess

from tools.database import Databases
from tools.machine import exclusive, ready
from tools.paths import DATA, ROOT, RUN
from tools.postgres import Cluster


def bench(words: list[str]) -> int:
    """Run bench cases; SIZE and CASE come from the environment, `words` go to the runner."""
    machine = ready()
    cluster = Cluster("bench").start()
    databases = Databases(machine, cluster)
    name, plain = f"{databases.prefix}bench", f"{databases.prefix}bench_plain"
    try:
        with exclusive("bench"):
            databases.drop(name, plain)
            databases.clone(databases.template(), name)
            databases.install_plain(plain)
            conf = RUN / "bench.conf"
            conf.write_text(databases.configuration(name))
            options = [f"--database={name}", f"--plain-database={plain}"]
            options += [f"--size={os.environ['SIZE']}"] if os.environ.get("SIZE") else []
            options += [f"--case={os.environ['CASE']}"] if os.environ.get("CASE") else []
            environment = databases.environment | {"ODOO_RC": str(conf), "DATA_DIR": str(DATA)}
            return subprocess.run(
                [str(machine.python), "-m", "bench", *options, *words],
                cwd=ROOT, env=environment, check=False,
            ).returncode  # fmt: skip
    finally:
        databases.drop(name, plain)
        cluster.stop()
