"""Cases 19 to 29: communes, regions and sizes as institutes write them."""

import dataclasses
from collections.abc import Callable

import pytest

from pipelines.study import DeclarationError, Study
from tests.intake.cases.extract import cell, column, extract, without


def test_case_19_a_lost_zero_is_put_back_where_region_or_name_agrees(check, same):
    found = check(extract(cell(1, "commune", "1001"), cell(6, "commune", "1033")))
    assert same(found)
    assert found.repairs == {"commune_zero"}
    assert same(check(extract(cell(1, "commune", "1001"), cell(1, "region", "")))) is False


@pytest.mark.parametrize("silent", ["nom", "region"])
def test_case_19_region_or_name_is_enough_where_the_other_is_empty(check, silent):
    found = check(extract(cell(1, "commune", "1001"), cell(1, silent, "")))
    assert found.report.is_accepted
    assert found.repairs == {"commune_zero"}
    assert found.responses["commune"][0] == "01001"


def test_case_19_a_lost_zero_that_nothing_confirms_is_refused(check):
    found = check(extract(cell(1, "commune", "1001"), cell(1, "region", "53"), cell(1, "nom", "")))
    assert (2, "commune", "commune_zero") in found.rejected


@pytest.mark.parametrize("code", ["1001.0", "1001,0", "2,00E+04", "2E004", "1E+03"])
def test_case_20_a_code_that_became_a_number_is_refused(check, code):
    assert check(extract(cell(3, "commune", code))).rejected == {(4, "commune", "commune_number")}


def test_case_21_corsica_in_lower_case_is_read_and_its_old_codes_refused(check, same):
    found = check(extract(cell(3, "commune", "2a004")))
    assert same(found)
    assert found.repairs == {"commune_case"}
    found = check(extract(cell(3, "commune", "20004")))
    assert found.rejected == {(4, "commune", "commune_corsica")}


@pytest.mark.parametrize(
    ("respondent", "district", "commune"),
    [(2, "75101", "75056"), (2, "75120", "75056"), (4, "13201", "13055"), (4, "13216", "13055")],
)
def test_case_22_a_district_is_led_to_its_commune(check, same, respondent, district, commune):
    found = check(extract(cell(respondent, "commune", district)))
    assert same(found)
    (repair,) = found.report.findings.summary.repairs
    assert (repair.rule, repair.found, repair.replaced, repair.first_line) == (
        "commune_district", district, commune, respondent + 1
    )  # fmt: skip


def test_case_22_lyon_too(check):
    lyon = [("commune", "69381"), ("nom", "Lyon"), ("region", "84")]
    found = check(extract(*(cell(2, *one) for one in lyon)))
    assert found.report.is_accepted
    assert found.responses["commune"][1] == "69123"


def test_case_23_a_merged_commune_is_led_on_and_its_first_code_listed(check):
    # Amareins (01003) went into Francheleins (01165) in 1974.
    merged = [("commune", "01003"), ("nom", "Francheleins"), ("region", "84"), ("taille", "LT2000")]
    found = check(extract(*(cell(1, *one) for one in merged)))
    assert found.report.is_accepted
    (repair,) = found.report.findings.summary.repairs
    assert (repair.rule, repair.found, repair.replaced) == ("commune_merged", "01003", "01165")


@pytest.mark.parametrize(
    ("code", "name"),
    [("01091", "Valserhône"), ("01018", "Valserhône")],  # delegated since 2019; ceased in 1971
)
def test_case_23_a_delegated_commune_is_led_to_the_one_it_belongs_to(check, same, code, name):
    found = check(extract(cell(6, "commune", code), cell(6, "nom", name)))
    assert same(found)
    (repair,) = found.report.findings.summary.repairs
    assert (repair.rule, repair.found, repair.replaced) == ("commune_merged", code, "01033")


def test_case_23_a_merged_commune_whose_row_says_another_region_is_refused(check):
    found = check(extract(cell(6, "commune", "01091"), cell(6, "region", "11")))
    assert found.rejected == {(7, "region", "region_agrees")}


def test_case_23_a_merger_that_the_table_dates_too_late_is_refused(check):
    # Conques-en-Rouergue is 12218 in 2026 but not in the frame of 2024: nothing is guessed.
    assert (2, "commune", "commune") in check(extract(cell(1, "commune", "12114"))).rejected


def test_case_24_a_code_given_again_to_another_commune_is_a_warning(check):
    # 01015 was Arbignieu, and is Arboys en Bugey since 2016.
    reused = [("commune", "01015"), ("nom", "Arbignieu"), ("region", "84"), ("taille", "LT2000")]
    found = check(extract(*(cell(1, *one) for one in reused)))
    assert found.report.is_accepted
    assert "notice-commune-name" in found.notices


