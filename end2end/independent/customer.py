"""A customer with a browser that runs no script: plain forms only."""

import html
import re
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from portal import Portal

PATIENCE_SECONDS = 60


class Customer:
    """Signed in to a portal with one of the demo accounts."""

    def __init__(self, portal: Portal, account: str = "A-1001"):
        self.origin = portal.origin
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        before = self.sign_in_tokens()
        self.send("sign-in", provider="demo", account=account)
        # The mail leaves in the background. An earlier customer's link may lie there and is used up.
        end = time.monotonic() + PATIENCE_SECONDS
        while not (new := self.sign_in_tokens() - before):
            assert time.monotonic() < end, "no sign-in link came into the outbox"
        (token,) = new
        self.send("sign-in/link", token=token)

    def sign_in_tokens(self) -> set[str]:
        """The tokens of every sign-in link in the outbox."""
        outbox = self.get("/dev/outbox").decode()
        return {html.unescape(token) for token in re.findall(r'href="[^"]*/account/link#([^"]+)"', outbox)}

    def get(self, path: str) -> bytes:
        with self.opener.open(self.origin + path, timeout=30) as answer:
            return answer.read()

    def send(self, form: str, **fields: str) -> tuple[str, str]:
        """Sends a form; the address and the text of the page it leads to."""
        request = urllib.request.Request(
            f"{self.origin}/api/fn/{form}",
            data=urllib.parse.urlencode(fields).encode(),
            headers={"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
        )
        with self.opener.open(request, timeout=30) as answer:
            return answer.url, answer.read().decode()

    def add_device(self, device_id: str) -> tuple[str, str]:
        """Registers a device; the path of its page, and the link that its label holds."""
        address, page = self.send("devices/register", choice="other", device_id=device_id, nickname="")
        link = re.search(r'href="([^"]*/e#\d+)"', page)
        assert link, f"a label on {address}"
        return urllib.parse.urlsplit(address).path, html.unescape(link[1])
