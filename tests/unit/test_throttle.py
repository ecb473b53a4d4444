"""Wrong tokens are spread over time, for each address by itself, and nobody waits for ever."""

import pytest
from lab_server.languages import CHINESE, ENGLISH, choose_text
from lab_server.throttle import LONGEST_S, Throttle


def waits(
    throttle: Throttle, count: int, address: str = "192.0.2.1", now: float = 0
) -> list[float]:
    """Return how long the answers wait that are not refused."""
    return [wait for _ in range(count) if (wait := throttle.delay(address, now)) is not None]


def test_a_few_mistakes_are_answered_at_once() -> None:
    assert waits(Throttle(), 10) == [0] * 10


def test_of_sixty_at_once_each_waits_longer_than_the_one_before_and_the_rest_is_refused() -> None:
    found = waits(Throttle(), 60)
    assert found[10:] == sorted(set(found[10:]))
    assert max(found) <= LONGEST_S
    assert len(found) < 60


def test_a_refusal_costs_no_more_waiting_later() -> None:
    throttle = Throttle()
    waits(throttle, 1000)
    assert throttle.delay("192.0.2.1", LONGEST_S + 10) == 0


def test_other_addresses_are_not_slowed_down() -> None:
    throttle = Throttle()
    waits(throttle, 60)
    assert waits(throttle, 1, "192.0.2.2") == [0]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_who_counts_as_one(one: str, other: str, is_same: bool) -> None:
    throttle = Throttle()
    waits(throttle, 30, one)
    assert (throttle.delay(other, 0) != 0) == is_same


def test_a_flood_from_everywhere_is_forgotten_before_it_fills_the_memory() -> None:
    throttle = Throttle()
    for number in range(20_000):
        throttle.delay(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0)
    assert len(throttle._due) <= 10_000


@pytest.mark.parametrize(
    ("accepted", "lang", "is_chinese"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "C.UTF-8", True),
        ("en-GB,en;q=0.9,zh;q=0.8", "zh_CN.UTF-8", False),
        ("en;q=0.5,zh-TW", "C.UTF-8", True),
        ("de,fr;q=0.5", "zh_CN.UTF-8", True),
        ("de", "C.UTF-8", False),
        ("", "zh_CN.UTF-8", True),
        (";q=x,,zh;q=", "C.UTF-8", True),
    ],
)
def test_the_login_page_speaks_the_browsers_language_else_that_of_lang(
    monkeypatch: pytest.MonkeyPatch, accepted: str, lang: str, is_chinese: bool
) -> None:
    monkeypatch.setenv("LANG", lang)
    assert choose_text(accepted) == (CHINESE if is_chinese else ENGLISH)


def test_both_languages_say_everything() -> None:
    assert CHINESE.keys() == ENGLISH.keys()
