"""Where operators were signed in is forgotten after 90 days."""

from datetime import timedelta

from factories.operators import make_operator
from tenantry.console.screens import COOKIE
from tenantry.core import clock, crypto
from tenantry.core.tasks import prune
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.security.models import OperatorSession


def test_old_sessions_of_operators_go_and_young_ones_stay():
    tokens = [make_operator().client().cookies[COOKIE].value for _n in range(2)]
    old, young = (crypto.token_hash(token) for token in tokens)
    with scope.installation("console"), writing():
        OperatorSession.objects.filter(token_hash=old).update(seen_at=clock.now() - timedelta(days=91))
    prune()
    with scope.installation("console"), reading():
        assert [OperatorSession.objects.filter(token_hash=h).exists() for h in (old, young)] == [False, True]
