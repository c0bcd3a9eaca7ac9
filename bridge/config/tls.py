"""TLS contexts from settings."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TypeVar

from bridge.config.model import Config, ListenTls, UpstreamTls
from bridge.errors import Problem, ProblemsFound

T = TypeVar("T")


def upstream_context(tls: UpstreamTls | None) -> ssl.SSLContext:
    """The context of a connection to Asterisk; None is every default.

    Raises:
        ProblemsFound: the authorities cannot be read.
    """
    tls = tls or UpstreamTls()
    try:
        context = ssl.create_default_context(cafile=str(tls.ca) if tls.ca else None)
    except (ssl.SSLError, OSError) as error:
        raise ProblemsFound([Problem(str(tls.ca), 0, 0, "tls.ca", f"holds no certificates: {error}")]) from None
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def listen_context(tls: ListenTls) -> ssl.SSLContext:
    """The context of a listener.

    Raises:
        ProblemsFound: certificate and key do not go together, or are none.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(tls.cert, tls.key)
    except (ssl.SSLError, OSError) as error:
        text = f"certificate and key ({tls.key}) cannot be used: {error}"
        raise ProblemsFound([Problem(str(tls.cert), 0, 0, "tls.cert", text)]) from None
    if tls.client_ca is not None:
        try:
            context.load_verify_locations(tls.client_ca)
        except (ssl.SSLError, OSError) as error:
            text = f"holds no certificates: {error}"
            raise ProblemsFound([Problem(str(tls.client_ca), 0, 0, "tls.client_ca", text)]) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def tls_problems(config: Config) -> list[Problem]:
    """What is wrong with certificates, keys and authorities that the configuration names."""
    problems: list[Problem] = []
    for listen in config.listen:
        if listen.tls is not None:
            problems += _problems_of(listen_context, listen.tls)
    for tls in (config.ami.tls, config.ari.tls):
        if tls is not None:
            problems += _problems_of(upstream_context, tls)
    return problems


def _problems_of(make: Callable[[T], ssl.SSLContext], tls: T) -> tuple[Problem, ...]:
    try:
        make(tls)
    except ProblemsFound as error:
        return error.problems
    return ()
