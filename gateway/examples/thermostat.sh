#!/bin/sh
# A simulated thermostat: what the hooks of gateway.toml call. It reads one JSON object from its standard
# input and keeps what it is set to in a file.
#
#   thermostat.sh instruction   set-point: {"celsius": 21}
#   thermostat.sh event         each interval of a DR event, its end, and its being called off
#   thermostat.sh report        what it draws just now
set -eu

file=${THERMOSTAT_FILE:-/tmp/gridpass-thermostat}
asked=$(cat)
celsius=21
level=0
if [ -f "$file" ]; then . "$file"; fi

# The first number behind a name, else nothing.
number() { printf '%s' "$asked" | sed -n "s/.*\"$1\":\\[\\{0,1\\}\\(-\\{0,1\\}[0-9][0-9]*\\).*/\\1/p"; }

keep() {
  # Renamed into place: after a power cut there is the old or the new one.
  printf 'celsius=%s\nlevel=%s\n' "$celsius" "$level" > "$file.new"
  mv "$file.new" "$file"
}

case $1 in
instruction)
  wanted=$(number celsius)
  if [ -z "$wanted" ] || [ "$wanted" -lt 5 ] || [ "$wanted" -gt 35 ]; then
    echo "a set-point is 5 to 35 degrees Celsius"
    exit 1
  fi
  celsius=$wanted
  keep
  echo "set to $celsius degrees"
  ;;
event)
  case $asked in
  *'"phase":"interval"'*)
    # SIMPLE of OpenADR: 0 is normal, 3 the most that a house can do without.
    level=$(printf '%s' "$asked" | sed -n 's/.*"interval":{.*"type":"SIMPLE","values":\[\([0-3]\).*/\1/p')
    level=${level:-1}
    keep
    echo "level $level, kept at $((celsius - level)) degrees"
    ;;
  *)
    level=0
    keep
    echo "back to $celsius degrees"
    ;;
  esac
  ;;
report)
  # 2.4 kW when nothing is asked, and 0.7 kW less for each level.
  printf '{"DEMAND": %s.%s}\n' "$(((24 - 7 * level) / 10))" "$(((24 - 7 * level) % 10))"
  ;;
*)
  echo "unknown: $1"
  exit 2
  ;;
esac
