# syntax=docker/dockerfile:1
# The server in a container: a JRE, the jars, the small model that is shipped; bring a large one as
# a volume. Runs as a user without rights and needs nothing writable but /tmp.
#
#   docker build -t chuan .
#   docker run --rm -p 8080:8080 --read-only --tmpfs /tmp --cap-drop ALL chuan
#   docker run … -v /data/models:/models:ro chuan serve --host 0.0.0.0 --model /models/13b-int4.gguf

FROM eclipse-temurin:25-jdk AS build
WORKDIR /source
# What Maven fetches is kept between builds by the cache mount.
COPY . .
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw -B -q -Dfast -pl chuan-cli -am package \
 && mkdir -p /opt/chuan/lib /opt/chuan/models \
 && cp chuan-cli/target/chuan-cli-*.jar chuan-cli/target/lib/*.jar /opt/chuan/lib/ \
 && cp -R models/chuan-10m-chat models/default /opt/chuan/models/ \
 && cp LICENSE NOTICE deploy/docker/chuan deploy/docker/healthcheck /opt/chuan/ \
 && chmod 755 /opt/chuan/chuan /opt/chuan/healthcheck

FROM eclipse-temurin:25-jre
LABEL org.opencontainers.image.title="Chuan" \
      org.opencontainers.image.description="Baichuan-13B behind OpenAI's API" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV LANG=C.UTF-8
COPY --from=build /opt/chuan /opt/chuan
# The JDK's ahead-of-time cache: halves the start. Made here, since it belongs to this very JVM.
RUN ["/opt/chuan/chuan", "--make-cache"]
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
# 13B from a cold disk may take minutes.
HEALTHCHECK --interval=15s --timeout=3s --start-period=10m --retries=3 \
    CMD ["/opt/chuan/healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/chuan/chuan"]
CMD ["serve", "--host", "0.0.0.0"]
