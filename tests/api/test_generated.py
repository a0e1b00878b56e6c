"""Calls made up from the OpenAPI document against a live server: nothing answers outside of what it promises."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as bounded
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.callers import by_key, make_organization
from support.servers import start_live_server
from tenantry.api.operations import OPERATIONS
from tenantry.api.service import api as _whole  # noqa: F401 declares every operation

EXAMPLES = 20


@pytest.fixture(scope="module")
def calling(database, tmp_path_factory):
    server = start_live_server(tmp_path_factory.mktemp("generated"), API_RATE=1_000_000)
    org = make_organization("Generated")
    org.person("manager")
    yield schemathesis.openapi.from_url(f"{server.url}/api/v1/openapi.json"), by_key(org).headers
    server.stop()


@pytest.mark.soak
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_generated_calls(calling, name, mode):
    schema, headers = calling
    operation = schema.find_operation_by_id(name)
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
        pytest.skip("there is nothing to send wrong")

    @seed(1)
    @bounded(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        # A schema can't say everything that is refused: hidden characters, a stale ETag, an unknown time zone.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance], timeout=20)

    run()
