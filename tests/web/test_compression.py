import brotli
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from tenantry.web.compression import Compression

BODY = b"<p>Maren Holt and a page of some length</p>" * 100


def answered(response, accepted="gzip, br"):
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepted})
    return Compression(lambda _request: response)(request)


def test_pages_are_compressed_for_browsers_that_take_it():
    response = answered(HttpResponse(BODY))
    assert response["Content-Encoding"] == "br"
    assert brotli.decompress(response.content) == BODY
    assert int(response["Content-Length"]) == len(response.content) < len(BODY) / 5
    assert "Accept-Encoding" in response["Vary"]


def test_pages_are_left_alone_for_browsers_that_do_not():
    for accepted in ("gzip", "", "br;q=0", "brotli"):
        response = answered(HttpResponse(BODY), accepted)
        assert not response.has_header("Content-Encoding")
        assert response.content == BODY


def test_small_streamed_and_binary_answers_are_left_alone():
    for response in (
        HttpResponse(b"short"),
        HttpResponse(BODY, content_type="image/webp"),
        StreamingHttpResponse([BODY]),
    ):
        assert not answered(response).has_header("Content-Encoding")
