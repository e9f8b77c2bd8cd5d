"""A SAML identity provider on pysaml2, small enough to see what it sends.

`idp.py PORT STATE` serves on 127.0.0.1; STATE holds idp.key and idp.crt. A service provider is registered by a POST of
its metadata to /sp, whose query says how it is to be answered: sign_response, sign_assertion, sha1, encrypt_assertion,
des, want_signed_requests. Whoever gives an address is signed in under it.
"""

import functools
import html
import json
import re
import sys
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

import saml2.entity
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAME_FORMAT_URI, NAMEID_FORMAT_EMAILADDRESS, NameID
from saml2.server import Server
from saml2.sigver import TRIPLE_DES_CBC, pre_encryption_part
from saml2.xmldsig import DIGEST_SHA1, DIGEST_SHA256, SIG_RSA_SHA1, SIG_RSA_SHA256

PORT = int(sys.argv[1])
STATE = sys.argv[2]
BASE = f"http://127.0.0.1:{PORT}"
ENTITY_ID = f"{BASE}/metadata"
PASSWORD = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"}
SHA256 = {"sign_alg": SIG_RSA_SHA256, "digest_alg": DIGEST_SHA256}
SHA1 = {"sign_alg": SIG_RSA_SHA1, "digest_alg": DIGEST_SHA1}
MESSAGE = ("SAMLRequest", "RelayState", "SigAlg", "Signature")


def both_bindings(path):
    return [(f"{BASE}{path}", BINDING_HTTP_REDIRECT), (f"{BASE}{path}", BINDING_HTTP_POST)]