def former_regions(study: Study) -> Study:
    columns = study.about.columns
    region = columns["region"].model_copy(update={"codelist": "region-2015"})
    about = study.about.model_copy(update={"columns": columns | {"region": region}})
    return dataclasses.replace(study, about=about)


def test_case_25_former_regions_are_read_by_their_declared_list_never_by_row(check):
    former = {"84": "82", "11": "11", "94": "94", "93": "93", "53": "53"}
    content = extract(column("region", former.__getitem__))
    found = check(content, study=former_regions)
    assert found.report.is_accepted
    assert found.responses["by_region"].to_list() == ["84", "11", "94", "93", "53", "84"]
    assert check(content).rejected == {(2, "region", "code"), (7, "region", "code")}


def test_case_26_region_names_are_read_by_alias_and_a_pooled_region_is_refused(check, same):
    found = check(extract(cell(4, "region", "PACA"), cell(1, "region", "auvergne-rhône-alpes")))
    assert same(found)
    assert (5, "region", "code") in check(extract(cell(4, "region", "PACA + Corse"))).rejected


def with_departement(study: Study) -> Study:
    columns = study.about.columns
    age = columns["age"].model_copy(update={"codelist": "departement", "role": "profile"})
    about = study.about.model_copy(
        update={"columns": columns | {"dep": age}, "breakdowns": study.about.breakdowns}
    )
    return dataclasses.replace(study, about=about)


def test_case_27_an_own_coding_of_departements_is_refused(check):
    codes = iter(["01", "75", "20", "13", "96", "01"])
    found = check(extract(column("dep", lambda _: next(codes))), study=with_departement)
    assert found.rejected == {(4, "dep", "code"), (6, "dep", "code")}


def test_case_28_a_region_or_size_that_contradicts_the_commune_is_refused(check):
    found = check(extract(cell(1, "region", "11"), cell(5, "taille", "LT2000")))
    assert found.rejected == {
        (2, "region", "region_agrees"), (6, "taille", "commune_size_agrees")
    }  # fmt: skip


def test_case_29_a_commune_without_inhabitants_keeps_the_class_of_the_extract(check):
    # 55039 Beaumont-en-Verdun(ois) has a mayor and nobody else.
    empty = [("commune", "55039"), ("nom", ""), ("region", "44"), ("taille", "LT2000")]
    found = check(extract(*(cell(1, *one) for one in empty)))
    assert found.report.is_accepted
    assert found.responses["by_commune_size"][0] == "LT2000"
    assert "notice-commune-empty" in found.notices


def test_case_29_mayotte_whose_population_is_of_2017_is_no_error(check):
    mayotte = [("commune", "97611"), ("nom", "Mamoudzou"), ("region", ""), ("taille", "GE20000")]
    found = check(extract(*(cell(1, *one) for one in mayotte)))
    assert found.report.is_accepted
    # The declared list is that of metropolitan regions: Mayotte is none of them.
    assert found.responses.row(0, named=True)["by_region"] == "_Z"
    assert found.responses["by_commune_size"][0] == "GE20000"
    (lost,) = [one for one in found.report.findings.notices if one.key == "notice-no-category"]
    assert lost.values == {
        "breakdown": "region", "codelist": "region", "codes": "06", "count": 1, "line": 2
    }  # fmt: skip


def sized_by(codelist: str, **recode: str) -> Callable[[Study], Study]:
    def change(study: Study) -> Study:
        breakdowns = study.about.breakdowns
        size = breakdowns["commune_size"].model_copy(
            update={"codelist": codelist, "recode": recode}
        )
        about = study.about.model_copy(
            update={"breakdowns": breakdowns | {"commune_size": size}}
        )  # fmt: skip
        return dataclasses.replace(study, about=about)

    return change


def test_a_list_without_any_code_of_the_frame_is_refused_where_it_is_declared(check):
    error = check(extract(), study=sized_by("age")).report.findings.error
    assert isinstance(error, DeclarationError)
    assert error.key == "validation-derived-list"
    line = error.values["file"].read_text("utf-8").splitlines()[error.values["line"] - 1]
    assert line.strip() == "codelist: commune-size"  # as the file says it
    assert error.values["valid"] == "2000-19999, GE20000, LT2000"


def test_a_list_that_recode_leads_the_codes_of_the_frame_to_is_taken(check):
    found = check(extract(), study=sized_by("age", LT2000="Y"))
    assert found.responses["by_commune_size"].to_list() == ["Y", *["_Z"] * 5]
    assert "notice-no-category" in found.notices


def test_regions_are_derived_even_where_the_extract_has_none(check):
    found = check(extract(without("region"), column("region", lambda _: "")))
    assert found.report.is_accepted
    assert found.responses["by_region"].to_list() == ["84", "11", "94", "93", "53", "84"]
