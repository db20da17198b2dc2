"""The schedule ticks, the sensor sees deliveries, a failed run leaves a readable report."""

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from pipelines.automation import report_failure
from pipelines.definitions import definitions_of
from tests.tiny_study import STUDY, deliver, rows, write_tiny_study


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return definitions_of(write_tiny_study(tmp_path))


def test_the_daily_schedule_asks_for_one_run_over_every_wave(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily_petite_enquete")
    context = dg.build_schedule_context(scheduled_execution_time=dt.datetime(2026, 1, 2, 5))
    tick = schedule.evaluate_tick(context)
    assert len(tick.run_requests or []) == 1
    assert schedule.cron_schedule == "0 5 * * *"


def test_the_sensor_starts_one_run_for_a_delivery_and_none_when_nothing_is_new(
    definitions: dg.Definitions, tmp_path: Path
) -> None:
    sensor = definitions.resolve_sensor_def("deliveries_petite_enquete")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, definitions=definitions)
        first = sensor.evaluate_tick(context)
        assert len(first.run_requests or []) == 1
        tags = (first.run_requests or [])[0].tags
        assert tags["dagster/asset_partition_range_start"] == "2020"
        again = dg.build_sensor_context(
            instance=instance, definitions=definitions, cursor=first.cursor
        )
        assert not sensor.evaluate_tick(again).run_requests
        deliver(tmp_path, rows(), name="2020-06-09")
        fresh = dg.build_sensor_context(
            instance=instance, definitions=definitions, cursor=first.cursor
        )
        assert len(sensor.evaluate_tick(fresh).run_requests or []) == 1


def test_a_failure_report_is_written_and_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setenv("PHARE_WEBHOOK", f"http://127.0.0.1:{server.server_port}/")
    path = report_failure(tmp_path, "run-1", "publish_x", [("x__responses", "3 rows break a rule")])
    server.server_close()
    assert "3 rows break a rule" in path.read_text("utf-8")
    assert posted[0]["run"] == "run-1"


def test_a_failed_run_is_reported_with_its_cause_by_the_sensor(tmp_path: Path) -> None:
    root = write_tiny_study(tmp_path)
    answers = rows()
    answers[3][4] = "valeur secrète"
    deliver(root, answers, name="2020-06-02")
    definitions = definitions_of(root)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("publish_petite_enquete").execute_in_process(
            instance=instance, raise_on_error=False,
            tags={
                "dagster/asset_partition_range_start": "2020",
                "dagster/asset_partition_range_end": "2020",
            },
        )  # fmt: skip
        assert not result.success
        context = dg.build_run_status_sensor_context(
            sensor_name="report_failure",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        definitions.resolve_sensor_def("report_failure")(context)
    text = (root / ".phare" / "failures" / f"{result.run_id}.md").read_text("utf-8")
    assert STUDY in text and "phare check" in text
    assert "valeur secrète" not in text
