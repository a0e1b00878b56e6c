"""What the embedded database takes of machines and containers that are not this one."""

import pytest

from tenantry.cli.database_size import memory, memory_options


@pytest.mark.parametrize(
    ("megabytes", "buffers", "cache", "log"),
    [
        (256, "128MB", "256MB", "1024MB"),
        (2048, "512MB", "1024MB", "1024MB"),
        (12_000, "3000MB", "6000MB", "3000MB"),
        (512_000, "8192MB", "256000MB", "4096MB"),
    ],
)
def test_a_quarter_within_bounds(megabytes, buffers, cache, log):
    options = memory_options(megabytes)
    assert f"shared_buffers={buffers}" in options
    assert f"effective_cache_size={cache}" in options
    assert f"max_wal_size={log}" in options


def test_a_container_may_have_less_than_its_machine(tmp_path):
    limit, machine = tmp_path / "memory.max", memory(tmp_path / "nothing")
    for said, expected in [("max\n", machine), (f"{512 * 2**20}\n", min(512, machine)), (str(2**60), machine)]:
        limit.write_text(said)
        assert memory(limit) == expected
