<?php

namespace App\Spool;

use Symfony\Component\Messenger\Transport\Serialization\SerializerInterface;
use Symfony\Component\Messenger\Transport\TransportFactoryInterface;
use Symfony\Component\Messenger\Transport\TransportInterface;

final class SpoolTransportFactory implements TransportFactoryInterface
{
    private string $data;

    public function __construct(string $data)
    {
        $this->data = $data;
    }

    public function createTransport(string $dsn, array $options, SerializerInterface $serializer): TransportInterface
    {
        return new SpoolTransport($this->data.'/spool', $serializer);
    }

    public function supports(string $dsn, array $options): bool
    {
        return str_starts_with($dsn, 'spool://');
    }
}
