"""A small project to try everything with: a Python package with a failing test and a slow function.

The tasks for it are ordinary shell tasks: what they say is what is run, in a worktree, between two runs of the
checks.
"""

import shutil
from pathlib import Path

from core.autonomous_queue import NewTask
from core.errors import Refused
from core.model.ids import ChatId, ProjectName
from core.model.task import Category, Priority, Source
from core.runtime.git import git

NAME = ProjectName("sample")
VERIFY = "python3 -m unittest"

FILES = {
    "README.md": "# Sample shop\n\nPrices and baskets. Run the tests with `python3 -m unittest`.\n",
    ".gitignore": "__pycache__/\n",
    "shop/__init__.py": "",
    "shop/prices.py": '''\
"""Prices in cents."""


def total(prices, discount=0):
    """The sum of the prices, less a discount in percent."""
    return sum(prices) - discount


def rounded(cents):
    """To the next five cents, as cash is paid."""
    return (cents + 2) // 5 * 5
''',
    "shop/search.py": '''\
"""Looks through baskets."""


def duplicates(items):
    """The items that occur more than once, in the order in which they occur first."""
    found = []
    for item in items:
        if items.count(item) > 1 and item not in found:
            found.append(item)
    return found
''',
    "tests/__init__.py": "",
    "tests/test_prices.py": """\
import unittest

from shop.prices import rounded, total


class Prices(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([100, 250]), 350)

    def test_total_with_a_discount(self):
        self.assertEqual(total([1000, 1000], discount=10), 1800)

    def test_rounded_down(self):
        self.assertEqual(rounded(1002), 1000)

    def test_rounded_up(self):
        self.assertEqual(rounded(1003), 1005)
""",
    "tests/test_search.py": """\
import unittest

from shop.search import duplicates


class Search(unittest.TestCase):
    def test_none(self):
        self.assertEqual(duplicates([1, 2, 3]), [])

    def test_order(self):
        self.assertEqual(duplicates(["b", "a", "a", "b", "c"]), ["b", "a"])
""",
}

FIX = """\
set -e
echo "Looking at the failing test"
python3 -m unittest tests.test_prices || true
python3 - <<'END'
from pathlib import Path
file = Path("shop/prices.py")
code = file.read_text()
file.write_text(code.replace("sum(prices) - discount", "sum(prices) * (100 - discount) // 100"))
END
python3 -m unittest tests.test_prices
"""

SPEED_UP = """\
set -e
measure='import timeit; from shop.search import duplicates
print("6,000 items:", round(timeit.timeit(lambda: duplicates(list(range(3000)) * 2), number=1), 3), "s")'
echo "Before"; python3 -c "$measure"
cat > shop/search.py <<'END'
\"\"\"Looks through baskets.\"\"\"

from collections import Counter


def duplicates(items):
    \"\"\"The items that occur more than once, in the order in which they occur first.\"\"\"
    return [item for item, count in Counter(items).items() if count > 1]
END
cat >> tests/test_search.py <<'END'

    def test_large_basket(self):
        items = list(range(100_000)) * 2
        self.assertEqual(len(duplicates(items)), 100_000)
END
echo "After"; python3 -c "$measure"
"""

BREAK = """\
set -e
echo "Always rounding down is simpler"
python3 - <<'END'
from pathlib import Path
file = Path("shop/prices.py")
file.write_text(file.read_text().replace("(cents + 2) // 5 * 5", "cents // 5 * 5 - 5"))
END
"""

FEATURE = """\
set -e
cat > shop/receipt.py <<'END'
\"\"\"Receipts as text.\"\"\"

from shop.prices import rounded, total


def receipt(basket):
    \"\"\"A line for each (name, cents) of the basket, and the rounded total.\"\"\"
    lines = [f"{name:<20}{cents / 100:>8.2f}" for name, cents in basket]
    due = rounded(total([cents for _, cents in basket]))
    return "\\n".join([*lines, f"{'Total':<20}{due / 100:>8.2f}"])
END
cat > tests/test_receipt.py <<'END'
import unittest

from shop.receipt import receipt


class Receipt(unittest.TestCase):
    def test_total_is_rounded(self):
        self.assertTrue(receipt([("Tea", 299), ("Milk", 129)]).endswith("4.30"))
END
python3 -m unittest tests.test_receipt
"""


def make_repository(folder: Path) -> None:
    """Make the sample's git repository, with one commit on `main`. Raises Refused when the folder is in use."""
    if folder.exists():
        raise Refused(f"{folder} exists already. Remove it to make the sample anew.")
    unfinished = folder.with_name(folder.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name, content in FILES.items():
        file = unfinished / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    git(unfinished, "init", "--quiet", "--initial-branch=main", discover=True)
    git(unfinished, "add", "--all")
    git(unfinished, "commit", "--quiet", "--message=A small shop")
    unfinished.rename(folder)


def tasks(chat: ChatId) -> list[NewTask]:
    """The four tasks, wanted at once."""

    def task(title: str, why: str, category: Category, priority: Priority, command: str, verify: str | None) -> NewTask:
        return NewTask(
            title=title,
            description=why,
            hours=0.02,
            category=category,
            priority=priority,
            project=NAME,
            command=command,
            verify=verify,
            source=Source.SAMPLE,
            chat=chat,
            start_now=True,
        )

    return [
        task(
            "Fix the total with a discount",
            "The discount is in percent, but it is taken off as cents. One test fails.",
            Category.BUG,
            Priority.HIGH,
            FIX,
            None,
        ),
        task(
            "Speed up the search for duplicates",
            "It reads the whole list again for every item. Keep the order of the result.",
            Category.PERFORMANCE,
            Priority.MEDIUM,
            SPEED_UP,
            "python3 -m unittest tests.test_search",
        ),
        task(
            "Simplify the rounding of prices",
            "Rounding could be shorter. (This one breaks the tests, to show what happens then.)",
            Category.REFACTORING,
            Priority.LOW,
            BREAK,
            None,
        ),
        task(
            "Print a receipt",
            "A new function that prints a basket as a receipt.",
            Category.FEATURE,
            Priority.MEDIUM,
            FEATURE,
            "python3 -m unittest tests.test_receipt",
        ),
    ]
