<?php

namespace App\Controller;

use Symfony\Component\HttpFoundation\Response;

final class Health
{
    public function __invoke(string $project): Response
    {
        foreach (['.env.local', 'config/credentials/bank.json', 'public/media', 'public/uploads'] as $needed) {
            if (!is_readable("$project/$needed")) {
                return new Response("$needed is missing\n", 503);
            }
        }

        return new Response("ok\n", 200, ['Content-Type' => 'text/plain']);
    }
}
