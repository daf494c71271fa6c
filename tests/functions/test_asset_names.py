"""Which names have a hash in them: as build tools write them, and not as people do."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.host.assets.hashed import is_hashed

HEX = st.text("0123456789abcdef", min_size=8, max_size=64)
BASE32 = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=8, max_size=8)
BASE64 = st.text(string.ascii_letters + string.digits + "-_", min_size=4, max_size=5).map(lambda text: f"0aZ{text}")
NAME = st.from_regex(r"[a-z0-9~_@][a-z0-9~_@.]{0,20}(?<!\.)", fullmatch=True)
ENDING = st.sampled_from(["js", "css", "js.map", "css.map", "woff2", "png", "js.br", "js.gz"])
WORD = st.text(string.ascii_lowercase, max_size=20)


@given(name=NAME, digest=HEX, sign=st.sampled_from(".-"), ending=ENDING)
def test_eight_hexadecimal_digits_or_more_are_a_hash(name: str, digest: str, sign: str, ending: str) -> None:
    assert is_hashed(f"{name}{sign}{digest}.{ending}")
    assert is_hashed(f"{digest}.{ending}")


@given(name=NAME, digest=BASE32, ending=ENDING)
def test_what_esbuild_writes_is_a_hash(name: str, digest: str, ending: str) -> None:
    assert is_hashed(f"{name}-{digest}.{ending}")


@given(name=NAME, digest=BASE64, ending=ENDING)
def test_what_vite_and_asset_mapper_write_is_a_hash(name: str, digest: str, ending: str) -> None:
    assert is_hashed(f"{name}-{digest}.{ending}")


@given(words=st.lists(st.tuples(WORD, st.integers(0, 999)), min_size=1, max_size=4), sign=st.sampled_from(".-_"), ending=ENDING)
def test_words_with_numbers_after_them_are_none(words: list[tuple[str, int]], sign: str, ending: str) -> None:
    name = sign.join(f"wo{word.translate(str.maketrans('abcdef', 'ghijkl'))}{number}" for word, number in words)
    assert not is_hashed(f"{name}.{ending}")


@pytest.mark.parametrize(
    "name",
    [
        *("app.js", "manifest.json", "entrypoints.json", "jquery-3.7.1.min.js", "bootstrap.bundle.js", "app.production.js"),
        *("my-Component.js", "fa-solid-900.woff2", "lato-v24-latin-400.woff2", "chunk-vendors.js", "en_US.js", "LICENSE.txt"),
        *("3f2a1b9c4d5e", "app.3f2a1b9c", "Makefile", "", ".", "app.3F2a1b.js"),
    ],
)
def test_names_that_people_give_are_none(name: str) -> None:
    assert not is_hashed(name)


@pytest.mark.parametrize(
    "name", [".app.3f2a1b9c.js", "app.3f2a1b9c.php", "x.3f2a1b9c.phtml", "x.php7.3f2a1b9c.js", "x.3f2a1b9c.PHP"]
)
def test_what_is_hidden_or_may_be_run_as_php_is_never_served_from_the_pool(name: str) -> None:
    assert not is_hashed(name)
