"""A program has the functions that it may call, those that these may call, and no others."""

from tasks.shell.needed import needed

ONE = """\
readonly LIMIT=5
trap 'over "$?"' EXIT
one() {
\tif true; then
\t\ttwo
\tfi
}
two() { three "$@"; }
three() (
\tcd /
)
over() { :; }
alone() {
\tlonely
} 2>/dev/null"""
TWO = "lonely() { alone; }\nfour() { three; }"


def test_what_is_called_and_what_that_calls_stays_whole_and_in_order() -> None:
    assert needed([ONE, TWO], {"one"}) == [ONE[: ONE.index("alone")].rstrip("\n"), ""]


def test_what_is_named_outside_of_functions_stays() -> None:
    assert needed([ONE, TWO], {"four"}) == [
        "readonly LIMIT=5\ntrap 'over \"$?\"' EXIT\nthree() (\n\tcd /\n)\nover() { :; }",
        "four() { three; }",
    ]


def test_functions_that_only_call_each_other_go() -> None:
    assert not any("lonely" in text for text in needed([ONE, TWO], {"one", "four"}))


def test_one_whose_end_has_a_redirection_ends_there() -> None:
    assert needed([ONE + "\nafter() { :; }", TWO], {"alone"})[0].endswith("\tlonely\n} 2>/dev/null")
