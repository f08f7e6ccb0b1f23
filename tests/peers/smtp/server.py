"""A mail server (aiosmtpd) for the tests, on ports of its own choosing, each with another way to be.

Says in one line of JSON where it listens and which authority vouches for it; writes each mail that it takes as a line of
JSON into the file that it is told.
"""

import asyncio
import json
import ssl
import sys

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

MAILS = sys.argv[1]
LOGIN = LoginPassword(b"ada", b"a-good-password")
SAYS = {
    "reject": "550 5.1.1 no such user",
    "later": "451 4.7.1 try again later",
    "busy": "421 4.3.2 shutting down",
}


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        said = SAYS.get(address.split("@")[0])
        if said:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "tls": session.ssl is not None,
            "login": session.auth_data.login.decode() if session.auth_data else None,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode(),
        }
        with open(MAILS, "a", encoding="utf-8") as file:
            file.write(json.dumps(mail) + "\n")
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = data == LOGIN
    return AuthResult(success=good, handled=good, auth_data=data)


def tls(authority, name):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def protocol(context=None, **options):
    options = {"hostname": "peer.test", "authenticator": authenticate, **options}
    return lambda: SMTP(Handler(), tls_context=context, loop=asyncio.get_running_loop(), **options)


async def main():
    authority, stranger = trustme.CA(), trustme.CA()
    good = tls(authority, "127.0.0.1")
    required = {"require_starttls": True, "auth_required": True}
    over_tls = {"auth_required": True, "auth_require_tls": False}
    ways = {
        "starttls": (protocol(good, **required), None),
        "login_only": (protocol(good, auth_exclude_mechanism=["PLAIN"], **required), None),
        "implicit": (protocol(**over_tls), good),
        "no_starttls": (protocol(auth_require_tls=False), None),
        "no_auth": (protocol(good, auth_exclude_mechanism=["PLAIN", "LOGIN"], require_starttls=True), None),
        "other_name": (protocol(tls(authority, "mail.example.org"), **required), None),
        "stranger": (protocol(tls(stranger, "127.0.0.1"), **required), None),
    }
    loop, ports, servers = asyncio.get_running_loop(), {}, []
    for name, (make, context) in ways.items():
        server = await loop.create_server(make, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        ports[name] = server.sockets[0].getsockname()[1]
    pem = authority.cert_pem.bytes().decode()
    print(json.dumps({"ports": ports, "authority": pem}), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
