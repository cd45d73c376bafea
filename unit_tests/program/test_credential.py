"""Keys: which can be sent, by what one is known, and how they are hidden."""

from __future__ import annotations

import pytest

from program.credential import key_digest, mask, require_key, secret_forms
from program.failure import FieldError


@pytest.mark.parametrize("text", ["two words", "a:b", "key\n", "ключ", "key\x00"])
def test_what_basic_authentication_cannot_send_is_a_sentence_that_does_not_quote_it(text: str) -> None:
    with pytest.raises(FieldError) as raised:
        require_key("write_key", text, "The service")
    assert str(raised.value) == (
        "Field 'write_key' of the configuration must be the key as The service shows it, without spaces, colons or "
        "line breaks."
    )


def test_a_key_is_known_by_the_first_digits_of_its_sha256() -> None:
    # printf abc | sha256sum
    assert key_digest("abc") == "ba7816bf"


def test_keys_are_hidden_in_each_form_and_the_longest_first() -> None:
    # printf 'k1k1k1k1:k1k1k1k1-and' | base64
    text = "k1k1k1k1-and, k1k1k1k1, Basic azFrMWsxazE6azFrMWsxazEtYW5k"
    assert mask(text, secret_forms("k1k1k1k1", "k1k1k1k1-and")) == "****, ****, Basic ****"


@pytest.mark.parametrize("key", ["", "i", "seven77"])
def test_what_is_too_short_to_be_a_key_hides_nothing(key: str) -> None:
    assert key not in secret_forms(key)
