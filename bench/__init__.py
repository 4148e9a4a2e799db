"""The project's speed, where it can be as a ratio to what does the same work without it; `nox -s bench`.

Four figures set one of our ways against the bare tools, in turns, within one run:

- `unchanged`: `nox -s docs` with nothing to prove, and a `mkdocs build` without our plugin of the same
  pages, their files typed into them; also how many containers were started meanwhile;
- `edited`: `pytest --stale` after one comment line of one image snippet was edited, and the same builds,
  boots, waits and stops as raw `docker` commands, one after the other;
- `cold`: the contract and the rehearsals of the whole library, and the same as raw commands likewise;
- `export`: the scan of a real image, and the engine's export of it that nobody reads.

The others have nothing to be set against:

- `contract`: seconds to judge all promises on one built image, in one process;
- `linear`: milliseconds a snippet to read, render and audit synthetic libraries of 10, 100 and 1,000 snippets;
- `scan`: milliseconds to read a MiB of an image's layers, of a stream that no engine makes;
- `scan-memory`: what the same pass takes of memory.

For `edited` and `cold` an untimed run is recorded first (tape.py); what is played back (replay.py) ends
as it ended then, or the bench stops. Both sides find the same cache: the first build of a snippet has none,
the others have what that one left, and each round of `edited` writes other bytes into both.

Left out of the raw side, so that it is not made slower than it has to be: all that asks but does not wait
(requests but those waited for, logs, `top`, `exec`, `inspect`, files put inside, reading layers), finding out the
bases, choosing a free port by the engine, starting Python and pytest, writing records, tidying up. Waits that
ended for their time alone are left out as well. Left out of both: making stand-in bases, installing, nox
(but for `unchanged`). pip's and uv's download caches are warm on both sides.
"""
