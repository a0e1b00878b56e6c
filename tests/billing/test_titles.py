"""Nobody reads a plan's key: audit and notices say the title that it was bought under."""

import re

from support.selling import Customer
from support.told import sentences as told
from tenantry.audit.models import Entry
from tenantry.audit.outbox import dispatch
from tenantry.billing.actions.plans import cancel_subscription, resume_subscription
from tenantry.billing.offers import load
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.usecases.telling import sentences


def test_plans_are_called_by_their_titles_wherever_somebody_reads_of_them():
    customer = Customer("crm-suite")
    org, member = customer.org, customer.org.person("standard_user")
    customer.card()
    for plan in ("launch", "runway", "startup"):
        customer.subscribe(plan)
    customer.go_to(customer.row.period_end)
    customer.pay()
    customer.act(cancel_subscription)
    customer.act(resume_subscription)
    dispatch(org.id)
    with scope.tenant(org.id), reading():
        audit = [
            one.sentence for one in sentences(Entry.objects.filter(action__startswith="billing.").order_by("number"))
        ]
    notices = [*told(org.owner, "subscription_managed"), *told(member, "subscription_here")]
    titles = {plan.key: plan.title for plan in load("crm-suite").plans}
    for words in (audit, notices):
        said = " ".join(words)
        assert {titles[key] for key in ("launch", "runway", "startup")} <= {t for t in titles.values() if t in said}
        assert not re.findall(rf"\b({'|'.join(titles)})\b", said), said
    assert any("from Runway to Startup" in one for one in audit)
