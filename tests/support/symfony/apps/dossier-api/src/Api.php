<?php

namespace Dossier;

final class Api
{
    /** Where this very code lies, for as long as its process runs from there. */
    public function release(): string
    {
        return basename(\dirname(__DIR__, 3));
    }
}
