"""The meaning of a request that Mailjet did not answer. Pure: it connects to nobody."""

from __future__ import annotations

from mailjet_rest.outcome import Again, Refused
from program.failure import ConfigurationError
from program.http_trouble import Trouble, untrusted_sentence

_CHECK = "check 'api_url', the network and its proxy"
_UNREACHABLE = f"{_CHECK}, then start again; a sync goes on from where it was"


def judge_trouble(trouble: Trouble, origin: str) -> Again | Refused:
    """Worth another try, unless a certificate or a variable of the environment must be changed.

    A host without an address is named: the requested resource has nothing to do with that.
    """
    match trouble:
        case Trouble("late"):
            return Again("did not answer in time")
        case Trouble("unreachable", ""):
            return Again("could not be reached, or cut the connection", mend=_UNREACHABLE)
        case Trouble("unreachable", host):
            return Again(f"has no known address (host '{host}')", mend=_UNREACHABLE, of_host=True)
        case Trouble("insecure"):
            return Again("could not be reached by a secure connection", mend=_CHECK)
        case Trouble("untrusted"):
            return Refused(ConfigurationError(untrusted_sentence(origin, "api_url")), "all")
        case Trouble("environment", sentence):
            return Refused(ConfigurationError(sentence), "all")
    return Again(f"could not be read ({trouble.detail})")
