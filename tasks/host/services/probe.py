"""The probe of a php-fpm: a PHP file in a place that is root's, which asks a pool as its user, and answers as the pool."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping

from tasks.host import files, programs
from tasks.host.run import Run
from tasks.host.services.service import ASKED

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
    return f"#{user}" if user.isdigit() else user, ["php", "-n", PLACE, listen, link]  # a number as sudo reads it


def installed() -> bool:
    """Whether the probe is there, as this version has it, and nobody's but root's."""
    try:
        about = os.stat(PLACE)
        return about.st_uid == 0 and not about.st_mode & 0o022 and files.read(PLACE) == PROBE.encode()
    except OSError:
        return False


def install() -> None:
    """Put the probe into its place, unless it is there. Raises PermissionError."""
    done = None if installed() else programs.run(["sudo", "-n", *INSTALL], seconds=ASKED, input=PROBE.encode())
    if done and done.code:
        raise PermissionError(f"{PLACE} cannot be installed: {done.text}")


def ask(pool: dict[str, str], link: str, parameters: Mapping[str, str] = {}) -> programs.Done:
    """The answer of a pool to the probe; what failed on its way. `parameters` are added, or are another request's."""
    user, words = ask_command(pool, link)
    given = "".join(f"{name}\0{value}\0" for name, value in parameters.items())
    asked = ["sudo", "-n", "-u", user, "--", *words]
    return programs.run(asked, seconds=ASKED, cwd="/", input=given.encode("utf-8", "surrogateescape"))


PROBE = r"""<?php
// What does a php-fpm run? As php -n php-fpm.php LISTEN LIVE_LINK it asks; behind php-fpm it answers, in JSON.
// Names and values on stdin, each ended by a NUL, are parameters of the request; of another one, which names its script,
// the answer is printed as it comes.
// Root owns this file. It is installed by post-release, and run as the user of a pool. It calls nothing that hosts disable.

if (PHP_SAPI !== 'cli') {
    answer($_SERVER['LIVE_LINK'] ?? (function_exists('getenv') ? getenv('LIVE_LINK') : ''));
} else {
    exit(ask($argv[1] ?? '', $argv[2] ?? '', explode("\0", (string) stream_get_contents(STDIN))));
}

function answer($link): void
{
    $live = $link === '' ? '' : (string) (new SplFileInfo($link))->getRealPath();
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

function ask(string $listen, string $link, array $given): int
{
    $more = [];
    for ($at = 0; isset($given[$at + 1]); $at += 2) {
        $more[$given[$at]] = $given[$at + 1];
    }
    $other = isset($more['SCRIPT_FILENAME']);
    $seconds = $other ? 30 : 5;
    $address = $listen[0] === '/' ? "unix://$listen" : "tcp://$listen";
    $socket = @stream_socket_client($address, $code, $text, $seconds);
    if (!$socket) {
        return refuse("$address: $text");
    }
    stream_set_timeout($socket, $seconds);
    $begin = record(1, "\0\1\0\0\0\0\0\0");
    $given = parameters($other ? $more : $more + ['LIVE_LINK' => $link]);
    @fwrite($socket, $begin . record(4, $given) . record(4, '') . record(5, ''));
    $said = ['', '', '', '', '', '', '', ''];
    while (strlen($head = (string) @stream_get_contents($socket, 8)) === 8) {
        ['type' => $type, 'length' => $length, 'padding' => $padding] = unpack('Cversion/Ctype/nid/nlength/Cpadding', $head);
        $said[$type & 7] .= $length ? stream_get_contents($socket, $length) : '';
        $padding && stream_get_contents($socket, $padding);
        if ($type === 3) {
            $body = explode("\r\n\r\n", $said[6], 2)[1] ?? '';
            if ($other) {
                return (int) !print $said[6];
            }
            return strpos($body, '{"live"') === false ? refuse(trim($said[7] . ' ' . strip_tags($body))) : (int) !print $body;
        }
    }
    $late = stream_get_meta_data($socket)['timed_out'];
    return refuse("$address: " . ($late ? "no answer within $seconds seconds" : 'closed without an answer'));
}

function parameters(array $more): string
{
    $all = $more + ['GATEWAY_INTERFACE' => 'CGI/1.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/',
        'SCRIPT_FILENAME' => __FILE__, 'SCRIPT_NAME' => '/' . basename(__FILE__),
        'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1', 'SERVER_NAME' => 'localhost', 'SERVER_PORT' => '80',
        'HTTP_HOST' => 'localhost', 'QUERY_STRING' => ''];
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
