#!/usr/bin/env bash
# python.sh: prints the Python that has the readers; nothing, and says why, where they cannot be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tests/environment.sh build/interchange/python tests/interchange/requirements.txt "DuckDB, pandas, pyarrow and datasets"
