<?php

namespace App\Command;

use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

/** A file is the database: it has the names of the migrations that it has had. */
final class Migrate extends Command
{
    protected static $defaultName = 'app:migrate';

    private string $data;
    private string $project;

    public function __construct(string $data, string $project)
    {
        parent::__construct();
        $this->data = $data;
        $this->project = $project;
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $database = $this->data.'/migrated';
        $had = is_file($database) ? file($database, FILE_IGNORE_NEW_LINES) : [];
        foreach (array_diff(array_map('basename', glob($this->project.'/migrations/*.sql')), $had) as $name) {
            file_put_contents($database, "$name\n", FILE_APPEND);
            $output->writeln("migrated $name");
        }

        return self::SUCCESS;
    }
}
