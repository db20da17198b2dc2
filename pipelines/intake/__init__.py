"""From a received file to raw text: deliveries, their sidecars and one reader per format.

Belongs here: what was received, by whom, under which licence, whether its bytes are still those,
and every cell as text with its line. Not here: what a cell means (pipelines.validation), what a
study declares (pipelines.study).
"""

from pipelines.intake.deliveries import (
    Delivery,
    check_delivery,
    check_untracked,
    corrections_path,
    deliveries,
    is_delivered,
    is_tracked,
    newest_delivery,
)
from pipelines.intake.errors import (
    DeliveryChangedError,
    DeliveryError,
    ExtractError,
    ReceiveError,
)
from pipelines.intake.extract import Extract, Note, load_extract, read_extract
from pipelines.intake.receive import receive
from pipelines.intake.sidecar import SIDECAR, Sidecar

__all__ = [
    "SIDECAR",
    "Delivery",
    "DeliveryChangedError",
    "DeliveryError",
    "Extract",
    "ExtractError",
    "Note",
    "ReceiveError",
    "Sidecar",
    "check_delivery",
    "check_untracked",
    "corrections_path",
    "deliveries",
    "is_delivered",
    "is_tracked",
    "load_extract",
    "newest_delivery",
    "read_extract",
    "receive",
]
