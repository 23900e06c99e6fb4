"""What proxies and the like between a gateway and us say by themselves: bodies as these programs send them.

Each may come after the gateway has taken the order. Addresses, ray ids and request ids are invented.
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Front:
    """One reply of a proxy, a load balancer or a content network."""

    status: int
    server: str
    kind: str
    body: str


def _nginx(status: int, words: str, server: str = "nginx") -> Front:
    """nginx, and load balancers that speak like it without the last line."""
    last = "<hr><center>nginx</center>\r\n" if server == "nginx" else ""
    head = f"<html>\r\n<head><title>{status} {words}</title></head>\r\n<body>\r\n"
    return Front(status, server, "text/html", f"{head}<center><h1>{status} {words}</h1></center>\r\n{last}</body>\r\n")


def _envoy(status: int, words: str) -> Front:
    return Front(status, "envoy", "text/plain", words)


def _cloudflare(code: int, status: int = 0) -> Front:
    return Front(status or code, "cloudflare", "text/plain; charset=UTF-8", f"error code: {code}")


def _cloudflare_page(status: int, words: str) -> Front:
    page = f"""<!DOCTYPE html>
<!--[if lt IE 7]> <html class="no-js ie6 oldie" lang="en-US"> <![endif]-->
<head><title>api.example | {status}: {words}</title></head>
<body><div id="cf-wrapper"><h1>{words} <span class="code-label">Error code {status}</span></h1>
<p>Cloudflare Ray ID: <strong>0123456789abcdef</strong></p></div></body></html>
"""
    return Front(status, "cloudflare", "text/html; charset=UTF-8", page)


def _json(status: int, server: str, body: object, kind: str = "application/json") -> Front:
    return Front(status, server, kind, json.dumps(body))


def _openai_error(message: str, kind: str) -> dict[str, object]:
    """An error as OpenAI writes one, of a proxy that speaks like it: what is behind it may have taken the order."""
    return {"error": {"message": message, "type": kind, "param": None, "code": "503"}}


def _google(status: int) -> Front:
    page = f"""<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <title>Error {status} (Server Error)!!1</title>
  <p><b>{status}.</b> <ins>That’s an error.</ins>
  <p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.
