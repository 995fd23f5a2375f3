"""The Solidity compiler as published: for contracts whose package holds their sources alone.

What it makes is kept in the cache folder by a hash of what it was given: a large contract takes 20 s.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.differential.evm.contract import Compiled
from tests.differential.evm.package import Unavailable, cached, fetched

TIMEOUT_S = 300
# Bare: the package's own wrapper needs further packages. Standard JSON in and out; no imports are looked up.
SCRIPT = """
const compile = require(process.argv[1]).cwrap('solidity_compile', 'string', ['string', 'number', 'number']);
process.stdout.write(compile(require('fs').readFileSync(0, 'utf8'), 0, 0));
"""


def compiled(
    version: str, sources: Mapping[str, str], settings: Mapping[str, Any], wanted: Mapping[str, str]
) -> dict[str, Compiled]:
    """Return what the compiler makes of some contracts, by name; compiled at the first call.

    Args:
        version: Of npm `solc`.
        sources: Text of each file, by the path that others import it by.
        settings: As the standard JSON input has them.
        wanted: File of each contract that is wanted, by its name.

    Raises:
        Unavailable: There is no npm or node, or the compiler cannot be fetched.
    """
    outputs = {path: {name: ["abi", "evm.bytecode.object"]} for name, path in wanted.items()}
    asked = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sorted(sources.items())},
        "settings": {**settings, "outputSelection": outputs},
    }
    text = json.dumps(asked, sort_keys=True)
    key = hashlib.sha256(f"{version}\n{text}".encode()).hexdigest()
    made = json.loads(cached(f"solc/{key}.json", lambda: _run(version, text)))
    return {name: _contract(name, made["contracts"][path][name]) for name, path in wanted.items()}


def _run(version: str, asked: str) -> str:
    compiler = fetched(f"solc@{version}", lambda path: path == "soljson.js") / "soljson.js"
    command = ["node", "-e", SCRIPT, str(compiler)]
    try:
        ran = subprocess.run(
            command, input=asked, check=True, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"cannot run solc {version} with node: {error}") from error
    found = json.loads(ran.stdout)
    wrong = [each["formattedMessage"] for each in found.get("errors", ()) if each["severity"] == "error"]
    assert not wrong, "\n".join(wrong)
    return json.dumps({"contracts": found["contracts"]})


def _contract(name: str, item: Mapping[str, Any]) -> Compiled:
    return Compiled(name, item["abi"], item["evm"]["bytecode"]["object"])
