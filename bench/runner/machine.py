"""What this machine is, and how much memory this process holds."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")


def shape() -> dict[str, object]:
    """Return processor, cores, memory and Python, to stand beside absolute figures."""
    try:
        model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        model = None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": model[1].strip() if model else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "python": platform.python_version(),
    }


def memory_mb(peak: bool = False) -> float:
    """Return the resident memory of this process in MB, now or at its peak since the last reset."""
    if not STATUS.exists():
        return 0.0
    found = re.search(rf"{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) / 1024 if found else 0.0


def reset_peak() -> None:
    """Let the peak count from now (Linux)."""
    try:
        CLEAR_REFS.write_text("5")
    except OSError:
        return
