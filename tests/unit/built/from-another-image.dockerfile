FROM python:3.13-slim-trixie
COPY --from=python:3.13-slim-trixie /etc/os-release /release
COPY app.py /
