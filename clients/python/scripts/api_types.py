"""The types of requests and answers, from the service's OpenAPI document."""

from __future__ import annotations

import keyword
import re
import textwrap
from typing import Any, cast

Schema = dict[str, Any]

HEADER = '''"""What the service takes and answers, as typed dictionaries.

Generated from the service's OpenAPI document by scripts/generate.py; its page ``/docs`` describes every field.
"""

# pyright: reportUnknownVariableType=false
from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Union

from ._inputs import ClassLike, ImageLike, InputLike, Vector, VectorLike

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

'''

# Written by hand in _inputs.py, because requests take more than JSON here.
BY_HAND = {
    "Image": "ImageLike",
    "Input": "InputLike",
    "Class": "ClassLike",
    # The alternatives of an input, where a field lists them itself.
    "TextInput": "InputLike",
    "ImageInput": "InputLike",
    "VectorInput": "InputLike",
    "AnchorInput": "InputLike",
}
ANY_OBJECT = "Mapping[str, Any]"
PLAIN = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "array": "Sequence[Any]",
    "object": ANY_OBJECT,
}


def types_of(document: Schema) -> str:
    """The module ``types.py``."""
    writer = _Writer(document["components"]["schemas"], _bodies_of(document))
    return writer.module()


def _bodies_of(document: Schema) -> set[str]:
    """The schemas of whole request bodies: their keys are keyword arguments of the client's methods."""
    found: set[str] = set()
    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                found.add(_name_in(schema["$ref"]))
    return found


def _name_in(reference: str) -> str:
    return reference.rsplit("/", 1)[-1]


