"""`tenantry people explain`: the chain on a terminal."""

from uuid import uuid4

import pytest
from typer.testing import CliRunner

from factories.organizations import make_organization
from tenantry.cli import people
from tenantry.cli.failures import Failure

runner = CliRunner()


def explained(org, person, permission, *more):
    arguments = ("explain", "--organization", org.slug, "--person", person.email, "--permission", permission, *more)
    return runner.invoke(people.app, arguments, catch_exceptions=False).output


def test_the_chain_is_printed():
    org = make_organization()
    person = org.person("member")
    lines = explained(org, person, "people.edit").splitlines()
    assert lines[0] == "Pat Example: people.edit: no"
    assert "permission: refused" in lines
    assert "reach: not_reached" in lines
    assert any(line.startswith("change: Give Pat Example the role") for line in lines)
    assert explained(org, org.owner, "people.edit").startswith("Maren Holt: people.edit: yes")


def test_what_does_not_exist_is_said_in_one_line():
    org = make_organization()
    with pytest.raises(Failure, match="no such permission"):
        explained(org, org.owner, "nothing.at_all")
    with pytest.raises(Failure, match="There is no team"):
        explained(org, org.owner, "teams.view", "--record-type", "team", "--record", str(uuid4()))
    with pytest.raises(Failure, match="is not an id"):
        explained(org, org.owner, "teams.view", "--record-type", "team", "--record", "north")
