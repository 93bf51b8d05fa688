"""Diffs as git prints them, and as they should not be."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core import diff_reader
from core.diff_reader import FileChange

ORDINARY = """diff --git a/shop.py b/shop.py
index 1111111..2222222 100644
--- a/shop.py
+++ b/shop.py
@@ -1,3 +1,3 @@ class Shop:
 first
--- a/old comment
+++ b/new comment
 last
"""


def one(diff: str) -> FileChange:
    (change,) = diff_reader.read(diff)
    return change


def test_lines_are_numbered_and_never_taken_for_headers() -> None:
    change = one(ORDINARY)

    assert change.path == "shop.py"
    assert change.added == [(2, "++ b/new comment")]
    assert change.removed == [(2, "-- a/old comment")]
    assert change.context == {0: "class Shop:", 1: "first", 3: "last"}


def test_the_text_and_its_lines_are_read_alike() -> None:
    assert list(diff_reader.read(ORDINARY)) == list(diff_reader.read(ORDINARY.splitlines(keepends=True)))


def test_only_a_line_feed_ends_a_line() -> None:
    change = one("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\x0cb\u2028c\rd\n+e\n")

    assert change.added == [(1, "a\x0cb\u2028c\rd"), (2, "e")]


def test_new_deleted_and_renamed_files() -> None:
    new = one("diff --git a/x b/x\nnew file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n")
    gone = one("diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")
    moved = one("diff --git a/old b/new name\nsimilarity index 100%\nrename from old\nrename to new name\n")

    assert (new.path, new.is_new, new.mode, new.added) == ("x", True, "100755", [(1, "a")])
    assert (gone.path, gone.is_deleted, gone.removed) == ("x", True, [(1, "a")])
    assert (moved.path, moved.old_path) == ("new name", "old")


def test_unusual_paths() -> None:
    assert one('diff --git "a/caf\\303\\251.txt" "b/caf\\303\\251.txt"\nold mode 100644\n').path == "café.txt"
    assert one('diff --git "a/a\\"b" "b/a\\"b"\nold mode 100644\n').path == 'a"b'
    assert one("diff --git a/with space b/with space\nold mode 100644\n").path == "with space"
    assert one("diff --git a/x b/y b/x b/y\nold mode 100644\n").path == "x b/y"
    assert one("diff --git a/x y b/x y\n--- a/x y\t\n+++ b/x y\t\n@@ -1 +1 @@\n-a\n+b\n").path == "x y"


def test_modes_and_binaries() -> None:
    change = one("diff --git a/x b/x\nold mode 100644\nnew mode 100755\nBinary files a/x and b/x differ\n")

    assert (change.old_mode, change.mode, change.is_binary) == ("100644", "100755", True)


def test_a_cut_diff_is_read_as_far_as_it_goes() -> None:
    for end in range(len(ORDINARY)):
        for change in diff_reader.read(ORDINARY[:end]):
            assert len(change.added) <= 1


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [*ORDINARY.split("\n"), "@@ -1 +1 @@", "@@ -9,9 +9,9 @@", 'rename to "\\777"', "--- ", "+++ "]
            ),
            st.text(max_size=30),
        ),
        max_size=30,
    )
)
def test_nothing_raises(lines: list[str]) -> None:
    list(diff_reader.read("\n".join(lines)))
    list(diff_reader.read(lines))
