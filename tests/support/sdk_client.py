"""The official Python SDK as a client of `git-puff mcp`: prints what it got as one JSON document.

    sdk_client.py MODE ROOT AGENT PROGRAM ARGS…

MODE is one of the SDK's: auto (the newest version of the protocol that both speak) or legacy (with a handshake). The SDK
itself checks every answer against the schema that the tool declares.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters, types


async def main(mode: str, root: str, agent: str, program: str, args: list[str]) -> None:
    said: list[str] = []

    async def roots(_context) -> types.ListRootsResult:
        return types.ListRootsResult(roots=[types.Root(uri=Path(root).as_uri())])

    async def progress(done: float, total: float | None, message: str | None) -> None:
        said.append(f"{done}/{total} {message}")

    # It works beside its root, so that only the root can be what leads it there.
    server = StdioServerParameters(command=program, args=args, env=dict(os.environ), cwd=Path(root).parent)
    async with Client(server, mode=mode, list_roots_callback=roots) as client:
        tools = await client.list_tools()
        run = (await client.call_tool("launch", {"prompt": "Trim", "agent": [agent]})).structured_content["run"]
        await client.call_tool("watch", {"runs": [run], "timeout": "60s"}, progress_callback=progress)
        harvested = await client.call_tool("harvest", {"runs": [run]})
        report = await client.call_tool("report", {"run": run})
        wrong = await client.call_tool("show", {"run": "nothing-like-it"})
        resource = await client.read_resource(f"puff://run/{run}")
        prompt = await client.get_prompt("meta_review", {"run": run})
        print(json.dumps({
            "version": client.protocol_version,
            "server": client.server_info.name if client.server_info else None,
            "tools": [tool.name for tool in tools.tools],
            "harvested": harvested.structured_content,
            "report": report.structured_content["text"],
            "progress": said,
            "wrong": [wrong.is_error, wrong.structured_content["error"]],
            "resource": json.loads(resource.contents[0].text),
            "prompt": prompt.messages[0].content.text,
        }))


asyncio.run(main(*sys.argv[1:5], sys.argv[5:]))
