FROM python:3.13-slim-trixie
RUN <<END
echo one > /one
echo two > /two
END
COPY <<END /settings
debug = false
END
COPY app.py /
