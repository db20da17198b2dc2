"""From protected waves to a release: what a study's release is made of, gathered and handed over.

Belongs here: the waves, deliveries and evidence that go into one release. Not here: writing,
versioning and verifying it (pipelines.release).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.ahead import ROW_MAPS, await_ahead
from pipelines.contributors import row_maps
from pipelines.intake import Delivery, newest_delivery
from pipelines.profile import measured
from pipelines.quality import public_quality
from pipelines.release import ReleaseOutcome, SourceFile, publish
from pipelines.steps import delivered_waves, protected_path
from pipelines.study import Study
from pipelines.study.errors import UnknownStudyError
from pipelines.study.tables import ESTIMATES, data_tables
from pipelines.workspace import private_folder

AUDIT = "audit.json"  # private: what the last attack on a release found, intervals included


def publish_study(
    study: Study, *, released: dt.date, run: Mapping[str, Any], **choices: Any
) -> ReleaseOutcome:
    """Release every delivered wave of `study`, or say that nothing changed.

    `run` is evidence of this run (id, commit, versions) and never enters hashed content; `choices`
    are the operator's (erratum, raised bump). Raises ChecksMissingError or CheckFailedError unless
    every required check passed on these exact artefacts, and what pipelines.release raises.
    """
    waves = delivered_waves(study)
    if not waves:
        raise UnknownStudyError("run-no-delivery", study=study.id, file=study.root / "raw")
    with measured("evidence", study.id):
        quality = {wave: public_quality(study, wave) for wave in waves}
    newest = {wave: newest_delivery(study.root, study.id, wave) for wave in waves}
    with measured("release", study.id) as measure:
        outcome = publish(
            study, study.root,
            {
                table.name: [protected_path(study, wave, table.name) for wave in waves]
                for table in data_tables(study)
            },
            released=released, sources=[_source(*one) for one in newest.items()],
            quality=quality, run=run, row_maps=partial(_row_maps, study, newest),
            gate=None if study.collected else partial(_audit, study), **choices,
        )  # fmt: skip
        measure.state = "done" if outcome.published else "reused"
    return outcome


def _row_maps(study: Study, newest: Mapping[str, Delivery]) -> dict[str, str]:
    await_ahead(study.root, study.id, ROW_MAPS)  # which remembers them
    return row_maps(study, newest)


def _audit(study: Study, staged: Path, earlier: Sequence[Path]) -> None:
    """Attack what is about to be released as written on disk, earlier releases at hand.

    Withdrawn releases count: whoever downloaded one still has it. Raises DisclosureAuditError.
    """
    from pipelines.disclosure import audit

    tables = [staged / "data" / f"{ESTIMATES}.{kind}" for kind in ("parquet", "csv")]
    before = [folder / "data" / f"{ESTIMATES}.parquet" for folder in earlier]
    with measured("audit", study.id):
        audit(
            study, tables, [path for path in before if path.exists()],
            private=private_folder(study.root, study.id) / AUDIT,
        )  # fmt: skip


def _source(wave: str, delivery: Delivery) -> SourceFile:
    sidecar = delivery.sidecar
    return SourceFile(
        wave=wave, file=sidecar.file, sha256=sidecar.sha256, bytes=sidecar.bytes,
        producer=sidecar.producer, received=sidecar.received, licence=sidecar.licence,
        synthetic=sidecar.synthetic,
    )  # fmt: skip
