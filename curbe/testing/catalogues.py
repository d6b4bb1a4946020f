"""The translations: what there is to translate, and catalogues that are complete and compiled.

`python -m curbe.testing.catalogues` adds new sentences to the .po files (empty, to be translated), drops those that
are gone, and compiles the .mo files that ship.
"""

from __future__ import annotations

import ast
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent.parent
LANGUAGE = "es"
_CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


@dataclass(frozen=True)
class Place:
    """A catalogue and the sources whose sentences it holds."""

    name: str
    sources: tuple[str, ...]

    @property
    def po(self) -> Path:
        return ROOT / self.name / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"

    @property
    def mo(self) -> Path:
        return self.po.with_suffix(".mo")

    def holds(self, path: Path) -> bool:
        relative = path.relative_to(ROOT).as_posix()
        return relative.startswith(self.sources) and "/tests/" not in relative and "/testing/" not in relative


INBOX = Place("inbox", ("inbox/", "templates/inbox/", "templates/base.html"))
# Everything that is not the inbox's own.
MESSENGER = Place("messenger", ("messenger/", "curbe/", "templates/"))
PLACES = (INBOX, MESSENGER)


@dataclass(frozen=True)
class Sentence:
    """Something to translate. `context` tells apart what reads alike."""

    text: str
    plural: str | None = None
    context: str | None = None

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.text, self.plural) if self.plural else self.text


def sentences_of(place: Place) -> dict[Sentence, list[tuple[str, int]]]:
    """Return what the sources of the catalogue want translated, and where it stands."""
    found: dict[Sentence, list[tuple[str, int]]] = {}
    for path in _sources(place):
        relative = path.relative_to(ROOT).as_posix()
        for sentence in _in_python(path) if path.suffix == ".py" else _in_template(path):
            found.setdefault(sentence, []).append((relative, 0))
    return found


def read(place: Place) -> Catalog:
    """Return the catalogue as its .po file has it."""
    with place.po.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def compiled(catalogue: Catalog) -> bytes:
    """Return the .mo file of a catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def update(place: Place) -> None:
    """Bring the .po file of a catalogue in line with the sources, and compile it."""
    wanted = Catalog(locale=LANGUAGE)
    for sentence, where in sentences_of(place).items():
        wanted.add(sentence.id, context=sentence.context, locations=sorted(set(where)))
    catalogue = read(place) if place.po.exists() else _empty(place)
    catalogue.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    place.po.parent.mkdir(parents=True, exist_ok=True)
    with place.po.open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=True, include_lineno=False)
    place.mo.write_bytes(compiled(read(place)))


def _empty(place: Place) -> Catalog:
    return Catalog(
        LANGUAGE,
        header_comment=f"# {place.name} in Spanish.",
        project="Curbe Messenger",
        version="1",
        msgid_bugs_address="see CONTRIBUTING.md",
        last_translator="see git log",
        revision_date=datetime.now(UTC),
        fuzzy=False,
    )


def _sources(place: Place) -> Iterator[Path]:
    files = [*ROOT.glob("*/**/*.py"), *(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    for path in sorted(files):
        owner = next((one for one in PLACES if one.holds(path)), None)
        if owner == place:
            yield path


def _in_python(path: Path) -> Iterator[Sentence]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            yield from _of_call(node.func.id, texts)


def _of_call(name: str, texts: list[str]) -> Iterator[Sentence]:
    if name.startswith("pgettext") and len(texts) == 2:
        yield Sentence(texts[1], context=texts[0])
    elif name.startswith("ngettext") and len(texts) == 2:
        yield Sentence(texts[0], plural=texts[1])
    elif len(texts) == 1:
        yield Sentence(texts[0])


def _in_template(path: Path) -> Iterator[Sentence]:
    """By Django's own parser, so that a sentence is exactly what a page looks up."""
    from django.template import engines
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    nodes = engines["django"].from_string(path.read_text()).template.nodelist  # type: ignore[attr-defined]
    for node in nodes.get_nodes_by_type(TranslateNode):
        yield Sentence(str(node.filter_expression.var.literal), context=_literal(node.message_context))
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        plural = node.render_token_list(node.plural)[0] if node.plural else None
        yield Sentence(node.render_token_list(node.singular)[0], plural, _literal(node.message_context))


def _literal(expression: Any) -> str | None:
    return str(expression.var) if expression else None


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curbe.settings")
    import django

    django.setup()
    for place in PLACES:
        update(place)
        missing = sum(1 for one in read(place) if one.id and not one.string)
        print(f"{place.po.relative_to(ROOT)}: {missing} to translate")


if __name__ == "__main__":
    main()
