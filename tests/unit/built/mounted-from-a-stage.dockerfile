FROM python:3.13-slim-trixie AS build
RUN echo installed > /venv
FROM python:3.13-slim-trixie AS unused
RUN echo unused > /unused
FROM python:3.13-slim-trixie
RUN --mount=type=bind,from=build,source=/venv,target=/given cp /given /venv
COPY app.py /
RUN --mount=type=cache,target=/cache cp /app.py /compiled
