"""Markdown tables."""


def table(head, rows):
    """Prints a table with its columns in line."""
    rows = [[str(value) for value in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        print("| " + " | ".join(value.ljust(width) for value, width in zip(row, widths)) + " |")


def cell(values):
    """Several figures in one cell."""
    return " / ".join(f"{value:.3f}" for value in values)
