#!/usr/bin/env bash
# python.sh: prints the Python that has the references; nothing, and says why, where they cannot be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

tests/cluster/install.sh quality >&2
tests/environment.sh build/quality/models tests/quality/models/requirements.txt "scikit-learn and fastText for the references"
