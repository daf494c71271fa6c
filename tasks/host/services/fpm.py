"""A php-fpm, asked over its own sockets what it runs: by a probe in a place that is root's, as the user of each pool."""

from __future__ import annotations

import json
import os
import pwd
from typing import Any, Iterable

from tasks.host import files, programs
from tasks.host.run import Run
from tasks.host.services.service import ASKED, output
from tasks.host.services.units import php_fpm_config, php_fpm_tests, read, read_dump

PLACE = "/usr/local/lib/release-probe/php-fpm.php"
INSTALL = ["install", "-D", "-m", "644", "/dev/stdin", PLACE]


def live_link(run: Run) -> str:
    """The live link, in the home of the release user. "" when this host has no such user."""
    try:
        return os.path.join(pwd.getpwnam(run.release_user).pw_dir, run.link)
    except KeyError:
        return ""


def ask_command(pool: dict[str, str], link: str) -> tuple[str, list[str]]:
    """The question to a pool: as whom, the owner of the socket, who may connect, or the pool's own; and its words."""
    listen = pool["listen"]
    listen = f"127.0.0.1:{listen}" if listen.isdigit() else listen.replace("*:", "127.0.0.1:", 1)
    user = (pool.get("listen.owner") if pool["listen"].startswith("/") else "") or pool["user"] or "root"
    return f"#{user}" if user.isdigit() else user, ["php", PLACE, listen, link]  # a number as sudo reads it


def installed() -> bool:
    """Whether the probe is there, as this version has it, and nobody's but root's."""
    try:
        about = os.stat(PLACE)
        return about.st_uid == 0 and not about.st_mode & 0o022 and files.read(PLACE) == PROBE.encode()
    except OSError:
        return False


def needed(units: Iterable[dict[str, str]], link: str) -> list[tuple[str, list[str]]]:
    """The commands that asking the php-fpm among these units takes, each with its user."""
    found: list[tuple[str, list[str]]] = []
    for test in php_fpm_tests(units):
        found.append(("root", test))
        found += [ask_command(pool, link) for pool in _pools(test) if pool.get("user") and pool.get("listen")]
    return found + ([("root", INSTALL)] if found else [])


def _pools(test: list[str]) -> list[dict[str, str]]:
    """The pools, from the files themselves; php-fpm is asked, which takes sudo, where its words name none or they have none."""
    file = php_fpm_config(test)
    try:
        found = [pool for name, pool in read(file).items() if name != "global"] if file else []
        return found or list(read_dump(output(["sudo", "-n", *test]))[1].values())
    except (OSError, ValueError):
        return []


class Answers:
    """What the pools of a service's php-fpm answer, each time they are asked. `timeout`: seconds that a reload may wait.

    `dumps`: what each php-fpm prints of its configuration, by its path. Raises ValueError for one that prints none,
    PermissionError where the probe cannot be installed.
    """

    def __init__(self, run: Run, dumps: Iterable[tuple[str, str]]) -> None:
        self.link, self.live = live_link(run), os.path.basename(run.release_path)
        self.hits: dict[str, dict[str, int]] = {}
        self.pools: dict[str, dict[str, str]] = {}
        self.timeout = 0.0
        for binary, text in dumps:
            timeout, pools = read_dump(text)
            self.timeout = max(self.timeout, timeout)
            self.pools.update({f"the pool {name} of {os.path.basename(binary)}": pool for name, pool in pools.items()})
        if self.pools and not installed():
            done = programs.run(["sudo", "-n", *INSTALL], seconds=ASKED, input=PROBE.encode())
            if done.code:
                raise PermissionError(f"{PLACE} cannot be installed: {done.text}")

    def complaints(self) -> list[str]:
        """What shows that a pool does not serve the live release yet."""
        answers = {name: self._ask(pool) for name, pool in self.pools.items()}
        if answers and not any(answer.get("live") or "error" in answer for answer in answers.values()):
            return [f"{name}: its user cannot read {self.link}" for name in answers]
        return list(filter(None, (self._complaint(name, answer) for name, answer in answers.items())))

    def _ask(self, pool: dict[str, str]) -> dict[str, Any]:
        user, words = ask_command(pool, self.link)
        text = output(["sudo", "-n", "-u", user, "--", *words])
        try:
            answer = json.loads(text.split("\n")[-1])
        except ValueError:
            answer = None
        return answer if isinstance(answer, dict) else {"error": text or "nothing"}

    def _complaint(self, pool: str, answer: dict[str, Any]) -> str:
        """A file of another release in the OPcache does no harm; one that requests still use, from look to look, does."""
        if "error" in answer:
            return f"{pool} gave no answer: {answer['error'][:300]}"
        if answer["live"] and os.path.basename(answer["live"]) != self.live:
            return f"{pool} resolves {self.link} to {answer['live']}"
        before, now = self.hits.get(pool), {name: int(hits) for name, hits in answer["others"].items()}
        self.hits[pool] = now
        idle = before is not None and all(hits <= before.get(name, 0) for name, hits in now.items())
        return "" if idle or not now else f"{pool} still runs code of {', '.join(sorted(now))}"


