"""Whether those whose turn it is can open what they would be given: asked again before each batch of a large handing
over, for access is lost meanwhile as people leave meanwhile (docs/decisions/0044)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from tenantry.crm.opening import Opening
from tenantry.usecases.handing_over.moving import Turns


def able_turns(turns: Turns, pools: Mapping[int, Sequence[UUID]], type_key: str, opens: Opening) -> Turns:
    """The same turns, where of each pool those alone receive records of a type who can open them in their workspace,
    and nobody where nobody can: those stay. `pools`: who of each pool is active."""
    return _Asked(turns, pools, type_key, opens).turns()


class _Asked:
    def __init__(self, turns: Turns, pools: Mapping[int, Sequence[UUID]], type_key: str, opens: Opening) -> None:
        self._turns, self._pools, self._key, self._opens = turns, pools, type_key, opens
        self._receivers: dict[int, Sequence[UUID | None]] = dict(turns.receivers)
        self._instead = dict(turns.instead)
        self._stands_for: dict[int, int] = {}

    def turns(self) -> Turns:
        usual = self._usual()
        for pool in usual:
            self._receivers[pool] = self._able(pool, None)
        for pool in usual:
            for special in self._opens.special(self._pools[pool]):
                if (pool, special) not in self._turns.instead:
                    self._elsewhere(pool, special, pool)
        for (pool, place), other in self._turns.instead.items():
            self._elsewhere(pool, place, other)
        return replace(self._turns, receivers=self._receivers, instead=self._instead, stands_for=self._stands_for)

    def _usual(self) -> list[int]:
        own = [] if self._turns.pool is None else [self._turns.pool]
        return sorted({*own, *self._turns.by_workflow.values()})

    def _elsewhere(self, pool: int, place: UUID | None, other: int) -> None:
        """What `pool` has in a workspace is drawn from `other`: by a pool of its own that counts as that one, where not
        the same people are able there."""
        ones = self._able(other, place)
        if ones == list(self._receivers[other]):
            return
        number = -1 - len(self._stands_for)
        self._receivers[number], self._stands_for[number] = ones, other
        self._instead[pool, place] = number

    def _able(self, pool: int, place: UUID | None) -> list[UUID | None]:
        """Whoever can't open it is replaced by the others of the pool, in turn."""
        ones = list(self._turns.receivers[pool])
        able = {one for one in self._pools[pool] if self._opens(one, self._key, place)}
        if able.issuperset(one for one in ones if one):
            return ones
        left = [one for one in self._pools[pool] if one in able]
        return [one if one in able else left[n % len(left)] for n, one in enumerate(ones)] if left else []
