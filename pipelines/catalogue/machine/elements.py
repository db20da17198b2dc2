"""Elements of an XML file in one namespace, its texts in two languages.

Belongs here: making and writing elements of DDI-Codebook. Not here: which ones (ddi.py).
"""

from xml.etree import ElementTree as ET

from pipelines.study import Text
from pipelines.texts import LANGUAGES, Lang

NAMESPACE = "ddi:codebook:2_6"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
Element = ET.Element


def add(
    parent: Element, tag: str, text: str | None = None, /, *, lang: Lang | None = None,
    **attributes: str,
) -> Element:  # fmt: skip
    """Add a child element with a text, its language and its attributes; return it."""
    told = {LANG: str(lang), **attributes} if lang else attributes
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{tag}", told)
    child.text = text
    return child


def add_both(parent: Element, tag: str, text: Text, /, **attributes: str) -> None:
    """Add an element once in each language."""
    for lang in LANGUAGES:
        add(parent, tag, getattr(text, lang), lang=lang, **attributes)


def as_bytes(root: Element) -> bytes:
    """Return a document: UTF-8, indented, its namespace without prefix."""
    ET.register_namespace("", NAMESPACE)
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
