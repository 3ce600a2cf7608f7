"""Runs the product over the labelled logs and keeps its entries, as score.py reads them."""
import os
import subprocess

# Exit codes of `analyze`: nothing failed, or failures were found.
ANALYZED = (0, 10)


class Product:
    """The analyzer's command line. One configuration: only --baseline differs between rows."""

    def __init__(self, program, out):
        self.program, self.out, self.broken = program, out, []
        told = subprocess.run([program, "analyze", "--help"], capture_output=True, text=True, check=True).stdout
        self.compares = "--baseline" in told

    def entries(self, kind, name, log, baseline=None):
        """Writes the entries of `log` to OUT/kind/name.jsonl."""
        folder = f"{self.out}/{kind}"
        os.makedirs(folder, exist_ok=True)
        options = ["--baseline", baseline] if baseline else []
        with open(f"{folder}/{name}.jsonl", "wb") as out:
            ran = subprocess.run(
                [self.program, "analyze", "--entries", *options, log], stdout=out, stderr=subprocess.PIPE, text=True
            )
        if ran.returncode not in ANALYZED:
            self.broken.append(f"{kind}/{name}: exit code {ran.returncode}: {ran.stderr.strip()}")

    def templates(self, score):
        """The messages of each labelled system; the folder of the entries."""
        os.makedirs(f"{self.out}/contents", exist_ok=True)
        for system, messages, _ in score.systems():
            log = f"{self.out}/contents/{system}.log"
            with open(log, "w", encoding="utf-8") as out:
                out.writelines(message.replace("\n", " ") + "\n" for message in messages)
            self.entries("templates", system, log)
        return f"{self.out}/templates"

    def failures(self, score, kind, log, baseline=None):
        """The log named `log` of each CI case; the folder of the entries."""
        for case, *_ in score.cases():
            folder = f"{score.DATA}/ci/{case}"
            self.entries(kind, case, f"{folder}/{log}", baseline and f"{folder}/{baseline}")
        return f"{self.out}/{kind}"
