"""Puts a little of everything into new books, so that the check of the API has something to ask about.

    begin.py URL TOKEN

References follow from numbers, so those of new books are always the same: schemathesis.toml names them.
"""

import json
import sys
import urllib.request

url, token = sys.argv[1:]


def post(path, body):
    """Sends it once; anything but a 2xx ends the check."""
    post.sent = getattr(post, "sent", 0) + 1
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": f"begin-{post.sent}",
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(f"{url}/api/v1{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def apply(number):
    holder = {"kind": "person", "name": f"Reader {number}", "address": "1 Beachy Road\nLondon"}
    body = {"class": "ordinary", "shares": 10, "holder": holder, "accepts_rules": True, "method": "cash"}
    return post("/shares/applications", body)


for method in ("cheque", "cash", "direct_debit"):
    post("/funds/fighting-fund/donations", {"amount": "25.00", "method": method, "name": "A Reader"})
applications = [apply(number) for number in range(6)]
for application in applications[:4]:
    place = f"/shares/applications/{application['reference']}"
    post(f"{place}/payment", {"amount": application["amount"], "method": "cash"})
for application in applications[:2]:
    post(f"/shares/applications/{application['reference']}/allotment", {"minute": "minute 1"})
for number in (1, 2):
    post("/shares/withdrawals", {"member": f"M{number:06}", "class": "ordinary", "shares": 2})
