<?php

namespace App\Ping;

/** Work that takes some milliseconds. */
final class Ping
{
    public string $id;
    public int $takes;

    public function __construct(string $id, int $takes)
    {
        $this->id = $id;
        $this->takes = $takes;
    }
}
