ARG BASE=debian:trixie-slim
# Which of kernels/ the image holds.
ARG KERNELS="python go typescript cpp racket scala java"
# More Debian packages, and more Python packages for every Python kernel. None by default.
ARG EXTRA_PACKAGES
ARG PYTHON_PACKAGES
# C++ from conda-forge: xeus-cling or xeus-cpp. Empty: our own.
ARG CXX_KERNEL
# Scala by almond, which is Scala 2: almond. Empty: our own, Scala 3.
ARG SCALA_KERNEL
# gophernotes instead of our own Go kernel. Empty: our own. Its limits: kernels/go/install.
ARG GO_KERNEL
# Racket's kernel: iracket, from a catalog. Empty: our own.
ARG RACKET_KERNEL

# Mirrors. Empty: the client's own default. A stage that fetches declares those it needs.
ARG APT_MIRROR
ARG PIP_INDEX_URL
ARG NPM_CONFIG_REGISTRY
ARG GOPROXY
ARG MAVEN_MIRROR
ARG RACKET_CATALOG
ARG CONDA_CHANNEL


# --- base: under every stage ----------------------------------------------------------------------
# Where the two files are missing, the builder makes them for each command and removes them again:
# /etc would have another time in each layer.
FROM $BASE AS mounted
RUN --mount=type=bind,source=image/build,target=/mnt \
    mkdir --parents /out/etc && touch /out/etc/hosts /out/etc/resolv.conf && /mnt/set-times /out

FROM $BASE AS base
ARG APT_MIRROR
COPY --chown=0:0 --from=mounted /out /
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/apt-install ca-certificates python3 python3-venv


# --- builder: base, and what only the build needs -------------------------------------------------
FROM base AS builder
ARG APT_MIRROR
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/apt-install binutils locales


# --- lab: JupyterLab and what labinit depends on, in one virtual environment ----------------------
FROM builder AS lab
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1 PIP_QUIET=1 PIP_RESUME_RETRIES=5 \
    PIP_ROOT_USER_ACTION=ignore
# With system site packages, because without them there is no user site either. So the user's
# `pip install` goes to ~/.local, and cannot replace what the server runs on: the environment's own
# packages come first on sys.path.
RUN python3 -m venv --system-site-packages /opt/lab
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=image/requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/root/.cache/pip \
    /mnt/retry /opt/lab/bin/pip install --only-binary :all: --require-hashes \
        --requirement /requirements.lock \
    && /mnt/trim /opt/lab
RUN --mount=type=bind,source=image/slim,target=/slim /slim /opt/lab
# The user could not write byte code here, and would compile at each start. Unchecked, because file
# times change; all of it (-f), also what a step before has imported, and so compiled by its time.
# By one process: what is written depends on what the process has compiled before.
RUN --mount=type=bind,source=image/build,target=/mnt \
    /opt/lab/bin/python -m compileall -q -f --invalidation-mode unchecked-hash /opt/lab/lib \
    && /mnt/set-times /opt/lab


# --- environment: the same with the Python packages asked for; the server's own stay as they are --
FROM lab AS environment
ARG PIP_INDEX_URL
ARG PYTHON_PACKAGES
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/root/.cache/pip \
    [ ! "$PYTHON_PACKAGES" ] || { \
        /opt/lab/bin/pip freeze --all >/tmp/constraints \
        && /mnt/retry /opt/lab/bin/pip install --only-binary :all: --constraint /tmp/constraints \
            $PYTHON_PACKAGES \
        && /opt/lab/bin/python -m compileall -q -f --invalidation-mode unchecked-hash \
            /opt/lab/lib; } \
    # Copied with its directories: those that a COPY makes have the time of the build.
    && mkdir /out && cp --archive --parents /opt/lab /out && /mnt/set-times /out


# --- locales: so that `-e LANG=en_US.UTF-8` and zh_CN.UTF-8 work; the image's own is C.UTF-8 ------
FROM builder AS locales
WORKDIR /out/usr/lib/locale
RUN --mount=type=bind,source=image/build,target=/mnt \
    localedef --no-archive --inputfile en_US --charmap UTF-8 ./en_US.utf8 \
    && localedef --no-archive --inputfile zh_CN --charmap UTF-8 ./zh_CN.utf8 \
    && /mnt/set-times /out


# --- kernels: a stage each, cached by itself, built side by side; see image/README.md -------------
FROM base AS chosen
ARG KERNELS
ARG CXX_KERNEL
ARG SCALA_KERNEL
ARG GO_KERNEL
ARG RACKET_KERNEL
WORKDIR /chosen
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=kernels,target=/installers \
    /mnt/choose-kernels /installers $KERNELS

FROM lab AS python
COPY --chown=0:0 --from=chosen /chosen/kernels/python /kernel
WORKDIR /out
RUN --mount=type=bind,source=image/build,target=/mnt \
    /mnt/kernel build

