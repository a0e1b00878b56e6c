"""The billing portal: configurations, and sessions of a customer."""

from typing import Any

from support.stripe_double.cards import CARDS, attach, make_method
from support.stripe_double.refusals import Refused, lacking, unheeded
from support.stripe_double.routes import PAGING, Call, matching, operation, page
from support.stripe_double.subscription_items import period_of
from support.stripe_double.subscriptions import ENDED
from support.stripe_double.world import Object, World, merged

FEATURES = (
    "features.customer_update.enabled features.customer_update.allowed_updates features.invoice_history.enabled "
    "features.payment_method_update.enabled features.subscription_cancel.enabled features.subscription_cancel.mode "
    "features.subscription_cancel.proration_behavior features.subscription_cancel.cancellation_reason.enabled "
    "features.subscription_cancel.cancellation_reason.options features.subscription_update.enabled"
)
HEEDED = (
    f"{FEATURES} business_profile.headline business_profile.privacy_policy_url business_profile.terms_of_service_url "
    "default_return_url metadata.* name login_page.enabled"
)
REASONS = ["customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
           "too_expensive", "unused"]  # fmt: skip


def _features(given: dict[str, Any], kept: Object) -> Object:
    answer = {name: {**value, **(given.get(name) or {})} for name, value in kept.items()}
    reason = kept["subscription_cancel"]["cancellation_reason"]
    said = (given.get("subscription_cancel") or {}).get("cancellation_reason") or {}
    answer["subscription_cancel"]["cancellation_reason"] = {**reason, **said}
    if answer["subscription_update"]["enabled"]:
        # Whoever changes a plan there changes it past us.
        raise unheeded("changes of plans in the portal", "features[subscription_update]")
    return answer


def _nothing() -> Object:
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "options": REASONS},
            "enabled": False,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_update": {
            "billing_cycle_anchor": None,
            "default_allowed_updates": [],
            "enabled": False,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }


@operation("POST /v1/billing_portal/configurations", HEEDED)
def create_configuration(call: Call) -> Object:
    row = call.world.add(
        "billing_portal.configuration",
        "bpc",
        active=True,
        application=None,
        business_profile={"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        default_return_url=None,
        features=_features(call.get("features") or {}, _nothing()),
        is_default=not call.world.all("billing_portal.configuration"),
        login_page={"enabled": False, "url": None},
        metadata={},
        name=None,
        updated=call.world.now(),
    )
    _fill(call, row)
    call.world.emit("billing_portal.configuration.created", row)
    return row


def _fill(call: Call, row: Object) -> None:
    row["business_profile"] = row["business_profile"] | (call.get("business_profile") or {})
    for name in ("default_return_url", "name"):
        if call.given(name):
            row[name] = call.get(name)
    row["metadata"] = merged(row["metadata"], call.params.get("metadata"))


@operation("POST /v1/billing_portal/configurations/{}", f"{HEEDED} active")
def update_configuration(call: Call) -> Object:
    row = call.world.find("billing_portal.configuration", call.id, status=404)
    with call.world.changing(row, "billing_portal.configuration.updated"):
        row["features"] = _features(call.get("features") or {}, row["features"])
        if call.given("active"):
            row["active"] = call.params["active"]
        _fill(call, row)
    return row


@operation("GET /v1/billing_portal/configurations/{}")
def retrieve_configuration(call: Call) -> Object:
    return call.world.find("billing_portal.configuration", call.id, status=404)


@operation("GET /v1/billing_portal/configurations", f"{PAGING} active is_default")
def list_configurations(call: Call) -> Object:
    return page(call, matching(call, call.world.all("billing_portal.configuration"), "active", "is_default"))


@operation("POST /v1/billing_portal/sessions", "customer configuration return_url locale flow_data.type")
def create_session(call: Call) -> Object:
    world = call.world
    if not call.get("customer"):
        raise lacking("customer")
    customer = world.find("customer", call.get("customer"), param="customer")
    configuration = _configuration(call)
    if not (call.get("return_url") or configuration["default_return_url"]):
        raise Refused(
            "You must provide `return_url`, or set a default_return_url in the portal's configuration.",
            param="return_url",
        )
    if call.given("flow_data") and call.get("flow_data.type") != "payment_method_update":
        raise unheeded("this flow", "flow_data[type]")
    row = world.add("billing_portal.session", "bps", configuration=configuration["id"], customer=customer["id"])
    row |= {"customer_account": None, "flow": None, "locale": call.get("locale"), "on_behalf_of": None}
    row |= {"return_url": call.get("return_url", configuration["default_return_url"])}
    row["url"] = f"{world.base}/portal/{row['id']}"
    return row


def _configuration(call: Call) -> Object:
    if key := call.get("configuration"):
        row = call.world.find("billing_portal.configuration", key, param="configuration")
        if not row["active"]:
            raise Refused("The configuration is not active.", param="configuration")
        return row
    default = [row for row in call.world.all("billing_portal.configuration") if row["is_default"]]
    if not default:
        raise Refused(
            "You can't create a portal session in test mode until you save your customer portal settings in test mode."
        )
    return default[0]


def cancelable(world: World, session: Object) -> Object | None:
    """The subscription that the page may cancel; None: the configuration has no such button, or nothing runs."""
    if not world.ids[session["configuration"]]["features"]["subscription_cancel"]["enabled"]:
        return None
    rows = world.all("subscription")
    return next((row for row in rows if row["customer"] == session["customer"] and row["status"] not in ENDED), None)


def press(world: World, session: Object, what: str, card: str) -> None:
    """A button of the page. :raises Refused: the page has none of that name"""
    row = cancelable(world, session)
    features = world.ids[session["configuration"]]["features"]
    if what == "card" and features["payment_method_update"]["enabled"]:
        _use_card(world, session["customer"], card)
    elif what in {"cancel", "keep"} and row is not None and not row["schedule"]:
        with world.changing(row, "customer.subscription.updated"):
            ends = what == "cancel"
            row |= {"cancel_at_period_end": ends, "cancel_at": period_of(row)[1] if ends else None}
            row["canceled_at"] = world.now() if ends else None
            reason = {"reason": "cancellation_requested" if ends else None}
            row["cancellation_details"] = row["cancellation_details"] | reason
    else:
        raise Refused(f"The page has no button {what}.", status=409)


def _use_card(world: World, key: str, card: str) -> None:
    customer, method = world.ids[key], make_method(world, CARDS[card].name)
    attach(world, method, key)
    with world.changing(customer, "customer.updated"):
        customer["invoice_settings"] = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    for row in world.all("subscription"):
        if row["customer"] == key and row["status"] not in ENDED and row["default_payment_method"]:
            with world.changing(row, "customer.subscription.updated"):
                row["default_payment_method"] = method["id"]
