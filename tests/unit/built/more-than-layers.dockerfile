ARG WHICH=3
FROM python:3.13-slim-trixie
ARG WHICH
ENV WHICH=$WHICH
LABEL org.opencontainers.image.title="built"
RUN echo installed > /venv
ADD app.py /
USER 10001
EXPOSE 8000
HEALTHCHECK CMD ["true"]
STOPSIGNAL SIGINT
