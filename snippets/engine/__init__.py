"""The only room that knows Docker: snippet directories -> built images, and subjects that can be judged.

engine.py   ─▶ images of snippets, of mutants, of readers' directories
build.py, docker.py, inspection.py, command.py ─▶ one program, run in its time
run.py, lock.py ─▶ what belongs to this run, and what dead ones left
bases/      ─▶ what a FROM reference stands on: the registry's image, or a stand-in by recipe
subjects/   ─▶ what is judged: an image with its container, a stack
daemon/     ─▶ an engine found, started or installed for the time of one command
"""
