"""What the made-up mayors tend to answer: targets, tendencies, effects of region and size.

Belongs here: numbers. Not here: drawing (answers.py). The targets are the published figures that
can be reconciled (schemas/phare-institutions/published-figures.csv); every other number in this
file is invented, plausible at most, and says nothing of real mayors.
"""

# Published: the share that agrees that alliances are a source of innovation.
INNOVATION = 0.87
INNOVATION_BY_REGION = {"28": 0.77, "84": 0.77, "76": 1.0}
INNOVATION_OFF = 0.05  # how far a region may aim off the common rate
ROOTED = 0.76
# Published as "8 mayors in 10": 0.785 rounds to it and leaves room for each domain above it.
ALL_SIXTEEN = 0.785
# 0.96 and 0.84 are published ("come first"); the others are set below the second.
PARTNERSHIPS = {
    "emploi": 0.840,
    "developpement_economique": 0.960,
    "niveau_de_vie": 0.803,
    "pauvrete": 0.826,
    "mal_logement": 0.806,
    "diversite_handicap": 0.809,
    "intergenerationnel": 0.811,
    "lien_social": 0.831,
    "education": 0.816,
    "sante": 0.832,
    "securite": 0.799,
    "mobilite": 0.829,
    "numerique": 0.818,
    "culture_loisirs": 0.813,
    "environnement": 0.833,
    "transition_energetique": 0.821,
}
# Published as "7 mayors in 10", for all three verbs or for each: both readings round to it.
ALL_PRIORITIES = 0.68
PRIORITIES = {"impulser": 0.73, "animer": 0.70, "accompagner": 0.74}

NO_ANSWER = {"nsp": 0.025, "refus": 0.005}

# Five attitudes, in rising order of enthusiasm: share of mayors, shift of the log-odds of a yes.
ATTITUDES = ((0.15, -1.4), (0.25, -0.5), (0.25, 0.2), (0.20, 0.8), (0.15, 1.5))
SIZE_RANK = {"<2000": -1.0, "2000-19999": 0.0, "20000+": 1.0}
SIZE_SHIFT = {"<2000": -0.1, "2000-19999": 0.2, "20000+": 0.5}
REGION_SPREAD = 0.35  # standard deviation of a region's shift, drawn once a family of questions

# Log-odds that a fragility is a priority, and how that moves with the size of the commune.
PRIORITY = {
    "emploi": (1.6, 0.1),
    "developpement_economique": (1.5, 0.0),
    "niveau_de_vie": (0.6, 0.1),
    "pauvrete": (0.5, 0.4),
    "mal_logement": (-0.3, 0.7),
    "diversite_handicap": (-0.2, 0.3),
    "intergenerationnel": (0.3, -0.1),
    "lien_social": (0.6, 0.1),
    "education": (0.9, 0.2),
    "sante": (1.1, -0.5),
    "securite": (0.1, 0.8),
    "mobilite": (0.7, -0.4),
    "numerique": (0.9, -0.7),
    "culture_loisirs": (0.0, 0.2),
    "environnement": (0.8, 0.0),
    "transition_energetique": (0.5, 0.2),
}
# Domains in which the study page says that an actor is expected.
EXPECTED = {
    "citoyens": ("environnement", "education", "lien_social", "securite"),
    "associations": ("lien_social", "pauvrete", "culture_loisirs", "education"),
    "entreprises": (
        "developpement_economique", "niveau_de_vie", "emploi", "environnement",
        "transition_energetique",
    ),
    "collectivites": tuple(PRIORITY),
}  # fmt: skip
ROLE_EXPECTED, ROLE_ELSEWHERE = 1.3, -0.8
STEERING = 0.1
LEVERS = {
    "temps": 0.5,
    "moyens": 1.0,
    "ingenierie": 0.6,
    "partenaires": 0.2,
    "methode": 0.7,
    "confiance": -0.2,
    "lieux": -0.4,
}
NOTHING_LACKS = 0.12  # share of those who know how to steer
CONFIDENCE_MEAN, CONFIDENCE_SLOPE, CONFIDENCE_NOISE = 6.6, 1.2, 0.7
WITH_VERBATIM = 0.6

# The labels of the extract, as an institute writes them (the declaration reads them).
LABELS = {
    "tres_prioritaire": "Très prioritaire",
    "prioritaire": "Prioritaire",
    "peu_prioritaire": "Peu prioritaire",
    "pas_prioritaire": "Pas prioritaire",
    "tout_a_fait": "Tout à fait d'accord",
    "plutot": "Plutôt d'accord",
    "plutot_pas": "Plutôt pas d'accord",
    "pas_du_tout": "Pas du tout d'accord",
    "oui": "Oui",
    "non": "Non",
    "nsp": "NSP",
    "refus": "Refus",
}
SIZE_LABELS = {
    "<2000": "Moins de 2 000 habitants",
    "2000-19999": "De 2 000 à 19 999 habitants",
    "20000+": "20 000 habitants et plus",
}
