"""The portal keeps to its own description: no answer that it does not name, and never a fault (OpenAPI 3.1)."""

import os
import subprocess
import sys
from pathlib import Path

from portal import Portal, portal

HERE = Path(__file__).parent
SCOPES = ("registrations:write", "registrations:read", "accounts:write", "accounts:read", "instructions:write")
# A budget of wrong tries that the judge does not use up: what comes after it is a test of its own.
UNLIMITED = {"LIMITS__OTP_FAILURES_PER_IP": "1000000", "LIMITS__MANUAL_LOOKUPS_PER_IP": "1000000"}


def judge(portal: Portal, *options: str) -> subprocess.CompletedProcess:
    token = portal.run("token", "create", "--provider=demo", "--name=judge", *(f"--scope={scope}" for scope in SCOPES))
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{portal.origin}/api/openapi.json"]
    command += ["--header", f"Authorization: Bearer {token.strip()}", "--seed", "1", "--max-examples", "40"]
    # What fits the document may still be refused: a text is no sealed message, a channel may not be offered.
    command += ["--exclude-checks", "positive_data_acceptance"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(HERE)}
    return subprocess.run(
        [*command, "--continue-on-failure", "--no-color", "--warnings", "off", *options],
        env=environment,
        cwd=portal.home,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_every_answer_is_one_that_the_document_names():
    with portal(UNLIMITED) as running:
        judged = judge(running)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_the_judge_sees_what_does_not_hold():
    """An answer within a microsecond is more than any portal does: a judge that passes this judges nothing."""
    with portal(UNLIMITED) as running:
        judged = judge(running, "--max-response-time", "0.000001")
    assert judged.returncode == 1, judged.stdout + judged.stderr