def _capital(name: str) -> str:
    """A part of a class's name, of a key or a constant such as ``linear-probe``."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^0-9A-Za-z]+", name))


class _Writer:
    def __init__(self, schemas: dict[str, Schema], bodies: set[str]) -> None:
        self.schemas = schemas
        self.bodies = bodies
        self.parts: list[str] = []
        self.names: set[str] = set(schemas)
        self.known: dict[tuple[tuple[str, str], ...], str] = {}

    def module(self) -> str:
        for name, schema in sorted(self.schemas.items()):
            if name in BY_HAND:
                continue
            if "allOf" in schema:
                schema = {**self._merged(schema["allOf"]), "description": schema.get("description", "")}
            shapes = cast("list[Schema]", schema.get("oneOf", schema.get("anyOf", [])))
            if shapes and name in self.bodies and all("$ref" in shape for shape in shapes):
                continue  # each shape has a method of its own
            if name in self.bodies and "oneOf" in schema:
                schema = self._either(schema)
            if "properties" in schema:
                self._write(name, self._fields(name, schema), self._note(schema))
            else:
                expression = self._expression(schema, name)
                note = self._note(schema)
                self.parts.append(f"{name} = {self._alias(expression)}\n{note}")
        return HEADER + "\n\n".join(self.parts)

    def _alias(self, expression: str) -> str:
        """Names of classes that follow must be quoted, so that a union is written as one."""
        parts = expression.split(" | ")
        if "[" in expression or len(parts) == 1:
            return f'Union["{expression}"]' if expression not in (ANY_OBJECT,) else expression
        return "Union[" + ", ".join(f'"{part}"' for part in parts) + "]"

    def _note(self, schema: Schema) -> str:
        text = " ".join(str(schema.get("description", "")).split()).replace("\\", "\\\\")
        if text == "":
            return ""
        lines = textwrap.wrap(text, 112)
        if len(lines) == 1:
            return f'"""{lines[0]}"""\n'
        return '"""' + "\n".join(lines) + '\n"""\n'

    def _fields(self, name: str, schema: Schema) -> dict[str, str]:
        required = set(cast("list[str]", schema.get("required", [])))
        fields: dict[str, str] = {}
        for key, value in schema["properties"].items():
            written = f"{key}_" if name in self.bodies and keyword.iskeyword(key) else key
            expression = self._expression(value, name + _capital(key), answers=name == "StoredAnchor")
            fields[written] = expression if key in required else f"NotRequired[{expression}]"
        return fields

    def _write(self, name: str, fields: dict[str, str], note: str) -> None:
        if any(not key.isidentifier() or keyword.iskeyword(key) for key in fields):
            body = "\n".join(f'        "{key}": "{expression}",' for key, expression in fields.items())
            self.parts.append(f'{name} = TypedDict(\n    "{name}",\n    {{\n{body}\n    }},\n)\n{note}')
            return
        lines = [textwrap.indent(note, "    ").rstrip()] if note else []
        lines += [f"    {key}: {expression}" for key, expression in fields.items()] or ["    pass"]
        self.parts.append(f"class {name}(TypedDict):\n" + "\n".join(lines) + "\n")

    def _nested(self, name: str, schema: Schema) -> str:
        """Objects of the same fields are one class, called after the first of them."""
        parts = len(self.parts)
        fields = tuple(self._fields(name, schema).items())
        if fields in self.known:
            del self.parts[parts:]
            return self.known[fields]
        unique = name
        while unique in self.names:
            unique += "_"
        self.names.add(unique)
        self.known[fields] = unique
        self._write(unique, dict(fields), self._note(schema))
        return unique

    def _expression(self, schema: Schema, name: str, *, answers: bool = False) -> str:
        if "$ref" in schema:
            referred = _name_in(schema["$ref"])
            return BY_HAND.get(referred, referred)
        if schema.get("type") == ["array", "string"]:
            return "Vector" if answers else "VectorLike"
        if "allOf" in schema:
            return self._all_of(schema["allOf"], name)
        if "enum" in schema:
            return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]"
        choices = cast("list[Schema] | None", schema.get("oneOf") or schema.get("anyOf"))
        if choices is not None:
            base = {"type": schema["type"]} if "type" in schema else {}
            texts = [
                self._expression({**base, **choice}, self._choice_name(name, choice, i))
                for i, choice in enumerate(choices)
            ]
            return " | ".join(dict.fromkeys(texts))
        kinds = schema.get("type")
        if isinstance(kinds, list):
            each = [self._expression({**schema, "type": kind}, name) for kind in cast("list[str]", kinds)]
            return " | ".join(dict.fromkeys(each))
        if kinds == "array" and schema.get("items"):
            return f"Sequence[{self._expression(schema['items'], name)}]"
        if kinds == "object":
            if schema.get("properties"):
                return self._nested(name, schema)
            values = schema.get("additionalProperties")
            if isinstance(values, dict) and values:
                return f"Mapping[str, {self._expression(cast('Schema', values), name)}]"
            return ANY_OBJECT
        return PLAIN.get(str(kinds), "Any")

    def _choice_name(self, name: str, choice: Schema, at: int) -> str:
        """An alternative is called after its constant, such as a scorer's name, or after its only field."""
        properties = cast("dict[str, Schema]", choice.get("properties", {}))
        for value in properties.values():
            constants = cast("list[object]", value.get("enum", []))
            if len(constants) == 1:
                return name + _capital(str(constants[0]))
        required = cast("list[str]", choice.get("required", []))
        if len(required) == 1:
            return name + _capital(required[0])
        return f"{name}{at + 1}" if properties else name

    def _all_of(self, parts: list[Schema], name: str) -> str:
        if any("properties" in part for part in parts):
            return self._nested(name, self._merged(parts))
        base = self._expression(next(part for part in parts if "$ref" in part), name)
        nullable = any("null" in part.get("type", []) for part in parts if "$ref" not in part)
        return f"{base} | None" if nullable else base

    def _either(self, schema: Schema) -> Schema:
        """A body of one of several shapes, as one class: a key that not every shape requires may be absent."""
        shapes = cast("list[Schema]", schema["oneOf"])
        required = [
            key
            for key in cast("list[str]", shapes[0].get("required", []))
            if all(key in shape.get("required", []) for shape in shapes)
        ]
        return {
            "type": "object",
            "description": schema.get("description", ""),
            "properties": {key: value for shape in shapes for key, value in shape["properties"].items()},
            "required": required,
        }

    def _merged(self, parts: list[Schema]) -> Schema:
        merged: Schema = {"type": "object", "properties": {}, "required": []}
        for part in parts:
            whole = self.schemas[_name_in(part["$ref"])] if "$ref" in part else part
            merged["properties"].update(whole.get("properties", {}))
            merged["required"] += whole.get("required", [])
        return merged
