"""A small valid declaration as the text files a person writes: each test spoils one line of it."""

from pathlib import Path

STUDY = "bocage"
LICENCE = "{name: etalab-2.0, title: Licence Ouverte, path: 'https://example.org/lo'}"
TEXT = "{fr: Texte, en: Text}"

STUDY_YAML = f"""\
phare: 1
id: {STUDY}
title: {TEXT}
description: {TEXT}
universe: {TEXT}
publisher: {{title: Essai}}
contributors: [{{title: Essai}}]
licence: {LICENCE}
sources: [{{title: Essai}}]
citation: Essai
columns:
  id: {{role: respondent, pattern: 'R[0-9]+'}}
  poids: {{role: weight}}
  courriel: {{role: direct_identifier, required: false}}
  insee: {{role: commune}}
  zone: {{role: profile}}
  classe: {{role: profile, codelist: age}}
  region_dite: {{role: region, codelist: region}}
  taille_dite: {{role: commune_size, codelist: commune-size}}
  jour: {{role: date}}
  duree: {{role: duration, required: false}}
  lot: {{role: dropped, required: false}}
breakdowns:
  zone: {{title: {TEXT}, codelist: zone, column: zone}}
  age:
    title: {TEXT}
    codelist: age-2
    column: classe
    recode: {{M: O}}
  region: {{title: {TEXT}, codelist: region, derived: {{from: commune, to: region}}}}
crossings:
  - [zone, age]
weights: {{column: poids, strata: [zone]}}
"""

QUESTIONS_YAML = f"""\
questions:
  avis:
    title: {TEXT}
    wording: {TEXT}
    kind: single
    scale: avis
    columns: avis
  pourquoi:
    title: {TEXT}
    wording: {TEXT}
    kind: multiple
    scale: raison
    columns: "raison_{{answer}}"
    at_most: 2
    asked_of: {{question: avis, answers: [oui]}}
  roles:
    title: {TEXT}
    wording: {TEXT}
    kind: ordinal
    scale: accord
    base: asked
    domain: domaine
    actor: acteur
    columns: "{{domain}}_{{actor}}"
  citees:
    title: {TEXT}
    wording: {TEXT}
    kind: multiple
    scale: raison
    columns: [citee_1, citee_2]
  note:
    title: {TEXT}
    wording: {TEXT}
    kind: score
    minimum: 0
    maximum: 10
    unit: {{fr: point, en: point}}
    columns: note
  propos:
    title: {TEXT}
    wording: {TEXT}
    kind: open_text
    columns: propos
"""

_WORDS = ("institute", "client", "respondents", "fieldwork")
_TEXTS = (
    "universe", "mode", "sampling", "sample_frame", "weighting", "non_response", "incentive",
    "margins_of_error", "right_to_consult",
)  # fmt: skip
WAVES_YAML = f"""\
waves:
  "2024":
    title: {TEXT}
    start: 2024-01-01
    end: 2024-01-31
    synthetic: true
    frame_year: 2024
    method_notice:
{"".join(f"      {name}: 'unknown: essai'{chr(10)}" for name in _WORDS)}\
{"".join(f"      {name}: {TEXT}{chr(10)}" for name in _TEXTS)}"""

PUBLISHED = """\
figure,wave,question,domain,actor,answer,measure,breakdown,code,published,decimals,tolerance,kind,source,known_reason
f1,2024,avis,_Z,_Z,oui,share,,,0.50,2,,evidence,Essai,
f2,2024,avis,_Z,_Z,oui+non,share,zone,N,0.9,1,0.1,evidence,Essai,"Écart, connu || Known, difference"
f3,2024,roles,eau,ville,accord,share,age+zone,Y+N,0.25,2,,by_construction,Essai,
f4,2024,note,_Z,_Z,_Z,mean,,,5.5,1,,ambiguous,Essai,
f5,2024,pourquoi,_Z,_Z,cout,share,,,0.1,1,,evidence,Essai,
"""

SIDECAR = f"title: {TEXT}\nsource: Essai\nlicence: {LICENCE}\n"
CODELISTS = {
    "zone": "code,label_fr,label_en,aliases\nN,Nord,North,le nord|Septentrion\nS,Sud,South,\n",
    "age": "code,label_fr,label_en\nY,Jeunes,Young\nM,Moyens,Middle\nO,Vieux,Old\n",
    "age-2": "code,label_fr,label_en\nY,Jeunes,Young\nO,Autres,Others\n",
    "avis": (
        "code,label_fr,label_en,kind\noui,Oui,Yes,answer\nnon,Non,No,answer\n"
        "nsp,Ne sait pas,Does not know,dont_know\nvide,Sans réponse,No reply,missing\n"
    ),
    "raison": "code,label_fr,label_en\ncout,Coût,Cost\ntemps,Temps,Time\nautre,Autre,Other\n",
    "accord": (
        "code,label_fr,label_en,kind\n2,Tout à fait,Fully,answer\n1,Plutôt,Rather,answer\n"
        "0,Non,No,answer\n9,NSP,DK,dont_know\n"
    ),
    "domaine": "code,label_fr,label_en\neau,Eau,Water\nbois,Bois,Wood\n",
    "acteur": "code,label_fr,label_en\nville,Ville,Town\netat,État,State\n",
}
NETS = f"nets:\n  accord: {{title: {TEXT}, answers: ['2', '1']}}\n"


def write_declaration(root: Path) -> Path:
    """Write the declaration below `root`; return its folder."""
    folder = root / "schemas" / STUDY
    (folder / "codelists").mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY_YAML, "utf-8")
    (folder / "questions.yaml").write_text(QUESTIONS_YAML, "utf-8")
    (folder / "waves.yaml").write_text(WAVES_YAML, "utf-8")
    (folder / "published-figures.csv").write_text(PUBLISHED, "utf-8")
    for name, codes in CODELISTS.items():
        (folder / "codelists" / f"{name}.csv").write_text(codes, "utf-8")
        about = SIDECAR + (NETS if name == "accord" else "")
        (folder / "codelists" / f"{name}.yaml").write_text(about, "utf-8")
    return folder
