"""A process is named by its program: what else stands in its command line may be a secret."""

import pytest

from tasks.host.process_links import shown


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        ("/usr/bin/php bin/console messenger:consume --token=hunter2 ", "php bin/console"),
        ("php8.2 -r secret() ", "php8.2"),
        ("bash -c mysql -phunter2", "bash"),
        ("mysql -phunter2 bank", "mysql"),
        ("curl https://anna:hunter2@example.com/ ", "curl"),
        ("php-fpm: pool www", "php-fpm: pool www"),
        ("nginx: worker process is shutting down", "nginx: worker process is shutting down"),
        ("sleep", "sleep"),
        ("", "no arguments"),
        (" ", "no arguments"),
    ],
)
def test_a_title_is_the_program_and_its_script(arguments: str, title: str) -> None:
    assert shown(arguments) == title
