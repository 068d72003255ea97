"""Stored results are found in the course's folder and in an installed copy."""

import json

import pytest

from course_utils import measured


def test_from_the_course(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert measured.load("ablation")["rows"]
    assert measured.load("time_to_accuracy")["contestants"]


def test_from_an_installed_copy(monkeypatch, tmp_path):
    (tmp_path / "_data" / "results").mkdir(parents=True)
    (tmp_path / "_data" / "results" / "ablation.json").write_text('{"rows": "é"}', "utf-8")
    monkeypatch.setattr(measured, "HERE", tmp_path)
    assert measured.load("ablation") == json.loads('{"rows": "é"}')
    with pytest.raises(FileNotFoundError, match=r"named 'iris'; expected one of: ablation\.$"):
        measured.load("iris")
