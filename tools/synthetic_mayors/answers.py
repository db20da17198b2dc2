"""Inventing answers from region and size class, never from the commune.

Belongs here: one function a question, from `Respondents` to columns of codes. Not here: the
numbers behind them (questionnaire.py), labels and files (extract.py). A respondent's attitude, one
of five, ties the answers of one person together; it is drawn, kept nowhere and in no column.
"""

import numpy as np
import numpy.typing as npt

from tools.synthetic_mayors import draws
from tools.synthetic_mayors import questionnaire as q
from tools.synthetic_mayors.calibration import Mask, Respondents, choose, choose_by_cell
from tools.synthetic_mayors.draws import Floats

Codes = npt.NDArray[np.str_]
Columns = dict[str, Codes]
WIDTH = "<U24"
TOLERANCE = 0.002  # of a base: a fifth of a point, so that a share rounds to its target
# How much a share counts: exact by published figure, near by size class, rough by other region.
EXACT, NEAR, ROUGH = 1_000.0, 60.0, 8.0


def answers(people: Respondents) -> Columns:
    """Return every question's columns of codes, in the order of the questionnaire."""
    found = fragility_priority(people)
    found |= actor_role(people)
    found |= partnerships(people)
    found["alliances_innovation"] = alliances_innovation(people)
    found["confiance_alliances"] = alliances_confidence(people)
    found["dynamique_ancree"] = dynamic_rooted(people)
    found["sait_animer"] = steering_known(people)
    found |= steering_lacks(people, found["sait_animer"])
    return found | mayor_priorities(people)


def fragility_priority(people: Respondents) -> Columns:
    """Return `fragilite_<domain>`: four degrees, cut from one leaning."""
    found: Columns = {}
    for domain, (base, by_size) in q.PRIORITY.items():
        purpose = f"fragilite_{domain}"
        leaning = score(people, "fragilite", purpose, base) + by_size * _size_rank(people)
        degree = np.select(
            [leaning > 2.2, leaning > 0.2, leaning > -1.8],
            ["tres_prioritaire", "prioritaire", "peu_prioritaire"],
            "pas_prioritaire",
        )
        found[purpose] = with_no_answer(degree, purpose)
    return found


def actor_role(people: Respondents) -> Columns:
    """Return `role_<domain>_<actor>`: yes or no."""
    found: Columns = {}
    for domain in q.PRIORITY:
        for actor, expected in q.EXPECTED.items():
            purpose = f"role_{domain}_{actor}"
            base = q.ROLE_EXPECTED if domain in expected else q.ROLE_ELSEWHERE
            says_yes = score(people, f"role_{actor}", purpose, base) > 0
            found[purpose] = with_no_answer(yes_no(says_yes), purpose)
    return found


def partnerships(people: Respondents) -> Columns:
    """Return `partenariat_<domain>` and the summary of all sixteen.

    First who says yes to all, then, domain by domain, who else does: never to all sixteen.
    """
    everyone = np.ones(len(people), dtype=bool)
    keen = score(people, "partenariat", "partenariat_16_domaines", 0)
    all_yes = share_of(people, keen, everyone, q.ALL_SIXTEEN)
    found: Columns = {}
    for domain, target in q.PARTNERSHIPS.items():
        purpose = f"partenariat_{domain}"
        silent = no_answer(purpose, len(people))
        silent[all_yes] = ""
        asked = silent == ""
        wanted = target * people.weight[asked].sum() - people.weight[all_yes].sum()
        others = choose(
            people, score(people, "partenariat", purpose, 0), asked & ~all_yes,
            float(wanted), TOLERANCE * float(people.weight.sum()),
        )  # fmt: skip
        found[purpose] = np.where(asked, yes_no(all_yes | others), silent).astype(WIDTH)
    if np.any(np.all([column == "oui" for column in found.values()], axis=0) != all_yes):
        raise ValueError("someone outside the summary says yes to all sixteen domains")
    return found | {"partenariat_16_domaines": yes_no(all_yes)}


