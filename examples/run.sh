#!/bin/sh
# The scene: a hub and a sensor under MicroPython with Skerry, OpenSSL in the place of either, and what must not
# happen. Exit code 0: everything was as it must be.
set -u
cd "$(dirname "$0")" || exit 1
root=$(cd .. && pwd)
build=${SKERRY_BUILD:-$root/build}
micropython=$build/micropython
keys=$build/run/keys
logs=$build/run/logs
children=
bad=0

clean_up() {
    for child in $children; do
        kill "$child" 2>/dev/null
    done
    wait 2>/dev/null
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# wrong TEXT: something is not as it must be.
wrong() {
    echo "   WRONG: $*"
    bad=$((bad + 1))
}

# start NAME COMMAND...: in the background, until the end; its output goes to a log.
start() {
    log=$logs/$1.log
    : >"$log"
    shift
    "$@" >>"$log" 2>&1 </dev/null &
    children="$children $!"
}

# port_of NAME PATTERN: waits for the line with the port that it listens on.
port_of() {
    tries=0
    while [ $tries -lt 100 ]; do
        port=$(sed -n "s/$2/\\1/p" "$logs/$1.log" | head -n 1)
        [ -z "$port" ] || return 0
        sleep 0.1
        tries=$((tries + 1))
    done
    echo "run.sh: $1 does not start: $(tail -n 3 "$logs/$1.log")" >&2
    exit 1
}

# sensor NAME ARGUMENTS...: one run of the sensor; its output goes to a log too.
sensor() {
    log=$logs/$1.log
    shift
    timeout --foreground 20 "$micropython" sensor.py "$@" >"$log" 2>&1
}

# expect NAME PATTERN: waits for a line in a log; it's wrong when there is none.
expect() {
    tries=0
    while [ $tries -lt 20 ]; do
        line=$(grep -e "$2" "$logs/$1.log" | tail -n 1)
        [ -z "$line" ] || break
        sleep 0.1
        tries=$((tries + 1))
    done
    if [ -z "$line" ]; then
        wrong "$1 does not say \"$2\": $(tail -n 1 "$logs/$1.log")"
    fi
}

# say LABEL NAME PATTERN: shows what expect finds.
say() {
    expect "$2" "$3"
    [ -z "$line" ] || printf '   %-8s %s\n' "$1" "${line#"$1 "}"
}

# refuse TITLE NAME PATTERN HUB PATTERN: a sensor that was run as NAME, and the hub, have refused. Shows the errors
# without their numbers.
refuse() {
    [ "$code" -eq 1 ] || wrong "the sensor's exit code is $code"
    expect "$2" "^refused.*$3"
    printf '   %-18s sensor  %s\n' "$1" "${line#refused * }"
    expect "$4" "^refused.*$5"
    printf '   %-18s hub     %s\n' "" "${line#refused * }"
}

for tool in "$micropython" openssl; do
    command -v "$tool" >/dev/null || {
        echo "run.sh: $tool is missing (make micropython)" >&2
        exit 1
    }
done
rm -rf "$keys" "$logs"
mkdir -p "$logs"
sh make_keys.sh "$keys" || exit 1
ready='^listening \([0-9]*\).*'

echo "Hub and sensor: $("$micropython" -c 'import sys, tls
print("MicroPython %d.%d.%d, Skerry %s over %s" % (sys.implementation[1][:3] + (tls.SKERRY_VERSION, tls.provider())))')"
start hub "$micropython" hub.py 0 "$keys"
port_of hub "$ready"
hub=$port
sensor sensor "127.0.0.1:$hub" "$keys" ladder=yes || wrong "the sensor's exit code is $?"
say sensor sensor '^sensor negotiated'
say hub hub '^hub verified'
say sensor sensor '^sensor verified'
say sensor sensor '^sensor has 3 answers from CN=hub.local'
say hub hub '^hub answered 3 readings of CN=sensor-7'
say sensor sensor '^sensor bytes'
say hub hub '^hub bytes'
sed -n 's/^rung /   /p' "$logs/sensor.log"

echo "With OpenSSL, $(openssl version | cut -d ' ' -f 2), in the place of either"
start s_server openssl s_server -accept 127.0.0.1:0 -tls1_3 -alpn readings/1 -rev -naccept 1 \
    -cert "$keys/hub.pem" -key "$keys/hub.key" -CAfile "$keys/ca.pem" -Verify 1 -verify_return_error
port_of s_server '^ACCEPT .*:\([0-9]*\)$'
sensor sensor-openssl "127.0.0.1:$port" "$keys" || wrong "the sensor's exit code is $?"
say sensor sensor-openssl '^sensor negotiated'
say sensor sensor-openssl '^sensor has 3 answers from CN=hub.local'
say s_server s_server '^Verification: OK'
{ echo '{"celsius": 19.5}'; sleep 1; } | timeout --foreground 20 openssl s_client -connect "127.0.0.1:$hub" -quiet \
    -no_ign_eof -alpn readings/1 -servername hub.local -verify_hostname hub.local -verify_return_error \
    -CAfile "$keys/ca.pem" -cert "$keys/sensor.pem" -key "$keys/sensor.key" >"$logs/s_client.log" 2>&1
say s_client s_client '"ok": true'
say hub hub '^hub answered 1 readings of CN=sensor-7'

echo "What must not happen"
sensor untrusted "127.0.0.1:$hub" "$keys" ca=other.pem
code=$?
refuse "untrusted hub" untrusted 'CERT_UNKNOWN_CA' hub 'alert unknown_ca'
sensor name "127.0.0.1:$hub" "$keys" name=bank.example
code=$?
refuse "wrong name" name 'CERT_NAME' hub 'alert bad_certificate'
start hub-expired "$micropython" hub.py 0 "$keys" cert=expired
port_of hub-expired "$ready"
sensor expired "127.0.0.1:$port" "$keys"
code=$?
refuse "expired hub" expired 'CERT_EXPIRED' hub-expired 'alert certificate_expired'
sensor nobody "127.0.0.1:$hub" "$keys" cert=none
code=$?
refuse "no certificate" nobody 'alert certificate_required' hub 'CERTIFICATE_REQUIRED'
sensor stranger "127.0.0.1:$hub" "$keys" cert=stranger
code=$?
refuse "untrusted sensor" stranger 'alert unknown_ca' hub 'CERT_UNKNOWN_CA'
start relay "$micropython" relay.py "$hub" 5
port_of relay "$ready"
sensor flipped "127.0.0.1:$port" "$keys"
code=$?
refuse "flipped bit" flipped 'alert bad_record_mac' hub 'RECORD_MAC'

# The hub has lived through all of this.
sensor again "127.0.0.1:$hub" "$keys" || wrong "the sensor is refused afterwards"
expect again '^sensor has 3 answers'

if [ $bad -ne 0 ]; then
    echo "$bad of this is not as it must be; see $logs"
    exit 1
fi
echo "All as it must be: served the right sensor, let nobody else in (logs: $logs)"
