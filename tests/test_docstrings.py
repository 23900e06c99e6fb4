"""What a public function raises stands in its docstring, everywhere in one form."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(str(path.relative_to(ROOT)) for top in ("flows", "tasks") for path in (ROOT / top).rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree_of(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def public_functions(body: list[ast.stmt]) -> Iterator[Function]:
    """The functions and methods that others may call."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body) if isinstance(node, ast.ClassDef) else [node]


def raised(node: ast.AST) -> Iterator[str]:
    """The public errors made and raised here, but for those of an inner function and those caught on the spot."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        name = ast.unparse(node.exc.func).split(".")[-1]
        if name[0].isupper():
            yield name
    caught = (
        " ".join(ast.unparse(each.type) for each in node.handlers if each.type) if isinstance(node, ast.Try) else ""
    )
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function | ast.Lambda | ast.ClassDef):
            inside = isinstance(node, ast.Try) and child in node.body
            yield from (name for name in raised(child) if not (inside and re.search(rf"\b{name}\b", caught)))


def unsaid(function: Function) -> set[str]:
    """What it raises and its docstring does not say as "Raises ``X`` when ..."."""
    said = " ".join((ast.get_docstring(function) or "").split()).partition("Raises ``")[2]
    names = set(raised(function))
    return {name for name in names if f"{name}``" not in said or " when " not in said}


@pytest.mark.parametrize("file", FILES)
def test_a_public_function_says_what_it_raises(file: str) -> None:
    """Each error that a public function makes and raises stands in its docstring: "Raises ``X`` when ..."."""
    tree = tree_of(file)
    found = {f"{each.lineno} {each.name}": names for each in public_functions(tree.body) if (names := unsaid(each))}
    assert not found


@pytest.mark.parametrize("file", FILES)
def test_raises_has_one_form(file: str) -> None:
    """Wherever a docstring says "Raises", the error follows, and then when."""
    tree = tree_of(file)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, Function | ast.ClassDef)]
    sentences = [said for text in texts for said in re.findall(r"\bRaises\b.*", " ".join(text.split()))]
    assert [said for said in sentences if not re.match(r"Raises (one of )?``[\w.]+``.* when ", said)] == []