def alliances_innovation(people: Respondents) -> Codes:
    """Return the four degrees of agreement, near every published share at once."""
    purpose = "alliances_innovation"
    silent = no_answer(purpose, len(people))
    # One heavy respondent less, and no choice among the rest gives a published regional share.
    silent[np.isin(people.region, list(q.INNOVATION_BY_REGION))] = ""
    asked = silent == ""
    leaning = score(people, "alliances", purpose, 1.9)
    rates = [q.INNOVATION_BY_REGION.get(region, q.INNOVATION) for region in people.region.tolist()]
    rows, wanted = _innovation_shares(people, asked)
    agrees = choose_by_cell(people, leaning, asked, np.array(rates), rows, wanted)
    strongly = leaning > np.median(leaning[agrees])
    degree = np.select(
        [agrees & strongly, agrees, ~agrees & (leaning > -1)],
        ["tout_a_fait", "plutot", "plutot_pas"],
        "pas_du_tout",
    )
    return np.where(asked, degree, silent).astype(WIDTH)


def alliances_confidence(people: Respondents) -> Codes:
    """Return a whole score from 0 to 10 as text, or a word for no answer."""
    purpose = "confiance_alliances"
    noise = q.CONFIDENCE_NOISE * draws.logistic(purpose, len(people))
    lift = q.CONFIDENCE_SLOPE * (attitude(len(people)) + _shift(people, "alliances"))
    scores = np.clip(np.rint(q.CONFIDENCE_MEAN + lift + noise), 0, 10).astype(np.int64)
    return with_no_answer(scores.astype(WIDTH), purpose)


def dynamic_rooted(people: Respondents) -> Codes:
    """Return yes or no; non-response stays in the base of the published figure."""
    purpose = "dynamique_ancree"
    silent = no_answer(purpose, len(people))
    asked = silent == ""
    target = q.ROOTED * people.weight.sum() / people.weight[asked].sum()
    says_yes = share_of(people, score(people, "alliances", purpose, 1), asked, float(target))
    return np.where(asked, yes_no(says_yes), silent).astype(WIDTH)


def steering_known(people: Respondents) -> Codes:
    """Return yes or no; the published 46% have no sure base, so nothing is calibrated here."""
    leaning = score(people, "alliances", "sait_animer", q.STEERING)
    return with_no_answer(yes_no(leaning > 0), "sait_animer")


def steering_lacks(people: Respondents, knows: Codes) -> Columns:
    """Return `manque_<lever>`: one to three levers ticked, or only 'nothing is missing'."""
    count = len(people)
    nothing = (knows == "oui") & (draws.uniform("manque_rien", count) < q.NOTHING_LACKS)
    allowed = 1 + np.floor(3 * draws.uniform("manque_nombre", count)).astype(np.int64)
    leanings = np.stack(
        [base + draws.logistic(f"manque_{lever}", count) for lever, base in q.LEVERS.items()]
    )
    place = np.argsort(np.argsort(-leanings, axis=0), axis=0)
    ticked = (place < allowed) & ~nothing
    found = {f"manque_{lever}": yes_no(ticked[row]) for row, lever in enumerate(q.LEVERS)}
    return found | {"manque_rien": yes_no(nothing)}


def mayor_priorities(people: Respondents) -> Columns:
    """Return `priorite_<verb>`: first who ticks all three, then who else ticks each."""
    everyone = np.ones(len(people), dtype=bool)
    all_three = share_of(people, score(people, "alliances", "priorites", 0), everyone,
                         q.ALL_PRIORITIES)  # fmt: skip
    found: Columns = {}
    free = ~all_three  # each verb draws from those the one before left: no one else has all three
    for verb, target in q.PRIORITIES.items():
        wanted = float(target * people.weight.sum() - people.weight[all_three].sum())
        leaning = score(people, "alliances", f"priorite_{verb}", 0)
        others = choose(people, leaning, free, wanted, TOLERANCE * float(people.weight.sum()))
        free = free & ~others
        found[f"priorite_{verb}"] = yes_no(all_three | others)
    return found


