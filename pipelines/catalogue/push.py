"""Copying the site after the releases that it names, so that no page there names a missing one.

Belongs here: whether the site may go, and the order of its files. Not here: building it (site.py),
releases (pipelines.release.push), reading and writing there (pipelines.release.remote).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phare_data.layout import VERSIONS
from pipelines.catalogue.errors import SiteError
from pipelines.catalogue.memory import files_as, inputs_of, made_by, recall
from pipelines.catalogue.output import LOCK, SITE
from pipelines.catalogue.site import address_of, build_site
from pipelines.release.remote import Remote
from pipelines.workspace import held, private_folder

ENTRANCE = "index.html"  # of published/, which leads to the site
DOWNLOADS = "downloads/"


@dataclass(frozen=True)
class PushedSite:
    """What became of the site: files copied, removed, left; studies whose releases are not there.

    Where `missing` names a study, nothing was copied.
    """

    target: str
    base_url: str
    copied: int
    removed: int
    unchanged: int
    missing: tuple[str, ...]


def push_site(root: Path, target: str, *, base_url: str | None = None) -> PushedSite:
    """Copy `root`/published/site below `target`, after the releases (pipelines.release.push).

    It is built again first if it does not follow from the releases as they are, for `base_url`
    (default: PHARE_BASE_URL). Nothing is copied unless the log of every study there is ours: the
    pages name all of them. First go the downloads that are no more (a purge must not wait), then
    what pages need, then pages, the deepest first, then catalogues, last the entrance; then what
    is left over goes. Each file is whole at every moment, those with the same bytes are left, and
    an interrupted copy is simply run again.

    Raises SiteError without a release, when the site changes meanwhile, when the target refuses.
    """
    summary = build_site(root, base_url=base_url, reuse=True)
    published, private = root / "published", private_folder(root, "catalogue")
    with held(private / LOCK):
        inputs = inputs_of(published, made_by(address_of(base_url)))
        if files_as(recall(private, published), inputs) is None:
            raise SiteError("catalogue-push-moved", folder=published / SITE)
        try:
            place = Remote.of(target)
            missing = tuple(one for one in summary.studies if not _is_there(published, place, one))
            copied, removed, unchanged = (0, 0, 0) if missing else _copy(published, place)
        except OSError as error:
            reason = str(error).splitlines()[0][:300]
            raise SiteError("catalogue-push-refused", file=target, found=reason) from error
    return PushedSite(target, summary.base_url, copied, removed, unchanged, missing)


def _is_there(published: Path, place: Remote, study: str) -> bool:
    """Whether a study's log there is ours: it comes last, so the releases it names are there."""
    name = f"{study}/{VERSIONS}"
    return place.read(name) == (published / name).read_bytes()


def _copy(published: Path, place: Remote) -> tuple[int, int, int]:
    site = published / SITE
    ours = [path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()]
    there = place.sizes(SITE)
    gone = sorted(set(there) - set(ours))
    at_once = [one for one in gone if one.startswith(DOWNLOADS)]
    for path in at_once:
        place.delete(f"{SITE}/{path}")
    copied = 0
    for path in in_order(ours):
        data = (site / path).read_bytes()
        name = f"{SITE}/{path}"
        if there.get(path) != len(data) or place.read(name) != data:
            place.write(name, data)
            copied += 1
    entrance = (published / ENTRANCE).read_bytes()
    if place.read(ENTRANCE) != entrance:
        place.write(ENTRANCE, entrance)
        copied += 1
    for path in (one for one in gone if one not in at_once):
        place.delete(f"{SITE}/{path}")
    return copied, len(gone), len(ours) + 1 - copied


def in_order(paths: Sequence[str]) -> list[str]:
    """Return the files of a site so that each comes after what it leads to.

    Scripts, data and downloads; pages, the deepest first; catalogues and feeds, which name pages.
    """
    catalogues = (".atom", ".ttl", ".jsonld", ".txt")

    def rank(path: str) -> tuple[int, int, str]:
        depth = path.count("/")
        if path.endswith(".html"):
            return (1, -depth, path)
        is_last = depth == 0 or path.endswith(catalogues)
        return (2 if is_last else 0, 0, path)

    return sorted(paths, key=rank)
