"""Alerts: what an operator must know is posted to a webhook and mailed, where these are set.

Belongs here: sending. Not here: when there is something to tell and its words (automation.py,
assets.py). Nothing that is sent holds a respondent's value: callers pass messages of PhareError.
"""

import json
import logging
import os
import smtplib
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage

from pipelines.texts import say

LOG = logging.getLogger("phare")
TIMEOUT = 10  # seconds
WEBHOOK, MAIL_TO, MAIL_FROM = "PHARE_WEBHOOK", "PHARE_MAIL_TO", "PHARE_MAIL_FROM"
SMTP, SMTP_USER, SMTP_PASSWORD = "PHARE_SMTP", "PHARE_SMTP_USER", "PHARE_SMTP_PASSWORD"


def alert(subject: str, text: str, **facts: str) -> None:
    """Post {subject, text, facts} to PHARE_WEBHOOK and mail the text to PHARE_MAIL_TO.

    PHARE_SMTP is host:port (default localhost:25); with PHARE_SMTP_USER the connection is
    encrypted first. An alert that cannot be sent is logged: it never stops a run.
    """
    if address := os.environ.get(WEBHOOK):
        _try(address, lambda: _post(address, {"subject": subject, "text": text, **facts}))
    if to := os.environ.get(MAIL_TO):
        server = os.environ.get(SMTP, "localhost:25")
        _try(server, lambda: _mail(server, to, subject, text))


def _try(address: str, send: Callable[[], None]) -> None:
    try:
        send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        LOG.warning(say("alert-failed", None, address=address, error=type(error).__name__))


def _post(address: str, payload: dict[str, str]) -> None:
    request = urllib.request.Request(  # noqa: S310 - the operator's own setting
        address, json.dumps(payload).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=TIMEOUT).close()  # noqa: S310 - likewise


def _mail(server: str, to: str, subject: str, text: str) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message["To"] = to
    message["From"] = os.environ.get(MAIL_FROM, to)
    message.set_content(text)
    host, _, port = server.partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=TIMEOUT) as connection:
        if user := os.environ.get(SMTP_USER):
            connection.starttls()
            connection.login(user, os.environ.get(SMTP_PASSWORD, ""))
        connection.send_message(message)
