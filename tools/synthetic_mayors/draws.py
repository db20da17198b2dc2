"""Random numbers that are the same on every machine and with every version of numpy.

Belongs here: uniform and logistic draws, named by what they are for. Not here: what is drawn.
Only the raw stream of PCG64 is used: numpy promises that stream for ever, its distributions not.
"""

import hashlib

import numpy as np
import numpy.typing as npt

SEED = 20161129  # the day the real study was published
Floats = npt.NDArray[np.float64]


def uniform(purpose: str, count: int) -> Floats:
    """Return `count` numbers in the open interval (0, 1), always the same for one `purpose`.

    Each purpose has its own stream, so that a question added changes no other answer.
    """
    name = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
    raw = np.random.PCG64(np.random.SeedSequence([SEED, name])).random_raw(count)
    return ((raw >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def logistic(purpose: str, count: int) -> Floats:
    """Return `count` draws of the standard logistic distribution."""
    drawn = uniform(purpose, count)
    return np.asarray(np.log(drawn / (1 - drawn)), dtype=np.float64)
