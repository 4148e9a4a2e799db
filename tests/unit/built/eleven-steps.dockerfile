FROM python:3.13-slim-trixie
RUN echo 1 > /1
RUN echo 2 > /2
RUN echo 3 > /3
RUN echo 4 > /4
RUN echo 5 > /5
RUN echo 6 > /6
RUN echo 7 > /7
RUN echo 8 > /8
RUN echo 9 > /9
COPY app.py /
RUN echo done > /done
