"""Whom a secure connection trusts, and what its failures mean. Pure: it connects to nobody."""

from __future__ import annotations

from collections.abc import Mapping

from mailjet_rest.outcome import Again, Refused
from program.failure import ConfigurationError

_BUNDLES = "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE, SSL_CERT_FILE)"


def trusted_authorities(environment: Mapping[str, str]) -> str | bool:
    """The bundle of certificates that OpenSSL's own variable names; True for that of requests.

    requests knows REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which come before it, but not this one.
    """
    return environment.get("SSL_CERT_FILE") or True


def judge_tls(text: str, origin: str) -> Again | Refused:
    """What a failed handshake means: a certificate that is not trusted will not be at the next try either."""
    if "[X509" in text or "[PEM" in text:
        return refuse_environment(f"{_BUNDLES} names a file that holds no certificates")
    if "CERTIFICATE_VERIFY_FAILED" not in text:
        return Again("could not be reached by a secure connection", mend="check 'api_url', the network and its proxy")
    return Refused(
        ConfigurationError(
            f"The certificate of {origin} is not trusted: check 'api_url', or name the certificate authority of the "
            "proxy in between in REQUESTS_CA_BUNDLE or SSL_CERT_FILE."
        ),
        "all",
    )


def judge_bundle(error: OSError) -> Again | Refused:
    """What an error of the operating system means; requests raises one, without a number, for a missing bundle."""
    if error.errno is None:
        return refuse_environment(f"{_BUNDLES} names a file or folder that is not there")
    return Again(f"could not be read ({type(error).__name__})")


def refuse_environment(what: str) -> Refused:
    """A variable of the environment that keeps every request from being sent."""
    return Refused(ConfigurationError(f"{what}: mend this variable of the environment, or take it away."), "all")
