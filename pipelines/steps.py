"""The steps of a wave, in order: what each reads, writes and calls, and when it may be skipped.

Belongs here: the chain from delivery to protected estimates as plain functions, run by the assets
and by tests alike. Not here: Dagster (assets.py), the work itself (one room a step), checks on the
results (pipelines.evidence), the release of a study (publication.py).
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import BaseModel

from pipelines import workspace
from pipelines.intake import (
    check_delivery,
    corrections_path,
    deliveries,
    is_delivered,
    newest_delivery,
    read_extract,
)
from pipelines.profile import measured
from pipelines.refusals import noted
from pipelines.study import Study
from pipelines.study.sums import sums_of
from pipelines.study.tables import ESTIMATES, data_tables
from pipelines.texts import say
from pipelines.workspace import ITEM_COUNTS, analysis_files, protected_file

Facts = dict[str, str | int | float | bool]
LOG = logging.getLogger("phare")
SUMS = "sums.parquet"  # private: sums of answers that are protected with these
PROTECTION = "protection.json"  # private: what the policy withholds, costs and could free
RECONCILIATION = "reconciliation.json"  # private: withheld figures compared too
PROTECTED_ANALYSES = "protected_analyses.json"  # private: rows of each table of analyses by status
# An extract of so many bytes takes longer to read than the rooms of later steps to load.
LONG_TO_READ = 16 << 20
LATER = (
    "pipelines.validation.validate",
    "pandera.polars",
    "pipelines.estimation",
    "pipelines.disclosure",
)


@dataclass(frozen=True)
class Step:
    """One step of a wave.

    `work(study, wave, folder, aside)` reads earlier artefacts from `folder`, writes `outputs` and,
    for what the study declares, `declared_outputs` into `aside`; it returns facts that may be shown
    publicly: no value of a respondent. `follows` a step that also reads what it wrote for the wave
    before.
    """

    name: str
    after: tuple[str, ...]
    outputs: tuple[str, ...]
    work: Callable[[Study, str, Path, Path], Facts]
    declared_outputs: Callable[[Study], tuple[str, ...]] = lambda study: ()
    follows: bool = False

    def all_outputs(self, study: Study) -> tuple[str, ...]:
        """Return the files that the step writes for a wave of `study`."""
        return (*self.outputs, *self.declared_outputs(study))


def delivered_waves(study: Study) -> tuple[str, ...]:
    """Return the declared waves that have at least one delivery, in declared order."""
    return tuple(wave for wave in study.waves if is_delivered(study.root, study.id, wave))


def wave_before(study: Study, wave: str) -> str | None:
    """Return the delivered wave whose fieldwork began last before that of `wave`, if any."""
    earlier = [
        one for one in delivered_waves(study) if study.waves[one].start < study.waves[wave].start
    ]
    return max(earlier, key=lambda one: study.waves[one].start, default=None)


def protected_path(study: Study, wave: str, table: str) -> Path:
    """Return the file of what a wave publishes of one table that data fill."""
    return wave_folder(study, wave) / _protected_name(table)


def _protected_name(table: str) -> str:
    return "protected.parquet" if table == ESTIMATES else protected_file(table)


def wave_folder(study: Study, wave: str) -> Path:
    """Return the private folder of a wave, made if missing."""
    return workspace.private_folder(study.root, study.id, wave)


def run_step(study: Study, wave: str, step: Step, *, reuse: bool = True, ahead: float = 0) -> Facts:
    """Run one step of a wave and return its facts.

    A step whose code, declaration and inputs are those of its last run, and whose outputs are
    still the bytes it wrote, is not run again. A process that is at the same step is waited for.
    Raises what the room raises; then the artefacts of earlier runs stand as they were. `ahead` says
    for how many seconds the second process just worked at it.
    """
    started = time.monotonic() - ahead
    folder = wave_folder(study, wave)
    lock = workspace.held(folder / f".{step.name}.lock")
    with measured("step", step.name, wave) as measure, lock:
        inputs = _inputs_digest(study, wave, step)
        facts = _remembered(study, folder, step, inputs) if reuse else None
        state = "run-step-reused" if facts is not None and not ahead else "run-step-done"
        if facts is None:
            delivery = newest_delivery(study.root, study.id, wave).name
            with noted(folder, step.name, delivery), workspace.staged(folder, step.name) as aside:
                facts = step.work(study, wave, folder, aside)
                _remember(study, aside, step, inputs, facts)
        else:
            measure.state = "taken-over" if ahead else "reused"
    LOG.info(
        say(state, None, study=study.id, wave=wave, step=step.name, seconds=_since(started))
    )  # fmt: skip
    return facts


def is_current(study: Study, wave: str, name: str) -> bool:
    """Return whether a step, and each before it in the chain, would be reused as it stands."""
    chain = steps_of(study)
    last = next(at for at, step in enumerate(chain) if step.name == name)
    return all(would_reuse(study, wave, step) for step in chain[: last + 1])


def would_reuse(study: Study, wave: str, step: Step) -> bool:
    """Return whether a step, those before it left aside, would be reused as it stands."""
    inputs = _inputs_digest(study, wave, step)
    return _remembered(study, wave_folder(study, wave), step, inputs) is not None


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f}"


def _inputs_digest(study: Study, wave: str, step: Step) -> str:
    """Return what decides whether a step must run again."""
    folder = wave_folder(study, wave)
    parts = [workspace.code_digest(), workspace.declaration_digest(study), step.name]
    if not step.after:
        delivered = deliveries(study.root, study.id, wave)
        parts += [
            f"{one.folder.name} {workspace.sha256_of(one.folder / 'sidecar.yaml')}"
            for one in delivered
        ]
        # Of the others nothing is read: the hundredth delivery costs what the second did.
        parts += [
            workspace.sha256_of(one.extract) if one.extract.is_file() else "destroyed"
            for one in delivered[-1:]
        ]
    if step.name == "responses":
        corrections = corrections_path(study.root, study.id, wave)
        parts += [workspace.sha256_of(corrections)] if corrections.exists() else []
    read = [(folder, before) for before in step.after]
    if step.follows and (earlier := wave_before(study, wave)):
        read.append((wave_folder(study, earlier), step.name))
    for place, before in read:
        record = _record(place, before)
        parts += [json.dumps(record["outputs"], sort_keys=True)] if record else [f"{before}: none"]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _record(folder: Path, name: str) -> Mapping[str, Any] | None:
    path = folder / f"{name}.step.json"
    if not path.exists():
        return None
    record: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return record


def _remember(study: Study, aside: Path, step: Step, inputs: str, facts: Facts) -> None:
    outputs = {name: workspace.sha256_of(aside / name) for name in step.all_outputs(study)}
    record = {"inputs": inputs, "outputs": outputs, "facts": facts}
    (aside / f"{step.name}.step.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def _remembered(study: Study, folder: Path, step: Step, inputs: str) -> Facts | None:
    record = _record(folder, step.name)
    if record is None or record["inputs"] != inputs:
        return None
    outputs = record["outputs"]
    if outputs != output_digests(study, folder, step):
        return None
    facts: Facts = record["facts"]
    return facts


def output_digests(study: Study, folder: Path, step: Step) -> dict[str, str]:
    """Return the digest of each output of `step` that is there now."""
    present = [name for name in step.all_outputs(study) if (folder / name).exists()]
    return {name: workspace.sha256_of(folder / name) for name in present}


def _rows(path: Path) -> int:
    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def _raw_extract(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    delivery = newest_delivery(study.root, study.id, wave)
    check_delivery(delivery)
    is_long = delivery.extract.stat().st_size > LONG_TO_READ
    with _loading(LATER if is_long else ()):
        read_extract(delivery.extract, study.wave(wave).extract, aside / "raw.parquet")
    sidecar = delivery.sidecar
    return {
        "rows": _rows(aside / "raw.parquet"),
        "delivery": delivery.folder.name,
        "file": sidecar.file,
        "sha256": sidecar.sha256,
        "bytes": sidecar.bytes,
        "producer": sidecar.producer,
        "received": sidecar.received.isoformat(),
        "synthetic": sidecar.synthetic,
    }


@contextmanager
def _loading(modules: Sequence[str]) -> Iterator[None]:
    """Import modules in a thread while the block works outside Python; both have ended after it."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        loaded = [thread.submit(import_module, one) for one in modules]
        yield
        for one in loaded:
            one.result()


