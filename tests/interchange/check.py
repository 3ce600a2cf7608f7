"""check.py ANALYZER WORK: exports two small data directories and reads them with DuckDB, pandas, pyarrow and datasets.

One has feedback and one has none: there every value of the optional columns is null, and the types must be the same.
"""
import json
import os
import subprocess
import sys

import datasets
import duckdb
import pandas
import pyarrow as pa
import pyarrow.parquet


def not_null(name, kind):
    """A field that always has a value."""
    return pa.field(name, kind, nullable=False)


TEXTS = ("log_entry", "component", "operation", "level", "timestamp", "transaction_id", "source", "label_source",
         "template", "interaction_id", "user_feedback", "contributor", "before_template",
         "before_level")

# What a reader of the Parquet parts must see, whatever is null.
DUCKDB_TYPES = {
    **{name: "VARCHAR" for name in TEXTS},
    "is_failure": "BOOLEAN", "severity": "FLOAT", "error_patterns": 'STRUCT(pattern VARCHAR, count INTEGER)[]', "keywords": "VARCHAR[]",
    "interaction_timestamp": "TIMESTAMP WITH TIME ZONE", "weight": "FLOAT", "count": "BIGINT", "held_out": "BOOLEAN",
    "is_useful": "BOOLEAN", "said_at": "TIMESTAMP WITH TIME ZONE",
}
ARROW_TYPES = {
    **{name: pa.string() for name in TEXTS},
    "is_failure": pa.bool_(), "severity": pa.float32(), "error_patterns": pa.list_(not_null("element", pa.struct([not_null("pattern", pa.string()), not_null("count", pa.int32())]))),
    "keywords": pa.list_(not_null("element", pa.string())), "interaction_timestamp": pa.timestamp("ms", tz="UTC"), "weight": pa.float32(),
    "count": pa.int64(), "held_out": pa.bool_(), "is_useful": pa.bool_(),
    "said_at": pa.timestamp("ms", tz="UTC"),
}

LOG = "".join(
    f"2026-11-22T10:00:0{n}Z|{level}|billing|{operation}|{message}\n"
    for n, (level, operation, message) in enumerate([
        ("INFO", "start", "ready ünï"), ("ERROR", "charge", "card 17 declined: connection refused"),
        ("ERROR", "charge", "card 18 declined: connection refused"),
    ])
)
PLAIN = "something odd happened\n"


def main():
    """Both directories, every reader."""
    analyzer, work = sys.argv[1:]
    for name, spoken in (("spoken", True), ("silent", False)):
        data = collect(analyzer, f"{work}/{name}", spoken)
        run(analyzer, data, "export", "--dataset", "d", "--output", f"{work}/{name}.json")
        run(analyzer, data, "export", "--output", f"{work}/{name}.jsonl")
        with open(f"{data}/datasets/d/dataset.json", encoding="utf-8") as file:
            rows = json.load(file)["examples"]
        assert rows > 0
        parts = f"{data}/datasets/d/part-*.parquet"
        parquet(parts, rows, spoken)
        documents(f"{work}/{name}.json", f"{work}/{name}.jsonl", rows)
        card(f"{data}/datasets/d", rows, f"{work}/cache-{name}")
        print(f"{name}: {rows} rows, the same in DuckDB {duckdb.__version__}, pandas {pandas.__version__}, "
              f"pyarrow {pa.__version__} and datasets {datasets.__version__}")
    both(f"{work}/spoken/datasets/d", f"{work}/silent/datasets/d", f"{work}/cache-both")


