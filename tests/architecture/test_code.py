"""Rules of the house that no type checker knows (design: an action, tenancy, jobs)."""

import ast
import importlib
import inspect
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from croniter import croniter

from architecture.sources import INTERFACES, SOURCES, Source, called
from tenantry.acting import actions as acting
from tenantry.audit import outbox
from tenantry.core import jobs
from tenantry.core.mail import composing
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy.scope import CROSSINGS
from tenantry.organizations.policies import CATALOGUE as POLICIES

# Actions and jobs register when their module is imported; the layers above may not have asked for each of them yet.
for _source in SOURCES:
    if _source.package not in {"config", "cli", "__main__.py"}:
        importlib.import_module(_source.module)
OURS = {name: function for name, function in acting.FUNCTIONS.items() if function.__module__.startswith("tenantry.")}

# Who may cross from one organization to another, reviewed: reason -> files.
CROSSERS: dict[str, set[str]] = {
    # The link is looked up first, then its organization is armed with the crossing.
    "accept_invitation": {"web/accounts/first_passwords.py", "web/accounts/invitations.py"},
    "link_lookup": {"web/accounts/invitations.py"},
    # One address is a person's in all of their organizations.
    "change_address": {"web/own/address.py"},
    "key_lookup": {"security/keys.py"},
    # Temporary passwords of an address are looked up before one knows whose they are.
    "sign_in": {
        "web/accounts/entering.py",
        "web/accounts/first_passwords.py",
        "web/accounts/views.py",
        "web/own/views.py",
        "cli/demo.py",
    },
    "sign_up": {"web/accounts/signups.py"},
    # Names of the organizations that one belongs to, and nothing else of them.
    "switch_organization": {"web/start/views.py", "web/switching.py"},
    # Behind the operator's own sign-in.
    "console": {"console/screens.py", "console/views.py"},
    # Whoever has the machine's command line.
    "command_line": {
        "cli/audit.py",
        "cli/operators.py",
        "cli/organizations.py",
        "cli/prepare.py",
        "cli/targets.py",
    },
    "demo": {"cli/demo.py", "cli/demo_scale.py"},
    # Jobs: they find what is due over all organizations.
    "mail": {"core/mail/sending.py"},
    "schedule": {
        "access/tasks.py",
        "acting/tasks.py",
        "billing/tasks.py",
        "blueprints/tasks.py",
        "core/tasks.py",
        "crm/tasks.py",
        "metering/tasks.py",
        "notifications/tasks.py",
        "usecases/tasks.py",
    },
    "gateway": {"billing/hearing.py"},
    "metrics": {"api/health.py"},
}

# SQL that is not a constant, reviewed: file -> why no input gets into it.
WRITTEN_SQL = {
    "core/database/base.py": "literals, UUIDs, codes and a moment of ours; SET takes no parameters",
    "core/database/schema.py": "names of models",
    "core/many.py": "names of models; the rows are one parameter",
    "core/prepared.py": "the text that Django made of a query; organization and ids are parameters",
    "core/tenancy/fences.py": "names of tables and roles, at migration",
    "security/rates.py": "the name of the table",
    "organizations/steps.py": "three constants of the module; ids are parameters",
    "cli/database.py": "psycopg.sql composes names and literals",
    "cli/demo_scale.py": "names of tables and columns from the catalogue of this database",
    "cli/demo_pace.py": "a constant of the module; the id is a parameter",
    "access/searching/asking.py": "put together of constants; all that was asked is a parameter",
    "access/searching/folding.py": "put together of constants of the module",
    "access/searching/keeping.py": "constants of the module; ids and numbers are parameters",
    "access/searching/knowing.py": "names of settings",
    "access/overview.py": "a constant of the module; the id is a parameter",
    "metering/keeping.py": "a constant of the module; the id is a parameter",
    "metering/steps.py": "constants of the module; ids and figures are parameters, events are one",
    "people/headcounts.py": "a constant of the module; id and moments are parameters",
    "usecases/handing_over/moving.py": "names of models; what moves is one parameter",
}
# `transaction.atomic`, reviewed: file -> what for. Everything else is `reading` and `writing`.
OWN_TRANSACTIONS = {
    "cli/demo_scale.py": "the owner's connection, which alone may make temporary tables",
    "cli/demo_pace.py": "the same, between its transactions",
    "core/transactions.py": "the two kinds",
    "core/jobs.py": "a savepoint around a queueing lock",
    "acting/actions.py": "a savepoint around an idempotency key",
    "organizations/steps.py": "a savepoint around a unique address",
    "people/steps.py": "a savepoint around a unique address",
    "people/actions.py": "a savepoint around a unique name",
    "usecases/departments.py": "a savepoint around a unique name",
}


