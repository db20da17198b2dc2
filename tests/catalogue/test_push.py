"""The site elsewhere: after the releases it names, whole at every moment, run again at will."""

import urllib.request
from pathlib import Path

import pytest
from pyarrow import fs

from pipelines.catalogue import SiteError, build_site, push_site
from pipelines.catalogue.push import in_order
from pipelines.release import purge, push
from pipelines.release.remote import Remote
from pipelines.study import Study
from tests.catalogue.test_site import digests
from tests.release.made_up_release import changed_value, published
from tests.tiny_study import STUDY

BASE = "https://data.example.org/"


def releases(study: Study, target: object) -> None:
    push(study.root, STUDY, str(target), run_id="run-p")


def site(study: Study, target: object):
    return push_site(study.root, str(target), base_url=BASE)


def twice_changed(rows: list[dict]) -> list[dict]:
    return changed_value(changed_value(rows))


@pytest.fixture
def mirror(study: Study, tmp_path: Path) -> Path:
    """Return a folder that has the releases and the site."""
    releases(study, tmp_path / "mirror")
    site(study, tmp_path / "mirror")
    return tmp_path / "mirror"


def test_the_site_waits_for_the_releases_and_then_is_the_same_there(
    study: Study, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    waits = site(study, mirror)
    assert (waits.missing, waits.copied) == ((STUDY,), 0) and not mirror.exists()
    releases(study, mirror)
    done = site(study, mirror)
    assert not done.missing and done.base_url == BASE
    assert digests(mirror) == digests(study.root / "published")
    again = site(study, mirror)
    assert (again.copied, again.removed) == (0, 0) and again.unchanged == done.copied


def test_a_release_that_is_not_there_yet_is_named_by_no_page_there(
    study: Study, mirror: Path
) -> None:
    before = digests(mirror)
    newest = published(study, twice_changed, erratum="x").version
    assert site(study, mirror).missing == (STUDY,)
    assert digests(mirror) == before
    releases(study, mirror)
    assert site(study, mirror).copied > 0
    assert newest in (mirror / "site" / STUDY / "index.html").read_text("utf-8")


def test_what_leads_to_a_page_comes_after_it(study: Study) -> None:
    folder = build_site(study.root, base_url=BASE).index.parent
    order = in_order([p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()])
    place = {path: at for at, path in enumerate(order)}
    assert place["assets/site.css"] < place[f"{STUDY}/questions/avis.html"]
    assert place[f"{STUDY}/questions/avis.html"] < place[f"{STUDY}/index.html"]
    assert place[f"{STUDY}/index.html"] < place["index.html"] < place["sitemap.xml"]
    assert place["index.html"] < place["feed.atom"] and place["index.html"] < place["catalog.ttl"]


def test_a_copy_cut_at_any_file_leaves_whole_files_and_is_completed(
    study: Study, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = digests(mirror)
    published(study, twice_changed, erratum="x")
    releases(study, mirror)
    new = {**digests(mirror), **digests_of_site(study)}
    write = Remote.write
    for limit in (0, 1, 3, 7):
        left = [limit]

        def fail_later(self: Remote, path: str, data: bytes, left: list[int] = left) -> None:
            if left[0] == 0:
                raise OSError("the line is cut")
            left[0] -= 1
            write(self, path, data)

        monkeypatch.setattr(Remote, "write", fail_later)
        with pytest.raises(SiteError, match="the line is cut"):
            site(study, mirror)
        for path, digest in digests(mirror).items():
            assert digest in (old.get(path), new.get(path)), path
    monkeypatch.undo()
    site(study, mirror)
    assert digests(mirror) == digests(study.root / "published")


def digests_of_site(study: Study) -> dict[str, str]:
    build_site(study.root, base_url=BASE)
    return digests(study.root / "published")


def test_what_was_purged_leaves_the_downloads_there_before_anything_is_copied(
    study: Study, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zips = sorted(path.name for path in (mirror / "site" / "downloads").glob("*.zip"))
    current = build_site(study.root, base_url=BASE).index.parent / "downloads"
    version = sorted(one.name for one in current.glob("*.zip"))[-1].removesuffix(".zip")
    number = version.removeprefix(f"{STUDY}-")
    purge(study.root, STUDY, number, reason="divulgation", by="A", run_id="r")
    releases(study, mirror)

    def refuse(self: Remote, path: str, data: bytes) -> None:
        raise OSError("full")

    monkeypatch.setattr(Remote, "write", refuse)
    with pytest.raises(SiteError):
        site(study, mirror)
    left = sorted(path.name for path in (mirror / "site" / "downloads").glob("*.zip"))
    assert f"{version}.zip" in zips and f"{version}.zip" not in left
    monkeypatch.undo()
    site(study, mirror)
    assert digests(mirror / "site") == digests(study.root / "published" / "site")


def test_a_bucket_serves_the_pages_as_pages(study: Study, bucket: str, tmp_path: Path) -> None:
    releases(study, bucket)
    assert site(study, bucket).copied > 20
    assert site(study, bucket).copied == 0
    system, base = fs.FileSystem.from_uri(bucket)
    fs.copy_files(base, str(tmp_path / "down"), source_filesystem=system)
    assert digests(tmp_path / "down") == digests(study.root / "published")
    server = bucket.partition("endpoint_override=")[2].partition("&")[0]
    with urllib.request.urlopen(f"http://{server}/{base}/site/index.html") as answer:
        assert answer.headers["Content-Type"].startswith("text/html")
