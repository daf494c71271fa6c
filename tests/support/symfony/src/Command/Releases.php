<?php

namespace App\Command;

use App\Release;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Command\SignalableCommandInterface;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

/** Runs for ever under supervisor, and ends its round when it is told to stop. */
final class Releases extends Command implements SignalableCommandInterface
{
    protected static $defaultName = 'app:releases';

    private Release $release;
    private string $data;
    private bool $stopped = false;

    public function __construct(Release $release, string $data)
    {
        parent::__construct();
        $this->release = $release;
        $this->data = $data;
    }

    public function getSubscribedSignals(): array
    {
        return [\SIGTERM, \SIGINT];
    }

    public function handleSignal(int $signal): void
    {
        $this->stopped = true;
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $this->log('began');
        while (!$this->stopped) {
            usleep(200_000);
        }
        $this->log('ended');

        return self::SUCCESS;
    }

    private function log(string $what): void
    {
        $line = sprintf("%s %s %d\n", $what, $this->release->name(), getmypid());
        file_put_contents($this->data.'/releases', $line, FILE_APPEND | LOCK_EX);
    }
}
