<?php

require \dirname(__DIR__).'/vendor/autoload.php';

header('Content-Type: text/plain');
printf("release %s\n<!-- end -->\n", (new Dossier\Api())->release());
