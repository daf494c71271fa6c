"""The probe of php-fpm, in PHP: post-release installs it, and runs it as the user of each pool."""

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