def _responses(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.validation.corrections import apply_corrections
    from pipelines.validation.validate import validate

    corrected = aside / "corrected.parquet"
    corrections = apply_corrections(study, wave, folder / "raw.parquet", corrected)
    raw = corrected if corrected.exists() else folder / "raw.parquet"
    summary = validate(study, study.wave(wave), raw, aside)
    corrected.unlink(missing_ok=True)
    text = json.dumps([asdict(one) for one in corrections], default=_plain, indent=1)
    (aside / "corrections.json").write_text(text + "\n", "utf-8")
    return {
        "rows": summary.accepted,
        "read": summary.read,
        "accepted": summary.accepted,
        "rejected": summary.rejected,
        "rules": summary.rules_run,
        "repairs": len(summary.repairs),
        "corrections": len(corrections),
    }


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _weighted_responses(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.estimation import weigh

    weighted = aside / "weighted.parquet"
    diagnostics = weigh(study, wave, folder / "responses.parquet", weighted)
    text = json.dumps(asdict(diagnostics), ensure_ascii=False, indent=1, default=str)
    (aside / "weighting.json").write_text(text + "\n", "utf-8")
    return {"rows": _rows(weighted)}


def _estimates(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.estimation import estimate

    sums = aside / SUMS if sums_of(study) else None
    weighted, estimates = folder / "weighted.parquet", aside / "estimates.parquet"
    return {"rows": estimate(study, wave, weighted, estimates, sums)}


def _sums_file(study: Study) -> tuple[str, ...]:
    return (SUMS,) if sums_of(study) else ()


def _reconciliation(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.analysis import reconcile

    found = reconcile(study, wave, folder / "estimates.parquet", folder / "protected.parquet")
    found.write(aside / RECONCILIATION)
    return {"rows": len(found.figures), "agree": found.agree, "differ": found.differ}


def _protected_estimates(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.disclosure import advise, protect

    protected = aside / "protected.parquet"
    sums = folder / SUMS if sums_of(study) else None
    report = protect(study, wave, folder / "estimates.parquet", protected, sums)
    advice = advise(study, wave, folder / "estimates.parquet", folder / "weighted.parquet")
    workspace.write_private(aside / PROTECTION, {**report.private(), **advice.private()})
    return {"rows": _rows(protected), "rules_not_run": ", ".join(report.rules_not_run)}


def _analyses(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.analysis import analyse

    earlier = wave_before(study, wave)
    summary = analyse(
        study, wave, folder / "weighted.parquet", folder / "estimates.parquet",
        folder / "protected.parquet", aside,
        before=wave_folder(study, earlier) if earlier else None,
    )  # fmt: skip
    text = json.dumps({"unsupported": summary.unsupported, "rows": dict(summary.rows)}, indent=1)
    (aside / "analyses.json").write_text(text + "\n", "utf-8")
    return {"rows": sum(summary.rows.values()), "unsupported": ", ".join(summary.unsupported)}


def _protected_analyses(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.disclosure import protect_analyses

    found = protect_analyses(
        study, folder, folder / "estimates.parquet", folder / "protected.parquet", aside,
        wave_before(study, wave),
    )  # fmt: skip
    text = json.dumps(found, indent=1, sort_keys=True)
    (aside / PROTECTED_ANALYSES).write_text(text + "\n", "utf-8")
    return {"rows": sum(count for one in found.values() for count in one.values())}


def _protected_files(study: Study) -> tuple[str, ...]:
    return tuple(protected_file(one.name) for one in data_tables(study) if one.name != ESTIMATES)


def _collected(study: Study, wave: str, folder: Path, aside: Path) -> Facts:
    from pipelines.analysis import collect

    files = {one.name: aside / _protected_name(one.name) for one in data_tables(study)}
    rows = collect(study, wave, folder / "responses.parquet", files)
    return {"rows": sum(rows.values())}


def _collected_files(study: Study) -> tuple[str, ...]:
    return tuple(_protected_name(one.name) for one in data_tables(study))


STEPS = (
    Step("raw_extract", (), ("raw.parquet",), _raw_extract),
    Step(
        "responses",
        ("raw_extract",),
        ("responses.parquet", "rejected_rows.parquet", "validation.json", "corrections.json"),
        _responses,
    ),
    Step(
        "weighted_responses", ("responses",), ("weighted.parquet", "weighting.json"),
        _weighted_responses,
    ),
    Step(
        "estimates", ("weighted_responses",), ("estimates.parquet", ITEM_COUNTS), _estimates,
        _sums_file,
    ),
    Step(
        "protected_estimates",
        ("weighted_responses", "estimates"),
        ("protected.parquet", PROTECTION),
        _protected_estimates,
    ),
    Step(
        "reconciliation", ("estimates", "protected_estimates"), (RECONCILIATION,), _reconciliation
    ),
    Step(
        "analyses",
        ("weighted_responses", "estimates", "protected_estimates"),
        ("analyses.json",),
        _analyses,
        analysis_files,
        follows=True,
    ),
    Step(
        "protected_analyses",
        ("analyses", "estimates", "protected_estimates"),
        (PROTECTED_ANALYSES,),
        _protected_analyses,
        _protected_files,
    ),
)  # fmt: skip

COLLECTION_STEPS = (*STEPS[:2], Step("collected", ("responses",), (), _collected, _collected_files))


def steps_of(study: Study) -> tuple[Step, ...]:
    """Return the chain of a wave: of a survey, or of a collection, which has no respondents."""
    return COLLECTION_STEPS if study.collected else STEPS
