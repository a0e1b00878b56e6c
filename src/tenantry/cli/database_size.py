"""How much of the machine the embedded database server takes, and what it assumes of the disk."""

import os
from pathlib import Path
from typing import Final

# A quarter of the memory, as PostgreSQL's documentation advises for a machine that it has to itself (19.4.1).
SHARE: Final = 4
LEAST, MOST = 128, 8192
LEAST_LOG, MOST_LOG = 1024, 4096
CONTAINER: Final = Path("/sys/fs/cgroup/memory.max")
MIB: Final = 1024 * 1024


def memory_options(megabytes: int | None = None) -> tuple[str, ...]:
    """Server options for a machine of so many MiB; by default this one."""
    total = memory() if megabytes is None else megabytes
    return (
        f"shared_buffers={min(MOST, max(LEAST, total // SHARE))}MB",
        # What the system keeps of files counts too: the planner trusts indexes as far as that goes.
        f"effective_cache_size={max(2 * LEAST, total // 2)}MB",
        # Pages are asked for a few rows at a time. Compiling such a question takes longer than answering it, and rows
        # that an index names are in memory or on a disk without a head that moves.
        "jit=off",
        "random_page_cost=1.1",
        # A bulk load writes a gigabyte of log in some seconds, and after each checkpoint every page whole once more.
        f"max_wal_size={min(MOST_LOG, max(LEAST_LOG, total // SHARE))}MB",
    )


def memory(container: Path = CONTAINER) -> int:
    """MiB that processes here may use: the machine's, or the container's where it has fewer."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    try:
        limit = container.read_text(encoding="ascii").strip()
    except OSError:
        return machine
    return min(machine, int(limit) // MIB) if limit.isdigit() else machine
