<?php

namespace App\Controller;

use App\Ping\Ping;
use App\Release;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Messenger\MessageBusInterface;
use Twig\Environment;

/** Every page names its release, and ends with END: a body that was cut off, or never sent, can be told from a whole one. */
final class Shop
{
    private const END = "<!-- end -->\n";
    private const SLOW = 300;

    private Release $release;
    private string $project;

    public function __construct(Release $release, string $project)
    {
        $this->release = $release;
        $this->project = $project;
    }

    public function home(Environment $twig): Response
    {
        if (false === file_put_contents($this->project.'/var/visits', ".", FILE_APPEND)) {
            throw new \RuntimeException('var/visits cannot be written');
        }

        return new Response($twig->render('home.html.twig', ['release' => $this->release]).self::END);
    }

    public function fast(): Response
    {
        return $this->text("release {$this->release->name()}\n");
    }

    /** A signal ends every sleep, so only the clock says when it is done. */
    public function slow(): Response
    {
        $text = "release {$this->release->name()}\n";
        $deadline = hrtime(true) + self::SLOW * 1_000_000;
        while (hrtime(true) < $deadline) {
            usleep(5000);
        }

        return $this->text($text);
    }

    public function ping(Request $request, MessageBusInterface $bus): Response
    {
        $ping = new Ping(bin2hex(random_bytes(6)), $request->query->getInt('takes'));
        $bus->dispatch($ping);

        return $this->text("sent {$ping->id}\n");
    }

    private function text(string $text): Response
    {
        return new Response($text.self::END, 200, ['Content-Type' => 'text/plain']);
    }
}
