"""A customer of an installation that takes money by Stripe: the double is Stripe, and jobs are carried out on call."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client, override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from factories.organizations import PASSWORD
from support.holding import make_role
from support.selling import Customer, selling
from support.stripe_double import StripeDouble
from support.visitors import body, browser, post, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.audit.outbox import dispatch
from tenantry.billing.collecting import collect
from tenantry.billing.invoicing import add_credit
from tenantry.billing.models import Subscription
from tenantry.billing.reconciling import reconcile
from tenantry.billing.selectors import troubles
from tenantry.core import clock, jobs
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing

HOOK = "/hooks/stripe"
PLANS = "/admin/billing/plans"


@contextmanager
def taking(double: StripeDouble) -> Iterator[None]:
    """An installation with Stripe's key."""
    with selling(), override_settings(**settings_for(double)):
        yield


def settings_for(double: StripeDouble) -> dict[str, Any]:
    return {
        "STRIPE_SECRET_KEY": double.api_key,
        "STRIPE_WEBHOOK_SECRET": double.webhook_secret,
        "STRIPE_API_BASE": double.url,
        "STRIPE_PAGES": (double.url,),
    }


class Payer(Customer):
    """`owner`: the browser of whoever pays."""

    def __init__(self, double: StripeDouble, blueprint: str = "standard") -> None:
        super().__init__(blueprint)
        self.double = double
        self.owner = signed_in(self.org.owner, PASSWORD)
        self.stripe = browser()

    # --- What happens by itself -------------------------------------------------------------

    def work(self) -> list[str]:
        """Every job of this organization's money, until none waits; their names."""
        done: list[str] = []
        for _round in range(20):
            dispatch(self.org.id)
            waiting = self._waiting()
            if not waiting:
                return done
            for name, args in waiting:
                done.append(name)
                with scope.tenant(self.org.id):
                    jobs.DECLARED[name](**{**args, "organization_id": self.org.id})
        raise AssertionError(f"no end of {done}")

    def _waiting(self) -> list[tuple[str, dict[str, Any]]]:
        rows = ProcrastinateJob.objects.filter(
            status="todo", args__organization_id=str(self.org.id), task_name__startswith="billing."
        ).order_by("id")
        found = [(row.id, row.task_name, dict(row.args)) for row in rows]
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [[key for key, _n, _a in found]])
        return [(name, args) for _key, name, args in found]

    def hear(self, **how: Any) -> list[str]:
        """Stripe tells what it kept, and what follows is done."""
        told = self.double.deliver(to=self._told, **how)
        self.work()
        return told

    def _told(self, content: bytes, signature: str) -> None:
        answer = tell(self.stripe, content, signature)
        assert answer.status_code == 200, answer.content

    def go_to(self, moment: datetime) -> None:
        super().go_to(moment)
        self.double.advance(to=moment + timedelta(seconds=5))
        self.work()

    def compare(self) -> None:
        """As once a day."""
        with scope.tenant(self.org.id):
            reconcile(self.org.id)
        self.work()

    # --- What people do ---------------------------------------------------------------------

    def choose(self, plan: str, **more: str) -> str:
        """The address of the checkout after the plan was read and confirmed."""
        shown = body(self.owner.get(PLANS, {"plan": plan, **more}))
        form = shown[shown.index('class="card-footer') :]
        answer = self.post(PLANS, dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)))
        assert answer.status_code == 303, answer.content.decode()[-2000:]
        self.work()
        return str(answer["Location"])

    def post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        return post(self.owner, self.org.owner, path, data)

    def off(self, path: str, data: dict[str, Any] | None = None) -> str:
        """Where the browser is sent."""
        answer = self.post(path, data)
        assert answer.status_code == 303, answer.content.decode()[-2000:]
        return str(answer["Location"])

    def buy(self, plan: str = "team", card: str = "good", **more: str) -> str:
        """To Stripe's page, paid there, told and done; the checkout here."""
        here = self.choose(plan, **more)
        self.double.checkout(key_in(self.off(here)), "pay", card=card)
        self.hear()
        assert self.state[0] == "active", self.state
        return here

    def dialog(self, path: str, data: dict[str, Any] | None = None) -> dict[str, str]:
        """Hidden fields of what is to be confirmed."""
        answer = self.owner.get(path) if data is None else self.post(path, data)
        html = body(answer)
        return dict(re.findall(r'type="hidden" name="(seats|at|digest)" value="([^"]*)"', html))

    def seats(self, number: int) -> None:
        fields = self.dialog("/admin/billing/seats/change", {"seats": str(number)})
        assert self.post("/admin/billing/seats/change", fields).status_code == 303
        self.work()

    def cancel(self) -> None:
        assert self.post("/admin/billing/cancellation", self.dialog("/admin/billing/cancellation")).status_code == 303
        self.work()

    def pack(self, key: str) -> str:
        path = f"/admin/billing/packs/{key}"
        return self.off(path, self.dialog(path))

    def portal_features(self, permissions: dict[str, str]) -> dict[str, Any]:
        """What the portal offers to somebody with just these permissions."""
        person, role = self.org.person(), make_role(self.org, "base", permissions=permissions)
        self.org.perform(change_role, membership_id=person.membership_id, role_id=role)
        answer = post(signed_in(person, PASSWORD), person, "/admin/billing/portal")
        assert answer.status_code == 303, answer.content.decode()[-2000:]
        session = self.double.objects("billing_portal.session")[-1]
        kinds = {one["id"]: one for one in self.double.objects("billing_portal.configuration")}
        features: dict[str, Any] = kinds[session["configuration"]]["features"]
        return features

    def collect(self) -> None:
        """As every minute."""
        for one in self.open:
            with scope.tenant(self.org.id):
                collect(self.org.id, one.id)
        self.work()

    def give_credit(self, amount: int) -> None:
        with scope.tenant(self.org.id), writing():
            row = Subscription.objects.select_for_update().get()
            add_credit(row, amount, "unused", clock.now(), currency="USD")

    # --- What both say ----------------------------------------------------------------------

    @property
    def running_there(self) -> list[dict[str, Any]]:
        """Stripe's subscriptions that are not over."""
        return [one for one in self.double.objects("subscription") if one["status"] != "canceled"]

    @property
    def running(self) -> dict[str, Any]:
        """The only one."""
        [row] = self.running_there
        return row

    @property
    def turns_with_ours(self) -> bool:
        """Whether both periods end together, within the hour."""
        end = self.row.period_end
        return end is not None and all(
            abs(one["current_period_end"] - end.timestamp()) < 3600 for one in self.running["items"]["data"]
        )

    @property
    def schedule(self) -> dict[str, Any] | None:
        """What comes later there."""
        rows = self.double.objects("subscription_schedule")
        return next((one for one in rows if one["status"] in ("active", "not_started")), None)

    @property
    def troubles(self) -> list[str]:
        with scope.tenant(self.org.id), reading():
            return [one.code for one in troubles()]

    @property
    def held(self) -> dict[str, int]:
        """Quantity by the price's name of what runs there."""
        return {
            re.sub(r"^tenantry-.*?-(?=(base|seat|addon)-)", "", one["price"]["lookup_key"]): one["quantity"]
            for one in self.running["items"]["data"]
        }

    @property
    def taken(self) -> int:
        """Money that Stripe took."""
        intents = self.double.objects("payment_intent")
        return sum(one["amount_received"] for one in intents if one["status"] == "succeeded")

    @property
    def charged(self) -> int:
        """Money that we say was paid."""
        return sum(one.due for one in self.invoices if one.state == "paid")


def key_in(url: str) -> str:
    """Of the object behind one of Stripe's pages."""
    return url.rstrip("/").rsplit("/", 1)[-1].partition("?")[0]


def tell(stripe: Client, content: bytes, signature: str) -> Any:
    return stripe.post(HOOK, content, content_type="application/json", HTTP_STRIPE_SIGNATURE=signature)


def waiting_for(organization_id: UUID) -> list[str]:
    """Names of the jobs of an organization's money that wait."""
    rows = ProcrastinateJob.objects.filter(status="todo", args__organization_id=str(organization_id))
    return sorted(rows.filter(task_name__startswith="billing.").values_list("task_name", flat=True))
