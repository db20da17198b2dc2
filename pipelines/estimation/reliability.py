"""The reliability flag of an estimate: A, B or C by the study's declared thresholds.

Belongs here: thresholds → flag. Not here: withholding, which protects respondents and is another
matter (pipelines.disclosure).
"""

import numpy as np
import numpy.typing as npt

from pipelines.study.model import Reliability

Vector = npt.NDArray[np.float64]


def flags(
    declared: Reliability, respondents: Vector, effective: Vector, width: Vector
) -> npt.NDArray[np.object_]:
    """Return A (reliable), B (with caution) or C (not reliable); None where nothing is estimated.

    `width` is that of the interval, as a fraction of the range of the measure. After the NCHS
    standard for proportions (Parker et al. 2017), its thresholds declared per study.
    """
    a = (
        (respondents >= declared.a_respondents)
        & (effective >= declared.a_effective)
        & (width <= declared.a_width)
    )
    b = (
        (respondents >= declared.b_respondents)
        & (effective >= declared.b_effective)
        & (width <= declared.b_width)
    )
    graded: npt.NDArray[np.object_] = np.where(a, "A", np.where(b, "B", "C")).astype(object)
    graded[~(respondents > 0)] = None
    return graded
