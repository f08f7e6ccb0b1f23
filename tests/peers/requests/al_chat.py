"""A back end as D1 describes it: the address holds the service key, and nothing else is told how to sign in."""

import json
import os
import sys

import requests

BASE = os.environ["PAPITA_API_URL"]


def api_key(username, kind="openai", project="al-chat"):
    query = {"username": username, "credentialType": kind, "projectId": project}
    answer = requests.get(f"{BASE}/api/credentials", params=query, timeout=5)
    if answer.status_code != 200:
        return None
    return answer.json()["credentials"]["credentials"].get("api_key")


def shared_key(kind="openai"):
    answer = requests.get(f"{BASE}/api/credentials/global/{kind}", timeout=5)
    if answer.status_code != 200:
        return None
    data = answer.json()
    inner = data.get("credentials") or {}
    places = [(inner.get("credentials") or {}).get("api_key"), inner.get("api_key")]
    places += [data.get(name) for name in ("api_key", "value", "credential_value")]
    return places


def log(username):
    body = {
        "userId": None,
        "username": username,
        "isGuest": False,
        "sessionId": "session-1",
        "projectId": "al-chat",
        "model": "gpt-3.5-turbo",
        "inputTokens": 12,
        "outputTokens": 30,
        "totalTokens": 42,
    }
    return requests.post(f"{BASE}/api/usage/log", json=body, timeout=5).status_code


known, unknown = sys.argv[1:]
told = {"known": api_key(known), "unknown": api_key(unknown), "shared": shared_key(), "logged": log(known)}
print(json.dumps(told))
