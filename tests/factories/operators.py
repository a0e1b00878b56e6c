"""Operators, made as the command line makes them."""

from dataclasses import dataclass

import pyotp
from django.test import Client

from factories.organizations import unique
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.security.models import Operator
from tenantry.security.operators import create_operator

PASSWORD = "correct horse battery 9"


@dataclass(frozen=True)
class DemoOperator:
    email: str
    secret: str

    def code(self) -> str:
        """The code of this half minute, which works once."""
        return pyotp.TOTP(self.secret).at(int(clock.now().timestamp()))

    def forget_code(self) -> None:
        """Lets the code of this half minute work again."""
        with scope.installation("command_line"), writing():
            Operator.objects.filter(email=self.email).update(totp_step=0)

    def update(self, **columns: object) -> None:
        with scope.installation("command_line"), writing():
            Operator.objects.filter(email=self.email).update(**columns)

    def client(self) -> Client:
        """A browser that is signed in to the console."""
        client = Client()
        self.forget_code()
        answer = client.post("/console/login", {"email": self.email, "password": PASSWORD, "code": self.code()})
        assert answer.status_code == 303, answer.content.decode()
        return client


def make_operator(name: str = "Opal Rater") -> DemoOperator:
    email = f"{unique('operator')}@example.test"
    with scope.installation("command_line"):
        made = perform(create_operator, actor=Actor.system("test", None), email=email, name=name, password=PASSWORD)
    return DemoOperator(email, made.secret)
