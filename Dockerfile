# Gatewright as a service: docker build -t gatewright . && docker compose up
FROM python:3.13-slim AS build
WORKDIR /build
COPY . .
RUN python -m venv /opt/gatewright \
    && /opt/gatewright/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.13-slim
RUN groupadd --system --gid 10001 gatewright \
    && useradd --system --uid 10001 --gid gatewright --home-dir /var/lib/gatewright gatewright \
    && install -d -o gatewright -g gatewright -m 0700 /var/lib/gatewright
COPY --from=build /opt/gatewright /opt/gatewright
ENV PATH=/opt/gatewright/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GATEWRIGHT_DATA_DIR=/var/lib/gatewright \
    GATEWRIGHT_LISTEN=0.0.0.0:8080 \
    GATEWRIGHT_MANAGEMENT=0.0.0.0:8081
USER gatewright
WORKDIR /var/lib/gatewright
VOLUME /var/lib/gatewright
# 8080 serves the APIs. 8081 is the management port: requests are signed, but publish it to trusted networks only.
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["gatewright", "health"]
ENTRYPOINT ["gatewright"]
CMD ["serve"]
