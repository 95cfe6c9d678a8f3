# The service: base install, the [fast] engine, PostgreSQL's driver. Nothing is fetched at run time and nothing written
# but /tmp and /data, where the documents are.
#   docker build -t palermo .
#   docker run --rm --read-only --tmpfs /tmp -v palermo:/data -e PALERMO_ACCOUNTS=on -p 8000:8000 palermo
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/palermo \
    && /opt/palermo/bin/pip install --no-cache-dir --prefer-binary --constraint scripts/constraints.txt ".[fast,postgres]"

FROM python:3.11-slim
# Debian packages that read scanned PDFs, e.g. --build-arg OCR="tesseract-ocr tesseract-ocr-fra".
ARG OCR=""
RUN [ -z "$OCR" ] || (apt-get update && apt-get install -y --no-install-recommends $OCR && rm -rf /var/lib/apt/lists/*)
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin palermo \
    && install -d -o palermo -g palermo /data
COPY --from=build /opt/palermo /opt/palermo
ENV PATH=/opt/palermo/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PALERMO_DATA_DIR=/data
VOLUME /data
USER palermo
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["palermo", "serve", "--host", "0.0.0.0", "--port", "8000"]
