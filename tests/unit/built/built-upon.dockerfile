FROM python:3.13-slim-trixie AS base
RUN echo system > /system
FROM base AS build
RUN echo installed > /venv
FROM base AS final
COPY --from=build /venv /venv
COPY app.py /
RUN echo last > /last