PROBE = r"""<?php
// What does a php-fpm run? On the command line (php php-fpm.php LISTEN LIVE_LINK) it asks; behind php-fpm it answers, in JSON.
// Root owns this file. It is installed by post-release, and run as the user of a pool.

if (PHP_SAPI !== 'cli') {
    answer($_SERVER['LIVE_LINK'] ?? getenv('LIVE_LINK') ?: '');
} else {
    exit(ask($argv[1] ?? '', $argv[2] ?? ''));
}

function answer(string $link): void
{
    $live = (string) @realpath($link);
    $release = '~^' . preg_quote(dirname($live) . '/', '~') . '(' . preg_quote(basename($link), '~') . '-\d{8}T\d{6}Z)/~';
    $status = function_exists('opcache_get_status') ? @opcache_get_status(true) : false;
    $others = [];
    foreach ($status['scripts'] ?? [] as $path => $script) {
        if ($live !== '' && preg_match($release, $path, $found) && $found[1] !== basename($live)) {
            $others[$found[1]] = ($others[$found[1]] ?? 0) + 1 + $script['hits'];
        }
    }
    echo "\n", json_encode(['live' => $live, 'others' => (object) $others]), "\n";
}

function ask(string $listen, string $link): int
{
    $address = $listen[0] === '/' ? "unix://$listen" : "tcp://$listen";
    $socket = @stream_socket_client($address, $code, $text, 5);
    if (!$socket) {
        return refuse("$address: $text");
    }
    stream_set_timeout($socket, 5);
    $begin = record(1, "\0\1\0\0\0\0\0\0");
    fwrite($socket, $begin . record(4, parameters(['LIVE_LINK' => $link])) . record(4, '') . record(5, ''));
    $said = ['', '', '', '', '', '', '', ''];
    while (strlen($head = (string) stream_get_contents($socket, 8)) === 8) {
        ['type' => $type, 'length' => $length, 'padding' => $padding] = unpack('Cversion/Ctype/nid/nlength/Cpadding', $head);
        $said[$type & 7] .= $length ? stream_get_contents($socket, $length) : '';
        $padding && stream_get_contents($socket, $padding);
        if ($type === 3) {
            $body = explode("\r\n\r\n", $said[6], 2)[1] ?? '';
            return strpos($body, '{"live"') === false ? refuse(trim($said[7] . ' ' . strip_tags($body))) : (int) !print $body;
        }
    }
    return refuse("$address: no answer within 5 seconds");
}

function parameters(array $more): string
{
    $all = $more + ['GATEWAY_INTERFACE' => 'CGI/1.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/',
        'SCRIPT_FILENAME' => __FILE__, 'SCRIPT_NAME' => '/' . basename(__FILE__),
        'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1'];
    $text = '';
    foreach ($all as $name => $value) {
        $text .= chr(strlen($name)) . pack('N', strlen($value) | 0x80000000) . $name . $value;
    }
    return $text;
}

function record(int $type, string $content): string
{
    return pack('CCnnCC', 1, $type, 1, strlen($content), 0, 0) . $content;
}

function refuse(string $text): int
{
    fwrite(STDERR, $text . "\n");
    return 1;
}
"""
