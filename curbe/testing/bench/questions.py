"""A hundred fixed questions, and some harder ones: what agents type into the search."""

from __future__ import annotations

from curbe.testing.bench.corpus import BYGONE, COMMON, MEDIUM, RARE

# Words in every tenth message and more, with and without accents.
OFTEN = list(COMMON)[:30]
# Single words in one of some hundreds, and two of which the second is.
SOMETIMES = [*MEDIUM[20:1_220:60], *(f"{COMMON[i]} {MEDIUM[30 + 40 * i]}" for i in range(20))]
# Words in a dozen messages of half a million, and beginnings of words.
SELDOM = [*RARE[:15_000:1_000], *(word[:4] for word in MEDIUM[700:1_450:50])]
QUESTIONS = [*OFTEN, *SOMETIMES, *SELDOM]
# What everybody said two years ago and nobody since: neither the newest messages nor few hits help.
HARD = [*BYGONE, f"{BYGONE[0]} {BYGONE[1]}", f"{COMMON[0]} {BYGONE[2]}"]
PEOPLE = ["ana", "garcia", "begona nu", "iñigo.lopez", "dorte.muller.1", "zoe", "weiss", "lovel", "ana.ruiz.12@mail"]
