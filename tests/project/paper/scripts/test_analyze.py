"""Which analyses are done, and on how much."""

from project.paper.scripts import analyze


def test_what_has_no_data_is_named_and_left_out(call, workspace, tiny_model, monkeypatch):
    monkeypatch.setattr(analyze, "ANALYSES", {name: one for name, one in analyze.ANALYSES.items() if name != "context"})
    code, printed = call(analyze, "--pretrained", tiny_model)
    assert code == 0
    for name in ("neighbors (table 4)", "word senses (table 5)", "parts of speech (table 6)"):
        assert f"{name}: left out." in printed
    assert not (workspace.results / "analyses.jsonl").exists()


def test_a_share_of_files_has_the_small_ones(tmp_path):
    for name, size in {"a": 50, "b": 10, "c": 40}.items():
        (tmp_path / name).write_text("x" * size)
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in analyze.take_files(files, 1.0)] == ["a", "b", "c"]
    assert [path.name for path in analyze.take_files(files, 0.5)] == ["b", "c"]
    assert [path.name for path in analyze.take_files(files, 0.01)] == ["b"]
