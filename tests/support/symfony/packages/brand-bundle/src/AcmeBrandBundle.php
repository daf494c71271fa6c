<?php

namespace Acme\BrandBundle;

use Symfony\Component\HttpKernel\Bundle\Bundle;

class AcmeBrandBundle extends Bundle
{
    public function getPath(): string
    {
        return \dirname(__DIR__);
    }
}
