FROM python:3.13-slim-trixie
WORKDIR /srv
RUN --mount=type=cache,target=/cache echo installed > installed
COPY app.py .
CMD ["python", "app.py"]