"""
    return Front(status, "Google Frontend", "text/html; charset=UTF-8", page)


CUT = "upstream connect error or disconnect/reset before headers. "
PROBLEM = {
    "type": "https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/",
    "title": "Error 502: Bad gateway",
    "status": 502,
    "detail": "The origin web server returned an invalid response.",
    "instance": "0123456789abcdef",
    "error_code": 502,
    "error_name": "origin_bad_gateway",
    "cloudflare_error": True,
    "retryable": True,
    "retry_after": 60,
}
LITELLM = (
    "litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - {}\n\nLiteLLM: model group failed"
)
RAN_OUT = {"error": {"code": 503, "message": "The service is currently unavailable.", "status": "UNAVAILABLE"}}

UNCLEAR: dict[str, Front] = {
    "envoy-reset": _envoy(503, f"{CUT}reset reason: connection termination"),
    "envoy-failure": _envoy(503, f"{CUT}reset reason: remote connection failure, transport failure reason: TLS error"),
    "envoy-retried": _envoy(503, f"{CUT}retried and the latest reset reason: connection timeout"),
    "envoy-overflow": _envoy(503, "upstream connect error or disconnect/reset before headers. reset reason: overflow"),
    "envoy-nobody": _envoy(503, "no healthy upstream"),
    "envoy-empty": _envoy(503, ""),
    "envoy-late": _envoy(504, "upstream request timeout"),
    "envoy-stream": _envoy(408, "stream timeout"),
    "nginx-503": _nginx(503, "Service Temporarily Unavailable"),
    "nginx-500": _nginx(500, "Internal Server Error"),
    "nginx-502": _nginx(502, "Bad Gateway"),
    "nginx-504": _nginx(504, "Gateway Time-out"),
    "nginx-408": _nginx(408, "Request Time-out"),
    "nginx-301": _nginx(301, "Moved Permanently"),
    "nginx-302": _nginx(302, "Found"),
    "nginx-303": _nginx(303, "See Other"),
    "nginx-499": _nginx(499, "Client Closed Request"),
    "alb-503": _nginx(503, "Service Temporarily Unavailable", "awselb/2.0"),
    "alb-502": _nginx(502, "Bad Gateway", "awselb/2.0"),
    "alb-504": _nginx(504, "Gateway Time-out", "awselb/2.0"),
    "alb-460": _nginx(460, "", "awselb/2.0"),
    "aws-api-503": _json(503, "", {"message": "Service Unavailable"}),
    "aws-api-504": _json(504, "", {"message": "Endpoint request timed out"}),
    **{f"cloudflare-{code}": _cloudflare(code) for code in (502, 503, 504, 520, 521, 522, 523, 524, 525, 526)},
    "cloudflare-1033": _cloudflare(1033, 530),
    "cloudflare-page-502": _cloudflare_page(502, "Bad gateway"),
    "cloudflare-page-503": _cloudflare_page(503, "Service Temporarily Unavailable"),
    "cloudflare-page-524": _cloudflare_page(524, "A timeout occurred"),
    "cloudflare-problem": _json(502, "cloudflare", PROBLEM, "application/problem+json; charset=utf-8"),
    "cloudflare-problem-503": _json(503, "cloudflare", PROBLEM | {"status": 503, "error": "x", "message": "x"}),
    "google-502": _google(502),
    "google-503": _google(503),
    "google-500": _google(500),
    "google-envoy": Front(503, "Google Frontend", "text/plain", f"{CUT}reset reason: connection failure"),
    "google-api": _json(503, "ESF", RAN_OUT),
    "azure-apim": _json(503, "", {"statusCode": 503, "message": "Service unavailable"}),
    "azure-door": Front(503, "", "text/html", "<!DOCTYPE html><html><h2>Our services aren't available right now</h2>"),
    "haproxy": Front(503, "", "text/html", "<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n"),
    "traefik": Front(503, "", "text/plain; charset=utf-8", "no available server\n"),
    "varnish": Front(503, "Varnish", "text/html", "<!DOCTYPE html>\n<html><title>503 Backend fetch failed</title>"),
    "kong": _json(503, "kong", {"message": "failure to get a peer from the ring-balancer", "request_id": "0123"}),
    "kong-invalid": _json(502, "kong", {"message": "An invalid response was received from the upstream server"}),
    "litellm": _json(503, "uvicorn", _openai_error(LITELLM.format(""), "internal_server_error")),
    "litellm-quoting": _json(
        503, "uvicorn", _openai_error(LITELLM.format('{"error":{"message":"x"}}'), "server_error")
    ),
    "new-api": _json(503, "", _openai_error("bad response status code 503 (request id: 0123)", "new_api_error")),
    "page-200": Front(200, "", "text/html", "<!doctype html><title>Just a moment...</title>"),
    "nothing-200": Front(200, "", "", ""),
}
REFUSED: dict[str, Front] = {
    "nginx-307": _nginx(307, "Temporary Redirect"),
    "nginx-308": _nginx(308, "Permanent Redirect"),
    "nginx-400": _nginx(400, "Bad Request"),
    "nginx-413": _nginx(413, "Request Entity Too Large"),
    "nginx-415": _nginx(415, "Unsupported Media Type"),
}
BUSY: dict[str, Front] = {
    "nginx-429": _nginx(429, "Too Many Requests"),
    "cloudflare-1015": _cloudflare(1015, 429),
    "envoy-429": _envoy(429, "local_rate_limited"),
}
FRONTS: dict[str, Front] = {**UNCLEAR, **REFUSED, **BUSY}
