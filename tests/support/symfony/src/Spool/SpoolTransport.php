<?php

namespace App\Spool;

use Symfony\Component\Messenger\Envelope;
use Symfony\Component\Messenger\Stamp\TransportMessageIdStamp;
use Symfony\Component\Messenger\Transport\Serialization\SerializerInterface;
use Symfony\Component\Messenger\Transport\TransportInterface;

/** A directory as a queue: *.new waits, *.taken is at work. Whoever renames a message first has it. */
final class SpoolTransport implements TransportInterface
{
    private string $folder;
    private SerializerInterface $serializer;

    public function __construct(string $folder, SerializerInterface $serializer)
    {
        $this->folder = $folder;
        $this->serializer = $serializer;
    }

    public function send(Envelope $envelope): Envelope
    {
        $file = sprintf('%s/%d-%s', $this->folder, hrtime(true), bin2hex(random_bytes(4)));
        if (false === file_put_contents("$file.part", json_encode($this->serializer->encode($envelope)))) {
            throw new \RuntimeException("$this->folder cannot be written");
        }
        rename("$file.part", "$file.new");

        return $envelope;
    }

    public function get(): iterable
    {
        foreach (glob("$this->folder/*.new") as $file) {
            $taken = substr($file, 0, -4).'.taken';
            if (@rename($file, $taken)) {
                $envelope = $this->serializer->decode(json_decode(file_get_contents($taken), true));

                return [$envelope->with(new TransportMessageIdStamp($taken))];
            }
        }

        return [];
    }

    public function ack(Envelope $envelope): void
    {
        unlink($envelope->last(TransportMessageIdStamp::class)->getId());
    }

    public function reject(Envelope $envelope): void
    {
        $this->ack($envelope);
    }
}