def collect(analyzer, data, spoken):
    """A data directory with two interactions, of which people said something or nothing."""
    os.makedirs(data)
    said = {"is_useful": True, "user_feedback": "it was the proxy"} if spoken else {}
    logs = (LOG, PLAIN) if spoken else (PLAIN,)
    lines = [{"timestamp": f"2026-11-22T11:00:0{n}Z", "user_query": "why?", "log_content": log, **said}
             for n, log in enumerate(logs)]
    with open(f"{data}.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    run(analyzer, data, "import", f"{data}.jsonl")
    return data


def run(analyzer, data, command, *options):
    """Runs a command of the analyzer."""
    subprocess.run([analyzer, command, "--data", data, *options], check=True, stdout=subprocess.DEVNULL)


def parquet(parts, rows, spoken):
    """The parts: types and values."""
    described = duckdb.sql(f"describe select * from '{parts}'").fetchall()
    assert {name: kind for name, kind, *_ in described} == DUCKDB_TYPES, described
    nulls = duckdb.sql(f"select count(*), count(is_useful), count(user_feedback), count(component) from '{parts}'").fetchall()[0]
    assert nulls[0] == rows and (nulls[1] > 0) == (nulls[2] > 0) == (nulls[3] > 0) == spoken, nulls

    folder = os.path.dirname(parts)
    table = pa.concat_tables(pyarrow.parquet.read_table(f"{folder}/{name}") for name in sorted(os.listdir(folder))
                             if name.endswith(".parquet"))
    found = {field.name: field.type for field in table.schema}
    assert found == ARROW_TYPES, found
    frame = pandas.concat(pandas.read_parquet(f"{folder}/{name}") for name in sorted(os.listdir(folder))
                          if name.endswith(".parquet"))
    assert len(frame) == rows and frame["weight"].dtype == "float32" and frame["count"].dtype == "int64"
    if spoken:
        failing = frame[frame["is_failure"]]
        assert failing["count"].sum() == 2 and set(failing["component"]) == {"billing"}, failing
        assert failing["error_patterns"].iloc[0][0]["count"] == 2, failing
        assert any("ünï" in entry for entry in frame["log_entry"])


def documents(document, lines, rows):
    """The JSON document and JSON Lines: the same rows."""
    size = os.path.getsize(document) + 1024
    found = duckdb.sql(f"select len(training_data), total_examples from read_json('{document}', maximum_object_size={size})")
    assert found.fetchall()[0] == (rows, rows)
    unnested = duckdb.sql(f"""select count(r.log_entry), sum(r.count) from
        (select unnest(training_data) as r from read_json('{document}', maximum_object_size={size}))""").fetchall()[0]
    assert unnested[0] == rows, unnested
    assert duckdb.sql(f"select count(*), sum(\"count\") from read_json('{lines}', format='newline_delimited')").fetchall()[0] == unnested
    with open(document, encoding="utf-8") as file:
        parsed = json.load(file)
    assert parsed["source"] == "chat_interactions" and parsed["total_examples"] == rows
    frame = pandas.DataFrame(parsed["training_data"])
    assert len(frame) == rows and frame["is_failure"].dtype == "bool" and set(frame) == set(ARROW_TYPES)
    of_lines = pandas.read_json(lines, lines=True)
    assert len(of_lines) == rows and list(of_lines["log_entry"]) == list(frame["log_entry"])
    # Without a schema an all-null column has no type: whoever loads JSON gives it, whoever loads Parquet need not.
    loaded = datasets.load_dataset("json", data_files=document, field="training_data", split="train")
    assert loaded.num_rows == rows and loaded.features["is_failure"].dtype == "bool"
    loaded = datasets.load_dataset("json", data_files=lines, split="train")
    assert loaded.num_rows == rows and loaded["template"] == list(frame["template"])


def card(folder, rows, cache):
    """The folder as Hugging Face datasets finds it: by the head of its README.md."""
    loaded = datasets.load_dataset(folder, split="train", cache_dir=cache)
    assert loaded.num_rows == rows
    assert_features(loaded.features)


def both(spoken, silent, cache):
    """Parts with and without feedback load together."""
    files = [f"{folder}/part-*.parquet" for folder in (spoken, silent)]
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
    assert_features(loaded.features)
    assert {True, None} <= set(loaded["is_useful"])
    count = duckdb.sql(f"select count(*) from read_parquet({files!r})").fetchall()[0][0]
    assert loaded.num_rows == count
    print(f"both together: {count} rows")


def assert_features(features):
    """The types that datasets takes from the parts."""
    for name in TEXTS:
        assert features[name].dtype == "string", (name, features[name])
    expected = {"is_useful": "bool", "severity": "float32", "count": "int64", "interaction_timestamp": "timestamp[ms, tz=UTC]"}
    for name, kind in expected.items():
        assert features[name].dtype == kind, (name, features[name])


main()
