"""Checks recorded calls against an OpenAPI 3.0 document: contract.py DOCUMENT FOLDER.

Ends with status 1 and a list when a request or an answer does not fit, or when an answer leaves out
a member that the document has.
"""

import collections
import datetime
import json
import pathlib
import sys
import urllib.parse

import jsonschema

FORMATS = jsonschema.FormatChecker(formats=[])


@FORMATS.checks("date", raises=ValueError)
def is_date(value):
    if isinstance(value, str):
        datetime.date.fromisoformat(value)
    return True


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value):
    if isinstance(value, str):
        if not value.endswith("Z"):
            raise ValueError("no zone")
        datetime.datetime.fromisoformat(value[:19])
    return True


@FORMATS.checks("int32")
def is_int32(value):
    return not isinstance(value, int) or -(2**31) <= value < 2**31


def converted(schema):
    """An OpenAPI 3.0 schema as JSON Schema: what may be null says so with a type."""
    if isinstance(schema, list):
        return [converted(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: {name: converted(part) for name, part in value.items()}
        if key == "properties"
        else converted(value)
        for key, value in schema.items()
        if key not in ("nullable", "example", "description", "title")
    }
    if "allOf" in result and len(result["allOf"]) == 1:
        # One part under `allOf` is the document's way of hanging "nullable" on a reference.
        result = result["allOf"][0]
    return {"anyOf": [result, {"type": "null"}]} if schema.get("nullable") else result


class Document:
    def __init__(self, path):
        self.raw = json.loads(pathlib.Path(path).read_text())
        self.schemas = {
            name: converted(schema)
            for name, schema in self.raw["components"]["schemas"].items()
        }
        self.operations = []
        for path, item in self.raw["paths"].items():
            for method, operation in item.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    self.operations.append((method.upper(), path.split("/"), path, operation))

    def find(self, method, path):
        parts = path.split("/")
        best = None
        for known, pattern, template, operation in self.operations:
            if known != method or len(pattern) != len(parts):
                continue
            if all(p.startswith("{") or p == part for p, part in zip(pattern, parts)):
                fixed = sum(not p.startswith("{") for p in pattern)
                if best is None or fixed > best[0]:
                    best = (fixed, template, operation)
        return best and best[1:]

    def faults(self, schema, value):
        root = {"components": {"schemas": self.schemas}, "allOf": [converted(schema)]}
        validator = jsonschema.Draft202012Validator(root, format_checker=FORMATS)
        for error in validator.iter_errors(value):
            place = "/".join(str(part) for part in error.absolute_path)
            yield f"{place or '(body)'}: {error.message[:200]}"

    def resolved(self, schema):
        while True:
            if "$ref" in schema:
                schema = self.raw["components"]["schemas"][schema["$ref"].split("/")[-1]]
            elif len(schema.get("allOf", [])) == 1:
                schema = schema["allOf"][0]
            else:
                return schema

    def left_out(self, schema, value, place=""):
        """Members that the document has and the value has not."""
        schema = self.resolved(schema)
        if isinstance(value, list):
            for element in value:
                yield from self.left_out(schema.get("items", {}), element, place + "[]")
        elif isinstance(value, dict):
            for name, part in schema.get("properties", {}).items():
                if name not in value:
                    yield f"{place}.{name}"
                else:
                    yield from self.left_out(part, value[name], f"{place}.{name}")


def content(node):
    for kind in ("application/json", "text/json"):
        if kind in node.get("content", {}):
            return node["content"][kind].get("schema")
    return None


def query_faults(document, operation, query):
    parameters = {
        p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"
    }
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    for name, value in pairs:
        if name not in parameters:
            yield f"?{name}: is no parameter"
            continue
        schema = document.resolved(parameters[name]["schema"])
        if schema.get("type") == "array":
            schema = document.resolved(schema["items"])
            # The two lists that are known to take commas besides.
            values = value.split(",") if name in ("leasestatuses", "applicationstatuses") else [value]
        else:
            values = [value]
        for single in values:
            typed = single
            if schema.get("type") in ("integer", "number"):
                try:
                    typed = json.loads(single)
                except ValueError:
                    pass
            elif schema.get("type") == "boolean":
                typed = {"true": True, "false": False}.get(single, single)
            for fault in document.faults(schema, typed):
                yield f"?{name}={single}: {fault}"
    for name, parameter in parameters.items():
        if parameter.get("required") and name not in dict(pairs):
            yield f"?{name}: is required"


def main():
    document = Document(sys.argv[1])
    faults = collections.Counter()
    counts = collections.Counter()
    operations = set()
    for file in sorted(pathlib.Path(sys.argv[2]).glob("*.jsonl")):
        for line in file.read_text().splitlines():
            call = json.loads(line)
            if not call["path"].startswith("/v1/"):
                continue
            counts["calls"] += 1
            name = f"{call['method']} {call['path']}"
            found = document.find(call["method"], call["path"])
            if found is None:
                faults[f"{name}: the document has no such operation"] += 1
                continue
            template, operation = found
            name = f"{call['method']} {template}"
            operations.add(name)
            succeeded = call["status"] < 300
            # A request that was refused may be wrong on purpose.
            if succeeded:
                for fault in query_faults(document, operation, call["query"]):
                    faults[f"{name} request {fault}"] += 1
                schema = content(operation.get("requestBody", {}))
                if schema and call["request"] is not None:
                    counts["request bodies"] += 1
                    for fault in document.faults(schema, call["request"]):
                        faults[f"{name} request {fault}"] += 1
            answer = operation["responses"].get(str(call["status"]))
            if answer is None:
                if call["status"] not in (405, 409, 429) and call["status"] < 500:
                    faults[f"{name}: {call['status']} is not documented"] += 1
                continue
            schema = content(answer)
            if template.endswith("/transfers/{transferId}") and call["method"] == "GET":
                # The document names the message of a bank account here, by mistake.
                schema = {"$ref": "#/components/schemas/BankAccountTransferMessage"}
            if schema and call["response"] is not None:
                counts["answers"] += 1
                rows = call["response"] if isinstance(call["response"], list) else [0]
                counts["records"] += len(rows)
                for fault in document.faults(schema, call["response"]):
                    faults[f"{name} {call['status']} {fault}"] += 1
                for member in set(document.left_out(schema, call["response"])):
                    faults[f"{name} {call['status']} leaves out {member}"] += 1
    if not counts["calls"]:
        print("contract: nothing was recorded")
        return 1
    summary = ", ".join(f"{count} {what}" for what, count in counts.items())
    print(f"contract: {summary} of {len(operations)} operations")
    for fault, count in sorted(faults.items())[:200]:
        print(f"  {fault}" + (f" ({count} times)" if count > 1 else ""))
    print(f"contract: {sum(faults.values())} faults" if faults else "contract: all of it fits")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
