"""Text read as Asterisk's C reads it; the expected values were watched on real servers or follow its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import Untranslatable
from bridge.translate.scan import (
    CallerId,
    callerid_for_ari,
    callerid_of_ami,
    callerid_of_ari,
    decimal,
    integer,
    separate_args,
    shrink_number,
    strip_quoted,
    truth,
    whole_integer,
)


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), (" -12x", -12), ("+3", 3), ("x1", None), ("", None), ("- 1", None)]
)
def test_integer(text: str, value: int | None) -> None:
    assert integer(text) == value


def test_an_integer_that_overflows() -> None:
    assert integer("2147483647") == 2147483647
    with pytest.raises(Untranslatable):
        integer("2147483648")


@pytest.mark.parametrize(("text", "value"), [("16", 16), (" 16", 16), ("16 ", None), ("1x", None), ("9" * 20, None)])
def test_whole_integer(text: str, value: int | None) -> None:
    assert whole_integer(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("1.5", 1.5), (".5x", 0.5), (" 1e2", 100.0), ("abc", 0.0), ("", 0.0), ("-3", -3.0), ("1e", 1.0)]
)
def test_decimal(text: str, value: float) -> None:
    assert decimal(text) == value


@pytest.mark.parametrize("text", ["0x10", "inf", "-nan", " Infinity"])
def test_a_decimal_that_only_c_reads(text: str) -> None:
    with pytest.raises(Untranslatable):
        decimal(text)


def test_truth() -> None:
    assert truth("YES")
    assert not truth("yess")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        (",", ["", ""]),
        ('A="q,r",B=1', ["A=q,r", "B=1"]),
        (r"A=\"x\",B=\,", ['A="x"', "B=,"]),
        ("F(a,b)=c,D[1,2]=3", ["F(a,b)=c", "D[1,2]=3"]),
        (")a,]b", [")a", "]b"]),
        (" A = 1 ,B", [" A = 1 ", "B"]),
    ],
)
def test_separate_args(text: str, parts: list[str]) -> None:
    assert separate_args(text, 64) == parts


def test_arguments_that_cannot_be_foretold() -> None:
    with pytest.raises(Untranslatable):
        separate_args("a\\", 64)
    with pytest.raises(Untranslatable):
        separate_args("a,b,c", 3)


@pytest.mark.parametrize(
    ("text", "shrunk"), [("(555) 12-34.5", "55512345"), ("1.2.", "12."), ("[1-2]-3", "[1-2]3"), ("alice (1)", "alice1")]
)
def test_shrink_number(text: str, shrunk: str) -> None:
    assert shrink_number(text) == shrunk


@pytest.mark.parametrize(("text", "inner"), [(' "a" ', "a"), ('"', ""), ('"a', '"a'), ('""', "")])
def test_strip_quoted(text: str, inner: str) -> None:
    assert strip_quoted(text) == inner


@pytest.mark.parametrize(
    ("text", "caller"),
    [
        ("", CallerId()),
        ("12345", CallerId("", "12345")),
        ("555-12", CallerId("", "55512")),
        ("Joe Doe", CallerId("Joe Doe", "")),
        ("Joe <1>", CallerId("Joe", "1")),
        ('"Joe \\"X\\" Doe" <555-12>', CallerId('Joe "X" Doe', "55512")),
        ('"Joe" <777', CallerId("Joe", "777")),
        ('"777"', CallerId("777", "")),
        ("<777>", CallerId("", "777")),
        ("<alice (1)>", CallerId("", "alice1")),
        ("a\\", CallerId("a", "")),
    ],
)
def test_callerid_of_ami(text: str, caller: CallerId) -> None:
    assert callerid_of_ami(text) == caller


def test_ami_reads_255_bytes_of_a_caller_id() -> None:
    assert callerid_of_ami("ä" * 200) == CallerId("ä" * 127 + b"\xc3".decode("utf-8", "surrogateescape"), "")


def test_a_caller_id_that_ari_reads_alike_is_handed_over_as_it_is() -> None:
    assert callerid_for_ari("Joe <555-12>") == (CallerId("Joe", "55512"), "Joe <555-12>")
    assert callerid_for_ari("") == (CallerId(), "")
    assert callerid_for_ari('""') == (CallerId(), "")


def test_a_caller_id_that_ari_reads_otherwise_is_written_anew() -> None:
    assert callerid_of_ari("Joe <alice (1)>") != callerid_of_ami("Joe <alice (1)>")
    assert callerid_for_ari("Joe <alice (1)>") == (CallerId("Joe", "alice1"), '"Joe" <alice1>')


def test_a_caller_id_of_which_ami_reads_the_beginning_only() -> None:
    assert callerid_for_ari("x" * 300) == (CallerId("x" * 255, ""), f'"{"x" * 255}"')
    assert callerid_for_ari("a<b<" + " " * 300 + "1") == (CallerId("a<b", ""), '"a<b" <>')
    assert callerid_for_ari("<" + "1" * 300) == (CallerId("", "1" * 254), f"<{'1' * 254}>")


TEXTS = st.text(st.sampled_from('"\\<> -.()[]*1aä,'), max_size=30) | st.text(max_size=40)


@given(st.tuples(TEXTS, st.sampled_from(["", "x" * 250, " " * 250])))
def test_ari_reads_what_it_is_given_as_ami_reads_the_original(texts: tuple[str, str]) -> None:
    text = "".join(texts)
    wanted, handed_over = callerid_for_ari(text)
    assert callerid_of_ami(text) == wanted
    assert callerid_of_ari(handed_over) == wanted
