"""What a disk holds after power is lost at any moment: a model, fed with recorded system calls.

Belongs here: reading strace's record of one publication, and replaying any prefix of it. Data that
were written and not yet synced are lost; names whose folder was not yet synced are kept or lost,
as the caller asks: real file systems do either.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

CALLS = (
    "openat,creat,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,"
    "unlinkat,mkdir,mkdirat,rmdir"
)
_LINE = re.compile(r"(?P<pid>\d+) +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_CUT = re.compile(r"(?P<start>(?P<pid>\d+) +\w+\(.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")
_DESCRIPTOR = re.compile(r"\d+<(?P<path>[^>]*)>")
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<at>[^>]*)>, )?"(?P<path>[^"]*)"')


@dataclass(frozen=True)
class Call:
    """One call that changed something: its kind, the path, and where a rename leads."""

    kind: str  # create, write, sync, rename, unlink, mkdir
    path: str
    to: str = ""


@dataclass
class Node:
    """A file or folder: what it holds now, and what of it would survive."""

    is_folder: bool
    entries: dict[str, "Node"] = field(default_factory=dict)
    durable: dict[str, "Node"] = field(default_factory=dict)
    is_synced: bool = False


def recorded(log: Path, inside: Path) -> list[Call]:
    """Return the calls of an strace log (-f -y) that succeeded and changed something `inside`."""
    found = (call for line in _whole_lines(log) for call in _calls(line))
    return [one for one in found if one.path.startswith(f"{inside}/") or one.path == str(inside)]


def _whole_lines(log: Path) -> Iterator[str]:
    """Yield each call on one line: strace cuts a call in two when another thread is faster."""
    cut: dict[str, str] = {}
    for line in log.read_text("utf-8", "replace").splitlines():
        if started := _CUT.match(line):
            cut[started["pid"]] = started["start"]
        elif resumed := _RESUMED.match(line):
            yield cut.pop(resumed["pid"], "") + resumed["rest"]
        else:
            yield line


def _calls(line: str) -> list[Call]:
    match = _LINE.match(line)
    if not match or match["call"] not in CALLS.split(",") or int(match["result"]) < 0:
        return []  # one that this strace has no name for is shown whatever it was asked for
    call, arguments = match["call"], match["arguments"]
    if call in {"fsync", "fdatasync", "write", "pwrite64", "ftruncate"}:
        at = _DESCRIPTOR.match(arguments)
        return [Call("sync" if call.endswith("sync") else "write", at["path"])] if at else []
    paths = [str(Path(one["at"] or "/", one["path"])) for one in _PATH.finditer(arguments)]
    if call == "openat":
        made = [Call("create", paths[0])] if "O_CREAT" in arguments else []
        return made + ([Call("write", paths[0])] if "O_TRUNC" in arguments else [])
    if call.startswith("rename"):
        return [Call("rename", paths[0], paths[1])]
    return [Call("mkdir" if call.startswith("mkdir") else "unlink", paths[0])]


class Disk:
    """A tree that was durable when it began; paths are those of the recorded machine."""

    def __init__(self, top: Path) -> None:
        self.top = str(top)
        self.root = _durable_tree(top)

    def apply(self, calls: Iterable[Call]) -> None:
        """Let the calls happen."""
        for call in calls:
            self._apply(call)

    def files(self, *, lazy: bool) -> dict[str, Node]:
        """Return the files that survive; `lazy` loses names whose folder was not synced."""
        return dict(_walk(self.root, "", lazy))

    def _apply(self, call: Call) -> None:
        folder, name = self._place(call.path)
        node = folder.entries.get(name) if name else folder
        if call.kind in {"create", "mkdir"} and node is None:
            folder.entries[name] = Node(is_folder=call.kind == "mkdir")
        elif call.kind == "write" and node:
            node.is_synced = False
        elif call.kind == "sync" and node:
            node.is_synced, node.durable = True, dict(node.entries)
        elif call.kind == "rename":
            there, new_name = self._place(call.to)
            there.entries[new_name] = folder.entries.pop(name)
        elif call.kind == "unlink":
            folder.entries.pop(name, None)

    def _place(self, path: str) -> tuple[Node, str]:
        parts = [part for part in path.removeprefix(self.top).split("/") if part]
        node = self.root
        for part in parts[:-1]:
            node = node.entries[part]
        return node, parts[-1] if parts else ""


def _durable_tree(place: Path) -> Node:
    if not place.is_dir():
        return Node(is_folder=False, is_synced=True)
    entries = {one.name: _durable_tree(one) for one in place.iterdir()}
    return Node(True, entries, dict(entries), True)


def _walk(node: Node, path: str, lazy: bool) -> Iterator[tuple[str, Node]]:
    for name, one in (node.durable if lazy else node.entries).items():
        if one.is_folder:
            yield from _walk(one, f"{path}{name}/", lazy)
        else:
            yield f"{path}{name}", one
