# The server, its SQLite and the sqlite3 program, on the few libraries that they need: no shell, no package manager, no root.
#
# The build runs on the kind of machine that the image is for, because a native binary is linked there. So
# `docker buildx build --platform linux/amd64,linux/arm64` wants a builder of each kind; docs/deploy-docker.md says how.

# The SDK that global.json names.
FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble-aot AS build

# For the sqlite3 program: its source, and what compiles it.
RUN . /etc/os-release && sed -i 's/^Types: deb$/Types: deb deb-src/' "/etc/apt/sources.list.d/$ID.sources" \
    && apt-get update \
    && apt-get install -y --no-install-recommends binutils ca-certificates dpkg-dev gcc libc6-dev libsqlite3-dev tcl \
    && mkdir /sqlite3 && cd /sqlite3 && apt-get source sqlite3 && cd sqlite3-* && tclsh tool/mkshellc.tcl > /sqlite3/shell.c \
    && rm -rf /var/lib/apt/lists/*

# CI=true makes the restore keep to the lock files.
ENV CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source

# Restored by itself, so that a change of the code does not fetch the packages anew.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/DataGlue.Edge/DataGlue.Edge.csproj src/DataGlue.Edge/packages.lock.json src/DataGlue.Edge/
RUN dotnet restore src/DataGlue.Edge --use-current-runtime

COPY .editorconfig ./
COPY sql sql
COPY src src
RUN dotnet publish src/DataGlue.Edge -c Release --use-current-runtime --no-restore -o /publish

# The sqlite3 program runs on the server's own SQLite: an older one must not write to a database that is in use.
WORKDIR /image
RUN set -eu \
    && install -D -t app /publish/DataGlue.Edge /publish/libe_sqlite3.so \
    && strip --strip-unneeded app/libe_sqlite3.so \
    && mkdir -p usr/bin \
    && gcc -Os -s -w -DUSE_SYSTEM_SQLITE=1 -o usr/bin/sqlite3 /sqlite3/shell.c \
        -Lapp -l:libe_sqlite3.so -Wl,--no-as-needed -lm -Wl,-rpath,/app

# The libraries that these are linked with, OpenSSL, which .NET loads when a home has an https:// address, and the authorities that it
# trusts. The lists of packages are for scanners, which look for known weaknesses by them.
RUN set -eu \
    && libraries=$(LD_LIBRARY_PATH=app ldd app/DataGlue.Edge app/libe_sqlite3.so usr/bin/sqlite3 /usr/lib/*/libssl.so.3 \
        | sed -nE 's/.*[[:space:]](\/(usr\/)?lib[^ ]*) \(0x.*/\1/p' | sort -u) \
    && cp -L --parents $libraries /usr/lib/*/libssl.so.3 /etc/os-release /etc/ssl/certs/ca-certificates.crt . \
    && mkdir -p /volume/data usr/lib/ssl var/lib/dpkg/status.d && mkdir -m 1777 tmp \
    && ln -s /etc/ssl/certs/ca-certificates.crt usr/lib/ssl/cert.pem \
    && echo 'hosts: files dns' > etc/nsswitch.conf \
    && printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' 'app:x:1654:1654:app:/data:/sbin/nologin' > etc/passwd \
    && printf '%s\n' 'root:x:0:' 'app:x:1654:' > etc/group \
    && packages=$(for file in $libraries libssl.so.3; do dpkg-query -S "*/${file##*/}"; done | cut -d : -f 1 | sort -u) \
    && for package in base-files ca-certificates $packages; do dpkg-query -s "$package" > "var/lib/dpkg/status.d/$package"; done \
    && chroot . /usr/bin/sqlite3 :memory: 'SELECT sqlite_version()'

FROM scratch
LABEL org.opencontainers.image.title="DataGlue Edge" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="Takes what visitors do on a website, durable in one SQLite file before it answers, and gives each journey back"
COPY --from=build /image /
# A new Docker volume takes its owner from here.
COPY --from=build --chown=1654:1654 /volume /
ENV PATH=/app:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DATABASE_PATH=/data/dataglue.db
WORKDIR /app
USER 1654:1654
EXPOSE 3000
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/app/DataGlue.Edge", "healthcheck"]
ENTRYPOINT ["/app/DataGlue.Edge"]