FROM base AS go
ARG APT_MIRROR
ARG GO_KERNEL
COPY --chown=0:0 --from=chosen /chosen/kernels/go /kernel
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/kernel tools
WORKDIR /out
ARG GOPROXY
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/go \
    /mnt/kernel build

FROM base AS typescript
ARG APT_MIRROR
COPY --chown=0:0 --from=chosen /chosen/kernels/typescript /kernel
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/kernel tools
WORKDIR /out
ARG NPM_CONFIG_REGISTRY
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/root/.npm \
    /mnt/kernel build

FROM lab AS java
ARG APT_MIRROR
COPY --chown=0:0 --from=chosen /chosen/kernels/java /kernel
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/kernel tools
WORKDIR /out
ARG PIP_INDEX_URL
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=kernels/jvm,target=/jvm \
    --mount=type=cache,target=/root/.cache/pip \
    /mnt/kernel build

FROM lab AS scala
ARG APT_MIRROR
COPY --chown=0:0 --from=chosen /chosen/kernels/scala /kernel
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/kernel tools
WORKDIR /out
ARG MAVEN_MIRROR
ARG SCALA_KERNEL
ARG PIP_INDEX_URL
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=kernels/jvm,target=/jvm \
    --mount=type=bind,from=java,source=/out,target=/java \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=cache,target=/root/.m2,sharing=locked \
    /mnt/kernel build

FROM lab AS racket
# Which Debian packages the image needs for iracket turns out only here.
WORKDIR /packages
ARG APT_MIRROR
ARG RACKET_KERNEL
COPY --chown=0:0 --from=chosen /chosen/kernels/racket /kernel
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/kernel tools
WORKDIR /out
ARG RACKET_CATALOG
RUN --mount=type=bind,source=image/build,target=/mnt \
    /mnt/kernel build

FROM base AS cpp
ARG APT_MIRROR
ARG PIP_INDEX_URL
ARG CONDA_CHANNEL
ARG CXX_KERNEL
COPY --chown=0:0 --from=chosen /chosen/kernels/cpp /kernel
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/kernel tools
WORKDIR /out
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=kernels/cpp,target=/source \
    --mount=type=cache,id=cpp-kernel,target=/build,sharing=locked \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=cache,target=/root/.cache/rattler \
    /mnt/kernel build


# --- launchers: what root starts of labinit; static, as nothing of the environment may act on it --
FROM builder AS launcher
ARG APT_MIRROR
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/apt-install gcc musl-tools
WORKDIR /out/usr/local/bin
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=image/launcher,target=/source \
    package=/opt/lab/lib/$(basename "$(realpath /usr/bin/python3)")/site-packages/labinit; \
    build() { \
        name=$1 main=$2 && shift 2 \
        && musl-gcc -static -Os -s -Wall -Wextra -Wpedantic -Werror "$@" -D NAME="\"$name\"" \
            -D PYTHON='"/opt/lab/bin/python3"' -D MAIN="\"$package/$main\"" \
            -o "$name" /source/launcher.c; \
    }; \
    build labinit __main__.py -D BLOCK_SIGNALS && build labctl ctl/__main__.py \
    && /mnt/set-times /out


# --- labinit: itself, and the system's configuration ----------------------------------------------
# From `base`, which is in every image: where the rest comes from an earlier one (CACHE_FROM), only
# this is built.
FROM base AS labinit
ARG PIP_INDEX_URL
WORKDIR /source
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=image/build.lock,target=/build.lock \
    --mount=type=cache,target=/root/.cache/pip \
    PYTHONPATH=$(echo /usr/share/python-wheels/pip-*.whl) /mnt/retry python3 -m pip install \
        --quiet --disable-pip-version-check --root-user-action ignore --only-binary :all: \
        --require-hashes --target /backend --requirement /build.lock
