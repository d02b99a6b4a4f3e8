#!/usr/bin/env bash
# Builds the image, starts it as its user with its models read-only, lets it analyse a sound, and
# ends it: deploy/docker/smoke.sh MODEL [BUILD ARGUMENT]...
# MODEL is a model folder, or a model file in a folder with its description. With docker, podman or
# buildah, whichever is there; TOOL, IMAGE (one that is built already) and PORT may be given.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
model=$(realpath "$1")
shift
port=${PORT:-8000}
image=${IMAGE:-audioml-serve}
scratch=$(mktemp -d)
log=$scratch/log
pid=

die() { echo "smoke: $*" >&2; [ ! -s "$log" ] || tail -n 20 "$log" >&2; exit 1; }
say() { printf '%-10s%s\n' "$1" "$2"; }
now() { date +%s%N; }
since() { echo "$((($(now) - $1) / 1000000)) ms"; }
usable() { command -v "$1" >/dev/null && "$@" >/dev/null 2>&1; }

tool=${TOOL:-}
if [ -z "$tool" ]; then
    for each in docker podman buildah; do
        if usable "$each" info; then tool=$each; break; fi
    done
fi
[ -n "$tool" ] || die "wanted docker, podman or buildah, and none of them works here"
# without user namespaces and overlays, as within a container
confined=(--storage-driver "${STORAGE_DRIVER:-vfs}")

if [ -d "$model" ]; then mounted=$model served=/models/model; else
    mounted=$(dirname "$model") served=/models/model/$(basename "$model")
fi
settings=(AUDIOML_SERVE_MODELS="$served" AUDIOML_SERVE_PORT="$port" AUDIOML_SERVE_MODEL_THREADS=2)

build() {
    case $tool in
        buildah) buildah "${confined[@]}" bud --format docker --isolation chroot "$@" ;;
        *) "$tool" build "$@" ;;
    esac
}

serve() { # in the background; its process is $pid
    local options=(--user 10001:10001 --volume "$mounted:/models/model:ro")
    for each in "${settings[@]}"; do options+=(--env "$each"); done
    if [ "$tool" = buildah ]; then
        buildah "${confined[@]}" run --isolation chroot "${options[@]}" "$container" \
            -- audioml serve >"$log" 2>&1 &
    else
        "$tool" run --rm --name "audioml-smoke-$$" --read-only --tmpfs /tmp --cap-drop ALL \
            --security-opt no-new-privileges --publish "127.0.0.1:$port:$port" "${options[@]}" \
            "$image" >"$log" 2>&1 &
    fi
    pid=$!
}

server() { pgrep -o -u 10001 -f '^[^ ]*python[^ ]* [^ ]*bin/audioml serve'; } # the oldest has workers

stop() {
    case $tool in
        buildah) kill -TERM "$(server)" ;;
        *) "$tool" kill --signal TERM "audioml-smoke-$$" >/dev/null ;;
    esac
}

clean() {
    if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
        stop 2>/dev/null || kill "$pid"
        wait "$pid" || true
    fi
    [ -z "${container:-}" ] || buildah "${confined[@]}" rm "$container" >/dev/null
    rm -rf "$scratch"
}
trap clean EXIT

! curl -s -o /dev/null "http://127.0.0.1:$port" || die "port $port is in use: set PORT"
if [ -z "${IMAGE:-}" ]; then
    began=$(now)
    build -f "$here/Dockerfile" -t "$image" "$@" "$here/../.." >"$log" 2>&1 || die "cannot build"
    say build "$(since "$began")"
fi
: >"$log"
[ "$tool" != buildah ] || container=$(buildah "${confined[@]}" from "$image")
began=$(now)
serve
url=http://127.0.0.1:$port
until curl -fsS -o /dev/null "$url/readyz" 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || die "the server ended"
    [ $(($(now) - began)) -lt 60000000000 ] || die "the server is not ready after a minute"
    sleep 0.05
done
say ready "$(since "$began")"
process=$(server) || die "nothing runs as user 10001"
say user "10001 (process $process)"
curl -fsS "$url/healthz" >"$scratch/healthz" || die "/healthz does not answer"
say healthz "$(tr -d '\n' <"$scratch/healthz")"

python3 - "$scratch/tone.wav" <<'PY'
import array, math, sys, wave
with wave.open(sys.argv[1], "wb") as file:
    file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
    tone = (round(9000 * math.sin(2 * math.pi * 440 * n / 16000)) for n in range(48000))
    file.writeframes(array.array("h", tone).tobytes())
PY
name=$(curl -fsS "$url/v1/models" | python3 -c 'import json, sys; print(json.load(sys.stdin)["models"][0]["name"])')
began=$(now)
curl -fsS -F "audio=@$scratch/tone.wav" "$url/v1/models/$name/predict" >"$scratch/answer" \
    || die "$name does not answer"
took=$(since "$began")
python3 -c 'import json, sys; assert json.load(sys.stdin)["estimators"]' <"$scratch/answer" \
    || die "$name answers no prediction"
say predict "$name, $(wc -c <"$scratch/answer") bytes, $took"

began=$(now)
stop
code=0
wait "$pid" || code=$?
pid=
[ "$code" = 0 ] || die "the server ended with $code"
say end "code 0, $(since "$began")"
