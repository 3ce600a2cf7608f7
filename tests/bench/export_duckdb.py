"""export_duckdb.py OUT SEGMENT…: the failures of interactions to Parquet, with DuckDB on one thread.

It does less than an export: no labels, no folding, no entries that did not fail, no checksums, no digest.
"""
import sys

import duckdb

FAILURE = """STRUCT(line BIGINT, count BIGINT, log_entry VARCHAR, component VARCHAR, operation VARCHAR, level VARCHAR, severity FLOAT,
    error_patterns VARCHAR[], keywords VARCHAR[], "timestamp" VARCHAR, transaction_id VARCHAR, template VARCHAR)"""


def main():
    """One query. Only the columns that it needs are named, so that it parses no more than it must."""
    out, *segments = sys.argv[1:]
    db = duckdb.connect()
    db.execute("set threads=1")
    db.execute(f"""
        copy (select id, asked, is_useful, model_version, unnest(failures, recursive := true) from (
            select id, "timestamp" as asked, is_useful, model_version, analysis_results.failures as failures
            from read_json({segments!r}, format = 'newline_delimited', maximum_object_size = 16777216, columns = {{
                id: 'VARCHAR', timestamp: 'VARCHAR', is_useful: 'BOOLEAN', model_version: 'VARCHAR',
                analysis_results: 'STRUCT(failures {FAILURE}[])'}})))
        to '{out}' (format parquet, compression zstd)""")


main()