COPY --chown=0:0 LICENSE README.md pyproject.toml ./
COPY --chown=0:0 labinit labinit
COPY --chown=0:0 image/server server
# Half of every kernel that is our own.
COPY --chown=0:0 kernels/front/__main__.py /out/usr/local/lib/kernel-front/
COPY --chown=0:0 kernels/front/kernel_front /out/usr/local/lib/kernel-front/kernel_front
# A wheel that holds nothing but Python is installed by unpacking it: pip takes half a minute for
# that.
RUN export PYTHONPATH=/backend \
        site="/out/opt/lab/lib/$(basename "$(realpath /usr/bin/python3)")/site-packages" \
    && for project in . server; do \
        python3 -m flit_core.wheel --outdir /wheels "$project" || exit; \
    done \
    && for wheel in /wheels/*.whl; do python3 -m zipfile --extract "$wheel" "$site" || exit; done \
    && python3 -m compileall -q -f --invalidation-mode unchecked-hash -s /out -p / /out
COPY --chown=0:0 image/etc /out/etc
COPY --chown=0:0 image/lab /out/opt/lab
# The user site must exist when a kernel starts, or the first `pip install` is not seen before the
# next start; /data, because on a read-only root nobody could make it.
RUN --mount=type=bind,source=image/build,target=/mnt \
    mkdir --parents /out/data "$(PYTHONUSERBASE=/out/etc/skel/.local python3 -m site --user-site)" \
    # The builder's umask came along with the files.
    && chmod --recursive u=rwX,go=rX /out \
    && /mnt/set-times /out


# --- common: Debian's packages for everybody ------------------------------------------------------
FROM base AS git
ARG APT_MIRROR
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,source=image/git-without-perl,target=/git-without-perl \
    /mnt/apt-install git && mkdir /out && /git-without-perl /out/git.deb

FROM base AS common
ARG APT_MIRROR
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,from=git,source=/out,target=/media \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    /mnt/apt-install bash-completion curl fontconfig fonts-dejavu-core fonts-wqy-microhei \
        iputils-ping less libnss-wrapper nano openssh-client procps sudo tzdata tzdata-legacy \
        unzip vim-tiny wget xz-utils zip "$(find /media -name git.deb | grep . || echo git)"


# --- debian: what the languages need, installed at once, then laid out a directory a language -----
FROM common AS debian
ARG APT_MIRROR
ARG CXX_KERNEL
ARG SCALA_KERNEL
ARG GO_KERNEL
ARG RACKET_KERNEL
ARG EXTRA_PACKAGES
# hadolint ignore=SC2086
RUN --mount=type=bind,source=image/build,target=/mnt \
    --mount=type=bind,source=image/trim-debian,target=/trim-debian \
    --mount=type=bind,from=chosen,source=/chosen/kernels,target=/kernels \
    --mount=type=bind,from=racket,source=/packages,target=/racket-packages \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    for kernel in cpp racket go java scala typescript; do \
        packages=$("/kernels/$kernel/install" packages) || exit; \
        echo "$kernel" $packages; \
    done >/tmp/languages \
    && for file in /racket-packages/*; do \
        [ ! -e "$file" ] \
            || sed --in-place "s/^racket\>.*/& $(xargs <"$file")/" /tmp/languages; \
    done \
    && /mnt/by-language snapshot \
    && { \
        cut --delimiter ' ' --only-delimited --fields 2- /tmp/languages; \
        echo "$EXTRA_PACKAGES"; \
    } | xargs /mnt/apt-install \
    && /trim-debian \
    && /mnt/by-language split /layers </tmp/languages \
    && /mnt/set-times /layers


# --- the image ------------------------------------------------------------------------------------
# What changes least comes first: an engine that keeps no compressed layers fetches all that follow
# a changed one. The layers of a language are its packages, then its own files. Packages know whose
# their files are: no --chown.
FROM common
COPY --chown=0:0 --from=locales /out /
COPY --chown=0:0 --from=launcher /out /
COPY --from=debian /layers/cpp /
COPY --chown=0:0 --from=cpp /out /
COPY --from=debian /layers/racket /
COPY --chown=0:0 --from=racket /out /
COPY --from=debian /layers/go /
COPY --chown=0:0 --from=go /out /
COPY --from=debian /layers/java /
COPY --chown=0:0 --from=java /out /
COPY --from=debian /layers/scala /
COPY --chown=0:0 --from=scala /out /
COPY --from=debian /layers/typescript /
COPY --chown=0:0 --from=typescript /out /
# The package database, and what is made of the files of several packages.
COPY --from=debian /layers/rest /
COPY --chown=0:0 --from=environment /out /
COPY --chown=0:0 --from=python /out /
COPY --chown=0:0 --from=labinit /out /

ENV PATH=/opt/lab/bin:$PATH LANG=C.UTF-8 SHELL=/bin/bash
# Not the data directory, where labinit goes by itself: root's `docker exec … python` would import
# what lies there.
WORKDIR /
EXPOSE 8080
STOPSIGNAL SIGTERM
# --start-interval needs Docker 25, and older ones refuse it. With --pace, a check waits for the end
# of a start, and later rests for half a minute before it looks. A long start (a big volume to be
# given away) does not count as a failure.
HEALTHCHECK --interval=1s --timeout=6m --start-period=10m --retries=3 \
    CMD ["/usr/local/bin/labctl", "health", "--pace"]
# Absolute, like the health check: what root runs is not looked up in a PATH that may begin with a
# directory of the user.
ENTRYPOINT ["/usr/local/bin/labinit"]
# Not empty, for JupyterHub: without one its spawner fails.
CMD ["lab"]

ARG VERSION
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="labinit" \
      org.opencontainers.image.description="JupyterLab under an account of your choice" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.created=$CREATED

# Last, so that it stands at the end of the build: what was chosen and is not there, and why.
RUN if cd /usr/local/share/labinit/missing-kernels 2>/dev/null; then grep --recursive '' . >&2; fi
