"""Reasons: sentences in every language, for every key."""

import string
from typing import get_args

import pytest

from fusion.zones.reasons import SENTENCES, Key, Reason, reason


@pytest.mark.parametrize("language", SENTENCES)
def test_every_key_has_a_sentence_with_the_same_words_in_every_language(language):
    def words(sentence):
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    assert SENTENCES[language].keys() == set(get_args(Key))
    for key, sentence in SENTENCES[language].items():
        assert words(sentence) == words(SENTENCES["en"][key])


def test_a_reason_is_said_with_its_words():
    assert reason("leaving", zone="LF-P23", metres=12).sentence() == "12 metres outside LF-P23"


def test_braces_in_a_claimed_name_are_only_letters():
    assert reason("not_registered", name="{0.__class__} {zone}").sentence() == "{0.__class__} {zone} has no permit"
    assert Reason(key="inside", words={"zone": "}"}).sentence() == "inside }"
