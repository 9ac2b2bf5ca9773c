"""Runs cells and prints them as a table; a cell is a function that returns None, or what went wrong."""
import sys
import traceback


class Table:
    def __init__(self, title, columns):
        self.title, self.columns, self.rows, self.failed = title, columns, {}, []

    def run(self, row, column, cell, *arguments, label=''):
        """label stands behind an ok: what this cell had of something that rows and columns do not say."""
        try:
            wrong = cell(*arguments)
        except Exception:  # a broken cell is a failed cell; the others still run
            wrong = traceback.format_exc()
        self.rows.setdefault(row, {})[column] = 'FAIL' if wrong else f'ok {label}'.strip()
        if wrong:
            self.failed.append((f'{self.title}: {row}, {column}', wrong))

    def note(self, row, column, text):
        """A cell that cannot be, and why."""
        self.rows.setdefault(row, {})[column] = text

    def show(self):
        first = max([len(self.title)] + [len(row) for row in self.rows])
        widths = [max([len(c)] + [len(cells.get(c, '')) for cells in self.rows.values()]) for c in self.columns]
        print('  '.join([self.title.ljust(first)] + [c.ljust(w) for c, w in zip(self.columns, widths)]).rstrip())
        for row, cells in self.rows.items():
            texts = [cells.get(c, '').ljust(w) for c, w in zip(self.columns, widths)]
            print('  '.join([row.ljust(first)] + texts).rstrip())
        print(flush=True)


def finish(*tables):
    """Ends the program: the failures in detail, the counts, the exit code."""
    failed = [f for table in tables for f in table.failed]
    for name, wrong in failed:
        print(f'--- {name}\n{wrong}')
    count = sum(text.split()[:1] in (['ok'], ['FAIL']) for t in tables for cells in t.rows.values() for text in cells.values())
    print(f'{count} cells, {len(failed)} failed')
    sys.exit(1 if failed or count == 0 else 0)
