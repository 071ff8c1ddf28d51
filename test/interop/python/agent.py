"""Calls the tool of an MCP server by a library, as its documentation says: `agent.py LIBRARY URL METHOD [DOCUMENT]`.

It calls twice, and prints both answers; between them an hour goes by, so that the token has ended. What is learnt stays in the folder it runs in. An empty METHOD names none when it registers.
"""

import asyncio
import os
import sys
import time
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

library, url, method, *documents = sys.argv[1:]
document = documents[0] if documents else None
stated = {"token_endpoint_auth_method": method} if method else {}


async def twice(call):
    print((await call("whoami", {})).content[0].text)
    clock = time.time
    time.time = lambda: clock() + 3600
    print((await call("whoami", {})).content[0].text)


async def by_mcp():
    from mcp import ClientSession
    from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
    from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
    from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

    class Storage:
        def read(self, name, model):
            file = Path(name)
            return model.model_validate_json(file.read_text()) if file.exists() else None

        async def get_tokens(self):
            return self.read("tokens.json", OAuthToken)

        async def set_tokens(self, tokens):
            Path("tokens.json").write_text(tokens.model_dump_json(exclude_none=True))

        async def get_client_info(self):
            return self.read("client.json", OAuthClientInformationFull)

        async def set_client_info(self, client):
            Path("client.json").write_text(client.model_dump_json(exclude_none=True))

    answers = asyncio.Queue()
    loop = asyncio.get_running_loop()

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self):
            said = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Back to the app")
            loop.call_soon_threadsafe(answers.put_nowait, said)

        def log_message(self, *_):
            pass

    listener = HTTPServer(("127.0.0.1", 0), Callback)
    Thread(target=listener.serve_forever, daemon=True).start()

    async def open_browser(address):
        webbrowser.open(address)

    async def wait():
        said = await answers.get()
        return AuthorizationCodeResult(code=said["code"], state=said.get("state"), iss=said.get("iss"))

    redirect = f"http://127.0.0.1:{listener.server_port}/callback"
    metadata = OAuthClientMetadata(client_name="An app in Python", redirect_uris=[redirect], **stated)
    auth = OAuthClientProvider(url, metadata, Storage(), open_browser, wait, client_metadata_url=document)
    async with create_mcp_http_client(auth=auth) as http:
        async with streamable_http_client(url, http_client=http) as (read, write, *_):
            async with ClientSession(read, write) as session:
                await session.initialize()
                await twice(session.call_tool)


async def by_fastmcp():
    from fastmcp import Client
    from fastmcp.client.auth import OAuth
    from key_value.aio.stores.filetree import (
        FileTreeStore,
        FileTreeV1CollectionSanitizationStrategy,
        FileTreeV1KeySanitizationStrategy,
    )

    folder = Path("store")
    folder.mkdir(exist_ok=True)
    names = {
        "key_sanitization_strategy": FileTreeV1KeySanitizationStrategy(directory=folder),
        "collection_sanitization_strategy": FileTreeV1CollectionSanitizationStrategy(directory=folder),
    }
    auth = OAuth(
        mcp_url=url,
        token_storage=FileTreeStore(data_directory=folder, **names),
        additional_client_metadata=stated,
        client_metadata_url=document,
    )
    async with Client(url, auth=auth) as client:
        await twice(client.call_tool)


os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
asyncio.run({"mcp": by_mcp, "fastmcp": by_fastmcp}[library]())