def module_of(source: Source) -> Any:
    return importlib.import_module(source.module)


def resolved(source: Source, node: ast.AST) -> Any:
    """The value of a constant or of a name at module level; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return getattr(module_of(source), node.id, None)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return getattr(getattr(module_of(source), node.value.id, None), node.attr, None)
    return None


def functions(source: Source) -> list[ast.FunctionDef]:
    return [node for node in source.tree.body if isinstance(node, ast.FunctionDef)]


# --- Actions -----------------------------------------------------------------------------


def test_an_action_takes_keywords_only_with_actor_and_now():
    for name, function in OURS.items():
        parameters = list(inspect.signature(function).parameters.values())
        assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters), name
        assert [p.name for p in parameters[:2]] == ["actor", "now"], name
        declared = acting.DECLARED[name]
        assert set(declared.targets) <= {p.name for p in parameters}, name
        assert (declared.permission is None) != (not declared.open_to), name
        assert declared.permission is None or declared.permission in catalogue(), name
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", function.__name__), f"{name}: actions are called verb_noun"


def test_an_action_locks_the_members_it_acts_on():
    """Parameters that hold membership ids are targets: locked with the acting membership, in one order."""
    for name, function in OURS.items():
        parameters = set(inspect.signature(function).parameters)
        assert parameters & {"membership_id", "membership_ids"} <= set(acting.DECLARED[name].targets), name


def test_what_returns_an_outcome_is_declared():
    for source in SOURCES:
        for function in functions(source):
            returns = ast.unparse(function.returns) if function.returns else ""
            if not returns.startswith("Outcome[") or function.name.startswith("_"):
                continue
            assert any(called(d) == "action" for d in function.decorator_list if isinstance(d, ast.Call)), (
                source.name,
                function.name,
            )


def test_actions_stand_where_they_are_looked_for():
    for name, function in OURS.items():
        parts = function.__module__.split(".")
        assert parts[1] in ("usecases", "security", "acting") or parts[2] == "actions", name


DESTRUCTIVE = ("deactivate_members", "remove_members", "change_role", "delete_team", "edit_role", "delete_role",
               "edit_profile", "delete_profile")  # fmt: skip


def test_a_destructive_action_has_a_plan():
    for name in DESTRUCTIVE:
        [action] = [function for function in OURS.values() if function.__name__ == name]
        module = importlib.import_module(action.__module__)
        assert callable(getattr(module, f"plan_{name}", None)), f"plan_{name}"
        assert "digest" in inspect.signature(action).parameters


def test_steps_ask_for_a_transaction_and_open_none():
    for source in SOURCES:
        if not source.name.endswith("/steps.py"):
            continue
        for function in functions(source):
            text = ast.unparse(function)
            writes = re.search(r"\.(save|bulk_create|update_or_create|delete)\(|\.update\(", text)
            if writes and not function.name.startswith("_"):
                asks = "in_action()" in text or re.search(r"\bend_(?:ways|passwords)\(|\block\(", text)
                assert asks, f"{source.name}: {function.name} writes without in_action()"


def test_actions_do_not_read_the_clock():
    for source in SOURCES:
        if (source.name.endswith(("/actions.py", "/steps.py")) and source.package != "acting") or (
            source.package == "usecases" and not source.name.endswith("/tasks.py")
        ):
            for name, call in source.calls():
                assert not (name == "now" and isinstance(call.func, ast.Attribute)), (source.name, call.lineno)


# --- Names that must resolve -------------------------------------------------------------


def test_every_permission_that_code_names_exists():
    asked = 0
    for source in SOURCES:
        for name, call in source.calls():
            if name not in {"may", "may_any", "reach", "PermissionMissing", "screen", "operation"}:
                continue
            for argument in call.args:
                value = resolved(source, argument)
                if isinstance(value, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", value):
                    asked += 1
                    assert value in catalogue(), f"{source.name}:{call.lineno} {value}"
    assert asked > 20


def test_every_job_that_code_enqueues_exists():
    asked = 0
    for source in SOURCES:
        for name, call in source.calls():
            if name == "Job" and call.args:
                value = resolved(source, call.args[0])
                assert value in jobs.DECLARED, f"{source.name}:{call.lineno} {value}"
                asked += 1
    assert asked >= 2


def test_every_kind_of_mail_has_a_composer():
    asked = set()
    for source in SOURCES:
        for name, call in source.calls():
            if name in {"queue_mail", "queue_mails"}:
                [kind] = [k.value for k in call.keywords if k.arg == "kind"]
                asked.add(resolved(source, kind))
            if name == "_mail":
                # One mail or many of a kind (`people.ways`).
                asked.add(resolved(source, call.args[0]))
    assert asked - composing.kinds() - {None} == set()
    ours = {kind for kind in composing.kinds() if not kind.startswith("tests.")}
    assert ours - asked == set(), "a composer of a mail that nobody sends"


def test_every_event_that_somebody_waits_for_is_published():
    published = {
        resolved(source, call.args[0])
        for source in SOURCES
        for name, call in source.calls()
        if name == "Event" and call.args
    }
    for name, events in outbox.subscriptions().items():
        assert events <= published, name


def test_every_policy_that_code_reads_exists():
    for source in SOURCES:
        for name, call in source.calls():
            if name in {"policy", "policy_values"}:
                for argument in call.args:
                    value = resolved(source, argument)
                    assert value is None or value in POLICIES, f"{source.name}:{call.lineno} {value}"


def test_periodic_jobs_have_a_plan_and_no_arguments():
    for name, line in jobs.PERIODIC.items():
        assert croniter.is_valid(line), f"{name}: {line}: one such line and no worker starts"
        assert inspect.signature(jobs.DECLARED[name]).parameters == {}
        runs = croniter(line, datetime(2026, 11, 22, 13, 34, 7, tzinfo=UTC))
        times = [runs.get_next(datetime) for _ in range(200)]
        gaps = {(later - sooner).total_seconds() for sooner, later in pairwise(times)}
        # Seconds stand last: read first, "15" means every second of one minute and then an hour of nothing.
        assert len(gaps) == 1, f"{name}: {line}: not evenly"
        assert min(gaps) >= 5, f"{name}: {line}: too often"


def test_keys_that_the_database_makes_are_ordered():
    """A table that keeps rows for some days tells their age by their keys."""
    for source in SOURCES:
        if source.name != "core/ids.py" and "migrations" not in source.name:
            assert "gen_random_uuid" not in ast.unparse(source.tree), f"{source.name}: see NEW_ID_SQL"


# --- Fences ------------------------------------------------------------------------------


def crossings() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for source in SOURCES:
        if source.name == "core/tenancy/scope.py":
            continue
        for name, call in source.calls():
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            if name in {"platform", "installation"} and isinstance(owner, ast.Name) and owner.id == "scope":
                reason = resolved(source, call.args[0]) if call.args else None
                assert isinstance(reason, str), f"{source.name}:{call.lineno}: a reason that can be read"
                found.setdefault(reason, set()).add(source.name)
    return found


def test_crossings_are_those_that_were_reviewed():
    assert crossings() == CROSSERS


def test_every_declared_reason_to_cross_has_a_caller():
    assert set(CROSSINGS) - set(crossings()) == set()
    assert set(CROSSERS) - set(CROSSINGS) == set()


def test_sql_is_constant_or_reviewed():
    found = set()
    for source in SOURCES:
        for name, call in source.calls():
            if name in {"execute", "executemany", "raw", "extra", "RawSQL", "copy"} and call.args:
                statement = call.args[0]
                if name == "copy" and isinstance(call.func, ast.Name):
                    # Of an object, not to a table.
                    continue
                if isinstance(statement, ast.Constant) and isinstance(statement.value, str):
                    continue
                if name in {"execute", "raw"} and source.package in {"web", "api"} and not _is_cursor(call):
                    continue
                found.add(source.name)
    assert found - set(WRITTEN_SQL) == set()


def _is_cursor(call: ast.Call) -> bool:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return "cursor" in ast.unparse(owner) or "objects" in ast.unparse(owner) if owner else True


def test_transactions_are_opened_in_reviewed_places():
    found = {
        source.name
        for source in SOURCES
        for name, call in source.calls()
        if name == "atomic" and "transaction" in ast.unparse(call.func)
    }
    assert found - set(OWN_TRANSACTIONS) == set()


def test_interfaces_do_not_touch_rows():
    """They call selectors and actions. `_` before `objects` would be found as well."""
    for source in SOURCES:
        if source.package not in INTERFACES:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"objects", "_base_manager", "_default_manager"}, (source.name, node.lineno)
        for name, call in source.calls():
            assert name not in {"bulk_create", "bulk_update", "select_for_update"}, (source.name, call.lineno)
            if name == "save":
                owner = ast.unparse(call.func)
                assert "session" in owner or "form" in owner or "image" in owner, (source.name, call.lineno, owner)


def test_interfaces_import_no_models_and_no_steps():
    for source in SOURCES:
        if source.package not in INTERFACES:
            continue
        for node in source.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tenantry."):
                parts = node.module.split(".")
                assert not {"models", "steps"} & set(parts[2:]), f"{source.name}:{node.lineno} {node.module}"
                named = {alias.name for alias in node.names} if len(parts) == 2 else set()
                assert not {"models", "steps"} & named, f"{source.name}:{node.lineno}"


def test_imports_stand_at_the_top():
    for source in SOURCES:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    assert not isinstance(inner, ast.Import | ast.ImportFrom), f"{source.name}:{inner.lineno}"


# What decides about access and seats changes in one place each: column -> files that may assign or update it.
SENSITIVE = {
    "status": {"people/steps.py", "usecases/accepting.py", "usecases/demonstrating.py"},
    "session_epoch": {"people/steps.py", "security/steps.py"},
    "access_version": {"people/steps.py"},
    "is_keyholder": {"access/steps.py"},
    "assignable_roles": {"access/steps.py", "access/actions/roles.py", "access/actions/deleting_roles.py"},
    "permissions": {"access/steps.py", "access/actions/roles.py", "access/actions/profiles.py"},
    "email_proven_at": {
        "people/steps.py",
        "people/address_changes.py",
        "security/steps.py",
        "usecases/accepting.py",
        "usecases/signing_up.py",
        "usecases/signing_in.py",
        "usecases/temporary_passwords.py",
    },
    "accepted_at": {"usecases/accepting.py", "usecases/transferring.py"},
    "revoked_at": {"people/steps.py", "security/actions.py"},
}


def test_sensitive_columns_change_in_one_place():
    domain = {"people", "access", "security", "usecases", *INTERFACES}
    for source in SOURCES:
        if source.package not in domain or source.name.endswith("/models.py"):
            continue
        for node in ast.walk(source.tree):
            names: list[str] = []
            if isinstance(node, ast.Assign):
                targets = [t for target in node.targets for t in ast.walk(target)]
                names = [t.attr for t in targets if isinstance(t, ast.Attribute) and isinstance(t.ctx, ast.Store)]
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
                names = [node.target.attr]
            elif isinstance(node, ast.Call) and called(node) == "update":
                names = [k.arg for k in node.keywords if k.arg]
            for name in names:
                allowed = SENSITIVE.get(name)
                if allowed is not None and not _of_something_else(source, name):
                    assert source.name in allowed, f"{source.name}:{node.lineno} changes {name}"


def _of_something_else(source: Source, name: str) -> bool:
    # A column of the operators and of the mail log has the same name.
    return (source.name, name) == ("security/operators.py", "session_epoch")


def test_modules_and_functions_stay_short():
    for source in SOURCES:
        last = max((node.end_lineno or 0 for node in source.tree.body), default=0)
        assert last <= 400, source.name
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= 60, f"{source.name}: {node.name}"
