"""A customer with a browser that runs no script: plain forms only."""

import html
import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from portal import Portal


class Customer:
    """Signed in to a portal with one of the demo accounts."""

    def __init__(self, portal: Portal, account: str = "A-1001"):
        self.origin = portal.origin
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.send("sign-in", provider="demo", account=account)
        outbox = self.get("/dev/outbox").decode()
        token = re.search(r'href="[^"]*/account/link#([^"]+)"', outbox)
        assert token, "a sign-in link in the outbox"
        self.send("sign-in/link", token=html.unescape(token[1]))

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