idp = Server(
    config=IdPConfig().load(
        {
            "entityid": ENTITY_ID,
            "key_file": f"{STATE}/idp.key",
            "cert_file": f"{STATE}/idp.crt",
            "metadata": {"inline": []},
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": both_bindings("/sso"),
                        "single_logout_service": both_bindings("/slo"),
                    },
                    "name_id_format": [NAMEID_FORMAT_EMAILADDRESS],
                    "policy": {
                        "default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_URI}
                    },
                }
            },
        }
    )
)
# The library encrypts with 3DES, and has no setting for another algorithm.
AES = {"msg_enc": "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "key_type": "aes-256"}
DES = {"msg_enc": TRIPLE_DES_CBC, "key_type": "des-192"}
encrypt_assertion = idp.sec.encrypt_assertion
providers = {}
sessions = {}


def register(metadata, settings):
    """Takes a service provider in."""
    idp.metadata.load("inline", metadata)
    entity_id = re.search(r'entityID="([^"]+)"', metadata).group(1)
    providers[entity_id] = {name: value == "true" for name, value in settings.items()}


def parse(kind, method, sent):
    """The verified request of a redirect (GET) or of a form (POST)."""
    binding = BINDING_HTTP_REDIRECT if method == "GET" else BINDING_HTTP_POST
    signature = {"relay_state": sent.get("RelayState")}
    if method == "GET":
        signature.update(sigalg=sent.get("SigAlg"), signature=sent.get("Signature"))
    # The setting counts for the whole library; here each service provider has its own.
    xml = idp.unravel(sent["SAMLRequest"], binding)
    issuer = re.search(r"Issuer[^>]*>([^<]+)<", xml if isinstance(xml, str) else xml.decode()).group(1)
    must = providers[issuer].get("want_signed_requests", False)
    idp.config.setattr("idp", "want_authn_requests_signed", must)
    read = idp.parse_authn_request if kind == "authn" else idp.parse_logout_request
    return read(sent["SAMLRequest"], binding, **signature)


def encrypt_with(msg_enc, key_type):
    """Sets the content algorithm of the next response."""
    saml2.entity.pre_encryption_part = functools.partial(pre_encryption_part, msg_enc=msg_enc)
    idp.sec.encrypt_assertion = functools.partial(encrypt_assertion, key_type=key_type)


def login_page(method, sent):
    """One field, and the request on its way through the page."""
    hidden = {"method": method, **{name: sent[name] for name in MESSAGE if name in sent}}
    # A name of its own: a form that holds SAMLRequest would be a message that sends itself.
    state = html.escape(json.dumps(hidden), quote=True)
    return (
        '<form method="post" action="/login"><input name="username">'
        f'<input type="hidden" name="state" value="{state}"></form>'
    )


def answer_login(form):
    """The response, in a form that the browser posts to the service provider."""
    sent = json.loads(form["state"])
    request = parse("authn", sent["method"], sent).message
    settings = providers[request.issuer.text]
    email = form["username"]
    name_id = NameID(format=NAMEID_FORMAT_EMAILADDRESS, text=email, sp_name_qualifier=request.issuer.text)
    reply = idp.response_args(request, [BINDING_HTTP_POST])
    binding = reply.pop("binding")
    encrypt_with(**(DES if settings.get("des") else AES))
    response = idp.create_authn_response(
        {"mail": [email], "givenName": ["Ada"], "sn": ["Lovelace"]},
        userid=email,
        name_id=name_id,
        authn={**PASSWORD, "authn_auth": ENTITY_ID},
        sign_response=settings.get("sign_response", False),
        sign_assertion=settings.get("sign_assertion", False),
        encrypt_assertion=settings.get("encrypt_assertion", False),
        session_index=f"_{uuid.uuid4().hex}",
        **(SHA1 if settings.get("sha1") else SHA256),
        **reply,
    )
    sessions[email] = sessions.get(email, 0) + 1
    return idp.apply_binding(
        binding, str(response), reply["destination"], sent.get("RelayState", ""), response=True
    )


def answer_logout(method, sent):
    """Ends the session that a service provider names, and tells it so by its own binding."""
    request = parse("logout", method, sent).message
    email = request.name_id.text
    if email not in sessions:
        raise ValueError(f"{email} is not signed in")
    del sessions[email]
    bindings = [BINDING_HTTP_REDIRECT if method == "GET" else BINDING_HTTP_POST]
    reply = idp.response_args(request, bindings)
    response = idp.create_logout_response(request, bindings, sign=bindings == [BINDING_HTTP_POST], **SHA256)
    return idp.apply_binding(
        reply["binding"],
        str(response),
        reply["destination"],
        sent.get("RelayState", ""),
        response=True,
        sign=bindings == [BINDING_HTTP_REDIRECT],
        sigalg=SIG_RSA_SHA256,
    )


class Handler(BaseHTTPRequestHandler):
    """Routes by path; what goes wrong is shown on the page."""

    def do_GET(self):
        self.handle_request("GET", "")

    def do_POST(self):
        length = int(self.headers.get("content-length", "0"))
        self.handle_request("POST", self.rfile.read(length).decode())

    def handle_request(self, method, body):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        form = dict(parse_qsl(body, keep_blank_values=True)) if url.path != "/sp" else {}
        sent = query if method == "GET" else form
        try:
            if url.path == "/metadata":
                self.send(200, [("Content-Type", "application/samlmetadata+xml")], metadata())
            elif url.path == "/sp":
                register(body, query)
                self.send(204, [], "")
            elif url.path == "/sessions":
                self.send(200, [("Content-Type", "application/json")], json.dumps(sessions))
            elif url.path == "/sso":
                parse("authn", method, sent)
                self.send(200, [("Content-Type", "text/html")], login_page(method, sent))
            elif url.path == "/login":
                self.send_message(answer_login(form))
            elif url.path == "/slo":
                self.send_message(answer_logout(method, sent))
            else:
                self.send(404, [], "")
        except Exception as error:  # pylint: disable=broad-except
            self.log_error("%r", error)
            self.send(400, [("Content-Type", "text/plain")], repr(error))

    def send_message(self, message):
        """What pysaml2 made of a binding: a redirect or a page with a form."""
        if message["method"] == "GET":
            self.send(302, message["headers"], "")
        else:
            self.send(200, [("Content-Type", "text/html")], "".join(message["data"]))

    def send(self, status, headers, body):
        content = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def metadata():
    """Our own document."""
    from saml2.metadata import entity_descriptor

    return str(entity_descriptor(idp.config))


HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
