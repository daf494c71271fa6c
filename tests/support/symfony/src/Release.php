<?php

namespace App;

/** The release that this very code lies in, wherever the live link leads by now. */
final class Release
{
    public function name(): string
    {
        return basename(\dirname(__DIR__));
    }

    public function commit(): string
    {
        $seal = \dirname(__DIR__).'/release.json';

        return is_file($seal) ? json_decode(file_get_contents($seal), true)['commit'] ?? 'unknown' : 'unknown';
    }
}
