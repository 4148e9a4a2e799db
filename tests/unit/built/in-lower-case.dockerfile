from python:3.13-slim-trixie
run echo installed > /venv
copy app.py /
