"""The known bugs, each with the assertion that must notice it."""

from curbe.testing.mutants.plants import clients, log, writes

PLANTS = [*log.PLANTS, *writes.PLANTS, *clients.PLANTS]
