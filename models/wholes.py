"""How well two tokens fit as the ends of one span, from what the network says of each; `spans` reads it.

Inside, begin and end logits are of single tokens: an end is likely or not, whichever beginning it is to belong to. So
the network also says of each token, per standard, how well a span may begin and end there, one vector as its beginning
and one per standard as its end; a span's score is the sum of both and the product of the vectors. Of all spans of a
passage and none at all, the softmax of these scores says how likely each is to be the one that is marked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from palermo.corpora.labelled.passages import STANDARDS
from palermo.models.pooling import SILENT

RANK = 8  # length of the vectors
OUTPUTS = (2 + RANK) * len(STANDARDS) + RANK
"""Of a token: begin and end of each standard, its vector as a beginning, and one per standard as an end."""
VECTORS = 2 * len(STANDARDS)  # where they begin


def scores(
    said: npt.NDArray[Any], first: npt.NDArray[np.int64], last: npt.NDArray[np.int64], standard: int
) -> npt.NDArray[np.float64]:
    """[C] scores of spans of one standard.

    Args:
        said: [T, OUTPUTS] what the network says of each token.
        first, last: [C] tokens of each span, both inside.
        standard: its index.
    """
    count = len(STANDARDS)
    speaks = said[:, :1] > SILENT  # else its vectors are none, but numbers as any
    left = (said[:, VECTORS : VECTORS + RANK] * speaks).astype(np.float64)
    right = (said[:, VECTORS + RANK * (1 + standard) :][:, :RANK] * speaks).astype(np.float64)
    pairs = (left[first] * right[last]).sum(axis=1)
    ends: npt.NDArray[np.float64] = said[first, standard] + said[last, count + standard] + pairs
    return ends
