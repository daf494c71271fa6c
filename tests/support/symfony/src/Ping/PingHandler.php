<?php

namespace App\Ping;

use App\Release;
use Symfony\Component\Messenger\Handler\MessageHandlerInterface;

/** Writes down who began a ping, and who ended it: a worker that was killed has begun what nobody ended. */
final class PingHandler implements MessageHandlerInterface
{
    private Release $release;
    private string $data;

    public function __construct(Release $release, string $data)
    {
        $this->release = $release;
        $this->data = $data;
    }

    public function __invoke(Ping $ping): void
    {
        $this->log('began', $ping);
        $deadline = hrtime(true) + $ping->takes * 1_000_000;
        while (hrtime(true) < $deadline || $this->isBusy()) {
            usleep(5000);
        }
        $this->log('ended', $ping);
    }

    /** As long as this file is there, no work comes to its end. */
    private function isBusy(): bool
    {
        clearstatcache();

        return is_file($this->data.'/busy');
    }

    private function log(string $what, Ping $ping): void
    {
        $line = sprintf("%s %s %s %d\n", $what, $ping->id, $this->release->name(), getmypid());
        file_put_contents($this->data.'/pings', $line, FILE_APPEND | LOCK_EX);
    }
}
