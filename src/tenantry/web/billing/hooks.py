"""Where Stripe tells what happened there."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenantry.billing.hearing import SignatureWrong, hear
from tenantry.core import clock


@csrf_exempt
@require_POST
def stripe_hook(request: HttpRequest) -> HttpResponse:
    """Asks for nobody's session: what is signed is kept, and read again at Stripe before anything follows from it."""
    if not settings.STRIPE_SECRET_KEY:
        raise Http404
    try:
        hear(request.body, request.headers.get("Stripe-Signature", ""), clock.now())
    except SignatureWrong:
        return HttpResponse(status=400)
    return HttpResponse(status=200)