def score(people: Respondents, family: str, purpose: str, base: float) -> Floats:
    """Return each one's leaning to say yes, as log-odds plus logistic noise."""
    noise = draws.logistic(purpose, len(people))
    return base + attitude(len(people)) + _shift(people, family) + noise


def attitude(count: int) -> Floats:
    """Return the shift of each respondent's attitude, drawn with the shares of ATTITUDES."""
    bounds = np.cumsum([share for share, _ in q.ATTITUDES])[:-1]
    place = np.searchsorted(bounds, draws.uniform("attitude", count))
    return np.array([shift for _, shift in q.ATTITUDES])[place]


def share_of(people: Respondents, scores: Floats, among: Mask, share: float) -> Mask:
    """Choose a weighted `share` of `among`."""
    base = float(people.weight[among].sum())
    return choose(people, scores, among, share * base, TOLERANCE * base)


def _innovation_shares(people: Respondents, asked: Mask) -> tuple[Floats, Floats]:
    """Return the shares to come near to, nation first, as `choose_by_cell` takes them.

    Each line and its target are multiplied by how much that share counts.
    """
    regions = sorted(set(people.region.tolist()))
    off = q.INNOVATION_OFF * (2 * draws.uniform("innovation by region", len(regions)) - 1)
    shares = [(asked, q.INNOVATION, EXACT)]
    for region, shift in zip(regions, off.tolist(), strict=True):
        published = q.INNOVATION_BY_REGION.get(region)
        target = q.INNOVATION + shift if published is None else published
        shares.append(
            (asked & (people.region == region), target, ROUGH if published is None else EXACT)
        )
    shares += [(asked & (people.size == size), q.INNOVATION, NEAR) for size in q.SIZE_SHIFT]
    cells = int(people.cell.max()) + 1
    rows = [
        counts * np.bincount(people.cell[who], people.weight[who], cells)
        / np.maximum(np.bincount(people.cell[who], minlength=cells), 1) / people.weight[who].sum()
        for who, _, counts in shares
    ]  # fmt: skip
    return np.stack(rows), np.array([target * counts for _, target, counts in shares])


def yes_no(says_yes: Mask) -> Codes:
    """Return the codes of a yes or no."""
    return np.where(says_yes, "oui", "non").astype(WIDTH)


def no_answer(purpose: str, count: int) -> Codes:
    """Return the code of those who give no answer, '' for the others."""
    drawn = draws.uniform(f"{purpose}/no-answer", count)
    refused, unsure = q.NO_ANSWER["refus"], q.NO_ANSWER["nsp"]
    return np.select([drawn < refused, drawn < refused + unsure], ["refus", "nsp"], "").astype(
        WIDTH
    )


def with_no_answer(codes: Codes, purpose: str) -> Codes:
    """Return `codes` with some of them replaced by 'does not know' or 'refused'."""
    silent = no_answer(purpose, len(codes))
    return np.where(silent == "", codes, silent).astype(WIDTH)


def _size_rank(people: Respondents) -> Floats:
    """Return -1, 0 or 1 for the three size classes."""
    return np.array([q.SIZE_RANK[size] for size in people.size.tolist()])


def _shift(people: Respondents, family: str) -> Floats:
    """Return the effect of region and size, the same for all who share them."""
    regions = np.array(sorted(set(people.region.tolist())))
    drawn = q.REGION_SPREAD * draws.logistic(f"region/{family}", len(regions)) / 1.81
    by_size = np.array([q.SIZE_SHIFT[size] for size in people.size.tolist()])
    return np.asarray(drawn[np.searchsorted(regions, people.region)] + by_size)
