FROM --platform=$BUILDPLATFORM python:3.13-slim-trixie AS build
RUN echo installed > /venv
FROM python:3.13-slim-trixie
COPY --from=build /venv /venv
COPY app.py /
