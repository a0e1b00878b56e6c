"""What only an HTTP interface refuses. Everything else is refused by the packages below, with their own codes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class HttpRefusal(Refusal):
    """A refusal with a status of its own, and headers that belong to it."""

    status: ClassVar[int] = 400

    def headers(self) -> Mapping[str, str]:
        return {}


class NotAuthenticated(HttpRefusal):
    code = "not_authenticated"
    status = 401
    sentence = _("Send an API key as a bearer token, or sign in. The key or session that was sent is not valid here.")

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="tenantry"'}


class CsrfMissing(HttpRefusal):
    code = "csrf_missing"
    status = 403
    sentence = _("A session that changes something sends its CSRF token in the header X-CSRFToken.")


class UnknownRoute(HttpRefusal):
    code = "unknown_route"
    status = 404
    sentence = _("There is no such address in this version of the interface.")


class MethodNotAllowed(HttpRefusal):
    code = "method_not_allowed"
    status = 405
    sentence = _("This address does not take this method.")

    def __init__(self, allowed: str) -> None:
        super().__init__()
        self.allowed = allowed

    def headers(self) -> Mapping[str, str]:
        return {"Allow": self.allowed}


class MalformedRequest(HttpRefusal):
    code = "malformed_request"
    status = 400
    sentence = _("The request is not well formed.")


class MalformedBody(HttpRefusal):
    code = "malformed_body"
    status = 400
    sentence = _("The body is not well-formed JSON in UTF-8.")


class MalformedKey(HttpRefusal):
    code = "malformed_idempotency_key"
    status = 400
    sentence = _("An Idempotency-Key has 1 to 200 visible ASCII characters.")


class BodyTooLarge(HttpRefusal):
    code = "body_too_large"
    status = 413
    sentence = _("The body has more than %(limit)s bytes.")


class RangeRefused(HttpRefusal):
    code = "range_not_satisfiable"
    status = 416
    sentence = _("The file has %(size)s bytes, and none of those that were asked for.")

    def headers(self) -> Mapping[str, str]:
        return {"Content-Range": f"bytes */{self.params['size']}"}


class NotJson(HttpRefusal):
    code = "not_json"
    status = 415
    sentence = _("The body has to be application/json.")


class MediaNotTaken(HttpRefusal):
    code = "media_not_taken"
    status = 415
    sentence = _("The body has to be one of: %(media)s.")


class StateNotNamed(HttpRefusal):
    code = "precondition_required"
    status = 428
    sentence = _("Send If-Match with the ETag that you read, so that nobody's change is overwritten unseen.")


class StateChanged(HttpRefusal):
    code = "version_changed"
    status = 412
    sentence = _("Somebody else changed this meanwhile. Please read it again.")


class TooManyCalls(HttpRefusal):
    code = "too_many_calls"
    status = 429
    sentence = _("Too many calls. Please try again in %(seconds)s seconds.")

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.params["seconds"])}


class Broken(HttpRefusal):
    code = "internal_error"
    status = 500
    sentence = _("Something went wrong on our side. The operators find it by the instance of this answer.")


class InvalidRequest(HttpRefusal):
    """What the schemas of a request refused, each fault with its place."""

    code = "invalid_input"
    status = 422
    sentence = _("Please check what you sent: `errors` names each fault and its place.")

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__()
        self.errors = errors

    def facts(self) -> dict[str, Any]:
        return {"errors": self.errors}
