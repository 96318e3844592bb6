"""The example of a JSON API over a SOAP service: its operations, its faults, and hostile texts."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.processes import BOUND, REGION, Gatewright
from tests.support.scripted_backends import Script, says, scripted

SHIM = Path(__file__).parents[2] / "examples" / "soap-shim"
numbers = itertools.count()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatewright]:
    node = Gatewright("dev", tmp_path_factory.mktemp("shim"), "--listen", "127.0.0.1:0", str(SHIM))
    try:
        yield node.ready()
    finally:
        node.close()


@pytest.fixture(scope="module")
def books(node: Gatewright) -> Iterator[Books]:
    books = Books(node.stage_url("soap-shim", "dev", "/books"))
    yield books
    books.connection.close()


class Books:
    """A client of the JSON API."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.netloc, timeout=BOUND)
        self.path = parts.path

    def get(self, rest: str = "") -> tuple[int, Any]:
        return self._ask("GET", self.path + rest)

    def post(self, book: object, content_type: str = "application/json") -> tuple[int, Any]:
        return self._ask("POST", self.path, json.dumps(book), {"Content-Type": content_type})

    def _ask(self, *request: Any) -> tuple[int, Any]:
        self.connection.request(*request)
        with self.connection.getresponse() as answer:
            assert answer.headers["Content-Type"] == "application/json"
            return answer.status, json.load(answer)


def isbn() -> str:
    """A fresh one."""
    digits = f"979{next(numbers):09}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def test_a_book_is_got_with_its_number_as_a_number_and_nothing_as_null(books: Books) -> None:
    assert books.get("/9780262510875") == (
        200,
        {
            "isbn": "9780262510875",
            "title": "Structure & Interpretation",
            "author": "Abelson, Sussman",
            "pages": 657,
        },
    )
    assert books.get("/9782070612758")[1]["pages"] is None


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?author=gamma", ['Design Patterns: "Elements" of <Reuse>']),
        ("?title=s&author=a", ["Structure & Interpretation", 'Design Patterns: "Elements" of <Reuse>']),
        ("?title=%26%20int", ["Structure & Interpretation"]),
        ("?title=%C3%89tranger", ["L'Étranger"]),
        ("?title=%3C/title%3E%3Cauthor%3E", []),
    ],
)
def test_books_are_found(books: Books, query: str, titles: list[str]) -> None:
    status, found = books.get(query)
    assert status == 200
    assert [book["title"] for book in found if not book["isbn"].startswith("979")] == titles


def test_a_book_is_added_and_no_answer_holds_more_than_a_hundred(books: Books) -> None:
    book = {"isbn": isbn(), "title": "New", "author": "Somebody", "pages": 12}
    assert books.post(book) == (201, book)
    assert books.get(f"/{book['isbn']}") == (200, book)
    for _ in range(101):
        assert books.post({"isbn": isbn(), "title": "Many", "author": "Somebody"})[0] == 201
    assert len(books.get("?title=many")[1]) == 100


HOSTILE = (
    "<b>bold</b>",
    "</title></b:book>",
    "<![CDATA[ ]]> ]]>",
    "&amp; &lt; &#13; &amp;amp; &",
    "&#x41;&unknown;",
    "it's \"quoted\" and 'quoted'",
    "\\ \\' \\\" \\\\' \\u0041 \\n",
    "a/b </ \\/",
    "$title $input.body ${x} #set($x = 1) #end ## comment #* *# #[[ ]]#",
    "line\nfeed\r\nreturn\rtab\tend",
    "  blanks around  ",
    "é ß 中文 \u2028 \u0085 \u00a0 € 😀 \U0010fffd",
    '{"a": [1]}, "b": "',
    "<!-- comment -->",
    "<?xml version='1.0'?>",
    "null",
    "0",
    "x" * 20_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_survives_both_ways(books: Books, text: str) -> None:
    survives(books, text)
    if len(text) < 1000:
        status, found = books.get(f"?title={quote(text)}")
        assert status == 200
        assert text in [book["title"] for book in found]


# What XML 1.0 can hold.
XML_TEXT = st.text(
    st.one_of(
        st.sampled_from("<>&'\"\\/;#$\r\n\t"),
        st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"),
    ),
    min_size=1,
)


@settings(max_examples=60, deadline=None)
@given(text=XML_TEXT)
def test_all_that_xml_can_hold_survives_both_ways(books: Books, text: str) -> None:
    survives(books, text)


def survives(books: Books, text: str) -> None:
    book = {"isbn": isbn(), "title": text, "author": text[::-1], "pages": None}
    assert books.post({name: value for name, value in book.items() if value is not None}) == (201, book)
    assert books.get(f"/{book['isbn']}") == (200, book)


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"isbn": "9780262510875"}, 409, "There is a book with ISBN 9780262510875 already"),
        ({"isbn": "978<'&\""}, 400, "'978<\\'&\"' is no ISBN: 13 digits, the last a check digit"),
        ({"author": ""}, 400, "A book needs a title and an author"),
        ({"pages": -1}, 400, "'-1' is no number of pages"),
        ({"title": "\x00"}, 400, "The request is no XML: not well-formed (invalid token): line 4, column 7"),
        ({"title": 5}, 400, "Invalid request body"),  # by the model: it never reaches the service
        ({"more": 5}, 400, "Invalid request body"),
    ],
)
def test_bad_input_is_told(books: Books, changes: dict[str, Any], status: int, message: str) -> None:
    book = {"isbn": isbn(), "title": "T", "author": "A"} | changes
    assert books.post(book) == (status, {"message": message})


