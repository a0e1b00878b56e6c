"""One organization of each blueprint, with somebody in every base role; made once a session."""

from dataclasses import dataclass
from functools import cache

from api.callers import Caller, by_session
from blueprints.surfaces import Surface
from blueprints.tables import ROLES
from factories.organizations import Organization, Person, make_organization


@dataclass
class Scene:
    organization: Organization
    people: dict[str, Person]

    @cache  # noqa: B019 a scene lives as long as the session
    def caller(self, role: str) -> Caller:
        return by_session(self.people[role])

    @cache  # noqa: B019
    def status(self, role: str, surface: Surface) -> int:
        return surface.status(self.caller(role))

    def __hash__(self) -> int:
        return hash(self.organization.id)


@cache
def scene(blueprint: str) -> Scene:
    org = make_organization(blueprint=blueprint)
    first, *others = ROLES[blueprint].roles
    return Scene(org, {first: org.owner, **{role: org.person(role) for role in others}})
