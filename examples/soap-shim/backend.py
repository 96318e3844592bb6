"""A book catalogue that speaks SOAP 1.1, as such services do: it knows nothing of JSON, nor of the gateway.

POST / with `<Body><FindBooks|GetBook|AddBook xmlns="urn:example:books">`; every fault is HTTP 500.
"""

from __future__ import annotations

import argparse
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from threading import Lock
from xml.etree.ElementTree import Element, SubElement

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
BOOKS = "urn:example:books"
MOST_BYTES = 1024 * 1024  # of a request
PAGES = re.compile("[1-9][0-9]{0,5}").fullmatch
MOST_FOUND = 100  # books in one answer

ElementTree.register_namespace("soap", SOAP)
ElementTree.register_namespace("b", BOOKS)

Book = dict[str, str]  # isbn, title, author, pages


class Fault(Exception):
    """What SOAP 1.1 answers instead of a result; the code is refined by dots, as its section 4.4.1 has it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Catalogue:
    """The books by ISBN, in memory, in the order in which they were added."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._books: dict[str, Book] = {}
        self.add("9780262510875", "Structure & Interpretation", "Abelson, Sussman", "657")
        self.add("9780201633610", 'Design Patterns: "Elements" of <Reuse>', "Gamma et al.", "395")
        self.add("9782070612758", "L'Étranger", "Camus", "")

    def find(self, title: str, author: str) -> Iterator[Book]:
        for book in list(self._books.values()):
            if title.lower() in book["title"].lower() and author.lower() in book["author"].lower():
                yield book

    def get(self, isbn: str) -> Book:
        try:
            return self._books[isbn]
        except KeyError:
            raise Fault("Client.NotFound", f"There is no book with ISBN {isbn}") from None

    def add(self, isbn: str, title: str, author: str, pages: str) -> Book:
        if not _is_isbn(isbn):
            raise Fault("Client.BadInput", f"{isbn!r} is no ISBN: 13 digits, the last a check digit")
        if not title or not author:
            raise Fault("Client.BadInput", "A book needs a title and an author")
        if pages and not PAGES(pages):
            raise Fault("Client.BadInput", f"{pages!r} is no number of pages")
        with self._lock:
            if isbn in self._books:
                raise Fault("Client.Exists", f"There is a book with ISBN {isbn} already")
            book = {"isbn": isbn, "title": title, "author": author, "pages": pages}
            self._books[isbn] = book
        return book


def _is_isbn(text: str) -> bool:
    if not (len(text) == 13 and text.isascii() and text.isdecimal()):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text)) % 10 == 0


def call(catalogue: Catalogue, action: str, envelope: bytes) -> Element:
    """The element that answers the envelope. Raises Fault."""
    request = _operation(envelope)
    name = request.tag.removeprefix(f"{{{BOOKS}}}")
    if action != f'"{BOOKS}#{name}"':
        raise Fault("Client", f"SOAPAction {action} is not that of {name}")
    given = {child.tag.removeprefix(f"{{{BOOKS}}}"): child.text or "" for child in request}
    match name:
        case "FindBooks":
            found = catalogue.find(given.get("title", ""), given.get("author", ""))
            books = list(islice(found, MOST_FOUND))
        case "GetBook":
            books = [catalogue.get(given.get("isbn", ""))]
        case "AddBook":
            wanted = (given.get(part, "") for part in ("isbn", "title", "author", "pages"))
            books = [catalogue.add(*wanted)]
        case _:
            raise Fault("Client", f"There is no operation {name}")
    answer = Element(f"{{{BOOKS}}}{name}Response")
    for book in books:
        element = SubElement(answer, f"{{{BOOKS}}}book")
        for part, text in book.items():
            SubElement(element, f"{{{BOOKS}}}{part}").text = text
    return answer


def _operation(envelope: bytes) -> Element:
    """The one element in the envelope's body. Raises Fault."""
    if b"<!DOCTYPE" in envelope:
        raise Fault("Client", "A SOAP message has no document type declaration")
    try:
        root = ElementTree.fromstring(envelope)
    except ElementTree.ParseError as error:
        raise Fault("Client.BadInput", f"The request is no XML: {error}") from None
    if root.tag != f"{{{SOAP}}}Envelope":
        raise Fault("VersionMismatch", "The request is no SOAP 1.1 envelope")
    body = root.find(f"{{{SOAP}}}Body")
    if body is None or len(body) != 1:
        raise Fault("Client", "The envelope's body has to hold one element")
    return body[0]


def fault_element(fault: Fault) -> Element:
    element = Element(f"{{{SOAP}}}Fault")
    SubElement(element, "faultcode").text = f"soap:{fault.code}"
    SubElement(element, "faultstring").text = str(fault)
    return element


def enveloped(content: Element) -> bytes:
    envelope = Element(f"{{{SOAP}}}Envelope")
    SubElement(envelope, f"{{{SOAP}}}Body").append(content)
    text: bytes = ElementTree.tostring(envelope, "utf-8", xml_declaration=True)
    return text.replace(b"\r", b"&#13;")  # a bare one would be read as a line feed


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept open
    disable_nagle_algorithm = True  # or a body would wait for the acknowledgement of its head
    catalogue = Catalogue()

    def do_POST(self) -> None:  # the name BaseHTTPRequestHandler looks for
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            self.send_error(413)
            return
        envelope = self.rfile.read(int(length))
        if self.headers.get_content_type() != "text/xml":
            self.send_error(415)
            return
        try:
            status, element = 200, call(self.catalogue, self.headers.get("SOAPAction", ""), envelope)
        except Fault as fault:
            status, element = 500, fault_element(fault)
        self._answer(status, enveloped(element))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: the gateway does that."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    port = parser.parse_args().port
    try:
        ThreadingHTTPServer(("127.0.0.1", port), Service).serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