def test_a_book_that_is_not_there_is_told(books: Books) -> None:
    assert books.get("/12") == (404, {"message": "There is no book with ISBN 12"})
    assert books.get("/a'b&amp;") == (404, {"message": "There is no book with ISBN a'b&amp;"})


def test_other_content_types_are_refused(books: Books) -> None:
    assert books.post({}, "text/plain") == (415, {"message": "Unsupported Media Type"})


FAULT = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    b"<faultcode>s:Server</faultcode><faultstring>a &lt;b&gt; &amp;amp; c\\</faultstring>"
    b"</s:Fault></s:Body></s:Envelope>"
)
EMPTY_AND_PREFIXED = (
    b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    b'<ns2:FindBooksResponse xmlns:ns2="urn:example:books"><ns2:book nr="1"><ns2:isbn>1</ns2:isbn>'
    b'<ns2:title xml:lang="en">T</ns2:title><ns2:author/><ns2:pages a="/"  /></ns2:book>'
    b"</ns2:FindBooksResponse></S:Body></S:Envelope>"
)
FAILED = {"message": "The book service failed"}
UNPREFIXED_BOOK = {"isbn": "1", "title": "T", "author": "", "pages": None}


@pytest.mark.parametrize(
    ("head", "body", "status", "told"),
    [
        (b"500 Error", b"<html>Internal Server Error</html>", 502, FAILED),
        (b"503 Unavailable", b"", 502, FAILED),
        (b"500 Error", FAULT, 502, {"message": "a <b> &amp; c\\"}),
        (b"200 OK", EMPTY_AND_PREFIXED, 200, [UNPREFIXED_BOOK]),
    ],
    ids=["a page", "nothing", "a fault of its own", "other spelling"],
)
def test_other_services_answers_are_told(
    other: dict[str, Script], dev: Gatewright, head: bytes, body: bytes, status: int, told: object
) -> None:
    other["/"] = says(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
    books = Books(dev.stage_url("soap-shim", "dev", "/books"))
    assert books.get() == (status, told)
    books.connection.close()


@pytest.fixture(scope="module")
def other(dev: Gatewright) -> Iterator[dict[str, Script]]:
    """The same API on another node before another service, which answers as the script at `/` says."""
    scripts: dict[str, Script] = {}
    with scripted(scripts) as port:
        deploy(dev, f"http://127.0.0.1:{port}")
        yield scripts


def deploy(node: Gatewright, backend: str) -> None:
    command = [str(SHIM / "deploy.py"), "--endpoint", node.management_url, "--backend", backend]
    subprocess.run(
        [sys.executable, *command],
        env={"AWS_ACCESS_KEY_ID": "dev", "AWS_SECRET_ACCESS_KEY": "dev", "AWS_DEFAULT_REGION": REGION},
        timeout=BOUND,
        check=True,
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's commands need curl")
def test_the_readme_says_what_happens(start_dev: Callable[..., Gatewright]) -> None:
    """On a node of its own, whose books are those of the README; deployed twice, for that is said too."""
    node = start_dev(str(SHIM))
    deployed = node.client("apigateway")
    used = deployed.get_integration(
        restApiId="soap-shim", resourceId=resource(deployed, "/books"), httpMethod="GET"
    )
    deployed.close()
    deploy(node, used["uri"].rstrip("/"))
    (block,) = re.findall(r"```console\n(.*?)```", (SHIM / "README.md").read_text(), re.DOTALL)
    block = block.replace("http://127.0.0.1:4566", node.url)
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    expected = "".join(line + "\n" for line in block.splitlines() if not line.startswith("$ "))
    ran = subprocess.run(
        ["sh", "-euc", "\n".join(f"{command}; echo" for command in commands)],
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=True,
    )
    assert [line for line in ran.stdout.splitlines() if line] == expected.splitlines()
    assert any(f"curl {node.url}" in line for line in node.printed)


def resource(gateway: Any, path: str) -> str:
    items = gateway.get_resources(restApiId="soap-shim")["items"]
    return next(str(item["id"]) for item in items if item["path"] == path)
