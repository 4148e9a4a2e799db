FROM python:3.13-slim-trixie AS Build
RUN echo installed > /venv
FROM python:3.13-slim-trixie AS Web
RUN echo first > /first
COPY --from=Build /venv /venv
COPY app.py /
